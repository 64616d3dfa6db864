"""Crowds without objects: points, collection instances, and the tables of scattered ones."""
