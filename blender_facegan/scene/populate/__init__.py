"""Gives characters their faces, and takes them away."""
