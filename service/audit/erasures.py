"""What was erased: exactly what a signed notice in the log says, exactly what was approved, and nothing else.

A digest without its disclosure is excused by a notice (kind 3) that names it. That it was a word which may go, and no
quantity, follows without it: the journal, signed, names the erasable parts that the movement had; each erasure takes a
property that was one of them and is disclosed no more; and as many digests are hidden as were erased.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import Row

from anchoring import Finding
from service.audit.block import Block
from service.audit.differ import PROOF, RECEIPT, Table, unequal
from service.audit.told import Told, Unreadable, told
from service.domain.erasable import DOCUMENTS, NotErasable, check_movement, erasable
from service.erasing.approving import APPROVERS
from service.erasing.record import shown_hash
from service.ledger.commitments import is_erased
from service.statements.reading import decoded, parts_of
from verifier import uri
from verifier.encoding import unb64url
from verifier.entry import ERASURE as KIND
from verifier.errors import Refuted

ERASURE = Table("warehouse.erasure", ("number",))
STATEMENT = Table("warehouse.statement", ("statement_hash",))
DISCLOSURE = Table("warehouse.disclosure", ("statement_hash",))
MOVEMENT = Table("warehouse.movement", ("number",))
_CHECK = "what was erased is what a notice in the log says"
Found = Iterator[Finding]


class Indexed(Protocol):
    """Knows the first log index of what has this number."""

    def index(self, number: int) -> int | None: ...


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice as it was signed: of which statement which digests went, and what it says beside."""

    said: Told
    statement: bytes
    digests: list[str]
    says: dict[str, Any]


def excused(block: Block, number: int) -> frozenset[bytes]:
    """Digests of this movement's statement that notices in the log, or on their way there, name."""
    found = (read_notice(each) for each in block.erasures.get(number, ()) if each.entered or each.waiting)
    hashed = block.hash_of(number)
    return frozenset(
        digest.encode() for each in found if each is not None and each.statement == hashed for digest in each.digests
    )


def erasures_fit_their_notices(block: Block, read: dict[int, Told], issuers: dict[int, str], origin: str) -> Found:
    for row in block.movements:
        erased = block.erasures.get(row.number, [])
        for each in erased:
            notice = read_notice(each)
            if notice is None:
                yield of_erasure(block, row, each, "notice", "the hash of a notice of this erasure", each.notice.hex())
                continue
            yield from repeats(block, row, each, notice, issuers)
            yield from approved(block, row, each, notice)
            yield from in_the_log(block, row, each, origin)
            if row.number in read:
                yield from _exactly(block, row, each, read[row.number])
        yield from _no_more(block, row, erased)


def read_notice(erasure: Row[Any]) -> Notice | None:
    """None unless it is there as it was signed."""
    if erasure.jwt is None or erasure.jwt_hashed != erasure.notice:
        return None
    try:
        said = told(erasure.jwt, erasure.notice_disclosures or "~")
        ref = said.payload["ref"]
        values = [decoded(part)[1:] for part in parts_of(erasure.notice_disclosures or "~")]
        says = {value[0]: value[1] for value in values if len(value) == 2}
        return Notice(said, unb64url(ref["statement"]), ref["digests"], says)
    except (Unreadable, Refuted, LookupError, TypeError):
        return None


def repeats(block: Indexed, row: Any, erasure: Row[Any], notice: Notice, issuers: dict[int, str]) -> Found:
    """The row says what was signed, and the notice is by the party whose movement it was."""
    says, index = notice.says, block.index(row.number)
    yield from unequal(
        _CHECK, ERASURE, ERASURE.row((erasure.number,)), index, PROOF,
        ("party_id", notice.said.issuer, issuers.get(erasure.party_id)),
        ("statement_hash", notice.statement, erasure.statement_hash),
        ("movement", says.get("lotproof:movement"), f"urn:uuid:{row.id}"),
        ("digest", notice.digests, [erasure.digest]),
        ("property", says.get("lotproof:erased"), erasure.property),
        ("legal_basis", says.get("lotproof:legalBasis"), erasure.legal_basis),
        ("requested_by", says.get("lotproof:requestedBy"), erasure.requested_by),
    )  # fmt: skip
    key = STATEMENT.row((erasure.notice.hex(),))
    yield from unequal(
        _CHECK, STATEMENT, key, index, PROOF,
        ("kind", KIND, erasure.notice_kind),
        ("id", notice.said.id, erasure.notice_id),
        ("party_id", notice.said.issuer, issuers.get(erasure.notice_party)),
        ("jwt", issuers.get(row.party_id), notice.said.issuer),
    )  # fmt: skip
    if notice.said.hidden or notice.said.unknown:
        hidden = sorted(digest.decode() for digest in notice.said.hidden)
        yield Finding("disclosures are complete", DISCLOSURE.name, key, "disclosures",
                      hidden or "a digest that was signed", "not disclosed" if hidden else notice.said.unknown,
                      index, PROOF)  # fmt: skip


