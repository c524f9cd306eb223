"""The log grows again by entries that it once had: the same tree, the same map, and where it was signed the same note.

What is stored afterwards is what the sequencer stored then, but for the numbering of the map's pages and the time of
signing, which stand in no hash. Nothing new is signed: a state is sealed only if its root is the one that was signed or
anchored before, with the note that was found, or, as Ed25519 signs the same bytes the same way, with that note again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection

from anchoring.chaining import Chained, linked, map_changes, new_tips
from anchoring.checkpoints import SignedCheckpoint, write_checkpoint
from anchoring.entries import tips_of
from anchoring.errors import LedgerBroken
from anchoring.held import Milestone
from anchoring.lotmap import Growth, find
from anchoring.mappages import PageMemory, StoredPages
from anchoring.page import Place
from anchoring.signer import LogSigner
from anchoring.state import State
from anchoring.storing import store
from anchoring.tilestore import write_tiles
from anchoring.tree import Edge
from verifier.entry import Entry, format_entry
from verifier.hashing import RootHash, leaf_hash

_PART = 10_000  # entries that are stored together; memory grows with it


def root_after(edge: Edge, entries: Sequence[Entry]) -> RootHash:
    """The log root after these entries; nothing is stored."""
    return edge.grown([leaf_hash(format_entry(entry)) for entry in entries])[0].root()


class Regrowth:
    """The log in the caller's transaction, from the state `state` on."""

    def __init__(self, conn: Connection, state: State, signer: LogSigner, now: int) -> None:
        self._conn, self._signer, self._now = conn, signer, now
        self.state = state

    @property
    def size(self) -> int:
        return self.state.edge.size

    def reach(self, milestone: Milestone, entries: Sequence[Entry]) -> None:
        """Store the entries up to a milestone, and its checkpoint. Their root is the milestone's.

        Raises LedgerBroken if an entry does not follow from its subject's newest, or if the map root that was signed
        does not follow from the entries.
        """
        assert self.size + len(entries) == milestone.size, "expected all entries up to the milestone"
        for part in _parts(entries):
            self._store(part)
        edge, place = self.state.edge, self.state.map_root
        assert place is not None and edge.root() == milestone.log_root, "expected entries that lead to the milestone"
        if place.hash != milestone.map_root:
            raise LedgerBroken(f"lot map at size {edge.size}", place.hash, milestone.map_root)
        note = milestone.note or self._signer.sign(edge.size, milestone.log_root, place.hash)
        at = max(self._now, self.state.signed_at)
        write_checkpoint(self._conn, SignedCheckpoint(edge.size, edge.root(), place.hash, place.page, note, at))
        self.state = State(edge, place, at, note)

    def _store(self, entries: Sequence[Entry]) -> None:
        tips = tips_of(self._conn, {entry.subject for entry in entries})
        chained: list[Chained] = list(linked(self.size, entries, tips))
        edge, tiles = self.state.edge.grown([each.leaf_hash for each in chained])
        pages = StoredPages(self._conn, PageMemory(0))
        after = new_tips(chained)
        growth = Growth(find(self.state.map_root, after.keys(), pages), map_changes(tips, after), self.state.next_page)
        store(self._conn, chained, growth)
        write_tiles(self._conn, tiles)
        root: Place = growth.root
        self.state = State(edge, root, self.state.signed_at, self.state.note)


def _parts(entries: Sequence[Entry]) -> Iterator[Sequence[Entry]]:
    return (entries[at : at + _PART] for at in range(0, len(entries), _PART))
