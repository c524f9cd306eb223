"""The audit of statements: in the log, signed by their parties, and in exactly the lots that they name."""

import json
from collections.abc import Callable

import pytest

from verifier import audit, uri
from verifier.encoding import unb64url
from verifier.entry import MOVEMENT
from verifier.policy import parse_policy
from verifier.report import Report, Verdict

from .maker import ORIGIN, Signed, World, answering, lot_name, party, story


def judged(world: World, given: list[str] | None = None, **policy: object) -> Report:
    texts = [said.shown() for said in unique(world)] if given is None else given
    trusted = parse_policy(world.policy("farm", "mill", "shop", "log", **policy))
    if world.anchors[-1].size < len(world.entries):
        world.anchor()
    return audit.audit_log(world.entries, world.checkpoint(), trusted, [world.chain()], statements=texts)


def unique(world: World) -> list[Signed]:
    return list({said.hash: said for said in world.statements.values()}.values())


def test_all_statements_of_an_honest_log_pass() -> None:
    world, lot = story()
    world.notice("log")
    world.erasure("farm", lot, unique(world)[4], "readPoint")
    report = judged(world)
    assert report.exit_code == 0, [answer.why for answer in report.answers]
    assert not report.answer(4).remarks


def test_statements_that_were_not_given_are_counted() -> None:
    world, _ = story()
    report = judged(world, [said.shown() for said in unique(world)[:-2]])
    assert report.answer(4).remarks == ("2 statements of the log were not given",)


def test_a_statement_that_is_not_in_the_log_is_named() -> None:
    world, lot = story()
    kept_back = world.say("farm", [lot], {})
    given = [said.shown() for said in [*unique(world), kept_back]]
    assert judged(world, given).answer(4).verdict is Verdict.REFUTED


def _not_entered(world: World, lot: str) -> None:
    """Names two lots, entered into one: the other lot's history is short of it, and no lot proof can tell."""
    world.enter(uri.LOT, lot, world.say("farm", [lot, lot_name(2)], {}), MOVEMENT)


def _entered_elsewhere_too(world: World, lot: str) -> None:
    said = world.movement("farm", [lot])
    world.enter(uri.LOT, lot_name(9), said, MOVEMENT)


def _signed_by_the_operator(world: World, lot: str) -> None:
    world.movement("farm", [lot], key="operator")


def _key_of_the_operator(world: World, lot: str) -> None:
    world.keys("farm", ["operator"], signer="operator")


def _notice_in_a_lot(world: World, lot: str) -> None:
    world.enter(uri.LOT, lot, world.notice("log"), 4)


def _key_statement_in_anothers_chain(world: World, lot: str) -> None:
    world.enter(uri.PARTY, "https://log.example.com/party/mill", world.keys("farm", ["farm"], signer="farm"), 2)


@pytest.mark.parametrize(
    "lie",
    [
        _not_entered,
        _entered_elsewhere_too,
        _signed_by_the_operator,
        _key_of_the_operator,
        _notice_in_a_lot,
        _key_statement_in_anothers_chain,
    ],
)
def test_what_no_lot_proof_can_see_is_seen_by_the_audit(lie: Callable[[World, str], None]) -> None:
    world, lot = story()
    lie(world, lot)
    assert judged(world).answer(4).verdict is Verdict.REFUTED


def _under_two_kinds(world: World, lot: str) -> None:
    world.enter(uri.LOT, lot, world.movement("farm", [lot]), 3)


def _out_of_order(world: World, lot: str) -> None:
    world.keys("farm", ["farm"], signer="farm", bent={"seq": 3})


def _after_another_than_the_last(world: World, lot: str) -> None:
    world.keys("farm", ["farm"], signer="farm", bent={"prev": "A" * 43})


def _by_a_party_without_keys(world: World, lot: str) -> None:
    world.movement("stranger", [lot])


