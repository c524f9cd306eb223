"""What goes wrong while setting up the embedded stack: each message says what a person can do about it."""


class SetupError(Exception):
    """The stack cannot start; the text is shown to the user as it is."""
