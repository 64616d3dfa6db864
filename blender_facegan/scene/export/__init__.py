"""The ways out of the file: baked pictures and assets."""
