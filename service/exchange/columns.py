"""The columns of an import, and how one row becomes one movement. The shapes are those of the door: a cell is refused
for the same reasons, and in the same words, as the same member of a JSON request.

    lots        each row begins a lot: a `register`
    stock       each row is goods of a lot at a place, of a new or a known lot: a `receive`
    movements   `type` says which: register, receive, move or ship

A time without an offset is the local time of the site whose place the row names.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from marshmallow import ValidationError

from service.api.load import pointed
from service.api.movement_schemas import read_movement
from service.api.problem import shown
from service.domain.commands import Command

KINDS = ("lots", "stock", "movements")
TYPES = ("register", "receive", "move", "ship")
_FIXED = {"lots": "register", "stock": "receive"}

LINE = ("item", "lot", "quantity", "production_date", "expiry_date", "retest_date", "manufacturer_lot",
        "traceability_lot_code", "traceability_source", "status")  # fmt: skip
_NEEDED = {
    "lots": ("item", "lot", "quantity", "to"),
    "stock": ("item", "lot", "quantity", "to", "supplier"),
    "movements": ("type", "event_time", "item", "lot", "quantity"),
}
_MAY = ("event_time", *LINE[3:9], "document_type", "document", "reason")
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "lots": (*_NEEDED["lots"], *_MAY),
    "stock": (*_NEEDED["stock"], *_MAY),
    "movements": (*_NEEDED["movements"], "from", "to", "supplier", "customer", *_MAY[1:], "status"),
}
EXAMPLES = {
    "type": "receive", "event_time": "2025-03-01T09:30", "item": "TAB", "lot": "L-2503", "quantity": "1200",
    "to": "MUC/A1", "supplier": "Acme Pharma", "expiry_date": "2028-10-31", "document_type": "po", "document": "4711",
}  # fmt: skip
_LOCAL = re.compile(r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(:\d\d)?)?", re.ASCII)


class Fault(NamedTuple):
    """What is wrong with a cell, or with a row where no column is at fault alone."""

    row: int
    column: str | None
    problem: str
    expected: str | None = None
    seen: str | None = None


@dataclass(frozen=True, slots=True)
class Head:
    """Which columns the file has, in its order."""

    kind: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """What the file may name: codes of items, places as SITE/LOC, and the time zones of the sites."""

    items: frozenset[str]
    places: frozenset[str]
    zones: Mapping[str, str]


def head_of(kind: str, row: int, cells: Sequence[str]) -> tuple[Head, list[Fault]]:
    """The first row; every column that is unknown, missing or there twice is named."""
    names = tuple(cell.lower() for cell in cells)
    known = COLUMNS[kind]
    faults = [Fault(row, shown(name) or None, "unknown column", ", ".join(known), shown(name))
              for name in names if name not in known]  # fmt: skip
    faults += [Fault(row, name, "column is missing", name) for name in _NEEDED[kind] if name not in names]
    faults += [Fault(row, name, "column is there twice", "once") for name in known if names.count(name) > 1]
    return Head(kind, names), faults


def command_of(head: Head, row: int, cells: Sequence[str], known: Known, id: UUID) -> Command | list[Fault]:
    """The movement of a row, or every cell that is wrong in it, also those that name what is not there."""
    values = {name: cell for name, cell in zip(head.names, cells, strict=False) if cell}
    many = len(cells) > len(head.names)
    faults = [Fault(row, None, "more cells than columns", str(len(head.names)), str(len(cells)))] if many else []
    type = _FIXED.get(head.kind) or values.get("type", "")
    if type not in TYPES:
        return [*faults, Fault(row, "type", "unknown type", " or ".join(TYPES), shown(type))]
    if head.kind == "movements" and "event_time" not in values:
        faults.append(Fault(row, "event_time", "missing", "when it happened"))
    faults += _unknown(row, values, known)
    try:
        asked = read_movement(_json(type, values, known.zones, id))
    except ValidationError as error:
        faults += [_fault(row, each["at"], each["problem"], values) for each in pointed(error.messages)]
    return faults or replace(asked.command, witnessed=False)


def _unknown(row: int, values: Mapping[str, str], known: Known) -> list[Fault]:
    named = {"item": known.items, "from": known.places, "to": known.places}
    return [Fault(row, name, "unknown", "a place SITE/LOC of yours" if name != "item" else "an item of yours",
                  shown(values[name]))
            for name, there in named.items() if name in values and values[name] not in there]  # fmt: skip


def movement_id(import_id: UUID, row: int) -> UUID:
    """A row is one movement for ever: recording it again changes nothing."""
    return uuid5(import_id, str(row))


def _json(type: str, values: Mapping[str, str], zones: Mapping[str, str], id: UUID) -> dict[str, Any]:
    """The row as the JSON of a movement; a cell that this type does not take stays, to be refused by name."""
    line = {name: values[name] for name in LINE if name in values}
    rest = {name: value for name, value in values.items()
            if name not in LINE and name not in ("type", "document", "document_type")}  # fmt: skip
    if "event_time" in rest:
        rest["event_time"] = _time(rest["event_time"], zones.get(_site(values), "UTC"))
    documents = {"type": values.get("document_type"), "id": values.get("document")}
    given = {name: value for name, value in documents.items() if value is not None}
    return {"id": str(id), "type": type, **rest, "lines": [line], **({"documents": [given]} if given else {})}


def _site(values: Mapping[str, str]) -> str:
    return (values.get("from") or values.get("to", "")).partition("/")[0]


def _time(text: str, zone: str) -> str:
    """With the offset of the site, where the text has none; what is no time is left to the reader to refuse, and a
    place that is not there to the rule.
    """
    found = _LOCAL.fullmatch(text)
    if found is None:
        return text
    try:
        local = datetime.fromisoformat(f"{found[1]}T{found[2] or '12:00'}{found[3] or ':00'}")
    except ValueError:
        return text
    return local.replace(tzinfo=ZoneInfo(zone)).isoformat()


def _fault(row: int, at: str, problem: str, values: Mapping[str, str]) -> Fault:
    """`at` points into the JSON that the row became; its last member is the column, save for documents."""
    parts = at.strip("/").split("/")
    name = {"id": "document", "type": "document_type"}[parts[-1]] if parts[0] == "documents" else parts[-1]
    expected, _, _ = problem.removeprefix("expected ").partition(", got ")
    told = "missing" if problem == "missing" else "not taken here" if problem == "unknown member" else "wrong"
    return Fault(row, name, told, expected if told == "wrong" else None, shown(values.get(name, "")) or None)
