"""From photographs to balanced batches: sources, filters, alignment, the prepared dataset, the sampler."""
