"""Papers about a lot that were given out: each a numbered copy, with its hash in the audit trail."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, func, insert, select, text

from service.models.prints import paper_print
from service.people import changes
from service.people.changes import Author
from service.prints.labels import PrintTaken


@dataclass(frozen=True, slots=True)
class Printed:
    """`content_hash` is of what the paper says, `file_hash` of the PDF."""

    id: UUID
    lot: str
    copy: int
    language: str
    facts: Mapping[str, Any]
    content_hash: bytes
    file_hash: bytes


def next_copy(connection: Connection, party_id: int, lot: str, id: UUID) -> int:
    """Which copy of the lot's paper it is to be; others wait until this transaction ends. Raises PrintTaken."""
    connection.execute(_ONE_AT_A_TIME, {"key": f"{party_id}/{lot}"})
    if connection.scalar(select(paper_print.c.copy).where(paper_print.c.id == id)) is not None:
        raise PrintTaken(id)
    mine = (paper_print.c.party_id == party_id) & (paper_print.c.lot_uri == lot)
    return int(connection.scalar(select(func.max(paper_print.c.copy)).where(mine)) or 0) + 1


def keep(connection: Connection, party_id: int, who: str, now: datetime, made: Printed) -> None:
    connection.execute(insert(paper_print).inline().values(
        id=made.id, party_id=party_id, lot_uri=made.lot, copy=made.copy, language=made.language,
        facts=dict(made.facts), content_hash=made.content_hash, file_hash=made.file_hash, printed_by=who,
        printed_at=now,
    ))  # fmt: skip
    told = {"lot": made.lot, "copy": made.copy, "hash": made.content_hash.hex(), "file": made.file_hash.hex()}
    changes.keep_new(connection, Author(party_id, who, now), "lot-paper", str(made.id), told)


def listed(connection: Connection, party_id: int, lot: str, limit: int) -> list[Row[Any]]:
    """The newest first."""
    asked = select(paper_print).where(paper_print.c.party_id == party_id, paper_print.c.lot_uri == lot)
    return list(connection.execute(asked.order_by(paper_print.c.copy.desc()).limit(limit)))


def found(connection: Connection, id: UUID) -> Row[Any] | None:
    """Whoever holds the paper has its id; whose it is shows in the row."""
    return connection.execute(select(paper_print).where(paper_print.c.id == id)).one_or_none()


def brief(content_hash: bytes) -> str:
    """As it stands on paper: sixteen figures in groups of four, enough to compare by eye."""
    figures = content_hash.hex()[:16].upper()
    return "-".join(figures[at : at + 4] for at in range(0, 16, 4))


_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 2))")
