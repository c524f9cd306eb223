"""Entries that came back without what the warehouse knew of them: evidence, and what is closed because of it.

A restored database lacks the rows of every statement that was recorded after the backup. The log can be brought back
whole from others; those rows cannot. Their entries are listed here for ever. Until a person settles one, nothing more
is recorded about its subject: the trigger on the queue refuses it, since whatever is said of a lot must know its stock.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection, text

from verifier.hashing import RootHash, StatementHash, Subject


@dataclass(frozen=True, slots=True)
class Unaccounted:
    """One entry. `settled_by` None: nobody has said yet that the warehouse is right again about its subject."""

    index: int
    kind: int
    subject: Subject
    statement_hash: StatementHash
    settled_by: str | None


def keep_recovery(
    conn: Connection, first: int, size: int, root: RootHash, recorded: Collection[StatementHash], by: str, now: int
) -> int:
    """Keep that the entries first to size - 1 came back, and list those whose statements were not `recorded` here;
    how many those are. Notices of the log concern no stock and are not listed."""
    made = conn.execute(_RECOVERY, {"first": first, "size": size, "root": root, "by": by, "now": now}).scalar_one()
    listed = conn.execute(_LIST, {"recovery": made, "first": first, "recorded": list(recorded)})
    return int(listed.rowcount)


_RECOVERY = text(
    "INSERT INTO ledger.recovery (first, size, log_root, by, at) VALUES (:first, :size, :root, :by, :now) RETURNING id"
)
_LIST = text(
    "INSERT INTO ledger.unaccounted (index, recovery, kind, subject, statement_hash)"
    " SELECT index, :recovery, kind, subject, statement_hash FROM ledger.entry"
    "  WHERE index >= :first AND kind <> 4 AND statement_hash <> ALL(CAST(:recorded AS bytea[])) ORDER BY index"
)


def unaccounted(conn: Connection) -> list[Unaccounted]:
    """All that ever was, by index."""
    rows = conn.execute(
        text("SELECT index, kind, subject, statement_hash, settled_by FROM ledger.unaccounted ORDER BY index")
    )
    return [
        Unaccounted(index, kind, Subject(bytes(subject)), StatementHash(bytes(hashed)), by)
        for index, kind, subject, hashed, by in rows
    ]


def closed(conn: Connection) -> set[Subject]:
    """The subjects about which nothing is recorded until they are settled."""
    rows = conn.execute(text("SELECT DISTINCT subject FROM ledger.unaccounted WHERE settled_at IS NULL"))
    return {Subject(bytes(subject)) for (subject,) in rows}


def settle(conn: Connection, subjects: Collection[Subject], by: str, now: int) -> int:
    """A person says that the warehouse is right again about these; how many entries that settles."""
    assert by, "expected who decided it, and why"
    done = conn.execute(
        text(
            "UPDATE ledger.unaccounted SET settled_at = :now, settled_by = :by"
            " WHERE settled_at IS NULL AND subject = ANY(CAST(:subjects AS bytea[]))"
        ),
        {"now": now, "by": by, "subjects": list(subjects)},
    )
    return int(done.rowcount)


def came_back(conn: Connection, size: int) -> bool:
    """Whether the entry below `size` came back from others: what was signed or sent for it then is not known here."""
    found = text("SELECT EXISTS (SELECT FROM ledger.recovery WHERE first < :size AND :size <= size)")
    return conn.execute(found, {"size": size}).scalar_one() is True
