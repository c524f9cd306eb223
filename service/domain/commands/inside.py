"""What happens to goods where they lie."""

from dataclasses import dataclass
from uuid import UUID

from service.domain.commands.parts import Command, CountLine, Line


@dataclass(frozen=True, slots=True, kw_only=True)
class Move(Command):
    type = "move"
    from_: str
    to: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pick(Command):
    """A move towards the door, for an order: only what may leave, and only to a place of kind staging or dock."""

    type = "pick"
    from_: str
    to: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold(Command):
    """Quarantine; `reason` is required."""

    type = "hold"
    at: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Release(Command):
    """`approved_by`: at least two different opaque ids of people, never names."""

    type = "release"
    at: str
    lines: tuple[Line, ...]
    approved_by: tuple[str, ...]
    case: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Count(Command):
    """What was found at a place; the differences to the book are written off or on.

    A difference above the item's tolerance needs `approved_by`, who is not the one who counted.
    """

    type = "count"
    at: str
    lines: tuple[CountLine, ...]
    counted_by: str
    approved_by: str | None = None
