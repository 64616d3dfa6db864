"""Everything the add-on computes without Blender: crowds, model files, the engine, atlases. Needs numpy alone."""
