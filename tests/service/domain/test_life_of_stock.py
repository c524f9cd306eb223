"""Whatever happens in whatever order: INV-S1 to INV-S7 and INV-X1, on a book in memory.

The machine keeps its own accounts beside the book, as plain as they can be, from what was asked and not from the legs:
what came into being and went, what is on its way, what is missing, and which recalls are in force.
"""

from collections import defaultdict
from dataclasses import replace
from fractions import Fraction
from uuid import UUID, uuid4

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from service.domain import commands as c
from service.domain.book import fold
from service.domain.decision import Decision, Leg
from service.domain.places import HOLD, OUTSIDE, SOURCES, Virtual
from service.domain.quantities import MAX_UNITS
from tests.service.domain.lives import ANYTHING, HINT, HOURS, PARTY, STOCK
from tests.service.domain.pure import Pure

MEASURES = {"MED": ("EA", Fraction(1)), "MILK": ("LTR", Fraction(1, 1000)), "BOTTLE": ("LTR", Fraction(1, 2))}
STILL_HERE = (Virtual.IN_TRANSIT, Virtual.TRANSFER, Virtual.DISPUTED)
SAME_GOODS = c.Merge | c.Repack | c.Rework | c.Split


class LifeOfStock(RuleBasedStateMachine):
    @initialize()
    def begin(self) -> None:
        self.pure = Pure()
        self.legs: list[Leg] = []
        self.owned: dict[str, Fraction] = defaultdict(Fraction)
        self.on_its_way: dict[UUID, dict[int, int]] = {}
        self.missing: dict[tuple[UUID, int], tuple[int, int]] = {}
        self.recalls: set[int] = set()
        self.with_customers: dict[int, int] = defaultdict(int)

        for party, command in STOCK:
            self._ask(party, command, uuid4())

    @rule(asked=st.lists(st.tuples(PARTY, ANYTHING, HINT), min_size=4, max_size=12))
    def ask(self, asked: list[tuple[str, c.Command, int]]) -> None:
        for party, command, hint in asked:
            self._ask(*self.pure.fitting(party, command, hint), uuid4())

    def _ask(self, party: str, command: c.Command, id: UUID) -> None:
        before = dict(self.pure.book.stock)
        if self.pure.ask(party, id, command) == "recorded" and self.pure.last is not None:
            decision = self.pure.last
            self.legs += decision.legs
            self._owned(command, decision, fold(before.items()))  # type: ignore[arg-type]
            self._between(id, command, decision)
            self._recalled(command, decision)
            self._made(command, decision)
            self._left(decision)

    @rule(which=st.integers(0, 40), altered=st.booleans())
    def ask_again(self, which: int, altered: bool) -> None:
        """INV-X1."""
        if which < len(self.pure.done):
            (party, id), command = list(self.pure.done.items())[-1 - which]
            before = dict(self.pure.book.stock)
            again = replace(command, reason="another") if altered else command
            assert self.pure.ask(party, id, again) == ("movement-id-taken" if altered else "recorded")
            assert self.pure.book.stock == before and self.pure.last is None

    @rule(which=st.integers(0, 5), party=PARTY, place=st.just("S1/A"), accept=st.booleans())
    def answer_again(self, which: int, party: str, place: str, accept: bool) -> None:
        """INV-S4: what has an answer gets no second one, from nobody."""
        closed = [each for each in self.pure.offered if each.id not in self.on_its_way]
        if which < len(closed):
            id = closed[-1 - which].id
            answer: c.Command = c.Accept(handoff=id, to=place) if accept else c.Refuse(handoff=id, reason="why")
            assert self.pure.ask(party, uuid4(), answer) in ("handoff-answered", "unknown-thing")

    @rule(hours=HOURS)
    def wait(self, hours: int) -> None:
        self.pure.wait(hours)

    def _owned(self, command: c.Command, decision: Decision, before: dict[object, int]) -> None:
        """What all parties together have, by measure: changed only by what says so."""
        for good in (*decision.goods, *decision.outputs):
            measure, one = MEASURES[good.item.code]
            made = good in decision.outputs
            match command:
                case c.TakeBack():
                    self.owned[measure] += good.units * one
                    self.with_customers[good.lot.id] -= good.units
                    assert self.with_customers[good.lot.id] >= 0, "nobody brings back what others of the ledger have"
                case c.Register() | c.Receive():
                    self.owned[measure] += good.units * one
                case c.Ship():
                    self.owned[measure] -= good.units * one
                    self.with_customers[good.lot.id] += good.units
                case c.Return() | c.Destroy():
                    self.owned[measure] -= good.units * one
                case c.Settle() if command.to is None:
                    self.owned[measure] -= good.units * one
                case c.Transformation() if "lotproof:massBalance" in decision.notes:
                    self.owned[measure] += good.units * one * (1 if made else -1)
        if isinstance(command, c.Transformation) and command.loss is not None:
            self.owned[MEASURES[decision.outputs[0].item.code][0]] -= Fraction(command.loss)
        if isinstance(command, c.Count):
            assert decision.at is not None
            for line, good in zip(command.lines, decision.goods, strict=True):
                measure, one = MEASURES[good.item.code]
                booked = before.get((good.lot.id, decision.at.id, line.status), 0)
                self.owned[measure] += (good.units - booked) * one

    def _between(self, id: UUID, command: c.Command, decision: Decision) -> None:
        match command:
            case c.Offer() | c.Send():
                sent = [(good.lot.id, good.units) for good in decision.goods]
                self.on_its_way[id] = {at: units for at, (_, units) in enumerate(sent, 1)}
                self.missing |= {(id, at): (lot, 0) for at, (lot, _) in enumerate(sent, 1)}
            case c.Accept() | c.Arrive():
                about = command.handoff if isinstance(command, c.Accept) else command.transfer
                told = {line.line: line for line in command.lines}
                for at, units in self.on_its_way.pop(about).items():
                    if at in told:
                        item = self._item_of(self.missing[about, at][0])
                        found = Fraction(told[at].accepted) + Fraction(told[at].refused)
                        self.missing[about, at] = self.missing[about, at][0], int(units - found * 10**item.decimals)
            case c.Refuse() | c.Withdraw():
                del self.on_its_way[command.handoff]
            case c.Settle():
                assert self.missing[command.handoff, command.line][1] > 0
                self.missing[command.handoff, command.line] = self.missing[command.handoff, command.line][0], 0

    def _item_of(self, lot: int):  # type: ignore[no-untyped-def]
        return self.pure.book.items_by_id[self.pure.book.lots_by_id[lot].item_id]

    def _recalled(self, command: c.Command, decision: Decision) -> None:
        if isinstance(command, c.Recall):
            self.recalls.add(decision.goods[0].lot.id)
        if isinstance(command, c.Lift):
            self.recalls.remove(decision.goods[0].lot.id)

    def _made(self, command: c.Command, decision: Decision) -> None:
        """INV-S3: what comes out is younger, held if anything of it was, and of the same goods expires first."""
        consumed = {account.lot_id for account, units in decision.legs if account.place == Virtual.CONSUMED}
        held = any(account.status == HOLD for account, units in decision.legs
                   if account.lot_id in consumed and account.place > 0)
        dates = [good.lot.expiry_date for good in decision.goods if good.lot.expiry_date is not None]
        for output in decision.outputs:
            assert {descent.parent.id for descent in decision.descents} == consumed
            assert all(output.lot.id > lot for lot in consumed)
            if held:
                assert all(account.status == HOLD for account, units in decision.legs
                           if account.lot_id == output.lot.id and account.place > 0)
            if isinstance(command, SAME_GOODS) and dates:
                assert output.lot.expiry_date is not None and output.lot.expiry_date <= min(dates)

    def _left(self, decision: Decision) -> None:
        """INV-S5: what goes outside comes from available stock that is neither expired nor recalled."""
        book = self.pure.book
        outward = {leg.account.lot_id for leg in decision.legs if leg.account.place in OUTSIDE and leg.units > 0}
        for account, units in decision.legs:
            if account.place > 0 and units < 0 and account.lot_id in outward:
                lot, site = book.lots_by_id[account.lot_id], book.locations_by_id[account.place].site
                assert account.status == "available" and lot.recall is None
                assert lot.expiry_date is None or lot.expiry_date >= book.today(site)

    @invariant()
    def no_place_is_below_zero_nor_above_what_can_be_written(self) -> None:
        """INV-S1, INV-S7."""
        for account, units in self.pure.book.stock.items():
            assert abs(units) <= MAX_UNITS
            assert account.place == Virtual.ADJUSTMENT or (units <= 0 if account.place in SOURCES else units >= 0)

    @invariant()
    def every_balance_is_the_fold_of_its_legs(self) -> None:
        """INV-S6."""
        assert fold(self.legs) == self.pure.book.stock

    @invariant()
    def each_lot_sums_to_zero(self) -> None:
        """INV-S2."""
        sums: dict[int, int] = defaultdict(int)
        for account, units in self.pure.book.stock.items():
            sums[account.lot_id] += units
        assert not any(sums.values())

    @invariant()
    def nothing_is_made_of_nothing(self) -> None:
        """INV-S2, INV-S3 over all parties: what exists was brought in, and what does not was declared gone."""
        exists: dict[str, Fraction] = defaultdict(Fraction)
        for account, units in self.pure.book.stock.items():
            if account.place > 0 or account.place in STILL_HERE:
                measure, one = MEASURES[self._item_of(account.lot_id).code]
                exists[measure] += units * one
        assert {each: exists[each] for each in ("EA", "LTR")} == {each: self.owned[each] for each in ("EA", "LTR")}

    @invariant()
    def what_is_on_its_way_is_what_open_offers_name(self) -> None:
        """INV-S4."""
        expected: dict[int, int] = defaultdict(int)
        for id, lines in self.on_its_way.items():
            for at, units in lines.items():
                expected[self.missing[id, at][0]] += units
        assert self._standing_at(Virtual.IN_TRANSIT, Virtual.TRANSFER) == expected

    @invariant()
    def what_is_disputed_is_what_open_discrepancies_name(self) -> None:
        """INV-S4."""
        expected: dict[int, int] = defaultdict(int)
        for lot, units in self.missing.values():
            expected[lot] += units
        assert self._standing_at(Virtual.DISPUTED) == {lot: units for lot, units in expected.items() if units}

    def _standing_at(self, *places: Virtual) -> dict[int, int]:
        found: dict[int, int] = defaultdict(int)
        for account, units in self.pure.book.stock.items():
            if account.place in places and units:
                found[account.lot_id] += units
        return found

    @invariant()
    def what_is_recalled_is_what_recalls_in_force_reach_and_all_of_it_is_held(self) -> None:
        """INV-S3, INV-S5."""
        book = self.pure.book
        reached = {lot for root in self.recalls for lot in self.pure.family(root)}
        assert {lot.id for lot in book.lots_by_id.values() if lot.recall is not None} == reached
        for account, units in book.stock.items():
            assert not units or account.place < 0 or account.status == HOLD or account.lot_id not in reached


TestLifeOfStock = LifeOfStock.TestCase
TestLifeOfStock.settings = settings(max_examples=120, stateful_step_count=24, deadline=None)


