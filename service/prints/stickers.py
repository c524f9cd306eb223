"""A label as JSON and back: what is kept of a print, so that its file is the same bytes for ever."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from typing import Any, cast

from service.papers.label import (
    Code,
    LotLabel,
    PalletLabel,
    PlaceLabel,
    Size,
    Sticker,
    lot_sticker,
    pallet_sticker,
    place_sticker,
)

Label = LotLabel | PalletLabel | PlaceLabel
_DAYS = ("production", "expiry")


def told(label: Label) -> dict[str, Any]:
    """As JSON has it."""
    values = asdict(label)
    return values | {name: str(values[name]) for name in _DAYS if values.get(name) is not None}


def of(kind: str, says: Mapping[str, Any]) -> Label:
    """What `told` was given."""
    if kind == "pallet":
        return PalletLabel(**says)
    if kind == "place":
        return PlaceLabel(**says)
    days = {name: date.fromisoformat(says[name]) for name in _DAYS if says[name] is not None}
    return LotLabel(**{**says, **days, "elements": tuple((a, b) for a, b in says["elements"])})


def sticker(label: Label, size: str, code: str) -> Sticker:
    """Raises ValueError where the sticker cannot carry it; a pallet's has one size, a place's one code."""
    if isinstance(label, PalletLabel):
        return pallet_sticker(label)
    if isinstance(label, PlaceLabel):
        return place_sticker(label, cast(Size, size))
    return lot_sticker(label, cast(Size, size), cast(Code, code))
