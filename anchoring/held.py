"""What others hold of this log, and what is known to have been signed or anchored of it.

    proven      entries under a checkpoint of our key, with a path to it: nobody but the log can have made them
    offered     entries on somebody's word; whether they are true shows when a milestone's root follows from them
    milestones  states that this log signed or anchored: what is brought back must lead to exactly their roots

Paths are checked by the verifier's code, before an entry is called proven (`service.recovering.claims`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from anchoring.signer import LogSigner
from verifier.checkpoint import Checkpoint
from verifier.entry import Entry
from verifier.errors import Refuted
from verifier.hashing import MapHash, RootHash


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
    """Everything from all sources. `offered`: by source, in the order in which they were named; `remarks` says what was
    passed over, and why."""

    signer: LogSigner
    proven: dict[int, Entry] = field(default_factory=dict)
    offered: dict[str, dict[int, Entry]] = field(default_factory=dict)
    milestones: list[Milestone] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def signed(self, note: str, where: str) -> Checkpoint:
        """Keep a checkpoint, a milestone from now on; raises Refuted if our key did not sign it."""
        known, ours = self.signer.wrote(note)
        self.milestones.append(Milestone(known.size, known.log_root, known.map_root, where, ours))
        return known

    def take_note(self, note: str, where: str) -> Checkpoint | None:
        """The same, but what our key did not sign is passed over: None."""
        try:
            return self.signed(note, where)
        except Refuted as refuted:
            self.remarks.append(f"{where}: {refuted}")
            return None

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
