"""The translation context of words that Blender itself uses in another sense."""

OWN = "Crowd Faces"
"""Blender would translate "Characters" as letters, "Facing" as a part of a shader, and "Back" as a side."""
