"""A notice excuses what it names and what may go; it never excuses a fact, nor what was not approved."""

from collections.abc import Sequence
from hashlib import sha256
from typing import Any

import pytest

from verifier import uri
from verifier.encoding import b64url
from verifier.entry import ERASURE
from verifier.report import Report

from .maker import Signed, World, an_event, digest, encoded
from .test_rules import LOT, a_world, judged, refused_by, shipment

BASIS = "GDPR Art. 17(1)(a)"
NOTE = "lotproof:reason"


def noted(world: World) -> Signed:
    return shipment(world, **{NOTE: "she rang"})


def approved(said: Signed, gone: str, name: str = NOTE) -> str:
    lines = ("lotproof/erasure/v1", b64url(said.hash), gone, name, BASIS)
    return b64url(sha256("".join(f"{line}\n" for line in lines).encode()).digest())


def notice(world: World, said: Signed, gone: Sequence[str], **says: Any) -> None:
    ref = {"rel": "erases", "statement": b64url(said.hash), "digests": list(gone)}
    event = {"type": "lotproof:Erasure", "lotproof:erased": NOTE, "lotproof:legalBasis": BASIS} | says
    world.enter(uri.LOT, LOT, world.say("farm", [LOT], event, ref, ERASURE), ERASURE)


def without(world: World, *names: str) -> Report:
    """The report on a file without these fields; with a list go its members."""
    hidden = set(names)
    return judged(world, show=lambda field: hidden.isdisjoint({field, field.partition("[")[0]}), require_full=True)


def test_what_was_approved_is_erased_and_told() -> None:
    world = a_world()
    said = noted(world)
    gone = digest(said.disclosures[NOTE])
    notice(world, said, [gone], **{"lotproof:approved": approved(said, gone)})
    report = without(world, NOTE)
    assert report.exit_code == 0 and report.answer(4).remarks == ("1 fields erased",)
    assert (report.facts["erased_fields"], report.facts["hidden_fields"]) == (1, 0)


def test_a_notice_of_more_than_was_approved_is_refused() -> None:
    world = a_world()
    said = noted(world)
    gone, more = digest(said.disclosures[NOTE]), digest(said.disclosures["readPoint"])
    notice(world, said, [gone, more], **{"lotproof:approved": approved(said, gone)})
    assert refused_by(without(world, NOTE, "readPoint")) == 4


def test_nothing_is_concluded_from_disclosures_that_are_refused() -> None:
    """Neither what a notice was approved for nor what it may name can be told from them; what is wrong is said once."""
    world = a_world()
    said = noted(world)
    notice(world, said, [digest(said.disclosures[NOTE])], **{"lotproof:approved": "something else"})
    assert "approved" in str(judged(world).answer(4).refuted)
    foreign = encoded(["AAAAAAAAAAAAAAAAAAAAAA", "type", "ObjectEvent"])

    def bent(file: dict[str, Any]) -> None:
        for item in file["history"]:
            item["statement"] += f"{foreign}~"

    answer = judged(world, bend=bent).answer(4)
    assert answer.refuted and "approved" not in str(answer.refuted)


@pytest.mark.parametrize("bent", [{"lotproof:erased": "lotproof:customer"}, {"lotproof:legalBasis": "none"}])
def test_a_notice_of_something_else_than_was_approved_is_refused(bent: dict[str, str]) -> None:
    world = a_world()
    said = noted(world)
    gone = digest(said.disclosures[NOTE])
    notice(world, said, [gone], **{"lotproof:approved": approved(said, gone)} | bent)
    assert refused_by(without(world, NOTE)) == 4


FACTS = ["type", "eventTime", "bizStep", "quantityList", "quantityList[0]", "destinationList[0]"]


@pytest.mark.parametrize("fact", FACTS)
def test_facts_are_not_erased(fact: str) -> None:
    world = a_world()
    said = noted(world)
    gone = [digest(said.disclosures[each]) for each in (NOTE, fact)]
    notice(world, said, gone)
    assert refused_by(without(world, NOTE, fact)) == 4


