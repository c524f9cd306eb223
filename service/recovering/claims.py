"""What others say of single entries, checked: proven under the log's own key, or an offer, or passed over."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from anchoring import restoring
from verifier.entry import parse_entry
from verifier.errors import Refuted
from verifier.hashing import leaf_hash
from verifier.merkle import verify_inclusion


@dataclass(frozen=True, slots=True)
class Claim:
    """`entry`, 114 bytes, stands at `index`. `path`, leaf to root, and `note` belong together; without them it is an
    offer. `where` names the file or the mirror."""

    index: int
    entry: bytes
    where: str
    path: Sequence[bytes] = ()
    note: str | None = None


def take(held: restoring.Held, claims: Iterable[Claim]) -> None:
    """Keep claims; one that is false is passed over and said."""
    for claim in claims:
        try:
            _take(held, claim)
        except Refuted as refuted:
            held.remarks.append(f"{claim.where}, entry {claim.index}: {refuted}")


def _take(held: restoring.Held, claim: Claim) -> None:
    entry = parse_entry(claim.entry)
    if claim.note is None:
        held.offered.setdefault(claim.where, {})[claim.index] = entry
        return
    known = held.signed(claim.note, claim.where)
    verify_inclusion(claim.index, known.size, leaf_hash(claim.entry), claim.path, known.log_root)
    held.proven[claim.index] = entry
