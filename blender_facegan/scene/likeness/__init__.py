"""Which faces of a crowd look alike."""
