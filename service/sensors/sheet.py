"""Readings as texts whose hashes a notice of the log says.

A sheet holds readings of one sensor, with where it measured and who sent them:

    lotproof/readings/v1
    <base64url of 32 random bytes>
    sensor {"code":"C-1","id":7,"party_id":2}
    point {"id":9,"location_id":3,"sensor_id":7,"since":1764460800000,…}
    batch {"number":4,"received_at":…,"source":"api","who":…}
    12 1764460860000 temperature 4125 4

A line of numbers is a reading: number, time in milliseconds, kind, thousandths, batch. A cover has the hash of each
sheet of one sealing, a line each; a notice of the log says the hash of the cover:

    lotproof/reading-cover/v1
    <base64url SHA-256 of a sheet>

So however many sensors there are, a sealing is one entry of the log, and a party can be given its sheets and a cover
without a word of others' readings. What is random in a sheet keeps its hash from telling who guesses the temperatures.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from service.domain.signing import as_shown, shown_hash

SHEET, COVER = "lotproof/readings/v1", "lotproof/reading-cover/v1"
HEADS = ("sensor", "point", "batch")
_LINE = re.compile(r"([0-9]{1,16}) ([0-9]{1,15}) (temperature|humidity) (-?[0-9]{1,9}) ([0-9]{1,16})")
_HASH = re.compile(r"[A-Za-z0-9_-]{43}")


class NoReadings(ValueError):
    """A text that is no sheet or no cover."""


class Line(NamedTuple):
    """A reading as it was kept."""

    number: int
    at: int
    kind: str
    value: int
    batch: int


@dataclass(frozen=True, slots=True)
class Sheet:
    """Of one sensor; `heads` are rows of `sensor` (one), `sensor_point` and `reading_batch` as they are told."""

    heads: Sequence[tuple[str, Mapping[str, Any]]]
    lines: Sequence[Line]

    def rows(self, head: str) -> list[Mapping[str, Any]]:
        return [row for name, row in self.heads if name == head]


def format_sheet(salt: str, sheet: Sheet) -> str:
    told = (f"{name} {as_shown(dict(row)).decode()}" for name, row in sheet.heads)
    lines = (" ".join(map(str, line)) for line in sheet.lines)
    return "\n".join((SHEET, salt, *told, *lines, ""))


def parse_sheet(content: str) -> Sheet:
    """Raises NoReadings."""
    lines = _body(content, SHEET)[1:]
    many = next((at for at, line in enumerate(lines) if not line.startswith(HEADS)), len(lines))
    heads = [_head(line) for line in lines[:many]]
    if [name for name, _ in heads].count("sensor") != 1:
        raise NoReadings(f"expected one sensor, got {content[:60]!r}")
    return Sheet(heads, [_line(line) for line in lines[many:]])


def format_cover(hashes: Iterable[str]) -> str:
    return "\n".join((COVER, *hashes, ""))


def parse_cover(content: str) -> list[str]:
    """The hashes of its sheets, in order; raises NoReadings."""
    hashes = _body(content, COVER)
    if not all(_HASH.fullmatch(each) for each in hashes):
        raise NoReadings(f"expected hashes, got {content[:60]!r}")
    return hashes


def text_hash(content: str) -> str:
    """As a cover says it of a sheet, and a notice of a cover: base64url SHA-256."""
    return shown_hash(content.encode())


def _body(content: str, form: str) -> list[str]:
    first, *rest = content.split("\n")
    if first != form or len(rest) < 2 or rest[-1]:
        raise NoReadings(f"expected {form} and lines, got {content[:60]!r}")
    return rest[:-1]


def _head(line: str) -> tuple[str, Mapping[str, Any]]:
    name, _, row = line.partition(" ")
    try:
        told = json.loads(row)
    except ValueError:
        told = None
    if name not in HEADS or not isinstance(told, dict):
        raise NoReadings(f"expected one of {', '.join(HEADS)} and a row, got {line[:60]!r}")
    return name, told


def _line(text: str) -> Line:
    found = _LINE.fullmatch(text)
    if found is None:
        raise NoReadings(f"expected number, time, kind, value and batch, got {text[:60]!r}")
    number, at, kind, value, batch = found.groups()
    return Line(int(number), int(at), kind, int(value), int(batch))
