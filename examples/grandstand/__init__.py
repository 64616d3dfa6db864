"""A grandstand with a thousand people on it, modelled in code: the scene of the demo."""
