"""The buttons that give faces and take them away."""
