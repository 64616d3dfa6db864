"""Heads: meshes read as the core wants them, and the face written into them."""
