"""The story's data file is plausible before anybody plays it: codes are valid, places exist, and the goods add up."""

from collections import Counter
from datetime import date, datetime
from decimal import Decimal

import pytest

from service.demo.story import Story, movement_id, read
from service.domain.errors import InsufficientStock, LotExpired, StockOnHold
from verifier.uri import check_gtin

DAY_ZERO = date(2026, 11, 22)


@pytest.fixture(scope="module")
def story() -> Story:
    return read()


def test_it_has_companies_items_lots_and_movements_as_in_life(story: Story) -> None:
    steps = list(story.steps(DAY_ZERO))
    assert len(story.parties) >= 3
    assert len(story.lots("example.org")) >= 12
    assert len(steps) >= 100
    days = [day for day, _ in steps]
    assert days == sorted(days) and days[-1] - days[0] >= 28
    assert {step.movement["type"] for _, step in steps} == {
        "register", "receive", "move", "split", "offer", "accept", "refuse", "hold", "release", "ship", "destroy"
    }  # fmt: skip


def test_every_gtin_and_gln_has_its_check_digit(story: Story) -> None:
    glns = [party["gln"] for party in story.parties] + [s["gln"] for party in story.parties for s in party["sites"]]
    gtins = [item["gtin"] for item in story.content["items"].values() if item["gtin"]]
    for number in [*glns, *gtins]:
        check_gtin(number.zfill(14))
        assert number.lstrip("0").startswith("9506000")
    assert len(set(glns)) == len(glns) and len(set(gtins)) == len(gtins) >= 2


def test_the_same_day_gives_the_same_movements_and_another_day_the_same_ids(story: Story) -> None:
    first = [step.movement for _, step in story.steps(DAY_ZERO)]
    assert first == [step.movement for _, step in story.steps(DAY_ZERO)]
    later = [step.movement for _, step in story.steps(date(2027, 3, 1))]
    assert [movement["id"] for movement in first] == [movement["id"] for movement in later]
    assert len({movement["id"] for movement in first}) == len(first)
    assert first[0]["id"] == str(movement_id("ch-01"))


def test_nothing_in_it_lies_in_the_future(story: Story) -> None:
    end = datetime.fromisoformat(f"{DAY_ZERO}T00:00:00+00:00")
    assert all(datetime.fromisoformat(step.movement["event_time"]) < end for _, step in story.steps(DAY_ZERO))


def test_calls_keep_the_order_and_only_bulk_senders_send_several(story: Story) -> None:
    calls = list(story.calls(DAY_ZERO))
    assert [s.id for call in calls for s in call.steps] == [s.id for _, s in story.steps(DAY_ZERO)]
    bulk = {party["id"] for party in story.parties if party["sends"] == "bulk"}
    assert {call.party for call in calls if len(call.steps) > 1} == bulk


def test_the_goods_add_up_at_every_step_and_only_the_marked_steps_break_a_rule(story: Story) -> None:
    book, offers = Counter[tuple[str, str, str, str]](), {}
    for day, step in story.steps(DAY_ZERO):
        seen = _broken_rule(story, book, day, step.party, step.movement)
        assert seen == step.refused, step.id
        if not seen:
            _check_status_is_clear(book, step)
            _post(book, offers, step.party, step.movement)
    assert not offers, "every offer of the story is answered"


def _broken_rule(story, book, day, party, movement) -> str | None:
    if movement["type"] not in ("move", "offer", "ship"):
        return None
    for line in movement["lines"]:
        where, wanted = (party, movement["from"], line["lot"]), Decimal(line["quantity"])
        if movement["type"] != "move" and story.content["lots"][line["lot"]]["expires"] < 0:
            return LotExpired.slug
        if book[*where, "available"] < wanted:
            return StockOnHold.slug if book[*where, "hold"] else InsufficientStock.slug
    return None


def _check_status_is_clear(book, step) -> None:
    """Where a lot lies both available and held, a move or destruction says which is meant."""
    if step.movement["type"] in ("move", "destroy"):
        for line in step.movement["lines"]:
            here = step.party, step.movement["from"], line["lot"]
            assert "status" in line or not (book[*here, "available"] and book[*here, "hold"]), step.id


def _post(book, offers, party, movement) -> None:
    lines = [(line["lot"], Decimal(line["quantity"])) for line in movement.get("lines", ())]
    match movement["type"]:
        case "register" | "receive":
            _move(book, lines, None, (party, movement["to"], "available"))
        case "move":
            _move(book, lines, (party, movement["from"], "available"), (party, movement["to"], "available"))
        case "hold":
            _move(book, lines, (party, movement["at"], "available"), (party, movement["at"], "hold"))
        case "release":
            _move(book, lines, (party, movement["at"], "hold"), (party, movement["at"], "available"))
        case "ship":
            _move(book, lines, (party, movement["from"], "available"), None)
        case "destroy":
            held = all(book[party, movement["from"], lot, "hold"] for lot, _ in lines)
            _move(book, lines, (party, movement["from"], "hold" if held else "available"), None)
        case "offer":
            _move(book, lines, (party, movement["from"], "available"), None)
            offers[movement["id"]] = (party, movement, lines)
        case "accept":
            sender, offer, goods = offers.pop(movement["handoff"])
            assert offer["to_party"] == party and sender != party
            _move(book, goods, None, (party, movement["to"], "available"))
        case "refuse":
            sender, offer, goods = offers.pop(movement["handoff"])
            assert offer["to_party"] == party and sender != party
            _move(book, goods, None, (sender, offer["from"], "hold"))
        case "split":
            outputs = [(output["lot"], Decimal(output["quantity"])) for output in movement["outputs"]]
            _move(book, [(movement["lot"], sum(q for _, q in outputs))], (party, movement["at"], "available"), None)
            _move(book, outputs, None, (party, movement["at"], "available"))


def _move(book, lines, source, target) -> None:
    for lot, quantity in lines:
        if source:
            book[source[0], source[1], lot, source[2]] -= quantity
            assert book[source[0], source[1], lot, source[2]] >= 0
        if target:
            book[target[0], target[1], lot, target[2]] += quantity


def test_every_place_a_movement_names_exists(story: Story) -> None:
    places = {
        (party["id"], f"{site['code']}/{location}")
        for party in story.parties for site in party["sites"] for location in site["locations"]
    }  # fmt: skip
    for _, step in story.steps(DAY_ZERO):
        for role in ("from", "to", "at"):
            assert role not in step.movement or (step.party, step.movement[role]) in places, step.id
