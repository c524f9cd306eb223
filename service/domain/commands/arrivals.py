"""Goods that come in."""

from dataclasses import dataclass

from service.domain.commands.parts import Command, Line, NewLotLine


@dataclass(frozen=True, slots=True, kw_only=True)
class Register(Command):
    """A lot begins to exist: own production or an opening stock."""

    type = "register"
    to: str
    lines: tuple[NewLotLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Receive(Command):
    """Goods come in from a supplier who is not on this ledger; `supplier` is a name, not a party."""

    type = "receive"
    to: str
    supplier: str
    lines: tuple[NewLotLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeBack(Command):
    """A customer returns what was shipped to him; it comes back on hold. `reason` is required."""

    type = "take_back"
    to: str
    customer: str
    lines: tuple[Line, ...]
