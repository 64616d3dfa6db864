"""What holds for every test."""

from hypothesis import settings

# A loaded machine is no failure: no example has a deadline.
settings.register_profile("project", deadline=None)
settings.load_profile("project")
