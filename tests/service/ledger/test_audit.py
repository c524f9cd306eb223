"""The integrity check finds what a superuser did behind the ledger's back, and names it."""

import pytest
from sqlalchemy import text

from service.ledger.audit import CHECKS
from tests.service.ledger.test_recording import live_a_life
from tests.service.ledger.world import World

QUIET = "SET LOCAL session_replication_role = replica"

LIES = {
    "balance is the fold of legs": "UPDATE warehouse.balance SET units = units + 1 WHERE place > 0 AND units > 1",
    "legs sum to zero": "UPDATE warehouse.leg SET units = units + 1 WHERE ctid = (SELECT min(ctid) FROM warehouse.leg)",
    "never below zero": "INSERT INTO warehouse.leg SELECT lot_id, 0, line, place, status, -1 FROM warehouse.leg"
                        " WHERE place > 0 LIMIT 1",
    "no orphan legs": "UPDATE warehouse.leg SET movement = 1000000 WHERE movement = 3",
    "no movement without legs": "DELETE FROM warehouse.leg WHERE movement = 3",
    "open offers are in transit": "UPDATE warehouse.handoff SET state = 'accepted', answer = 1 WHERE state = 'offered'",
    "goods of cases are held": "WITH made AS (INSERT INTO warehouse.quarantine_case (party_id, id, scope, cause, words,"
                               " opened_by, opened_at, content_hash) VALUES (1, gen_random_uuid(), 'lot', 'other', 'x',"
                               " 'u', 1, sha256('x')) RETURNING number) INSERT INTO warehouse.case_cover"
                               " SELECT lot_id, place, number, units + 1 FROM made, warehouse.balance"
                               " WHERE place > 0 AND status = 'available'",
    "every movement has its statement": "UPDATE warehouse.movement SET statement_hash = sha256('x') WHERE number = 3",
    "every statement has its cause": "DELETE FROM warehouse.movement WHERE number = 3",
    "statement hash": "UPDATE warehouse.statement SET jwt = replace(jwt, 'A', 'B') WHERE kind = 1",
    "content hash": "UPDATE warehouse.movement SET content = replace(content, '300', '200')",
    "every statement is submitted": "DELETE FROM ledger.submission WHERE kind = 2",
    "statements say what the legs say": "UPDATE warehouse.leg SET units = units * 2 WHERE movement = 3",
    "statements can be read": "UPDATE warehouse.disclosure SET disclosures = '~not base64~'",
    "disclosures fit their statement": "UPDATE warehouse.disclosure SET disclosures = disclosures || 'WyJ4IiwieCJd~'",
    "disclosed lots are the movement's": "UPDATE warehouse.movement SET lots = ARRAY['https://x/lot/a/b/c']",
}


@pytest.mark.parametrize("check", LIES)
def test_a_lie_told_in_the_database_is_found_and_named(world: World, check: str) -> None:
    live_a_life(world)
    with world.engine.begin() as connection:
        for trigger in ("movement", "leg", "statement", "handoff", "case_cover"):
            connection.execute(text(f"ALTER TABLE warehouse.{trigger} DISABLE TRIGGER ALL"))
        connection.execute(text("ALTER TABLE warehouse.balance DISABLE TRIGGER ALL"))
        connection.execute(text(LIES[check]))
    findings = world.audit()
    assert check in {finding.check for finding in findings}
    assert all(finding.expected != finding.seen for finding in findings)


def test_every_check_has_a_lie_that_it_finds() -> None:
    assert len(LIES) == len(CHECKS) + 3  # the last check has four findings


def test_an_empty_warehouse_contradicts_nothing(world: World) -> None:
    assert world.audit() == []
