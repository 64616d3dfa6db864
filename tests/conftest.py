"""What holds for every test. `--hypothesis-profile=fast` looks for counter-examples less long (`make test-fast`)."""

from hypothesis import settings

# A loaded machine is no failure: no example has a deadline.
settings.register_profile("project", deadline=None)
settings.register_profile("fast", settings.get_profile("project"), max_examples=10)
settings.load_profile("project")
