"""The audit trail of master data: what a field was, what it became, who changed it, when and why. Never a person's
name: a trail that is kept for ever must not hold what may have to be erased.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from service.models.people import change

SHOWN = ("number", "kind", "code", "field", "old", "new", "who", "reason", "at")


@dataclass(frozen=True, slots=True)
class Author:
    """Who changes something, when, and why."""

    party_id: int
    who: str
    at: datetime
    reason: str | None = None


def keep(
    connection: Connection, author: Author, kind: str, code: str, changes: Mapping[str, tuple[Any, Any]]
) -> None:
    """One row for each field, old and new, in the transaction that changes them; both must be JSON values."""
    rows = [
        {"party_id": author.party_id, "kind": kind, "code": code, "field": field, "old": old, "new": new,
         "who": author.who, "reason": author.reason, "at": author.at}
        for field, (old, new) in changes.items()
    ]  # fmt: skip
    if rows:
        connection.execute(insert(change).inline(), rows)  # who writes it need not be one who may read it


def keep_new(connection: Connection, author: Author, kind: str, code: str, values: Mapping[str, Any]) -> None:
    """Something was made: one row for each field that says something."""
    keep(connection, author, kind, code, {name: (None, _json(value)) for name, value in values.items() if value})


def listed(
    connection: Connection, party_id: int, query: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """The newest first; `query` may hold kind, code, before; it holds limit."""
    asked = select(*(change.c[name] for name in SHOWN)).where(change.c.party_id == party_id)
    for name in ("kind", "code"):
        if name in query:
            asked = asked.where(change.c[name] == query[name])
    if "before" in query:
        asked = asked.where(change.c.number < query["before"])
    rows = connection.execute(asked.order_by(change.c.number.desc()).limit(query["limit"]))
    return [dict(zip(SHOWN, row, strict=True)) for row in rows]


def between(connection: Connection, party_id: int, first: int, last: int, most: int) -> list[dict[str, Any]]:
    """The changes with these numbers, the oldest first, at most so many."""
    asked = select(*(change.c[name] for name in SHOWN)).where(
        change.c.party_id == party_id, change.c.number.between(first, last)
    )
    return [dict(zip(SHOWN, row, strict=True))
            for row in connection.execute(asked.order_by(change.c.number).limit(most))]


def _json(value: Any) -> Any:
    return value if isinstance(value, str | int | bool | list | dict | None) else str(value)
