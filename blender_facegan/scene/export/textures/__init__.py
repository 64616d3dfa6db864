"""Faces and skin in copies of the artist's own textures."""
