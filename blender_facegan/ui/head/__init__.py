"""Heads: marking a face by hand, and what is shown of it in the 3D view."""
