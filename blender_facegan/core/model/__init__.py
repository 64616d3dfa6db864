"""The model file: read as if an enemy had written it, checked whole, told by its card."""
