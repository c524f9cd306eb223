"""What goes wrong while setting up the embedded stack: each message says what a person can do about it."""


class SetupError(Exception):
    """The stack cannot start; the text is shown to the user as it is."""


def advice(said: str) -> str:
    """What to do first where a program of ours ended for want of room; nothing for another reason."""
    return "The disk is full: make room and start again. " if "No space left on device" in said else ""
