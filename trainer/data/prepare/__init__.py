"""From photographs to a dataset: inspected, grouped, split, written."""
