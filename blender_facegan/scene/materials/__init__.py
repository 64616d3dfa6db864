"""Materials and node groups that show faces, and the slots they stand in."""
