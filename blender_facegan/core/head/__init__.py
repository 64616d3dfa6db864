"""Where a face lies on a head."""
