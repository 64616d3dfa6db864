"""The only room that reads and writes Blender's data: characters, pages, materials, attributes."""
