"""Recalls reach all that was made of a lot, hold it, and end as they began (INV-S3, INV-S5)."""

from dataclasses import replace
from uuid import uuid4

import pytest

from service.domain import commands as c
from service.domain import errors as e
from service.domain.rules import recalls
from tests.service.domain.books import line, refused, register
from tests.service.domain.pure import Pure

TWO = ("q1", "q2")


class Told:
    """One party's lots, and words for what the tests do to them."""

    def __init__(self) -> None:
        self.pure = Pure()
        self.book = self.pure.book

    def do(self, command: c.Command) -> None:
        said = self.pure.ask("maker", uuid4(), command)
        assert said == "recorded", said

    def no(self, command: c.Command, kind: type[e.DomainError]) -> None:
        self.pure._at_hand()
        refused(self.book, "maker", command, kind)

    def recall(self, lot: str) -> None:
        self.do(c.Recall(item="MED", lot=lot, reason="glass"))

    def lift(self, lot: str) -> None:
        self.do(lift_of(lot))

    def merge(self, child: str, *parents: str) -> None:
        lines = tuple(c.Line("MED", parent, "10") for parent in parents)
        self.do(c.Merge(at="S1/A", lot=child, lines=lines))

    def recalled(self) -> set[str]:
        return {lot.number for lot in self.book.lots_by_id.values() if lot.recall is not None}

    def available(self) -> set[str]:
        return {self.book.lots_by_id[account.lot_id].number for account, units in self.book.stock.items()
                if account.place > 0 and account.status == "available" and units}


def lift_of(lot: str) -> c.Lift:
    return c.Lift(item="MED", lot=lot, reason="it was sugar", approved_by=TWO)


@pytest.fixture
def told() -> Told:
    """Lots A and B; M is merged of both, X is split from M."""
    made = Told()
    for lot in ("A", "B", "C"):
        made.do(register(lot, "100"))
    made.merge("M", "A", "B")
    made.do(c.Split(at="S1/A", item="MED", lot="M", outputs=(c.Output("X", "5"),)))
    return made


def test_a_recall_reaches_every_descendant_and_holds_it(told: Told) -> None:
    told.recall("A")
    assert told.recalled() == {"A", "M", "X"}
    assert told.available() == {"B", "C"}
    for lot in ("A", "M", "X"):
        told.no(c.Ship(from_="S1/A", customer="x", lines=line(lot, "1")), e.LotRecalled)
        told.no(c.Pick(from_="S1/A", to="S1/D", lines=line(lot, "1")), e.LotRecalled)
        told.no(c.Release(at="S1/A", lines=line(lot, "1"), approved_by=TWO), e.LotRecalled)
    told.do(c.Return(from_="S1/A", supplier="Acme", reason="glass", lines=line("A", "1")))
    told.do(c.Destroy(from_="S1/A", lines=line("X", "1"), witnesses=TWO, approved_by=TWO, certificate="D"))


def test_a_recall_needs_a_reason_and_something_that_is_not_recalled(told: Told) -> None:
    told.no(c.Recall(item="MED", lot="A"), e.BadText)
    told.no(c.Recall(item="MED", lot="Z", reason="x"), e.UnknownThing)
    told.recall("A")
    told.no(c.Recall(item="MED", lot="A", reason="x"), e.RecallState)
    told.no(c.Recall(item="MED", lot="M", reason="x"), e.RecallState)


def test_the_end_of_a_recall_frees_the_family_but_not_its_stock(told: Told) -> None:
    told.recall("A")
    told.no(c.Lift(item="MED", lot="A", reason="x", approved_by=("q1", "q1")), e.NeedsApproval)
    told.no(lift_of("M"), e.RecallState)
    told.lift("A")
    assert (told.recalled(), told.available()) == (set(), {"B", "C"})
    told.do(c.Release(at="S1/A", lines=line("X", "5"), approved_by=TWO))
    told.do(c.Ship(from_="S1/A", customer="x", lines=line("X", "5")))
    told.no(lift_of("A"), e.RecallState)


@pytest.mark.parametrize("order", [("A", "B"), ("B", "A")])
@pytest.mark.parametrize("ends", [("A", "B"), ("B", "A")])
def test_what_was_made_of_two_recalled_lots_is_free_when_both_recalls_are_over(
    told: Told, order: tuple[str, str], ends: tuple[str, str]
) -> None:
    for lot in order:
        told.recall(lot)
    told.lift(ends[0])
    assert told.recalled() == {ends[1], "M", "X"}
    told.lift(ends[1])
    assert told.recalled() == set()


def test_what_was_recalled_by_itself_stays_so_when_its_parents_recall_ends(told: Told) -> None:
    told.recall("M")
    told.recall("A")
    told.no(lift_of("M"), e.RecallState)
    told.lift("A")
    assert told.recalled() == {"M", "X"}
    told.lift("M")
    assert told.recalled() == set()


