"""Crowds without objects."""
