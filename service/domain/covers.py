"""Goods under open quarantine cases: how much of what is held where, and what may happen to it meanwhile.

A cover is a number of held units of a lot at a place. Within the party held goods may go anywhere, and their cover goes
with them, also into ADJUSTMENT when a count does not find them: found again, they are found on hold, and no count turns
held goods into available ones. In every other way covered goods leave their case only by a movement that names the
case, when the case's decision allows that movement (and, for release and destruction, when the movement's approvers
have approved it there). Goods that lie beside, held but under no case, go first.
"""

from collections import defaultdict
from typing import Any

from service.domain.book import Book
from service.domain.cases import ALLOWED_BY, APPROVERS, OpenCase
from service.domain.decision import Account, Cover, Leg
from service.domain.errors import DomainError, NeedsApproval, UnknownThing
from service.domain.places import HOLD, Virtual
from service.domain.quantities import format_quantity
from service.domain.states import WrongState
from service.domain.things import Party

Place = tuple[int, int]
"""Lot and place."""


class UnderCase(DomainError):
    slug = "under-case"
    title = "These goods are under a quarantine case"

    def __init__(self, lot: str, place: str, case: str, expected: str, seen: str) -> None:
        super().__init__(f"lot {lot!r} at {place}: {expected}, {seen} (case {case})",
                         expected=expected, seen=seen, lot=lot, place=place, case=case)


def covers_of(book: Book, party: Party, command: Any, legs: tuple[Leg, ...]) -> tuple[Cover, ...]:
    """How these legs change what is covered; raises UnderCase where they may not."""
    case = _named(book, party, command)
    if not book.covered and case is None:
        return ()
    walk = _Walk(book, command.type, case)
    for source, target in zip(legs[::2], legs[1::2], strict=True):
        walk.step(source, target)
    return tuple(walk.changes)


def carries(account: Account) -> bool:
    """Whether stock of this account can be covered: held in the party's hands, or missing."""
    return account.place in (Virtual.DISPUTED, Virtual.ADJUSTMENT) or (
        account.status == HOLD and (account.place > 0 or account.place == Virtual.TRANSFER)
    )


def _named(book: Book, party: Party, command: Any) -> OpenCase | None:
    """The case that the command names, if it may take goods out of it."""
    id = getattr(command, "case", None)
    if id is None:
        return None
    case = book.cases.get((party.id, id))
    if case is None:
        raise UnknownThing("open case", str(id))
    rulings = ALLOWED_BY[command.type]
    if case.state != "decided" or case.ruling not in rulings:
        seen = f"{case.state}, {case.ruling}" if case.ruling else case.state
        raise WrongState("case", command.type, f"decided, {' or '.join(rulings)}", seen)
    approved_by = getattr(command, "approved_by", None)
    if approved_by is not None and (len(case.approvers) < APPROVERS or not set(approved_by) <= case.approvers):
        raise NeedsApproval("approvers who have approved in the case: " + (", ".join(sorted(case.approvers)) or "none"),
                            ", ".join(sorted(approved_by)))
    return case


class _Walk:
    """Pairs of legs, one after another, over what is held and covered when their turn comes."""

    def __init__(self, book: Book, type: str, case: OpenCase | None) -> None:
        self.book, self.type, self.case = book, type, case
        self.moved: dict[Account, int] = defaultdict(int)
        self.covered: dict[Place, dict[int, int]] = {}
        self.changes: list[Cover] = []

    def step(self, source: Leg, target: Leg) -> None:
        assert source.units == -target.units < 0, f"expected a pair of legs, got {source} and {target}"
        if self.case is not None and source.account.place == Virtual.PRODUCED:
            self._cover(self.case.number, target.account, target.units)
        elif carries(source.account):
            self._take(source.account, target)
        for account, units in (source, target):
            self.moved[account] += units

    def _take(self, source: Account, target: Leg) -> None:
        covers = self._covers(source)
        if self.case is not None:
            mine = covers.get(self.case.number, 0)
            if target.units > mine:
                most = f"expected at most {self._shown(source, mine)} of this case"
                raise self._under(source, self.case.number, most, f"got {self._shown(source, target.units)}")
            self._cover(self.case.number, source, -target.units)
            return
        free = max(self.book.stock.get(source, 0) + self.moved[source] - sum(covers.values()), 0)
        for number, units in sorted(covers.items()):
            part = min(units, target.units - free)
            if part <= 0:
                return
            free += part
            self._follow(number, source, target, part, free)

    def _follow(self, number: int, source: Account, target: Leg, part: int, free: int) -> None:
        if not carries(target.account):
            raise self._under(source, number, f"expected at most {self._shown(source, free - part)} under no case",
                              f"got {self._shown(source, target.units)}")
        self._cover(number, source, -part)
        self._cover(number, target.account, part)

    def _covers(self, account: Account) -> dict[int, int]:
        key = account.lot_id, account.place
        if key not in self.covered:
            self.covered[key] = {case: units for case, units in self.book.covered.get(key, {}).items() if units}
        return self.covered[key]

    def _cover(self, case: int, account: Account, units: int) -> None:
        covers = self._covers(account)
        covers[case] = covers.get(case, 0) + units
        self.changes.append(Cover(case, account.lot_id, account.place, units))

    def _under(self, account: Account, number: int, expected: str, seen: str) -> UnderCase:
        lot, location = self.book.lots_by_id[account.lot_id], self.book.locations_by_id.get(account.place)
        name = location.name if location else "no place"
        return UnderCase(lot.number, name, str(self.book.case_ids[number]), expected, seen)

    def _shown(self, account: Account, units: int) -> str:
        item = self.book.items_by_id[self.book.lots_by_id[account.lot_id].item_id]
        return f"{format_quantity(units, item.decimals)} {item.unit}"
