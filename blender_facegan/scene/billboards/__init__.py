"""Planes with pictures of people: what picture a plane shows, and how."""