def approved(block: Indexed, row: Any, erasure: Row[Any], notice: Notice) -> Found:
    says = notice.says
    why = str(says.get("lotproof:erased")), str(says.get("lotproof:legalBasis"))
    shown = [shown_hash(notice.statement, each, *why) for each in notice.digests]
    if shown != [says.get("lotproof:approved")]:
        expected = f"a notice of {says.get('lotproof:approved')}, which was approved"
        yield of_erasure(block, row, erasure, "notice", expected, shown)
    people, claimed = sorted(erasure.approvers), sorted(says.get("lotproof:approvedBy", ()))
    if people != claimed or len(set(claimed) - {says.get("lotproof:requestedBy")}) < APPROVERS:
        yield of_erasure(block, row, erasure, "notice", f"approvals of at least {APPROVERS}: {claimed}", people)


def in_the_log(block: Indexed, row: Any, erasure: Row[Any], origin: str) -> Found:
    """One entry for each lot of the movement, or a submission of them all."""
    wanted = [bytes(uri.subject(uri.LOT, origin, lot)) for lot in row.lots or ()]
    seen = [bytes(each) for each in erasure.entered or ()] or _cut(erasure.waiting or b"")
    if wanted != seen:
        yield of_erasure(block, row, erasure, "notice", f"a notice in the history of all {len(wanted)} lots",
                  f"in {len(seen)}, or in others")


def _cut(subjects: bytes) -> list[bytes]:
    return [bytes(subjects[at : at + 32]) for at in range(0, len(subjects), 32)]


def _exactly(block: Block, row: Row[Any], erasure: Row[Any], target: Told) -> Found:
    """What went may go, was there, and is gone."""
    values = [decoded(part)[1:] for part in parts_of(row.disclosures or "~")]
    shown = {value[0] for value in values if len(value) == 2}
    signed = block.journals.get(row.number, {}).get("parts", {})
    try:
        wanted = erasable(erasure.property)
        check_movement(row.type, ())
    except NotErasable as error:
        yield of_erasure(block, row, erasure, "property", error.expected, error.seen)
        return
    if wanted.name in shown and wanted.document is None:
        yield _disclosed(block, row, f"no {wanted.name}: it was erased", "disclosed")
    elif wanted.document is not None and DOCUMENTS not in shown:
        yield _disclosed(block, row, f"the list {DOCUMENTS}", "not disclosed")
    elif erasure.digest.encode() not in target.hidden:
        expected = "a digest of the statement that is disclosed no more"
        yield of_erasure(block, row, erasure, "digest", expected, erasure.digest)
    fits = all(name in signed and name.partition("/")[0] == wanted.member for name in erasure.parts)
    if not fits or not erasure.parts:
        expected = f"parts of {wanted.member} that the journal names"
        yield of_erasure(block, row, erasure, "parts", expected, erasure.parts)


def _no_more(block: Block, row: Row[Any], erased: list[Row[Any]]) -> Found:
    """The request lost what erasures took, and nothing else."""
    gone = sorted(name for name, salt in block.parts(row).items() if is_erased(str(salt)))
    covered = sorted(name for each in erased for name in each.parts)
    if gone == covered:
        return
    if not (set(gone) - set(covered) and set(covered) - set(gone)):
        at, check = MOVEMENT.row((row.number,)), "nothing goes from a request without a notice"
        yield Finding(check, MOVEMENT.name, at, "parts", covered, gone, block.index(row.number), RECEIPT)
    else:
        yield of_erasure(block, row, erased[-1], "parts", gone, covered)


def of_erasure(block: Indexed, row: Any, erasure: Row[Any], field: str, expected: object, seen: object) -> Finding:
    key = ERASURE.row((erasure.number,))
    return Finding(_CHECK, ERASURE.name, key, field, expected, seen, block.index(row.number), PROOF)


def _disclosed(block: Block, row: Row[Any], expected: object, seen: object) -> Finding:
    key = DISCLOSURE.row((row.statement_hash.hex(),))
    return Finding(_CHECK, DISCLOSURE.name, key, "disclosures", expected, seen, block.index(row.number), PROOF)
