"""The integrity check finds what a superuser did behind the ledger's back, and names it."""

import pytest
from sqlalchemy import text

from service.domain import commands as c
from service.ledger.audit import CHECKS
from tests.service.ledger.test_recording import live_a_life
from tests.service.ledger.world import World, line

LIES = (
    ("balance is the fold of legs", "UPDATE warehouse.balance SET units = units + 1 WHERE place > 0 AND units > 1"),
    ("legs sum to zero", "UPDATE warehouse.leg SET units = units + 1 WHERE movement = 3 AND units > 0"),
    ("never below zero", ("INSERT INTO warehouse.leg SELECT lot_id, 0, line, place, status, -1 FROM warehouse.leg"
                          " WHERE place > 0 LIMIT 1")),
    ("no orphan legs", "UPDATE warehouse.leg SET movement = 1000000 WHERE movement = 3"),
    ("no movement without legs", "DELETE FROM warehouse.leg WHERE movement = 3"),
    ("open offers are in transit",
     "UPDATE warehouse.handoff SET state = 'accepted', answer = 1 WHERE state = 'offered'"),
    ("open offers are in transit", "UPDATE warehouse.balance SET units = units - 1 WHERE place = -7 AND units > 0"),
    ("missing goods are disputed", "UPDATE warehouse.discrepancy SET units = units + 1"),
    ("missing goods are disputed", "UPDATE warehouse.discrepancy SET settled = 1, outcome = 'found'"),
    ("what left was free to leave", "UPDATE warehouse.lot SET expiry_date = '2020-01-01'"),
    ("what left was free to leave", "UPDATE warehouse.lot SET recall = 1"),
    ("what left was free to leave", "UPDATE warehouse.leg SET status = 'hold' WHERE place > 0"),
    ("children are younger", "ALTER TABLE warehouse.lot_descent DROP CONSTRAINT lot_descent_check",
                             "UPDATE warehouse.lot_descent SET child_id = parent_id - child_id % 10"),
    ("goods of cases are held",
     ("WITH made AS (INSERT INTO warehouse.quarantine_case (party_id, id, scope, cause, words, opened_by, opened_at,"
     " content_hash) VALUES (1, gen_random_uuid(), 'lot', 'other', 'x', 'u', 1, sha256('x')) RETURNING number)"
     " INSERT INTO warehouse.case_cover SELECT lot_id, place, number, units + 1 FROM made, warehouse.balance"
     " WHERE place > 0 AND status = 'available'")),
    ("every movement has its statement", "UPDATE warehouse.movement SET statement_hash = sha256('x') WHERE number = 3"),
    ("every statement has its cause", "DELETE FROM warehouse.movement WHERE number = 3"),
    ("statement hash", "UPDATE warehouse.statement SET jwt = replace(jwt, 'A', 'B') WHERE kind = 1"),
    ("content hash", "UPDATE warehouse.movement SET content = replace(content, '300', '200')"),
    ("every statement is submitted", "DELETE FROM ledger.submission WHERE kind = 2"),
    ("statements say what the legs say", "UPDATE warehouse.leg SET units = units * 2 WHERE movement = 3"),
    ("statements can be read", "UPDATE warehouse.disclosure SET disclosures = '~not base64~'"),
    ("disclosures fit their statement",
     "UPDATE warehouse.disclosure SET disclosures = disclosures || 'WyJ4IiwieCJd~'"),
    ("disclosed lots are the movement's", "UPDATE warehouse.movement SET lots = ARRAY['https://x/lot/a/b/c']"),
)  # fmt: skip
"""Name of the check that finds it, and what a superuser did."""

GUARDED = ("movement", "leg", "statement", "disclosure", "handoff", "balance", "discrepancy", "lot", "lot_descent",
           "case_cover")


def live_on(world: World) -> None:
    """After `live_a_life`: a transfer of which two did not arrive and one on its way, a pallet, a count, a recall."""
    sent = world.do("maker", c.Send(from_="S1/A", to_site="S2", lines=line("L1", "10")))
    world.do("maker", c.Arrive(transfer=sent.id, to="S2/A", lines=(c.AnswerLine(1, "8"),)))
    world.do("maker", c.Send(from_="S1/A", to_site="S2", lines=line("L1", "5")))
    world.do("maker", c.Pack(at="S1/A", pallet="095060000000000015", lines=line("L1", "20")))
    world.do("maker", c.Relocate(from_="S1/095060000000000015", to="S1/B"))
    world.do("maker", c.Count(at="S2/A", lines=(c.CountLine("MED", "L1", "7"),), counted_by="w", approved_by="q"))
    world.do("depot", c.Recall(item="MED", lot="D1", reason="glass"))


def test_a_longer_life_leaves_nothing_that_contradicts(world: World) -> None:
    live_a_life(world)
    live_on(world)
    assert world.audit() == []


@pytest.mark.parametrize(("check", "lies"), [(check, lies) for check, *lies in LIES])
def test_a_lie_told_in_the_database_is_found_and_named(world: World, check: str, lies: list[str]) -> None:
    live_a_life(world)
    live_on(world)
    with world.engine.begin() as connection:
        for table in GUARDED:
            connection.execute(text(f"ALTER TABLE warehouse.{table} DISABLE TRIGGER ALL"))
        for lie in lies:
            connection.execute(text(lie))
    findings = world.audit()
    assert check in {finding.check for finding in findings}
    assert all(finding.expected != finding.seen for finding in findings)


def test_every_check_has_a_lie_that_it_finds() -> None:
    assert len({check for check, *_ in LIES}) == len(CHECKS) + 3  # the last check has four findings


def test_an_empty_warehouse_contradicts_nothing(world: World) -> None:
    assert world.audit() == []
