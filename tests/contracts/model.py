"""LotAnchor in plain Python, as the ledger format §6 words it: it keeps everything and computes every view from
scratch.

Only tests use it, beside the real contract. It is slow on purpose: the head is *found* (the newest anchor that no
epoch voided) where the contract remembers it, trees are hashed whole where the contract keeps a right edge, and a
proof is checked by taking the recursive definition of RFC 6962 §2.1.2 apart where the contract walks bits.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from tests.contracts import rfc6962
from tests.contracts.onchain import Reverted

ZERO_HASH = bytes(32)
NOBODY = "0x" + "00" * 20
LARGEST = 2**53 - 1
THREE_DAYS = 3 * 24 * 3600
THIRTY_DAYS = 30 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Anchor:
    """One accepted checkpoint."""

    epoch: int
    size: int
    log_root: bytes
    map_root: bytes
    block: int
    time: int

    def leaf(self) -> bytes:
        numbers = [n.to_bytes(8, "big") for n in (self.epoch, self.size, self.block, self.time)]
        return sha256(
            b"\x00" + numbers[0] + numbers[1] + self.log_root + self.map_root + numbers[2] + numbers[3]
        ).digest()


@dataclass(frozen=True, slots=True)
class Epoch:
    """Anchors keep to first-1 are void."""

    first: int
    keep: int
    opened_at: int
    reason: bytes


@dataclass(frozen=True, slots=True)
class Proposal:
    index: int
    opens_at: int
    reason: bytes


@dataclass(slots=True)
class Model:
    """Each method takes the sender and the block it would stand in, and either changes the model or raises
    `Reverted`.
    """

    anchorer: str
    guardian: str
    offered: str = NOBODY
    anchors: list[Anchor] = field(default_factory=list)
    opened: list[Epoch] = field(default_factory=list)
    proposal: Proposal | None = None
    rotations: int = 0

    # -- what is seen

    def voided_by(self, index: int) -> int:
        """The newest epoch that voided the anchor; 0 if none did."""
        return max((n for n, e in enumerate(self.opened, 1) if e.keep <= index < e.first), default=0)

    def live(self) -> Anchor:
        """The newest anchor that is not void."""
        return next(
            (a for i, a in reversed(list(enumerate(self.anchors))) if not self.voided_by(i)),
            Anchor(0, 0, ZERO_HASH, ZERO_HASH, 0, 0),
        )

    def leaves(self) -> list[bytes]:
        return [a.leaf() for a in self.anchors]

    def head(self) -> tuple[int, bytes, int, int, int, int]:
        live = self.live()
        return live.size, live.log_root, len(self.anchors), live.time, len(self.opened), self.rotations

    def accumulator(self) -> tuple[int, tuple[bytes, ...]]:
        return len(self.anchors), tuple(rfc6962.peaks(self.leaves()))

    def sealed_group(self, group: int) -> bytes:
        leaves = self.leaves()[64 * group : 64 * group + 64]
        return rfc6962.mth(leaves) if len(leaves) == 64 else ZERO_HASH

    def epoch(self, n: int) -> tuple[int, int, int, bytes]:
        if not 1 <= n <= len(self.opened):
            return 0, 0, 0, ZERO_HASH
        found = self.opened[n - 1]
        return found.first, found.keep, found.opened_at, found.reason

    def proposed_epoch(self) -> tuple[int, int, bytes]:
        return (
            (self.proposal.index, self.proposal.opens_at, self.proposal.reason) if self.proposal else (0, 0, ZERO_HASH)
        )

    def path(self, index: int) -> list[bytes]:
        """From the anchor's leaf to its live peak."""
        start, leaves = 0, self.leaves()
        while True:
            height = (len(leaves) - start).bit_length() - 1
            mountain = leaves[start : start + 2**height]
            if index < start + len(mountain):
                return rfc6962.path(index - start, mountain)
            start += len(mountain)

    # -- what is done

    def anchor(
        self,
        sender: str,
        block: int,
        time: int,
        old: int,
        new: int,
        log_root: bytes,
        map_root: bytes,
        proof: Sequence[bytes],
    ) -> None:
        live = self.live()
        require(sender == self.anchorer, "NotAnchorer", self.anchorer, sender)
        require(old == live.size, "WrongOldSize", live.size, old)
        require(new > old, "SizeNotGreater", old, new)
        require(new <= LARGEST, "SizeTooLarge", LARGEST, new)
        if self.anchors:
            check_consistency(old, new, live.log_root, log_root, proof)
        else:
            require(not proof, "WrongProofLength", 0, len(proof))
        self.anchors.append(Anchor(len(self.opened), new, log_root, map_root, block, time))

    def replace_anchorer(self, sender: str, following: str) -> None:
        require(sender == self.guardian, "NotGuardian", self.guardian, sender)
        require(following != NOBODY, "ZeroAddress")
        require(following != self.guardian, "SameKey", following)
        self.anchorer = following
        self.rotations += 1

    def offer_guardian(self, sender: str, candidate: str) -> None:
        require(sender == self.guardian, "NotGuardian", self.guardian, sender)
        self.offered = candidate

    def accept_guardian(self, sender: str) -> None:
        require(sender == self.offered, "NotOffered", self.offered, sender)
        require(sender != self.anchorer, "SameKey", sender)
        self.guardian, self.offered = sender, NOBODY
        self.rotations += 1

    def propose_epoch(self, sender: str, time: int, index: int, reason: bytes) -> None:
        require(sender == self.guardian, "NotGuardian", self.guardian, sender)
        if self.proposal:
            raise Reverted("EpochAlreadyProposed", (self.proposal.index, self.proposal.opens_at))
        require(index < len(self.anchors), "NoSuchAnchor", len(self.anchors), index)
        require(index < len(self.anchors) - 1, "NothingToVoid", len(self.anchors), index)
        require(not self.voided_by(index), "AnchorVoided", self.voided_by(index), index)
        self.proposal = Proposal(index, time + THREE_DAYS, reason)

    def cancel_epoch(self, sender: str) -> None:
        require(sender == self.guardian, "NotGuardian", self.guardian, sender)
        require(self.proposal is not None, "NoEpochProposed")
        self.proposal = None

    def open_epoch(self, sender: str, time: int, shown: Anchor, path: Sequence[bytes]) -> None:
        require(sender == self.guardian, "NotGuardian", self.guardian, sender)
        if self.proposal is None:
            raise Reverted("NoEpochProposed", ())
        index = self.proposal.index
        require(time >= self.proposal.opens_at, "TooEarly", self.proposal.opens_at, time)
        require(len(path) == len(self.path(index)), "WrongPathLength", len(self.path(index)), len(path))
        peak, seen = climb(index, self.anchors[index].leaf(), self.path(index)), climb(index, shown.leaf(), path)
        require(seen == peak, "WrongPeak", peak, seen)
        require(shown.time >= time - THIRTY_DAYS, "TooOld", time - THIRTY_DAYS, shown.time)
        self.opened.append(Epoch(len(self.anchors), index + 1, time, self.proposal.reason))
        self.proposal = None


