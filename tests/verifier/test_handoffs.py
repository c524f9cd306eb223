"""Two signatures for goods that change hands: which handoffs have both, and which have one."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from verifier.cli import _show
from verifier.handoffs import MOST_TOLD
from verifier.policy import parse_policy
from verifier.report import Report
from verifier.verify import verify

from .maker import World, an_event, answering, lot_name, party, shipped_to

LOT = lot_name()
OUTCOMES = ("signed by both", "received less", "refused", "taken back or corrected", "one-sided")
Say = Callable[[World, Any], Any]


def ship(by: str = "farm", to: str = "mill", **more: Any) -> Say:
    return lambda world, before: world.movement(by, [LOT], an_event([LOT], **shipped_to(to), **more))


def answer(by: str, rel: str = "accepts", quantity: Any = 100) -> Say:
    event = an_event([LOT], quantity, bizStep="receiving")
    return lambda world, before: world.movement(by, [LOT], event, ref=answering(before, rel))


def received(quantities: list[dict[str, Any]]) -> Say:
    event = an_event([LOT], bizStep="receiving", quantityList=quantities)
    return lambda world, before: world.movement("mill", [LOT], event, ref=answering(before))


def store(by: str = "mill") -> Say:
    event = an_event([LOT], bizStep="storing", **shipped_to(by))
    return lambda world, before: world.movement(by, [LOT], event) and before


def reported(*say: Say, show: Callable[[str], bool] | None = None, hide: int | None = None) -> Report:
    """The report on the lot's file after these were said; the statement of entry `hide` is withheld."""
    world, before = World(), None
    for name in ("farm", "mill", "shop", "log"):
        world.keys(name, [name])
    world.anchor()
    for each in say:
        before = each(world, before)
    world.anchor()
    file = world.bundle(LOT, show)
    if hide is not None:
        file["history"][hide - 1]["statement"] = None
    policy = parse_policy(world.policy(allow_withheld=True))
    return verify([json.dumps(file).encode()], policy, [world.chain()], [world.source()], world.now)


TOLD = {
    "accepted": ([ship(), answer("mill")], {"signed by both": 1}),
    "accepted, and passed on": ([ship(), answer("mill"), ship("mill", "shop")], {"signed by both": 1, "one-sided": 1}),
    "received less": ([ship(), answer("mill", quantity=99)], {"received less": 1}),
    "refused": ([ship(), answer("mill", "refuses")], {"refused": 1}),
    "taken back": ([ship(), answer("farm", "corrects")], {"taken back or corrected": 1}),
    "nobody answers": ([ship()], {"one-sided": 1}),
    "answered much later": ([ship(), store("farm"), answer("mill")], {"signed by both": 1}),
    "step as a URN": ([ship(bizStep="urn:epcglobal:cbv:bizstep:shipping")], {"one-sided": 1}),
    "step as an address": ([ship(bizStep="https://ref.gs1.org/cbv/BizStep-shipping")], {"one-sided": 1}),
    "to its own site": ([ship("farm", "farm")], None),
    "a step that is no text": ([ship(bizStep=["shipping"])], None),
    "no shipment": ([store()], None),
}


@pytest.mark.parametrize(("said", "counts"), TOLD.values(), ids=TOLD.keys())
def test_how_each_handoff_came_out(said: list[Say], counts: dict[str, int] | None) -> None:
    report = reported(*said)
    assert report.exit_code == 0, report.first_failed
    expected = None if counts is None else {outcome: counts.get(outcome, 0) for outcome in OUTCOMES}
    assert report.facts.get("handoffs") == expected


def test_a_handoff_that_one_side_tells_of_is_named() -> None:
    facts = reported(ship()).facts
    assert facts["not_agreed"] == [f"entry 1, {party('farm')} to {party('mill')}: only the sender says so"]


def test_what_was_sent_and_not_received_is_named_with_both_numbers() -> None:
    (line,) = reported(ship(), answer("mill", quantity=99)).facts["not_agreed"]
    assert line.endswith("sent 100 KGM, received 99 KGM (entry 2)")


def test_things_that_are_counted_are_pieces_and_of_several_units_all_are_named() -> None:
    sent = [{"epcClass": LOT, "quantity": 3}, {"epcClass": LOT, "quantity": 2, "uom": "KGM"}]
    (line,) = reported(ship(quantityList=sent), received(sent[1:])).facts["not_agreed"]
    assert line.endswith("sent 3 pieces + 2 KGM, received 2 KGM (entry 2)")
    (line,) = reported(ship(), received([])).facts["not_agreed"]
    assert line.endswith("sent 100 KGM, received nothing (entry 2)")


def test_so_many_units_are_named_that_a_line_stays_one() -> None:
    units = [{"epcClass": LOT, "quantity": 1, "uom": f"U{number:02}"} for number in range(40)]
    (line,) = reported(ship(quantityList=units), received(units[1:])).facts["not_agreed"]
    whole = " + ".join(f"1 U{number:02}" for number in range(40))
    assert f"sent {whole[:100]}, received" in line and f"sent {whole[:101]}" not in line


def test_quantities_that_are_no_numbers_are_not_compared() -> None:
    for quantity in ("100", True, None):
        sent = [{"epcClass": LOT, "quantity": quantity, "uom": "KGM"}]
        report = reported(ship(quantityList=sent), answer("mill", quantity=99))
        assert report.facts["handoffs"]["signed by both"] == 1


def test_the_report_in_words_counts_handoffs_and_gives_a_line_to_each_that_is_not_agreed(capsys: Any) -> None:
    _show(reported(ship(), answer("mill"), ship("mill", "shop")), as_data=False)
    said = capsys.readouterr().out
    assert "\n  handoffs: 1 signed by both, 1 one-sided\n" in said
    assert f"\n  not_agreed:\n    entry 3, {party('mill')} to {party('shop')}: only the sender says so\n" in said


def test_where_statements_are_withheld_one_of_them_may_be_the_answer() -> None:
    (line,) = reported(ship(), answer("mill"), hide=2).facts["not_agreed"]
    assert line.endswith("only the sender says so, as far as is shown: 1 statements are withheld")


def test_quantities_that_are_hidden_are_not_compared() -> None:
    report = reported(ship(), answer("mill", quantity=99), show=lambda name: "quantity" not in name)
    assert report.facts["handoffs"]["signed by both"] == 1 and "not_agreed" not in report.facts


def test_an_answer_shows_that_there_was_a_handoff_whose_destination_is_hidden() -> None:
    shown = lambda name: "destination" not in name  # noqa: E731
    assert reported(ship(), answer("mill"), show=shown).facts["handoffs"]["signed by both"] == 1
    assert "handoffs" not in reported(ship(), show=shown).facts


def test_a_history_of_many_open_handoffs_makes_no_endless_report() -> None:
    assert MOST_TOLD == 16
    facts = reported(*[ship()] * (MOST_TOLD + 3)).facts
    assert (facts["handoffs"]["one-sided"], len(facts["not_agreed"])) == (MOST_TOLD + 3, MOST_TOLD)
