"""Distances, intervals and texture: figures of arrays."""
