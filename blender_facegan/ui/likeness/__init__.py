"""Faces that look alike."""
