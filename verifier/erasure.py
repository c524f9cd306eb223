"""Erasure notices: what may be erased of a movement, as far as a reader can tell (check 4).

A hidden field has no name, so what a notice covers is found from both ends: a member of a list that is
shown is known by its list; and when everything else is shown, what must stand in a movement must be there.

Where the notice discloses `lotproof:approved`, what its approvers were shown, that is the base64url SHA-256 of

    lotproof/erasure/v1 LF statement LF digest LF property LF legal basis LF

and binds the notice to the digests that were approved. Evidence: `tests/verifier/test_erasure.py`.
"""

from __future__ import annotations

import re
from hashlib import sha256

from verifier.disclosure import Disclosed
from verifier.encoding import b64url
from verifier.entry import MOVEMENT
from verifier.errors import Refuted
from verifier.statement import Ref, Statement

MAY_GO = frozenset({"bizTransactionList", "sensorElementList"})
"""Lists of which members may be erased; those of lots, quantities and owners stay."""

KEPT = frozenset({"type", "eventTime", "bizStep"})
EVIDENCE = re.compile(r"https://[^/]+/lot/[^/]+/epcis/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""The history of an event about others' goods: it may have neither step nor quantities."""
QUANTITIES = frozenset({"quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList"})


def check_covered(what: str, ref: Ref, target: Statement, shown: Disclosed) -> None:
    """Each digest is one of the target's, and of nothing that is never erased; raises Refuted."""
    named = set(target.payload["_sd"])
    lists = {digest: name for name, members in shown.lists.items() for digest in members.digests}
    lots = {member["..."] for member in target.payload["lots"]}
    whole = not shown.hidden & named  # else one of the hidden may be a list that holds it
    for digest in ref.digests:
        if digest in lots or lists.get(digest, "bizTransactionList") not in MAY_GO:
            raise Refuted(f"{what} erases what may go", "a note, a name or a document", lists.get(digest, "lots"))
        if digest not in named and digest not in lists and whole:
            raise Refuted(f"{what} erases", "a digest of the statement it answers", digest)


def check_kept(what: str, erased: set[str], target: Statement, shown: Disclosed) -> None:
    """Once all that is hidden was erased, the rest of a movement is there; raises Refuted."""
    if target.kind != MOVEMENT or not shown.hidden <= erased:
        return
    evidence = bool(shown.lots) and all(EVIDENCE.fullmatch(lot) for lot in shown.lots)
    missing = sorted((KEPT - {"bizStep"} if evidence else KEPT) - shown.properties.keys())
    if not evidence and not QUANTITIES & shown.lists.keys():
        missing.append("a list of quantities")
    if missing:
        raise Refuted(f"{what} erases", "nothing that is never erased", ", ".join(missing))


def check_approved(what: str, ref: Ref, notice: Disclosed) -> None:
    """What is erased is what was approved, where the notice shows both; raises Refuted."""
    said = [notice.properties.get(name) for name in ("lotproof:approved", "lotproof:erased", "lotproof:legalBasis")]
    if None in said:
        return
    approved, name, basis = map(str, said)
    for digest in ref.digests:
        lines = ("lotproof/erasure/v1", b64url(ref.statement), digest, name, basis)
        seen = b64url(sha256("".join(f"{line}\n" for line in lines).encode()).digest())
        if seen != approved:
            raise Refuted(f"{what} erases what was approved", approved, seen)
