"""The pages of faces: planned, asked for, drawn by a worker thread, and kept as files."""
