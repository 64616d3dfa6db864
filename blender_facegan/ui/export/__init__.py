"""The ways out of the file."""