def climb(index: int, leaf: bytes, path: Sequence[bytes]) -> bytes:
    """The node that a path leads to, in a complete tree."""
    for level, sibling in enumerate(path):
        leaf = sha256(b"\x01" + (sibling + leaf if index >> level & 1 else leaf + sibling)).digest()
    return leaf


def check_consistency(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> None:
    """Take SUBPROOF apart from its end, as it was put together."""
    expected = subproof_length(old, new, True)
    require(len(proof) == expected, "WrongProofLength", expected, len(proof))
    rest = list(proof)
    old_seen, new_seen = roots_of_subproof(old, new, True, rest, old_root)
    require(old_seen == old_root, "WrongOldRoot", old_root, old_seen)
    require(new_seen == new_root, "WrongNewRoot", new_root, new_seen)


def subproof_length(m: int, n: int, complete: bool) -> int:
    if m == n:
        return 0 if complete else 1
    k = rfc6962.split(n)
    return 1 + (subproof_length(m, k, complete) if m <= k else subproof_length(m - k, n - k, False))


def roots_of_subproof(m: int, n: int, complete: bool, rest: list[bytes], old_root: bytes) -> tuple[bytes, bytes]:
    """Roots of D[:m] and D[:n] that follow from the hashes in `rest`, of which the last ones are taken."""
    if m == n:
        only = old_root if complete else rest.pop()
        return only, only
    k, last = rfc6962.split(n), rest.pop()
    if m <= k:
        old, new = roots_of_subproof(m, k, complete, rest, old_root)
        return old, sha256(b"\x01" + new + last).digest()
    old, new = roots_of_subproof(m - k, n - k, False, rest, old_root)
    return sha256(b"\x01" + last + old).digest(), sha256(b"\x01" + last + new).digest()


def require(condition: bool, error: str, *numbers: object) -> None:
    if not condition:
        raise Reverted(error, numbers)
