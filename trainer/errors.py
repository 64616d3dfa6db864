"""The error that a person can mend: shown as one line, exit code 2."""


class UserError(Exception):
    """A mistake in what the user gave. The message names the thing and the remedy, in one line."""
