"""What parties may say to each other about a lot (check 4), told in small stories."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from verifier import disclosure, statement, uri
from verifier.encoding import b64
from verifier.entry import MOVEMENT, NOTICE, PARTY_KEY
from verifier.errors import Refuted
from verifier.policy import parse_policy
from verifier.report import Report, Verdict
from verifier.verify import verify

from .maker import ORIGIN, Signed, World, an_event, answering, lot_name, party, public_key, shipped_to, story

LOT, OTHER = lot_name(1), lot_name(2)


def a_world() -> World:
    world = World()
    for name in ("farm", "mill", "shop", "log"):
        world.keys(name, [name])
    world.anchor()
    return world


def judged(
    world: World,
    show: Callable[[str], bool] | None = None,
    bend: Callable[[dict[str, Any]], None] = lambda file: None,
    lot: str = LOT,
    **policy: Any,
) -> Report:
    if not world.anchors or world.anchors[-1].size < len(world.entries):
        world.anchor()
    file = world.bundle(lot, show)
    bend(file)
    trusted = parse_policy(world.policy(*("farm", "mill", "shop", "log"), **policy))
    return verify([json.dumps(file).encode()], trusted, [world.chain()], now=0)


def shipment(world: World, to: str = "mill", quantity: Any = 100, **more: Any) -> Signed:
    return world.movement("farm", [LOT], an_event([LOT], quantity, **shipped_to(to), **more))


def receipt_of(world: World, said: Signed, name: str = "mill", quantity: Any = 100, rel: str = "accepts") -> Signed:
    return world.movement(name, [LOT], an_event([LOT], quantity, bizStep="receiving"), ref=answering(said, rel))


def refused_by(report: Report) -> int | None:
    return report.first_failed.check if report.first_failed else None


def test_the_party_that_the_shipment_names_may_accept_it() -> None:
    world = a_world()
    receipt_of(world, shipment(world))
    assert judged(world, require_full=True).exit_code == 0


def test_the_party_that_the_shipment_names_may_refuse_it() -> None:
    world = a_world()
    receipt_of(world, shipment(world), rel="refuses")
    assert judged(world).exit_code == 0


@pytest.mark.parametrize("rel", ["accepts", "refuses"])
def test_another_party_than_the_destination_cannot_answer_a_shipment(rel: str) -> None:
    world = a_world()
    receipt_of(world, shipment(world, to="mill"), name="shop", rel=rel)
    assert refused_by(judged(world)) == 4


def test_who_answers_is_not_judged_where_the_destination_is_hidden() -> None:
    world = a_world()
    receipt_of(world, shipment(world, to="mill"), name="shop")
    report = judged(world, show=lambda name: "destination" not in name)
    assert report.exit_code == 0
    assert report.answer(4).remarks == ("1 fields withheld",)


def test_the_sender_cannot_accept_his_own_shipment() -> None:
    world = a_world()
    receipt_of(world, shipment(world, to="farm"), name="farm")
    assert refused_by(judged(world)) == 4


@pytest.mark.parametrize("rels", [("accepts", "accepts"), ("accepts", "refuses"), ("refuses", "accepts")])
def test_a_shipment_is_answered_once(rels: tuple[str, str]) -> None:
    world = a_world()
    said = shipment(world)
    for rel in rels:
        receipt_of(world, said, rel=rel)
    assert refused_by(judged(world)) == 4


def test_an_answer_comes_after_what_it_answers() -> None:
    world = a_world()
    said = world.say("farm", [LOT], an_event([LOT], **shipped_to("mill")))
    receipt_of(world, said)
    world.enter(uri.LOT, LOT, said, MOVEMENT)
    assert refused_by(judged(world)) == 4


@pytest.mark.parametrize(
    ("shipped", "received", "accepted"),
    [
        (100, 100, True),
        (100, 101, False),
        (0.5, 0.5, True),
        (0.3, 0.300000001, False),
        (10, 9.999999999, True),
        (999999999999999, 999999999999998.999999999, True),
    ],
)
def test_no_more_is_accepted_than_was_shipped(shipped: Any, received: Any, accepted: bool) -> None:
    world = a_world()
    receipt_of(world, shipment(world, quantity=shipped), quantity=received)
    assert refused_by(judged(world)) == (None if accepted else 4)


def test_lines_of_one_lot_are_added_up_and_lines_of_another_are_not() -> None:
    world = a_world()
    lines = [{"epcClass": lot, "quantity": 60, "uom": "KGM"} for lot in (LOT, LOT, OTHER)]
    said = world.movement("farm", [LOT, OTHER], an_event([LOT], quantityList=lines, **shipped_to("mill")))
    receipt_of(world, said, quantity=120)
    assert judged(world).exit_code == 0


def test_another_unit_was_not_shipped() -> None:
    world = a_world()
    said = shipment(world)
    line = {"epcClass": LOT, "quantity": 1, "uom": "LTR"}
    world.movement("mill", [LOT], an_event([LOT], quantityList=[line]), ref=answering(said))
    assert refused_by(judged(world)) == 4


def test_quantities_are_not_compared_where_one_list_is_partial() -> None:
    world = a_world()
    said = world.movement("farm", [LOT, OTHER], an_event([LOT, OTHER], 10, **shipped_to("mill")))
    receipt_of(world, said, quantity=500)
    assert judged(world, show=lambda name: name != "quantityList[1]").exit_code == 0
    assert refused_by(judged(world)) == 4


def test_a_quantity_that_is_no_number_leaves_the_comparison_open() -> None:
    world = a_world()
    receipt_of(world, shipment(world, quantity="100"))
    assert judged(world).answer(4).verdict is Verdict.UNKNOWN


def test_only_the_party_itself_corrects_what_it_said() -> None:
    for name, check in (("farm", None), ("mill", 4)):
        world = a_world()
        said = shipment(world)
        world.movement(name, [LOT], ref=answering(said, "corrects"))
        assert refused_by(judged(world)) == check


@pytest.mark.parametrize(("name", "check"), [("farm", None), ("log", None), ("mill", 4)])
def test_a_field_is_erased_by_its_party_or_by_the_log(name: str, check: int | None) -> None:
    world = a_world()
    said = shipment(world)
    world.erasure(name, LOT, said, "readPoint", "bizTransactionList[0]")
    report = judged(world, show=lambda field: field not in ("readPoint", "bizTransactionList[0]"), require_full=True)
    assert refused_by(report) == check


def test_a_hidden_field_that_no_notice_names_is_not_excused_by_another_notice() -> None:
    world = a_world()
    said = shipment(world)
    world.erasure("farm", LOT, said, "readPoint")
    report = judged(world, show=lambda field: field not in ("readPoint", "bizStep"), require_full=True)
    assert report.answer(4).verdict is Verdict.UNKNOWN
    assert report.exit_code == 2


def test_an_answer_to_a_withheld_shipment_is_left_open() -> None:
    world = a_world()
    receipt_of(world, shipment(world))
    world.anchor()
    file = world.bundle(LOT)
    file["history"][0]["statement"] = None
    for allowed, verdict in ((False, Verdict.UNKNOWN), (True, Verdict.YES)):
        trusted = parse_policy(world.policy(allow_withheld=allowed))
        report = verify([json.dumps(file).encode()], trusted, [world.chain()], now=0)
        assert report.answer(4).verdict is verdict
        assert report.answer(3).verdict is verdict


def test_a_statement_without_its_partys_key_chain_is_left_open() -> None:
    world = a_world()
    receipt_of(world, shipment(world))
    world.anchor()
    file = world.bundle(LOT)
    del file["keys"][party("mill")]
    report = verify([json.dumps(file).encode()], parse_policy(world.policy()), [world.chain()], now=0)
    assert report.answer(3).verdict is Verdict.UNKNOWN


@pytest.mark.parametrize("kind", [PARTY_KEY, NOTICE])
def test_only_movements_and_erasures_stand_in_the_history_of_a_lot(kind: int) -> None:
    world = a_world()
    said = shipment(world)
    world.enter(uri.LOT, LOT, world.say("farm", [LOT], {}), kind)
    report = judged(world)
    assert report.answer(2).verdict is Verdict.REFUTED
    assert said.hash


def test_a_notice_of_the_log_is_read_and_names_no_lot() -> None:
    world = a_world()
    said = world.notice("log")
    parts = statement.split(said.shown())
    read = statement.read(parts.jwt, NOTICE, ORIGIN)
    statement.check_signature(read, public_key("log"))
    assert disclosure.disclose(read, parts.disclosures, None).properties["type"] == "notice"
    assert world.entries[-1][1] == NOTICE


@pytest.mark.parametrize("extra", ["lot", "ref"])
def test_a_notice_that_names_a_lot_or_answers_something_is_refused(extra: str) -> None:
    world = a_world()
    lots = [LOT] if extra == "lot" else []
    ref = answering(shipment(world), "corrects") if extra == "ref" else None
    said = world.say("log", lots, {}, ref, NOTICE)
    with pytest.raises(Refuted):
        parts = statement.split(said.shown())
        disclosure.disclose(statement.read(parts.jwt, NOTICE, ORIGIN), parts.disclosures, None)


ODD = ["mill", 7, None, {"type": ["owning_party"]}, {"type": "owning_party", "destination": {}}]


@pytest.mark.parametrize("member", ODD)
def test_a_destination_of_an_odd_shape_names_nobody(member: Any) -> None:
    world = a_world()
    said = world.movement("farm", [LOT], an_event([LOT], destinationList=[member]))
    receipt_of(world, said)
    assert judged(world).exit_code == 0


def test_only_movements_can_be_accepted() -> None:
    world = a_world()
    notice = world.erasure("farm", LOT, shipment(world), "readPoint")
    receipt_of(world, notice)
    assert refused_by(judged(world)) == 4


def test_a_statement_that_its_party_signed_and_the_log_never_entered_is_refuted() -> None:
    world, lot = story()
    unsaid = world.say("farm", [lot], an_event([lot], quantity=1))
    file = world.bundle(lot)
    file["history"][0]["statement"] = unsaid.shown()
    report = verify([json.dumps(file).encode()], parse_policy(world.policy()), [world.chain()], now=0)
    assert report.answer(3).why.startswith("statement of entry 1: expected ")


def test_every_entry_stands_in_the_log_at_its_index_or_the_file_is_not_complete() -> None:
    world, lot = story()
    for place in range(3):
        file = world.bundle(lot)
        file["history"][place]["path"][0] = b64(bytes(32))
        report = verify([json.dumps(file).encode()], parse_policy(world.policy()), [world.chain()], now=0)
        assert report.answer(5).why.startswith(f"inclusion at index {file['history'][place]['index']}: expected ")
