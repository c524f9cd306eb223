"""Lots that become other lots."""

from dataclasses import dataclass
from uuid import UUID

from service.domain.commands.parts import Command, Line, NewLotLine, Output, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Split(Command):
    """One lot becomes several at one place; the sum of the outputs leaves the parent."""

    type = "split"
    at: str
    item: str
    lot: str
    outputs: tuple[Output, ...]
    status: Status | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Merge(Command):
    """Lots of one item become one new lot, `lot`; what goes in is what comes out."""

    type = "merge"
    at: str
    lines: tuple[Line, ...]
    lot: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Transformation(Command):
    """`lines` are consumed and `outputs` produced at one place. `loss`: how much of their content was lost."""

    at: str
    lines: tuple[Line, ...]
    outputs: tuple[NewLotLine, ...]
    loss: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Repack(Transformation):
    """The same goods in other packs or under other items."""

    type = "repack"


@dataclass(frozen=True, slots=True, kw_only=True)
class Produce(Transformation):
    """Materials become a product."""

    type = "produce"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rework(Transformation):
    """Held goods are worked over; what comes out is held until quality has looked. `reason` is required."""

    type = "rework"
    case: UUID | None = None
