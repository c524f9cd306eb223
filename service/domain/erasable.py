"""What of a movement's statement may say who somebody is, and so may be erased: one table. All the rest stays.

Lots, quantities and their lists, business step and disposition, times, places, the parties between which goods went,
the supplier (whoever places goods on a market must be able to name him for years), a case's id and the hash of the
journal are what proofs, audits and mass balances stand on.

Of an event about others' goods, which no rule here stands on, go fields that are no standard's, the data of its lots
(`ilmd`: who harvested it), documents, and what sensors saw (where a driver was).

What stopped goods, freed them again or destroyed them stays as it was said: such a reason is a duty to keep, not a note
(GDPR Art. 17(3)(b) and (c)). So does what people said in a quarantine case, a count or a pick list, whose own records
hold the same words.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from service.domain.errors import BadText, DomainError, NeedsApproval
from service.domain.identifiers import check_text

MEMBERS: Mapping[str, str] = {
    "lotproof:reason": "reason",
    "lotproof:customer": "customer",
    "lotproof:approvedBy": "approved_by",
    "lotproof:countedBy": "counted_by",
}
"""Property of the statement that may go: member of the request in which it was asked."""

DOCUMENTS = "bizTransactionList"
"""Members of this list may go one by one, `bizTransactionList[0]` being the first; the list itself says nothing."""

KEPT_WHOLE = ("recall", "lift", "destroy")
"""Movements of which nothing is erased."""

_DOCUMENT = re.compile(rf"{DOCUMENTS}\[(0|[1-9][0-9]{{0,2}})\]")
_MEMBER = re.compile(rf"({DOCUMENTS}|sensorElementList)\[(0|[1-9][0-9]{{0,2}})\]")
ILMD, UNTOLD = "ilmd", "lotproof:without"
EXPECTED_OF_EVIDENCE = (
    f"a field of one's own (prefix:name), {ILMD}, {DOCUMENTS}[number], sensorElementList[number] or {UNTOLD}"
)
"""The last: all that its statement could not tell, at once."""
EXPECTED = f"{', '.join(MEMBERS)} or {DOCUMENTS}[number]"


class NotErasable(DomainError):
    slug = "not-erasable"
    title = "This may not be erased"

    def __init__(self, what: str, expected: str, seen: str) -> None:
        super().__init__(f"{what}: expected {expected}, got {seen}", expected=expected, seen=seen)


@dataclass(frozen=True, slots=True)
class Erasable:
    """`name` is a property, `member` its source in the request; `document` a place in the statement's list of these."""

    name: str
    member: str
    document: int | None = None


def erasable(name: str) -> Erasable:
    """What a property or member of a list is made of; raises NotErasable for everything that is not in the table."""
    if name in MEMBERS:
        return Erasable(name, MEMBERS[name])
    match = _DOCUMENT.fullmatch(name)
    if match is None:
        raise NotErasable("property", EXPECTED, name)
    return Erasable(DOCUMENTS, "documents", int(match[1]))


def erasable_of_evidence(name: str) -> Erasable:
    """The same of an event about others' goods, which has no request: raises NotErasable."""
    match = _MEMBER.fullmatch(name)
    if match is not None:
        return Erasable(match[1], name, int(match[2]))
    if name in (ILMD, UNTOLD) or (":" in name and not name.startswith("lotproof:")):
        return Erasable(name, name)
    raise NotErasable("property", EXPECTED_OF_EVIDENCE, name)


def check_movement(type: str, stands_in: Sequence[str]) -> None:
    """Whether something of such a movement may go; `stands_in` names the records that hold the same words."""
    if type in KEPT_WHOLE:
        raise NotErasable("movement", f"one that is no {' or '.join(KEPT_WHOLE)}", f"a {type}")
    if stands_in:
        raise NotErasable("movement", "one whose words stand nowhere else", f"one of {stands_in[0]}")


class NothingToErase(DomainError):
    slug = "nothing-to-erase"
    title = "There is nothing of that name to erase"

    def __init__(self, expected: str, seen: str) -> None:
        super().__init__(f"expected {expected}, got {seen}", expected=expected, seen=seen)


def check_basis(legal_basis: str, words: Iterable[str]) -> None:
    """The law stays on record for ever, so it may not repeat what is to go."""
    check_text("legal basis", legal_basis)
    if any(word in legal_basis for word in words):
        raise BadText("legal basis", "the law that asks for it, without what is to be erased", "a text that repeats it")


def check_approver(person: str, requested_by: str) -> None:
    """Whoever asks for an erasure is none of the two who approve it."""
    check_text("person", person)
    if person == requested_by:
        raise NeedsApproval(f"two persons other than {requested_by}, who asked for it", person)
