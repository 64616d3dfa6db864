"""Blender with a real window, driven by mouse and keyboard, and photographed."""
