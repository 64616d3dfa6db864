"""Photographs of people: who is on them, the face found, aligned and lit as a model's own pictures are."""
