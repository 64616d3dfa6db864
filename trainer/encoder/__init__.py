"""The encoder of a model: trained on its own pictures and on photographs, and people encoded with it."""
