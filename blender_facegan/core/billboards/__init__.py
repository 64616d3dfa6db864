"""Pictures of people: the head that is seen in one, and where its face is."""
