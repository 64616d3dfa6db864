"""People tell made faces from photographs: a study as a folder, its server, and its scores."""
