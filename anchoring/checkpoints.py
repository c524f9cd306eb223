"""Signed checkpoints as stored: the state of the ledger at each size that was ever signed."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from sqlalchemy import Connection, insert, select

from anchoring import tables
from anchoring.errors import NotInLedger
from anchoring.page import PageId, Place
from verifier.hashing import MapHash, RootHash


@dataclass(frozen=True, slots=True)
class SignedCheckpoint:
    """Size and roots of the ledger, the note that says so, the lot map's root page; `signed_at` in milliseconds."""

    size: int
    log_root: RootHash
    map_root: MapHash
    map_page: PageId
    note: str
    signed_at: int

    @property
    def map_place(self) -> Place:
        """Where the lot map begins, and what it must hash to."""
        return Place(self.map_page, self.map_root)


def newest_checkpoint(connection: Connection) -> SignedCheckpoint | None:
    """The newest checkpoint, or None while the log is empty."""
    row = connection.execute(select(tables.checkpoint).order_by(tables.checkpoint.c.size.desc()).limit(1)).one_or_none()
    return SignedCheckpoint(**row._mapping) if row is not None else None


def checkpoint(connection: Connection, size: int | None = None) -> SignedCheckpoint:
    """The checkpoint of exactly `size`, or the newest; raises NotInLedger if there is none."""
    if size is None:
        found = newest_checkpoint(connection)
    else:
        row = connection.execute(select(tables.checkpoint).where(tables.checkpoint.c.size == size)).one_or_none()
        found = SignedCheckpoint(**row._mapping) if row is not None else None
    if found is None:
        raise NotInLedger("any checkpoint" if size is None else f"a checkpoint of size {size}")
    return found


def write_checkpoint(connection: Connection, signed: SignedCheckpoint) -> None:
    """Store a checkpoint; its size is a primary key, so there is never a second one of the same size."""
    connection.execute(insert(tables.checkpoint).values(asdict(signed)))
