"""What the artist sees: properties, operators, panels and preferences. Nothing is computed in a draw function."""