def test_what_is_made_of_recalled_lots_is_born_recalled_and_held(told: Told) -> None:
    told.recall("A")
    told.merge("N", "A", "C")
    told.do(c.Split(at="S1/A", item="MED", lot="A", outputs=(c.Output("Y", "5"),)))
    told.do(c.Repack(at="S1/A", lines=line("X", "5"), outputs=(c.NewLotLine("MED", "R", "5", quality="passed"),)))
    assert told.recalled() == {"A", "M", "X", "N", "Y", "R"}
    assert told.available() == {"B", "C"}
    told.no(c.Produce(at="S1/A", lines=line("A", "1"), outputs=(c.NewLotLine("BOTTLE", "P", "1"),)), e.LotRecalled)
    told.lift("A")
    assert told.recalled() == set()


def test_more_of_a_recalled_lot_comes_in_on_hold_however_it_comes(told: Told) -> None:
    told.do(c.Ship(from_="S1/A", customer="x", lines=line("A", "5")))
    told.recall("A")
    told.do(c.TakeBack(to="S1/B", customer="x", reason="recall", lines=line("A", "5")))
    told.do(c.Receive(to="S1/B", supplier="Acme", lines=(c.NewLotLine("MED", "A", "5", quality="passed"),)))
    found = c.Count(at="S1/B", counted_by="w", approved_by="q", lines=(c.CountLine("MED", "A", "3"),))
    told.no(found, e.WrongStatus)
    told.do(c.Count(at="S1/B", counted_by="w", approved_by="q", lines=(c.CountLine("MED", "A", "13", "hold"),)))
    assert told.available() == {"B", "C"}


def test_a_family_larger_than_a_statement_is_recalled_and_freed_in_several_movements(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recalls, "MOST_LOTS", 2)
    told.recall("A")
    assert told.recalled() == {"A", "M"}
    told.recall("A")
    assert told.recalled() == {"A", "M", "X"}
    told.lift("A")
    assert told.recalled() == {"A"}
    told.lift("A")
    assert told.recalled() == set()


def test_goods_on_hold_already_and_places_that_are_empty_are_no_obstacle_to_a_recall(told: Told) -> None:
    told.do(c.Hold(at="S1/A", reason="x", lines=line("A", "30")))
    told.do(c.Move(from_="S1/A", to="S1/B", lines=line("A", "60", status="available")))
    told.recall("A")
    decision = told.pure.last
    assert decision is not None and all(units for _, units in decision.legs)
    assert {good.lot.number: good.units for good in decision.goods} == {"A": 60, "M": 15, "X": 5}
    assert told.available() == {"B", "C"}


def test_the_end_of_a_recall_has_its_reason_and_its_words_tell_whom_it_frees(told: Told) -> None:
    for lot in ("A", "B"):
        told.recall(lot)
    told.no(replace(lift_of("A"), reason=None), e.BadText)
    told.lift("A")
    decision = told.pure.last
    assert decision is not None
    assert [lot.number for lot in decision.lifted] == ["A"]
    assert [(good.lot.number, good.units) for good in decision.goods] == [("A", 0)]
    assert [lot.number for lot in decision.still_recalled] == ["M", "X"]


@pytest.mark.parametrize("join", ["merge", "repack"])
def test_of_several_recalls_the_latest_is_the_one_that_is_in_force_for_a_child(told: Told, join: str) -> None:
    told.do(register("D", "100"))
    for lot in ("A", "B", "C"):
        told.recall(lot)
    lines = tuple(c.Line("MED", lot, "10") for lot in ("C", "A", "D", "B"))
    if join == "merge":
        told.do(c.Merge(at="S1/A", lot="N", lines=lines))
    else:
        told.do(c.Repack(at="S1/A", lines=lines, outputs=(c.NewLotLine("MED", "N", "40"),)))
    by_number = {lot.number: lot for lot in told.book.lots_by_id.values()}
    assert by_number["N"].recall == by_number["C"].recall
    told.lift("C")
    after = {lot.number: lot for lot in told.book.lots_by_id.values()}
    assert after["N"].recall == by_number["B"].recall
    for lot in ("A", "B"):
        assert "N" in told.recalled()
        told.lift(lot)
    assert told.recalled() == set()


def test_a_recall_in_several_movements_begins_with_the_oldest_and_ends_with_the_youngest(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the ids of the lots are: here one family is 7, 8, 9."""
    monkeypatch.setattr(recalls, "MOST_LOTS", 2)
    told.do(register("F", "1"))
    told.do(register("G", "100"))
    for child in ("G-1", "G-2"):
        told.do(c.Split(at="S1/A", item="MED", lot="G", outputs=(c.Output(child, "5"),)))
    told.recall("G")
    assert told.recalled() == {"G", "G-1"}
    told.recall("G")
    told.lift("G")
    assert told.recalled() == {"G"}
