"""What sets the project up on a machine: interpreters, environments, system libraries."""