@pytest.mark.parametrize(
    "lie", [_under_two_kinds, _out_of_order, _after_another_than_the_last, _by_a_party_without_keys]
)
def test_what_contradicts_the_log_is_refuted(lie: Callable[[World, str], None]) -> None:
    world, lot = story()
    lie(world, lot)
    assert judged(world).answer(4).verdict is Verdict.REFUTED


def test_what_is_no_statement_has_a_row_of_its_own() -> None:
    world, _ = story()
    report = judged(world, [*(said.shown() for said in unique(world)), "nonsense"])
    assert report.answer(4).verdict is Verdict.REFUTED
    row = report.facts["statements"][-1]  # type: ignore[index]
    assert (row["answer"], row["indexes"]) == ("refuted", []) and "hash" not in row


def test_a_row_says_where_a_statement_stands_whose_it_is_and_how_much_it_shows() -> None:
    world, lot = story()
    (key, *_, shipment, _), hidden = unique(world), {"readPoint", "eventTime"}
    given = [shipment.shown(lambda name: name not in hidden), key.shown()]
    first, second = judged(world, given).facts["statements"]  # type: ignore[misc]
    jti = {said.hash: json.loads(unb64url(said.jwt.split(".")[1]))["jti"] for said in (key, shipment)}
    own = {"indexes": [0], "hash": key.hash.hex(), "kind": 2, "party": party("farm"), "id": jti[key.hash]}
    assert first == {"answer": "yes", "why": "", **own}
    lots = sorted((lot, lot_name(2)))
    quantities = [{"list": "quantityList", "lot": each, "unit": "KGM", "quantity": "100"} for each in lots]
    own = {"indexes": [6, 7], "hash": shipment.hash.hex(), "kind": 1, "party": party("farm"), "id": jti[shipment.hash]}
    assert second == {"answer": "yes", "why": "", **own, "lots": lots, "hidden": 2, "quantities": quantities}


def test_an_answer_to_nothing_in_its_lot_is_refuted_for_the_whole_history_is_known() -> None:
    world, lot = story()
    world.movement("mill", [lot], ref=answering(unique(world)[5]))
    given = [said.shown() for said in unique(world)]
    why = judged(world, given).answer(4).why
    assert why.startswith("ref of entry 4: expected an earlier statement of this history")


def test_keys_may_change_and_change_again() -> None:
    world, lot = story()
    for key in ("second", "third"):
        world.keys("farm", [key], signer=("second" if key == "third" else "farm"))
        world.movement("farm", [lot], key=key)
    assert judged(world).exit_code == 0


@pytest.mark.parametrize("withheld", [0, 1])
def test_a_key_statement_that_is_not_given_leaves_open_what_needs_it_and_accuses_nobody(withheld: int) -> None:
    world, lot = story()
    world.keys("farm", ["second"], signer="farm")
    world.keys("farm", ["third"], signer="second")
    world.movement("farm", [lot], key="third")
    own = [world.statements[index] for index in world.heads[uri.subject(uri.PARTY, ORIGIN, party("farm"))]]
    given = [said.shown() for said in unique(world) if said.hash != own[withheld].hash]
    report = judged(world, given)
    assert report.answer(4).verdict is Verdict.UNKNOWN
    why = f"keys of {party('farm')}: key statement {withheld + 1} was not given or is none"
    assert why in map(str, report.answer(4).unknown)
    rows = {row["hash"]: row["answer"] for row in report.facts["statements"]}  # type: ignore[attr-defined]
    assert set(rows.values()) == {"yes", "could not check"}
    assert rows[own[2].hash.hex()] == "could not check"


def test_lots_that_are_not_disclosed_leave_it_open() -> None:
    world, lot = story()
    given = [said.shown(lambda name: name != f"lot {lot}") for said in unique(world)]
    assert judged(world, given).answer(4).verdict is Verdict.UNKNOWN


def test_a_first_key_that_is_not_in_the_policy_leaves_it_open() -> None:
    world, _ = story()
    assert judged(world, parties={}).answer(4).verdict is Verdict.UNKNOWN
