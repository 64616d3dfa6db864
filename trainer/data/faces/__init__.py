"""Faces in photographs: found, aligned, measured, described."""
