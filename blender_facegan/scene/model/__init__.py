"""The model files that are installed."""
