"""The published documents of GS1 and of the hash generator, and ours of a warehouse, as files."""

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from service.epcis.documents import Document, read

TWICE = "AssociationEvent-h.jsonld"
"""This official example names eventID twice in one event, with two values: it cannot be read in one way only."""


def media_of(file: Path) -> str:
    return "application/xml" if file.suffix == ".xml" else "application/json"


def documents(data: Path) -> Iterator[Path]:
    """All, but the one that is broken."""
    for folder in ("gs1/examples", "event-hash", "wms-operations"):
        for file in sorted((data / "epcis" / folder).rglob("*")):
            if file.suffix in (".jsonld", ".xml") and file.name != TWICE:
                yield file


def read_file(file: Path) -> Document:
    return read(file.read_bytes(), media_of(file))


def official_schema(data: Path) -> Any:
    return json.loads((data / "epcis" / "gs1" / "EPCIS-JSON-Schema.json").read_text())


def meaning(value: Any, prefixes: dict[str, str] | None = None) -> Any:
    """What an event says, whatever it is spelled in: names by namespace, values as text, a list of one as its member.

    XML knows no numbers in extensions and no lists of one.
    """
    known = prefixes or {}
    if isinstance(value, dict):
        own = {name: each for context in value.get("@context", ()) for name, each in context.items()}
        known = known | {name: each for name, each in own.items() if isinstance(each, str)}
        said = {_name(name, known): meaning(each, known) for name, each in value.items() if name != "@context"}
        return {name: each for name, each in said.items() if each != []}
    if isinstance(value, list):
        return [meaning(each, known) for each in value] if len(value) != 1 else meaning(value[0], known)
    if isinstance(value, bool):
        return str(value).lower()
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def _name(name: str, prefixes: dict[str, str]) -> str:
    prefix, colon, local = name.partition(":")
    return f"{{{prefixes[prefix]}}}{local}" if colon and prefix in prefixes else name
