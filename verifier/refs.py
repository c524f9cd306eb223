"""Statements that answer earlier ones of the same lot: handoffs, corrections, erasures (check 4).

accepts, refuses   by another party; one answer to a shipment in a lot; by the owner that the
                   shipment's destinationList names, where that is shown; what is accepted is at
                   most what was shipped, in exact decimals, where both quantityLists are whole
corrects           by the same party
erases             by the same party or the log's own; the digests named are fields that may go
                   (`verifier.erasure`)
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from decimal import Context, Decimal
from typing import Any

from verifier.disclosure import Disclosed, Members
from verifier.entry import MOVEMENT
from verifier.erasure import check_approved, check_covered, check_kept
from verifier.errors import Refuted, Unavailable
from verifier.hashing import StatementHash
from verifier.statement import ACCEPTS, CORRECTS, ERASES, REFUSES, Ref, Statement

# The CBV's owning_party in the three spellings that EPCIS documents use.
OWNING_PARTY = frozenset(
    {"owning_party", "urn:epcglobal:cbv:sdt:owning_party", "https://ref.gs1.org/cbv/SDT-owning_party"}
)
_EXACT = Context(prec=64)  # sums of a thousand numbers of 25 digits
NOTHING = Members((), False)
QUANTITIES = ("quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList")


@dataclass(frozen=True, slots=True)
class Said:
    """One statement of a history; without `statement` it is withheld, without `disclosed` it was refused."""

    sequence: int
    hash: StatementHash
    statement: Statement | None
    disclosed: Disclosed | None


class Answers:
    """The statements of one lot in order, each looked at against those before it."""

    def __init__(self, lot: str, log_party: str | None, begins: bool, allow_withheld: bool) -> None:
        self._lot = lot
        self._log_party = log_party
        self._begins = begins  # the history is known from entry 1 on
        self._allow_withheld = allow_withheld
        self._earlier: dict[StatementHash, Said] = {}
        self._answered: set[StatementHash] = set()
        self.erased: dict[StatementHash, set[str]] = defaultdict(set)

    def add(self, said: Said) -> None:
        """Raises Refuted if the statement may not answer what it answers, Unavailable if that is not shown."""
        statement = said.statement
        try:
            if statement is not None and statement.ref is not None:
                self._check(said, statement, statement.ref)
        finally:
            self._earlier[said.hash] = said

    def _check(self, said: Said, statement: Statement, ref: Ref) -> None:
        target = self._earlier.get(ref.statement)
        if target is None:
            self._not_here(said, ref)
        elif target.statement is None:
            self._withheld(said, ref)
        else:
            _RULES[ref.rel](self, said, statement, ref, target, target.statement)

    def _not_here(self, said: Said, ref: Ref) -> None:
        if self._begins:
            raise Refuted(f"ref of entry {said.sequence}", "an earlier statement of this history", ref.statement)
        raise Unavailable(f"ref of entry {said.sequence}", "the earlier part of the history is not in this file")

    def _withheld(self, said: Said, ref: Ref) -> None:
        if ref.rel in (ACCEPTS, REFUSES):
            self._once(said, ref)
        if not self._allow_withheld:
            raise Unavailable(f"ref of entry {said.sequence}", "the statement it answers is withheld")

    def _once(self, said: Said, ref: Ref) -> None:
        if ref.statement in self._answered:
            raise Refuted(f"ref of entry {said.sequence}", "one answer to a shipment", "another one")
        self._answered.add(ref.statement)

    def _answer(self, said: Said, statement: Statement, ref: Ref, target: Said, shipment: Statement) -> None:
        if shipment.kind != MOVEMENT:
            raise Refuted(f"ref of entry {said.sequence}", "an answer to a movement", f"kind {shipment.kind}")
        if statement.issuer == shipment.issuer:
            raise Refuted(f"ref of entry {said.sequence}", "an answer by another party", statement.issuer)
        self._once(said, ref)
        if target.disclosed is None or said.disclosed is None:
            return
        owners = owning_parties(target.disclosed)
        if owners and statement.issuer not in owners:
            raise Refuted(f"ref of entry {said.sequence}", f"an answer by {sorted(owners)}", statement.issuer)
        if ref.rel == ACCEPTS:
            _check_received(self._lot, target.disclosed, said.disclosed, said.sequence)

    def _correction(self, said: Said, statement: Statement, ref: Ref, target: Said, earlier: Statement) -> None:
        if statement.issuer != earlier.issuer:
            raise Refuted(f"ref of entry {said.sequence}", f"a correction by {earlier.issuer}", statement.issuer)

    def _erasure(self, said: Said, statement: Statement, ref: Ref, target: Said, earlier: Statement) -> None:
        if statement.issuer not in (earlier.issuer, self._log_party):
            allowed = f"an erasure by {earlier.issuer} or the log's party"
            raise Refuted(f"ref of entry {said.sequence}", allowed, statement.issuer)
        what = f"entry {said.sequence}"
        if said.disclosed is not None:
            check_approved(what, ref, said.disclosed)
        self.erased[ref.statement].update(ref.digests)
        if target.disclosed is not None:
            check_covered(what, ref, earlier, target.disclosed)
            check_kept(what, self.erased[ref.statement], earlier, target.disclosed)


_RULES = {
    ACCEPTS: Answers._answer,
    REFUSES: Answers._answer,
    CORRECTS: Answers._correction,
    ERASES: Answers._erasure,
}


def owning_parties(shipment: Disclosed) -> set[str]:
    """The owning parties that the destinationList shows."""
    shown = shipment.lists.get("destinationList", NOTHING).shown
    named = [(member.get("type"), member.get("destination")) for member in shown if type(member) is dict]
    return {owner for kind, owner in named if type(kind) is type(owner) is str and kind in OWNING_PARTY}


def _check_received(lot: str, shipped: Disclosed, received: Disclosed, sequence: int) -> None:
    lists = shipped.lists.get("quantityList", NOTHING), received.lists.get("quantityList", NOTHING)
    if not (lists[0].whole and lists[1].whole):
        return
    sent, got = (totals_of(members.shown, lot) for members in lists)
    for unit, quantity in got.items():
        if quantity > sent.get(unit, Decimal(0)):
            what = f"entry {sequence} receives at most what was shipped, in {unit or 'pieces'}"
            raise Refuted(what, sent.get(unit, Decimal(0)), quantity)


def quantities(shown: Disclosed, lot: str) -> list[tuple[str, str | None, Decimal]]:
    """(list, unit, total) of this lot in every quantity list that is shown whole; nothing of one that is no number."""
    found = []
    for name in QUANTITIES:
        with suppress(Unavailable):
            members = shown.lists.get(name, NOTHING)
            totals = totals_of(members.shown, lot) if members.whole else {}
            found += [(name, unit, total) for unit, total in totals.items()]
    return found


def totals_of(shown: Sequence[Any], lot: str) -> Mapping[str | None, Decimal]:
    """Quantity of this lot for each unit; None is EPCIS's unit for countable things."""
    totals: dict[str | None, Decimal] = defaultdict(Decimal)
    for member in shown:
        if type(member) is dict and member.get("epcClass") == lot:
            quantity, unit = member.get("quantity"), member.get("uom")
            if type(quantity) not in (int, Decimal) or not isinstance(unit, str | None):
                raise Unavailable("quantity", "it is not a number with a unit")
            totals[unit] = _EXACT.add(totals[unit], Decimal(quantity))  # type: ignore[arg-type]
    return totals
