"""Whatever happens in whatever order: no place below zero, nothing made of nothing, no handoff in two hands or none.

The machine keeps its own count beside the book, as plain as it can be: what came in, and where each offer stands.
"""

from collections import defaultdict
from datetime import timedelta
from uuid import UUID, uuid4

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, multiple, rule

from service.domain import commands as c
from service.domain.book import fold
from service.domain.decision import Decision, Leg
from service.domain.errors import DomainError, HandoffAnswered
from service.domain.places import OUTSIDE, SOURCES, Virtual
from service.domain.rules import decide
from tests.service.domain.books import make_book
from tests.service.domain.lives import PARTY, PLACE, PLAIN, STOCK_COMMANDS


class LifeOfStock(RuleBasedStateMachine):
    offers = Bundle("offers")
    answered = Bundle("answered")

    @initialize()
    def begin(self) -> None:
        self.book = make_book()
        self.legs: list[Leg] = []
        self.brought_in: dict[str, int] = defaultdict(int)
        self.taken_out: dict[str, int] = defaultdict(int)
        self.open: dict[UUID, tuple[str, list[tuple[str, int]]]] = {}

    def try_it(self, party: str, command: c.Command, id: UUID | None = None) -> Decision | None:
        before = dict(self.book.stock)
        try:
            decision = decide(self.book, self.book.party(party), id or uuid4(), command)
        except DomainError:
            assert self.book.stock == before
            return None
        self.book.post(decision)
        self.legs += decision.legs
        self.check_leaving(decision)
        return decision

    def check_leaving(self, decision: Decision) -> None:
        """INV-S5, told by the legs: what goes outside comes from available and unexpired stock."""
        outward = {leg.account.lot_id for leg in decision.legs if leg.account.place in OUTSIDE and leg.units > 0}
        for account, units in decision.legs:
            if account.place > 0 and units < 0 and account.lot_id in outward:
                lot, site = self.book.lots_by_id[account.lot_id], self.book.locations_by_id[account.place].site
                assert account.status == "available"
                assert lot.expiry_date is None or lot.expiry_date >= self.book.today(site)

    @rule(party=PARTY, command=STOCK_COMMANDS)
    def anything(self, party: str, command: c.Command) -> None:
        decision = self.try_it(party, command)
        for good in decision.goods if decision else ():
            if isinstance(command, c.Register | c.Receive):
                self.brought_in[good.item.code] += good.units
            if isinstance(command, c.Ship | c.Destroy):
                self.taken_out[good.item.code] += good.units

    @rule(target=offers, party=PARTY, to=PARTY, place=PLACE, lines=PLAIN)
    def offer(self, party: str, to: str, place: str, lines: tuple[c.Line, ...]):  # type: ignore[no-untyped-def]
        id = uuid4()
        decision = self.try_it(party, c.Offer(from_=place, to_party=to, lines=lines), id)
        if decision is None:
            return multiple()
        self.open[id] = to, [(good.item.code, good.units) for good in decision.goods]
        return id

    @rule(target=answered, id=consumes(offers), place=PLACE, accept=st.booleans())
    def answer(self, id: UUID, place: str, accept: bool):  # type: ignore[no-untyped-def]
        to, _ = self.open[id]
        command = c.Accept(handoff=id, to=place) if accept else c.Refuse(handoff=id, reason="why")
        if self.try_it(to, command) is None:
            assert accept  # a lot of another expiry may be in the way of accepting, never of refusing
            assert self.try_it(to, c.Refuse(handoff=id, reason="why"))
        del self.open[id]
        return id

    @rule(id=answered, party=PARTY, place=PLACE, accept=st.booleans())
    def answer_again(self, id: UUID, party: str, place: str, accept: bool) -> None:
        command = c.Accept(handoff=id, to=place) if accept else c.Refuse(handoff=id, reason="why")
        try:
            decide(self.book, self.book.party(party), uuid4(), command)
            raise AssertionError("INV-S4: answered twice")
        except HandoffAnswered:
            pass
        except DomainError as error:
            assert error.slug == "unknown-thing"

    @rule(hours=st.sampled_from((1, 5, 30)))
    def wait(self, hours: int) -> None:
        self.book.now += timedelta(hours=hours)

    @invariant()
    def no_place_is_below_zero(self) -> None:
        for account, units in self.book.stock.items():
            assert units <= 0 if account.place in SOURCES else units >= 0, account

    @invariant()
    def every_balance_is_the_fold_of_its_legs(self) -> None:
        assert fold(self.legs) == self.book.stock

    @invariant()
    def each_lot_sums_to_zero(self) -> None:
        sums: dict[int, int] = defaultdict(int)
        for account, units in self.book.stock.items():
            sums[account.lot_id] += units
        assert not any(sums.values())

    @invariant()
    def nothing_is_made_of_nothing(self) -> None:
        """What was brought in is held, on its way, or was taken out; over all parties, by item."""
        held: dict[str, int] = defaultdict(int)
        for account, units in self.book.stock.items():
            if account.place > 0 or account.place == Virtual.IN_TRANSIT:
                held[self.book.items_by_id[self.book.lots_by_id[account.lot_id].item_id].code] += units
        for item in ("MED", "MILK"):
            assert held[item] == self.brought_in[item] - self.taken_out[item]

    @invariant()
    def what_is_on_its_way_is_what_open_offers_name(self) -> None:
        on_its_way = sum(units for account, units in self.book.stock.items() if account.place == Virtual.IN_TRANSIT)
        assert on_its_way == sum(units for _, goods in self.open.values() for _, units in goods)


TestLifeOfStock = LifeOfStock.TestCase
TestLifeOfStock.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
