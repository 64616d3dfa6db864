"""What a model is worth: cascades, label agreement, distances, memorisation, the report."""
