"""A sheet of the audit trail: a text with each change, electronic signature and supplement, a line each, whole.

    lotproof/trail/v1
    <base64url of 32 random bytes>
    change {"at":"2026-11-29T21:30:00+00:00","code":"AMX","field":"name",…}
    signature {…}
    supplement {…}

The JSON has no white space and its members sorted. A notice of the log says the SHA-256 of the whole text. What is
random in it keeps the notice, which every auditor reads, from telling who guesses what was changed.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from service.domain.signing import as_shown, shown_hash

FORMAT = "lotproof/trail/v1"
TABLES = ("change", "signature", "supplement")


class NoSheet(ValueError):
    """A text that is none."""


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a table, as `told` has it."""

    table: str
    row: Mapping[str, Any]

    @property
    def number(self) -> int:
        return int(self.row["number"])


def told(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row as JSON values, moments in UTC, whatever zone the session has."""
    return {name: _plain(value) for name, value in row.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return str(value) if isinstance(value, UUID) else value


def format_sheet(salt: str, lines: Iterable[Line]) -> str:
    return "\n".join((FORMAT, salt, *(f"{each.table} {as_shown(each.row).decode()}" for each in lines), ""))


def parse_sheet(content: str) -> list[Line]:
    """Raises NoSheet where there is another format, or a line that is none."""
    first, *rest = content.split("\n")
    if first != FORMAT or len(rest) < 2 or rest[-1]:
        raise NoSheet(f"expected {FORMAT}, a salt and lines, got {content[:60]!r}")
    return [_line(each) for each in rest[1:-1]]


def _line(text: str) -> Line:
    table, _, row = text.partition(" ")
    try:
        line = Line(table, json.loads(row))
        if table in TABLES and line.number:
            return line
    except (ValueError, LookupError, TypeError):
        pass
    raise NoSheet(f"expected one of {', '.join(TABLES)} and a row, got {text[:60]!r}")


def sheet_hash(content: str) -> str:
    """As the notice says it: base64url SHA-256."""
    return shown_hash(content.encode())
