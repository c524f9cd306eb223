"""What can go wrong with the ledger that a caller may decide on."""

from __future__ import annotations

from collections.abc import Sequence


class LedgerBroken(Exception):
    """The stored ledger contradicts itself: `what` was `expected`, but `seen`. Nothing is signed on top of it."""

    def __init__(self, what: str, expected: object, seen: object) -> None:
        self.what, self.expected, self.seen = what, expected, seen
        super().__init__(f"{what}: expected {_shown(expected)}, seen {_shown(seen)}")


class Overtaken(Exception):
    """Another sequencer was quicker: what this one knows is old. It starts again from what is stored."""

    def __init__(self, what: str, expected: object, seen: object) -> None:
        self.what, self.expected, self.seen = what, expected, seen
        super().__init__(f"{what}: expected {_shown(expected)}, seen {_shown(seen)}")


class NotInLedger(Exception):
    """There is no such `thing` (a tile, a checkpoint, an index) in the ledger as it is now."""

    def __init__(self, thing: str) -> None:
        self.thing = thing
        super().__init__(f"not in the ledger: {thing}")


class LogKeyChanged(Exception):
    """The newest checkpoint, of `size` entries, was signed by another log key than this process has."""

    def __init__(self, ours: bytes, theirs: Sequence[bytes], size: int) -> None:
        self.ours, self.theirs, self.size = ours, theirs, size
        signed = " and ".join(each.hex() for each in theirs) or "none of this log"
        super().__init__(
            f"the newest checkpoint, of {size} entries, was signed by the log key with id {signed}; "
            f"the one given has id {ours.hex()}"
        )


def _shown(value: object) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)
