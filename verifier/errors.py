"""The two ways in which a check can fail to say *yes*.

``Refuted``: the evidence is there and it is wrong. ``Unavailable``: it could not be looked at.
They are never mixed up: an unknown thing is neither true nor false.
"""

from __future__ import annotations

MAX_SHOWN = 400  # two entries in base64 and their indexes


class Refuted(Exception):
    """The evidence contradicts what it claims: `what` was `expected`, but `seen`."""

    def __init__(self, what: str, expected: object = None, seen: object = None) -> None:
        self.what = what[:MAX_SHOWN]
        self.expected = expected
        self.seen = seen
        super().__init__(what)

    def __str__(self) -> str:
        if self.expected is None and self.seen is None:
            return self.what
        return f"{self.what}: expected {_shown(self.expected)}, seen {_shown(self.seen)}"


class Unavailable(Exception):
    """`what` could not be checked, because of `why`."""

    def __init__(self, what: str, why: str) -> None:
        self.what = what
        self.why = why
        super().__init__(f"{what}: {why}")


def _shown(value: object) -> str:
    """Text of a value, short: a report must not be flooded by the file that it judges."""
    if value is None:
        return "nothing"
    text = value.hex() if isinstance(value, bytes) else str(value)
    return text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 3] + "..."
