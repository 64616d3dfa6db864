"""Where a face lies on its surface, and the skin of the body."""
