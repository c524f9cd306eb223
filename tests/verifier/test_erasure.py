"""A notice excuses what it names and what may go; it never excuses a fact, nor what was not approved."""

from collections.abc import Sequence
from hashlib import sha256
from typing import Any

import pytest

from verifier import uri
from verifier.encoding import b64url
from verifier.entry import ERASURE
from verifier.report import Report

from .maker import Signed, World, digest
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
    return judged(world, show=lambda field: field not in names, require_full=True)


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
