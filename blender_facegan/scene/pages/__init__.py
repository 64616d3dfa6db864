"""Pages of faces as Blender's images."""
