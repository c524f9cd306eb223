"""Every refusal the warehouse knows, with its numbers.

A `DomainError` means: the request was understood, nothing was changed, and here is what was expected and what was seen.
At the door it becomes a 409 problem+json: `slug` names the problem, `title` is one fixed sentence, `str(error)` is the
sentence with the numbers, and `members()` are the machine-readable fields (`expected`, `seen` and where it happened).
"""

from typing import ClassVar


class DomainError(Exception):
    """A rule said no; nothing was changed."""

    slug: ClassVar[str] = "refused"
    title: ClassVar[str] = "The rules refuse this movement"

    def __init__(self, detail: str, *, expected: object = None, seen: object = None, **where: object) -> None:
        super().__init__(detail)
        self.expected = expected
        self.seen = seen
        self.where = where

    def members(self) -> dict[str, object]:
        """The fields of the problem beside title and detail; all of them are plain JSON values."""
        return {"expected": self.expected, "seen": self.seen, **self.where}


class UnknownThing(DomainError):
    slug = "unknown-thing"
    title = "The movement names something that this party does not have"

    def __init__(self, kind: str, name: str) -> None:
        super().__init__(f"no {kind} {name!r} here", expected=f"a known {kind}", seen=name, kind=kind)


class ThingExists(DomainError):
    slug = "thing-exists"
    title = "There is already one of that name"

    def __init__(self, kind: str, name: str) -> None:
        super().__init__(f"{kind} {name!r} exists already", expected=f"a new {kind}", seen=name, kind=kind)


class BadName(DomainError):
    slug = "bad-name"
    title = "A name, number or code is not spelled as it must be"

    def __init__(self, kind: str, expected: str, seen: str) -> None:
        super().__init__(f"{kind}: expected {expected}, got {seen!r}", expected=expected, seen=seen, kind=kind)


class BadQuantity(DomainError):
    slug = "bad-quantity"
    title = "The quantity cannot be counted in this item's smallest unit"

    def __init__(self, expected: str, seen: str) -> None:
        super().__init__(f"quantity: expected {expected}, got {seen}", expected=expected, seen=seen)


class BadEventTime(DomainError):
    slug = "bad-event-time"
    title = "The event time cannot be"

    def __init__(self, expected: str, seen: str) -> None:
        super().__init__(f"event time: expected {expected}, got {seen}", expected=expected, seen=seen)


class EmptyMovement(DomainError):
    slug = "empty-movement"
    title = "A movement has 1 to 100 lines"

    def __init__(self, seen: int) -> None:
        super().__init__(f"expected 1 to 100 lines, got {seen}", expected="1 to 100", seen=seen)


class BadText(DomainError):
    slug = "bad-text"
    title = "A text is missing, too long, or holds characters that no one can read"

    def __init__(self, kind: str, expected: str, seen: str) -> None:
        super().__init__(f"{kind}: expected {expected}, got {seen}", expected=expected, seen=seen, kind=kind)


class LotExists(DomainError):
    slug = "lot-exists"
    title = "This lot is registered already"

    def __init__(self, item: str, lot: str, uri: str) -> None:
        super().__init__(f"lot {lot!r} of {item!r} exists: {uri}", expected="a new lot", seen=uri, item=item, lot=lot)


class LotConflict(DomainError):
    slug = "lot-conflict"
    title = "The lot is known with other master data: a case for quality, not for an overwrite"

    def __init__(self, lot: str, field: str, expected: object, seen: object) -> None:
        super().__init__(f"lot {lot!r} has {field} {expected}, the movement says {seen}",
                         expected=expected, seen=seen, lot=lot, field=field)


class MissingLotField(DomainError):
    slug = "missing-lot-field"
    title = "The item demands a field of its lots that is missing"

    def __init__(self, item: str, lot: str, field: str) -> None:
        super().__init__(f"item {item!r} demands {field} for lot {lot!r}",
                         expected=field, seen=None, item=item, lot=lot)


