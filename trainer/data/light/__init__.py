"""The photograph's lamp taken out of a face: its shading, its tint, its exposure."""