def test_facts_are_not_erased_one_notice_after_the_other() -> None:
    world = a_world()
    said = noted(world)
    for each in ("bizStep", NOTE):
        notice(world, said, [digest(said.disclosures[each])])
    assert refused_by(without(world, NOTE, "bizStep")) == 4


def test_the_lot_itself_is_not_erased() -> None:
    world = a_world()
    said = noted(world)
    notice(world, said, [digest(said.disclosures[f"lot {LOT}"])])
    assert refused_by(without(world)) == 4


def test_a_digest_of_no_field_is_refused_where_that_can_be_told() -> None:
    for hidden, check in (((), 4), (("bizTransactionList", "bizTransactionList[0]"), None)):
        world = a_world()
        notice(world, noted(world), ["A" * 43])
        assert refused_by(judged(world, show=lambda field, hidden=hidden: field not in hidden)) == check


QUANTITIES = ["quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList"]


@pytest.mark.parametrize("name", QUANTITIES)
def test_one_list_of_quantities_is_enough_and_none_is_not(name: str) -> None:
    for kept in (True, False):
        world = a_world()
        lists = {name: [{"epcClass": LOT, "quantity": 1}]}
        said = world.movement("farm", [LOT], an_event([LOT], **lists, **{NOTE: "she rang"}))
        gone = [NOTE, *sorted({"quantityList", name} - ({name} if kept else set()))]
        notice(world, said, [digest(said.disclosures[each]) for each in gone])
        report = without(world, *gone)
        assert refused_by(report) == (None if kept else 4)
        if not kept:
            assert report.answer(4).why == (
                "entry 2 erases: expected nothing that is never erased, seen a list of quantities"
            )


@pytest.mark.parametrize("name", ["bizTransactionList", "sensorElementList"])
def test_a_member_of_a_list_of_documents_or_of_measurements_is_erased(name: str) -> None:
    world = a_world()
    said = shipment(world, **{name: [{"type": "one"}, {"type": "other"}]})
    notice(world, said, [digest(said.disclosures[f"{name}[0]"])])
    report = without(world, f"{name}[0]")
    assert report.exit_code == 0 and report.answer(4).remarks == ("1 fields erased",)


EVIDENCE = "https://log.example.com/lot/farm/epcis/0d6a1c52-3c1b-4b55-9f0e-0000000000a1"


def seen(world: World, lot: str, **more: Any) -> Signed:
    """An event of somebody else's pallet: it has a type and a time, and neither step nor quantities."""
    event = an_event([lot], **{NOTE: "she drove", "epcList": ["https://id.gs1.org/00/050123451111111119"], **more})
    return world.movement("farm", [lot], {name: value for name, value in event.items() if name in SAID})


SAID = ("@context", "type", "eventTime", "eventTimeZoneOffset", "action", "epcList", NOTE)


def erased_world(lot: str, gone: str) -> World:
    world = a_world()
    said = seen(world, lot)
    ref = {"rel": "erases", "statement": b64url(said.hash), "digests": [digest(said.disclosures[gone])]}
    world.enter(uri.LOT, lot, world.say("farm", [lot], {"type": "lotproof:Erasure"}, ref, ERASURE), ERASURE)
    world.anchor()
    return world


def erased_of(lot: str, gone: str) -> Report:
    world = erased_world(lot, gone)
    return judged(world, show=lambda field: field != gone, lot=lot, require_full=True)


def test_of_an_event_about_others_goods_what_says_who_goes_and_its_type_and_time_stay() -> None:
    assert erased_of(EVIDENCE, NOTE).exit_code == 0
    for gone in ("type", "eventTime"):
        assert refused_by(erased_of(EVIDENCE, gone)) == 4


@pytest.mark.parametrize("lot", [LOT, EVIDENCE.replace("/epcis/", "/epci/"), EVIDENCE + "0"])
def test_no_movement_passes_for_such_an_event(lot: str) -> None:
    """It has quantities, or they were erased."""
    assert refused_by(erased_of(lot, NOTE)) == 4
