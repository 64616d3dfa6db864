"""One module for each command: a frozen dataclass of its arguments, and `run`."""
