"""What leaves Blender as plain files: faces in textures, tables of a crowd, arrays of tiles."""
