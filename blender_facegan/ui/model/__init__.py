"""Models and their labels."""
