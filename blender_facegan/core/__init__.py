"""What the add-on computes without Blender: crowds, model files, faces, atlases. Needs numpy alone."""