class DatesDisagree(DomainError):
    slug = "dates-disagree"
    title = "The dates of the lot contradict each other"

    def __init__(self, lot: str, expected: str, seen: str) -> None:
        super().__init__(f"lot {lot!r}: expected {expected}, got {seen}", expected=expected, seen=seen, lot=lot)


class InsufficientStock(DomainError):
    """INV-S1: no account of a real place ever falls below zero."""

    slug = "insufficient-stock"
    title = "There is not that much there"

    def __init__(self, lot: str, place: str, status: str, expected: str, seen: str) -> None:
        super().__init__(f"lot {lot!r} at {place} ({status}): expected at least {expected}, found {seen}",
                         expected=expected, seen=seen, lot=lot, place=place, status=status)


class StockOnHold(DomainError):
    """INV-S5: what is held does not leave."""

    slug = "stock-on-hold"
    title = "Held stock cannot leave"

    def __init__(self, lot: str, place: str, expected: str, available: str, held: str) -> None:
        super().__init__(f"lot {lot!r} at {place}: expected {expected} available, found {available} ({held} on hold)",
                         expected=expected, seen=available, held=held, lot=lot, place=place)


class LotExpired(DomainError):
    """INV-S5: what has expired does not leave, except to be destroyed."""

    slug = "lot-expired"
    title = "Expired stock cannot leave"

    def __init__(self, lot: str, last_day: str, today: str) -> None:
        super().__init__(f"lot {lot!r}: last usable day {last_day}, today is {today}",
                         expected=f"used by {last_day}", seen=today, lot=lot)


class LotRecalled(DomainError):
    """INV-S5: what is recalled does not leave, except back to its supplier or to be destroyed."""

    slug = "lot-recalled"
    title = "Recalled stock cannot leave"

    def __init__(self, lot: str) -> None:
        super().__init__(f"lot {lot!r} is recalled", expected="a lot that is not recalled", seen="recalled", lot=lot)


class RecallState(DomainError):
    slug = "recall-state"
    title = "The recall is not in the state that this asks for"

    def __init__(self, lot: str, expected: str, seen: str) -> None:
        super().__init__(f"lot {lot!r}: expected {expected}, it is {seen}", expected=expected, seen=seen, lot=lot)


class StockReserved(DomainError):
    slug = "stock-reserved"
    title = "This stock is reserved for another order"

    def __init__(self, lot: str, place: str, expected: str, seen: str, orders: str) -> None:
        super().__init__(f"lot {lot!r} at {place}: expected {expected} free, found {seen}; the rest is reserved"
                         f" for {orders}", expected=expected, seen=seen, lot=lot, place=place, orders=orders)


class StatusUnclear(DomainError):
    slug = "status-unclear"
    title = "The lot lies there both available and on hold: say which"

    def __init__(self, lot: str, place: str, available: str, held: str) -> None:
        super().__init__(f"lot {lot!r} at {place}: {available} available and {held} on hold, say which status",
                         expected="status", seen=None, available=available, held=held, lot=lot, place=place)


class WrongStatus(DomainError):
    slug = "wrong-status"
    title = "This movement takes stock of the other status"

    def __init__(self, movement: str, expected: str, seen: str) -> None:
        super().__init__(f"{movement} takes {expected} stock, the line says {seen}", expected=expected, seen=seen)


class SamePlace(DomainError):
    slug = "same-place"
    title = "A move leads from one place to another"

    def __init__(self, place: str) -> None:
        super().__init__(f"from and to are both {place}", expected="two places", seen=place)


class PalletFull(DomainError):
    slug = "pallet-full"
    title = "A pallet carries no more lots than one statement can name"

    def __init__(self, pallet: str, expected: int, seen: int) -> None:
        super().__init__(f"pallet {pallet}: expected at most {expected} lots, got {seen}", expected=expected, seen=seen)


