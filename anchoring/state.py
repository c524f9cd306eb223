"""What the sequencer knows of the ledger between two rounds; read back, it is compared with the last signature."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from anchoring.checkpoints import SignedCheckpoint, newest_checkpoint
from anchoring.entries import newest_index
from anchoring.errors import LedgerBroken
from anchoring.mappages import PageMemory, StoredPages
from anchoring.page import PageId, Place
from anchoring.tilestore import read_edge
from anchoring.tree import Edge
from verifier.checkpoint import Checkpoint, parse_checkpoint
from verifier.note import parse_note


@dataclass(frozen=True, slots=True)
class State:
    """The right edge of the log, the root of the lot map, the time of the last signature in milliseconds, and the note
    that was signed then (None before the first)."""

    edge: Edge
    map_root: Place | None
    signed_at: int
    note: str | None

    @property
    def next_page(self) -> PageId:
        """The id of the next page that is written; the root page is always written last."""
        return PageId(0 if self.map_root is None else self.map_root.page + 1)


def stored_state(connection: Connection, origin: str) -> State:
    """The state after the last commit; raises LedgerBroken if what is stored is not what `origin` signed last."""
    newest, index = newest_checkpoint(connection), newest_index(connection)
    _compare("index of the newest entry", None if newest is None else newest.size - 1, index)
    if newest is None:
        return State(Edge(), None, 0, None)
    ours = Checkpoint(origin, newest.size, newest.log_root, newest.map_root)
    _compare("last signed checkpoint", ours, _signed(newest))
    edge = read_edge(connection, newest.size)
    _compare(f"log root at size {newest.size}", newest.log_root, edge.root())
    StoredPages(connection, PageMemory(0))([newest.map_place])  # checks the root page
    return State(edge, newest.map_place, newest.signed_at, newest.note)


def _signed(newest: SignedCheckpoint) -> Checkpoint:
    return parse_checkpoint(parse_note(newest.note).body)


def _compare(what: str, expected: object, seen: object) -> None:
    if expected != seen:
        raise LedgerBroken(what, expected, seen)
