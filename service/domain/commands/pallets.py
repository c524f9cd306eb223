"""Pallets: places that can be carried, named by their SSCC."""

from dataclasses import dataclass

from service.domain.commands.parts import Command, Line


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack(Command):
    """Goods at a place go onto a pallet that stands there; an SSCC seen for the first time makes the pallet."""

    type = "pack"
    at: str
    pallet: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unpack(Command):
    """Goods leave the pallet for the place where it stands; without `lines`, all of them. `from_` is SITE/SSCC."""

    type = "unpack"
    from_: str
    lines: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Relocate(Command):
    """The pallet `from_`, SITE/SSCC, is put elsewhere in its site with all that is on it."""

    type = "relocate"
    from_: str
    to: str
