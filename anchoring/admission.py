"""Whether this database, as it runs now, may be written to: it was compared with the chain since it came up.

A database that was restored from a backup does not know that it is old. If it went on, the log would sign a second
history (INV-M2, INV-A4), so nothing is signed and nothing recorded before a comparison: with the contract's head by
the anchorer, or with the last signed note (`lastsigned`) while the chain is away.

The comparison holds for one database in one run of its server:

    started    start of the server       another after a restart, point-in-time recovery, a copy of files, a failover
    database   oid of the database       another after CREATE DATABASE, from a template too
    relation   oid of ledger.checkpoint  another after the table was made again

`ledger.admitted()` in the database compares these; a trigger on the queue asks it whenever something is recorded, so
no process can forget to. What this does not notice: rows that a superuser changed in place, which audits find, and a
machine that was put back together with its memory, which the next look at the chain finds.

tests/anchoring/startup/ restores databases from several moments and restarts them.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, text

from verifier.hashing import RootHash


@dataclass(frozen=True, slots=True)
class Permission:
    """`admitted`: compared since it came up; `halted`: an alarm is open that stops everything."""

    admitted: bool
    halted: bool


def permission(conn: Connection) -> Permission:
    """Both, in one question."""
    halted = "EXISTS (SELECT FROM ledger.alarm WHERE cleared_at IS NULL AND halts)"
    return Permission(*conn.execute(text(f"SELECT ledger.admitted(), {halted}")).one())


def may_sign(conn: Connection) -> bool:
    """Whether checkpoints may be signed and stock may be recorded: admitted, and no halting alarm is open."""
    seen = permission(conn)
    return seen.admitted and not seen.halted


def admitted(conn: Connection) -> bool:
    """Whether this database was compared since it came up."""
    return bool(conn.execute(text("SELECT ledger.admitted()")).scalar_one())


def admit(conn: Connection, size: int, root: RootHash | None, by: str, now: int) -> bool:
    """Keep that `by` was found to agree with this database at `size`, where the log root is `root` (None at 0); whether
    that is news. The caller compared in this very transaction: a connection never outlives its server."""
    assert (size == 0) == (root is None), f"a root goes with every size but 0, got {size}"
    made = conn.execute(_ADMIT, {"size": size, "root": root, "by": by, "now": now})
    return made.first() is not None


_ADMIT = text(
    "INSERT INTO ledger.admission (cluster, started, database, relation, size, log_root, by, at)"
    " SELECT system_identifier, pg_postmaster_start_time(), oid, 'ledger.checkpoint'::regclass, :size, :root, :by, :now"
    "   FROM pg_control_system(), pg_database WHERE datname = current_database()"
    " ON CONFLICT DO NOTHING RETURNING at"
)


def undisturbed(conn: Connection) -> bool:
    """Whether nobody is bringing the log back at this moment; if so, nobody begins to before this transaction ends.

    Asked before a size is read to be compared: else an alarm about what was missing would outlive its coming back.
    """
    return bool(conn.execute(text("SELECT pg_try_advisory_xact_lock_shared(:lock)"), {"lock": _LOCK}).scalar_one())


def disturb(conn: Connection) -> None:
    """Nobody compares, and nobody else brings the log back, until this transaction ends."""
    conn.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})


_LOCK = 0x6C6F7470_72656376  # any constant that nobody else uses


def missing(size: int, signed: int) -> str:
    """In words, which entries a log of `size` lacks of one of which `signed` were signed; 0 <= size < signed."""
    assert 0 <= size < signed, f"expected less than {signed} entries, got {size}"
    return f"entry {size} is missing" if signed == size + 1 else f"entries {size} to {signed - 1} are missing"