class HandoffToSelf(DomainError):
    slug = "handoff-to-self"
    title = "A handoff leads from one party to another"

    def __init__(self, party: str) -> None:
        super().__init__(f"{party!r} offers to itself", expected="another party", seen=party)


class HandoffAnswered(DomainError):
    """INV-S4: a handoff is answered once."""

    slug = "handoff-answered"
    title = "This handoff has its answer"

    def __init__(self, handoff: str, seen: str) -> None:
        super().__init__(f"handoff {handoff} is {seen}", expected="offered", seen=seen, handoff=handoff)


class ItemUnmatched(DomainError):
    slug = "item-unmatched"
    title = "The receiver has no item for what is handed over"

    def __init__(self, expected: str, seen: str) -> None:
        super().__init__(f"expected {expected}, got {seen}", expected=expected, seen=seen)


class SplitUnbalanced(DomainError):
    """INV-S3: what goes into a split comes out of it, in lots of their own names."""

    slug = "split-unbalanced"
    title = "The outputs of a split are new lots, each named once"

    def __init__(self, expected: str, seen: str) -> None:
        super().__init__(f"expected {expected}, got {seen}", expected=expected, seen=seen)


class HandoffExpired(DomainError):
    """INV-S4: after its last moment an offer can only be refused or withdrawn."""

    slug = "handoff-expired"
    title = "The offer has expired"

    def __init__(self, handoff: str, expected: str, seen: str) -> None:
        super().__init__(f"handoff {handoff} could be accepted until {expected}, it is {seen}",
                         expected=expected, seen=seen, handoff=handoff)


class WrongAnswer(DomainError):
    """INV-S4: an answer speaks of the lines of the offer, of each at most once and of no more than was offered."""

    slug = "wrong-answer"
    title = "The answer does not fit the lines that were offered"

    def __init__(self, line: int, expected: str, seen: str) -> None:
        super().__init__(f"line {line}: expected {expected}, got {seen}", expected=expected, seen=seen, line=line)


class MassUnbalanced(DomainError):
    """INV-S3: where inputs and outputs have a common measure, they are equal but for the loss that is declared."""

    slug = "mass-unbalanced"
    title = "What comes out is not what went in"

    def __init__(self, expected: str, seen: str) -> None:
        super().__init__(f"expected {expected} out of the inputs, got {seen}", expected=expected, seen=seen)


class GenealogyCycle(DomainError):
    """INV-S3: a lot is never among its own ancestors."""

    slug = "genealogy-cycle"
    title = "A lot cannot be made of itself or of lots that are younger"

    def __init__(self, lot: str, parent: str) -> None:
        super().__init__(f"lot {lot!r} is older than {parent!r}, it cannot be made of it",
                         expected=f"a lot that began after {parent}", seen=lot)


class WrongPlace(DomainError):
    slug = "wrong-place"
    title = "The place is of another kind than this movement needs"

    def __init__(self, place: str, expected: str, seen: str) -> None:
        super().__init__(f"{place}: expected {expected}, it is {seen}", expected=expected, seen=seen, place=place)


class NeedsApproval(DomainError):
    slug = "needs-approval"
    title = "A second person must approve this"

    def __init__(self, expected: str, seen: str) -> None:
        super().__init__(f"expected {expected}, got {seen}", expected=expected, seen=seen)


class TooFewWitnesses(DomainError):
    slug = "too-few-witnesses"
    title = "Destruction needs two different witnesses"

    def __init__(self, seen: int) -> None:
        super().__init__(f"expected at least 2 different witnesses, got {seen}", expected=2, seen=seen)


class MovementIdTaken(DomainError):
    """INV-X1: one id, one content, for ever."""

    slug = "movement-id-taken"
    title = "This movement id was used with other content"

    def __init__(self, movement: str, expected: str, seen: str) -> None:
        super().__init__(f"movement {movement} is recorded with content {expected}, this content is {seen}",
                         expected=expected, seen=seen, movement=movement)
