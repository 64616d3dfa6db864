"""Runs a model's graph in numpy: rewritten once, bound to memory, checked against its golden pictures."""
