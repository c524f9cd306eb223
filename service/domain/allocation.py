"""The one allocator: which lots an order gets, and for every lot why, or why not.

    allocate(candidates, demand) -> Allocation(lines, explanations, short)

Candidates are taken in ONE total order, whatever order they come in (`order_of` is its only spelling):

    FEFO    expiry date or, where the item asks for it, the day to which the lot has aged, whichever is earlier, the
            earliest first, none last;                   lot id;  place id;  status
    FIFO    lot id, the lowest first;                             place id;  status
    LIFO    lot id, the highest first;                            place id;  status

Lot ids of a party rise in the order in which its lots were first recorded: they are given under the party's lock
(`service.ledger.load`). Record time orders, a date that somebody typed does not. A lot that was split off counts from
its split. To which day a lot has aged follows from what sensors measured where it lay (`service.sensors.ageing`); it
changes the order and nothing else: what may leave, and what a customer wants left, goes by the printed date.

Where whole pallets are asked for, they are served first, in that order, each only if it goes whole into what is still
wanted; the rest follows in that order, from whatever is left.

Without whole pallets the walk is greedy, so a prefix of the candidates that covers the demand gives the same lines as
all of them, and what is too old for the demand may be missing: the ledger need not read ten thousand lots for one box.
tests/service/domain/test_allocation.py holds each sentence of this page against generated stock.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal, NamedTuple

from service.domain.allocation_reasons import reason_words
from service.domain.reservations import Reservation, free_units

Policy = Literal["FEFO", "FIFO", "LIFO"]
POLICIES: tuple[Policy, ...] = ("FEFO", "FIFO", "LIFO")


class Candidate(NamedTuple):
    """Stock of one lot at one place in one status. `today` is the date at its site, `where` the place as people say it.

    `pallet`: the place is a pallet that holds nothing else. `arrived`: the day the lot was first recorded, for people.
    `aged_to`: the day on which goods kept as the label says would be as old; None if nobody computed it.
    """

    lot_id: int
    place: int
    units: int
    lot: str
    where: str
    site: str
    today: date
    status: str = "available"
    expiry: date | None = None
    production: date | None = None
    arrived: date | None = None
    pallet: bool = False
    recalled: bool = False
    quarantine: bool = False
    reservations: tuple[Reservation, ...] = ()
    aged_to: date | None = None

    @property
    def soonest(self) -> date | None:
        """By which FEFO goes: the expiry date, or the day to which the lot has aged if that is earlier."""
        if self.expiry is None or self.aged_to is None:
            return self.expiry
        return min(self.expiry, self.aged_to)


@dataclass(frozen=True, slots=True)
class Demand:
    """What an order line still wants. `min_percent` is of the life from production to expiry (`shelf_life_days` where
    the lot does not say when it was made). `because`: somebody chose `lot` by hand, for this reason. `by_age`: the
    item asks that lots which have aged come first."""

    units: int
    now: datetime
    policy: Policy = "FEFO"
    min_days: int | None = None
    min_percent: int | None = None
    shelf_life_days: int | None = None
    lot: str | None = None
    site: str | None = None
    whole_pallets: bool = False
    because: str | None = None
    by_age: bool = False


class Taken(NamedTuple):
    candidate: Candidate
    units: int


_NO_FACTS: dict[str, Any] = {}


class Explanation(NamedTuple):
    """Why `units` of this candidate were taken, or why none: a code for programs, numbers, and words for people."""

    candidate: Candidate
    code: str
    units: int = 0
    facts: dict[str, Any] = _NO_FACTS

    @property
    def words(self) -> str:
        return reason_words(self.code, self.facts)


@dataclass(frozen=True, slots=True)
class Allocation:
    """`explanations` has one for each candidate, in the total order; units of `lines` and `short` sum to the demand."""

    lines: tuple[Taken, ...]
    explanations: tuple[Explanation, ...]
    short: int


def policy_of(order: Policy | None, customer: Policy | None, item: Policy | None) -> tuple[Policy, str]:
    """The policy that holds, and who said so: the order before the customer before the item, else FEFO."""
    for policy, source in ((order, "order"), (customer, "customer"), (item, "item")):
        if policy is not None:
            return policy, source
    return "FEFO", "default"


def order_of(candidate: Candidate, policy: Policy) -> tuple[Any, ...]:
    """The sort key of this page's head."""
    place = (candidate.place, candidate.status)
    if policy == "LIFO":
        return (-candidate.lot_id, *place)
    if policy == "FIFO":
        return (candidate.lot_id, *place)
    return (candidate.expiry is None, candidate.soonest or date.max, candidate.lot_id, *place)


