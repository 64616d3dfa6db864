"""Where the pages of faces are kept."""
