"""What others hold of this log, as far as it proves itself: entries in their places, and checkpoints under our key.

    Claim       an entry that somebody says stands at an index, with its path to a checkpoint if he has one
    Milestone   a state that this log signed or anchored: whatever is brought back must lead to exactly its root

A claim with a path to a checkpoint that our key signed is *proven*: nobody but the log can have made it. A claim
without one is only an offer; whether it is true shows when the root of a milestone follows from it, or does not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from anchoring.signer import LogSigner
from verifier.checkpoint import Checkpoint
from verifier.entry import Entry, parse_entry
from verifier.errors import Refuted
from verifier.hashing import MapHash, RootHash, leaf_hash
from verifier.merkle import verify_inclusion


@dataclass(frozen=True, slots=True)
class Claim:
    """`entry`: 114 bytes; `path`, leaf to root, and `note` belong together; `where` names the file or the mirror."""

    index: int
    entry: bytes
    where: str
    path: Sequence[bytes] = ()
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Milestone:
    """Size and roots; `note` None: the contract holds it, and no note of it was found."""

    size: int
    log_root: RootHash
    map_root: MapHash
    where: str
    note: str | None = None

    @property
    def told(self) -> str:
        """The state as evidence, in words or as its note."""
        return f"{self.where}:\n{self.note or f'size {self.size}, log root {self.log_root.hex()}, no note'}"


@dataclass(slots=True)
class Held:
    """Claims and milestones of all sources. `remarks` says what was passed over, and why."""

    signer: LogSigner
    proven: dict[int, Entry] = field(default_factory=dict)
    offered: dict[str, dict[int, Entry]] = field(default_factory=dict)  # by source, in the order they were named
    milestones: list[Milestone] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def take(self, claims: Iterable[Claim]) -> None:
        """Keep claims; one that is false is passed over."""
        for claim in claims:
            try:
                self._take(claim)
            except Refuted as refuted:
                self.remarks.append(f"{claim.where}, entry {claim.index}: {refuted}")

    def _take(self, claim: Claim) -> None:
        entry = parse_entry(claim.entry)
        if claim.note is None:
            self.offered.setdefault(claim.where, {})[claim.index] = entry
            return
        known = self._signed(claim.note, claim.where)
        verify_inclusion(claim.index, known.size, leaf_hash(claim.entry), claim.path, known.log_root)
        self.proven[claim.index] = entry

    def take_note(self, note: str, where: str) -> Checkpoint | None:
        """Keep a checkpoint; None if our key did not sign it."""
        try:
            return self._signed(note, where)
        except Refuted as refuted:
            self.remarks.append(f"{where}: {refuted}")
            return None

    def _signed(self, note: str, where: str) -> Checkpoint:
        known, ours = self.signer.wrote(note)
        self.milestones.append(Milestone(known.size, known.log_root, known.map_root, where, ours))
        return known

    def picks(self, first: int, end: int) -> Iterable[dict[int, Entry]]:
        """Ways to put together the entries first to end - 1: what is proven stands, each source comes first once."""
        sources = list(self.offered.values())
        for at in range(max(1, len(sources))):
            order = [self.proven, *sources[at : at + 1], *sources[:at], *sources[at + 1 :]]
            yield {n: found for n in range(first, end) if (found := _first(order, n)) is not None}


def _first(order: Iterable[Mapping[int, Entry]], index: int) -> Entry | None:
    return next((held[index] for held in order if index in held), None)


def runs(indexes: Iterable[int]) -> list[tuple[int, int]]:
    """First and last of each run of rising numbers."""
    found: list[tuple[int, int]] = []
    for index in indexes:
        if found and found[-1][1] == index - 1:
            found[-1] = found[-1][0], index
        else:
            found.append((index, index))
    return found
