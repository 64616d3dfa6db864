"""What a command without a window does to files."""
