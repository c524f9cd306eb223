"""Goods that leave for good."""

from dataclasses import dataclass
from uuid import UUID

from service.domain.commands.parts import Command, Line


@dataclass(frozen=True, slots=True, kw_only=True)
class Ship(Command):
    """Goods leave to a customer who is not on this ledger; `customer` is a name, not a party."""

    type = "ship"
    from_: str
    customer: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Return(Command):
    """Goods go back to their supplier; the one way on which held goods leave. `reason` is required."""

    type = "return"
    from_: str
    supplier: str
    lines: tuple[Line, ...]
    case: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Destroy(Command):
    """`certificate`: number of the protocol.

    `witnesses` saw it, `approved_by` decided it: at least two different opaque ids of people each, never names.
    """

    type = "destroy"
    from_: str
    lines: tuple[Line, ...]
    witnesses: tuple[str, ...]
    certificate: str
    approved_by: tuple[str, ...]
    case: UUID | None = None