def allocate(candidates: Iterable[Candidate], demand: Demand) -> Allocation:
    """Takes as much of the demand as may be taken; never raises, what is missing is `short`."""
    walk = sorted(candidates, key=lambda each: order_of(each, demand.policy))
    refused = [unfit(each, demand) for each in walk]
    free = [0 if why else free_units(each.units, each.reservations, None, now=demand.now)
            for each, why in zip(walk, refused, strict=True)]
    taken, pallets = _take(walk, free, demand)
    explanations = tuple(
        why or _explained(each, demand, units, left, whole=at in pallets, first=at == taken.first)
        for at, (each, why, units, left) in enumerate(zip(walk, refused, taken.units, free, strict=True))
    )
    lines = tuple(Taken(each, units) for each, units in zip(walk, taken.units, strict=True) if units)
    return Allocation(lines, explanations, demand.units - sum(taken.units))


def unfit(candidate: Candidate, demand: Demand) -> Explanation | None:
    """Why nothing of this candidate may be given, whoever has reserved it; None if it may."""
    if demand.lot not in (None, candidate.lot):
        return Explanation(candidate, "other-lot", facts={"wanted": demand.lot})
    if demand.site not in (None, candidate.site):
        return Explanation(candidate, "other-site", facts={"wanted": demand.site, "site": candidate.site})
    if candidate.recalled:
        return Explanation(candidate, "recalled")
    if candidate.status != "available":
        return Explanation(candidate, "on-hold")
    if candidate.quarantine:
        return Explanation(candidate, "in-quarantine", facts={"place": candidate.where})
    return _too_old(candidate, demand)


def _too_old(candidate: Candidate, demand: Demand) -> Explanation | None:
    """`expiry` is the last usable day: on that day itself none are left, and the goods may still leave."""
    if candidate.expiry is None:
        return None
    left = (candidate.expiry - candidate.today).days
    facts: dict[str, Any] = {"expiry_date": candidate.expiry, "days_left": left}
    if left < 0:
        return Explanation(candidate, "expired", facts=facts)
    if demand.min_days is not None and left < demand.min_days:
        return Explanation(candidate, "too-little-life", facts=facts | {"days_wanted": demand.min_days})
    if demand.min_percent is None:
        return None
    made = candidate.production
    life = (candidate.expiry - made).days if made is not None else demand.shelf_life_days
    facts |= {"percent_wanted": demand.min_percent}
    if life is None:
        return Explanation(candidate, "life-unknown", facts=facts)
    if left * 100 < demand.min_percent * life:
        return Explanation(candidate, "too-little-life", facts=facts | {"percent_left": left * 100 // max(life, 1)})
    return None


@dataclass(slots=True)
class _Walk:
    units: list[int]
    first: int | None = None


def _take(walk: Sequence[Candidate], free: Sequence[int], demand: Demand) -> tuple[_Walk, set[int]]:
    wanted, taken, pallets = demand.units, _Walk([0] * len(walk)), set[int]()
    if demand.whole_pallets:
        for at, candidate in enumerate(walk):
            if candidate.pallet and 0 < free[at] == candidate.units <= wanted:
                taken.units[at] = free[at]
                wanted -= free[at]
                pallets.add(at)
    for at, left in enumerate(free):
        if not wanted:
            break
        units = min(wanted, left - taken.units[at])
        taken.units[at] += units
        wanted -= units
    taken.first = next((at for at, units in enumerate(taken.units) if units), None)
    return taken, pallets


def _explained(
    candidate: Candidate, demand: Demand, units: int, free: int, *, whole: bool, first: bool
) -> Explanation:
    if not units:
        return _left_over(candidate, demand, free)
    facts: dict[str, Any] = {"policy": demand.policy, "first": first, "expiry_date": candidate.expiry,
                             "arrived": candidate.arrived}
    code = demand.policy.lower()
    if demand.policy == "FEFO" and candidate.soonest != candidate.expiry:
        code, facts["aged_to"] = "fefo-aged", candidate.aged_to
    if demand.because is not None:
        return Explanation(candidate, "by-hand", units, facts | {"reason": demand.because})
    if demand.lot is not None:
        return Explanation(candidate, "ordered-lot", units, facts)
    return Explanation(candidate, "whole-pallet" if whole else code, units, facts)


def _left_over(candidate: Candidate, demand: Demand, free: int) -> Explanation:
    if free:
        return Explanation(candidate, "not-needed")
    holders = sorted({each.number for each in candidate.reservations if each.live(demand.now)})
    return Explanation(candidate, "reserved", facts={"orders": holders})
