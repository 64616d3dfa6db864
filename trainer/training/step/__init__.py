"""One training step: what it learns from, its losses, both networks and the EMA."""
