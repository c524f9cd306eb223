"""What goes without two approvals and a notice: the database refuses it, and of a superuser the audit names it."""

from typing import Any

import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from anchoring.restoring import Unaccounted
from service import db, standpoint
from service.audit.warehouse import audit_movements
from service.demo.lies.superuser import triggers_asleep
from service.recovering.statements import keep
from service.settings import Settings
from tests.service.api.conftest import ORIGIN, Caller, Chain
from tests.service.api.test_erasures import approve, asked, asker, erase, ship, two
from verifier.entry import ERASURE, MOVEMENT
from verifier.hashing import StatementHash, Subject
from verifier.statement import split

__all__ = ["asker", "two"]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE warehouse.movement SET content = replace(content, 'rang', 'sang')",
        "UPDATE warehouse.disclosure SET disclosures = '~'",
        "UPDATE warehouse.erasure SET state = 'erased', notice = sha256('x'), ended_at = 1 WHERE state = 'asked'",
        "UPDATE warehouse.erasure SET legal_basis = 'other'",
        "DELETE FROM warehouse.erasure_approval",
        """INSERT INTO warehouse.erasure (party_id, id, movement, statement_hash, property, digest, parts, legal_basis,
            requested_by, requested_at, state, notice, ended_at) SELECT party_id, gen_random_uuid(), movement,
            statement_hash, property, 'x' || substr(digest, 2), parts, legal_basis, requested_by, 1, 'erased',
            sha256('x'), 1 FROM warehouse.erasure LIMIT 1""",
    ],
)
def test_the_database_refuses_what_two_did_not_approve(
    maker: Caller, asker: Caller, two: list[Caller], owner: Engine, settings: Settings, statement: str
) -> None:
    approve(asked(asker, ship(maker, reason="rang"), "lotproof:reason"), two[0])
    web = db.engine_for(settings.database_url)
    with owner.connect() as connection:
        everybody = connection.scalars(text("SELECT id FROM warehouse.party")).all()
    for engine in (owner, web):
        with standpoint.of_parties(everybody), engine.connect() as connection, pytest.raises(DBAPIError):
            connection.execute(text(statement))
    web.dispose()


TAMPERED = {
    "UPDATE warehouse.disclosure SET disclosures = '~' || split_part(disclosures, '~', 2) || '~'"
    " WHERE statement_hash = :whole": ("warehouse.disclosure", "disclosures"),
    "UPDATE warehouse.disclosure SET disclosures = :before WHERE statement_hash = :hash":
        ("warehouse.disclosure", "disclosures"),
    "UPDATE warehouse.movement SET content = replace(content, 'Clinic 9', 'Clinic 8') WHERE number = :number":
        ("warehouse.movement", "content"),
    "UPDATE warehouse.movement SET content = replace(content, '\"5\"', '\"4\"') WHERE number = :number":
        ("warehouse.movement", "content"),
    "UPDATE warehouse.movement SET content = replace(content, '\"reason\"\\:null', '\"reason\":\"x\"')"
    " WHERE number = :number": ("warehouse.movement", "content"),
    "UPDATE warehouse.movement SET parts = replace(parts, 'customer\":\"', 'customer\":\"x') WHERE number = :number":
        ("warehouse.movement", "parts"),
    "UPDATE warehouse.movement SET parts = NULL WHERE number = :number": ("warehouse.movement", "parts"),
    "UPDATE warehouse.erasure SET digest = reverse(digest) WHERE number = :erasure": ("warehouse.erasure", "digest"),
    "UPDATE warehouse.erasure SET property = 'lotproof:customer' WHERE number = :erasure":
        ("warehouse.erasure", "property"),
    "UPDATE warehouse.erasure SET parts = ARRAY['customer'] WHERE number = :erasure": ("warehouse.erasure", "parts"),
    "UPDATE warehouse.erasure SET legal_basis = 'none' WHERE number = :erasure": ("warehouse.erasure", "legal_basis"),
    "UPDATE warehouse.erasure SET requested_by = 'u-9' WHERE number = :erasure": ("warehouse.erasure", "requested_by"),
    "UPDATE warehouse.erasure SET notice = sha256('x') WHERE number = :erasure": ("warehouse.erasure", "notice"),
    "UPDATE warehouse.erasure SET state = 'rejected', notice = NULL WHERE number = :erasure":
        ("warehouse.disclosure", "disclosures"),
    "DELETE FROM warehouse.erasure_approval WHERE erasure = :erasure": ("warehouse.erasure", "notice"),
    "DELETE FROM warehouse.statement WHERE statement_hash = :notice": ("warehouse.erasure", "notice"),
}  # fmt: skip


@pytest.fixture(scope="module")
def victim(maker: Caller, asker: Caller, two: list[Caller], chain: Chain, owner: Engine) -> dict[str, Any]:
    """A movement of which the reason is erased, and another of which nothing is; what an attacker may name of them."""
    movement, whole = ship(maker, reason="rang"), ship(maker, reason="rang")
    hashed = """SELECT m.number, m.statement_hash, m.content, m.parts, s.jwt, d.disclosures FROM warehouse.movement m
        JOIN warehouse.statement s USING (statement_hash) JOIN warehouse.disclosure d USING (statement_hash)
        WHERE m.id = :id"""
    with owner.connect() as connection:
        row = connection.execute(text(hashed), {"id": movement["id"]}).one()
        other = connection.execute(text(hashed), {"id": whole["id"]}).one()
    erasure = erase(asker, two, movement, "lotproof:reason")
    with owner.connect() as connection:
        after = connection.execute(text(hashed), {"id": movement["id"]}).one()
        ended = connection.execute(text("""SELECT e.number, e.notice, s.jwt || d.disclosures AS said
            FROM warehouse.erasure e JOIN warehouse.statement s ON s.statement_hash = e.notice
            JOIN warehouse.disclosure d ON d.statement_hash = e.notice WHERE e.id = :id"""), erasure).one()
    chain.anchor()
    return {"number": row.number, "hash": row.statement_hash, "before": row.disclosures, "erasure": ended.number,
            "notice": ended.notice, "said": ended.said, "whole": other.statement_hash, "content": row.content,
            "parts": row.parts, "jwt": row.jwt, "after": after.disclosures}  # fmt: skip


SHOWN = "SELECT disclosures FROM warehouse.disclosure WHERE statement_hash = :hash"


def restored(connection: Connection, victim: dict[str, Any]) -> None:
    """As a backup from before the erasure has it: movement whole, and neither notice nor erasure."""
    tables = ("movement", "disclosure", "erasure", "erasure_approval", "statement")
    with triggers_asleep(connection, *(f"warehouse.{table}" for table in tables)):
        for statement in (
            "UPDATE warehouse.disclosure SET disclosures = :before WHERE statement_hash = :hash",
            "UPDATE warehouse.movement SET content = :content, parts = :parts WHERE number = :number",
            "DELETE FROM warehouse.erasure_approval WHERE erasure = :erasure",
            "DELETE FROM warehouse.erasure WHERE number = :erasure",
            "DELETE FROM warehouse.disclosure WHERE statement_hash = :notice",
            "DELETE FROM warehouse.statement WHERE statement_hash = :notice",
        ):
            assert connection.execute(text(statement), victim).rowcount


def test_what_a_backup_brings_back_goes_again_when_its_notice_does(victim: dict[str, Any], owner: Engine) -> None:
    notice = StatementHash(victim["notice"])
    entry = Unaccounted(0, ERASURE, Subject(bytes(32)), notice, None)
    with owner.connect() as connection:
        restored(connection, victim)
        kept, faults = keep(connection, ORIGIN, [entry], {notice: split(victim["said"])})
        assert (kept, faults) == (1, [])
        assert connection.execute(text(SHOWN), victim).scalar_one() == victim["after"]
        assert list(audit_movements(connection, ORIGIN)) == []
        connection.rollback()


def test_a_partners_older_file_does_not_bring_it_back(victim: dict[str, Any], owner: Engine) -> None:
    hashed, notice = StatementHash(victim["hash"]), StatementHash(victim["notice"])
    entries = [Unaccounted(0, MOVEMENT, Subject(bytes(32)), hashed, None),
               Unaccounted(1, ERASURE, Subject(bytes(32)), notice, None)]  # fmt: skip
    files = {hashed: split(victim["jwt"] + victim["before"]), notice: split(victim["said"])}
    with owner.connect() as connection:
        with triggers_asleep(connection, "warehouse.disclosure", "warehouse.statement", "warehouse.erasure"):
            connection.execute(text("DELETE FROM warehouse.erasure WHERE number = :erasure"), victim)
            for table in ("disclosure", "statement"):
                gone = f"DELETE FROM warehouse.{table} WHERE statement_hash IN (:hash, :notice)"
                connection.execute(text(gone), victim)
        assert keep(connection, ORIGIN, entries, files) == (2, [])
        assert connection.execute(text(SHOWN), victim).scalar_one() == victim["after"]
        connection.rollback()


@pytest.mark.parametrize("statement", TAMPERED)
def test_the_audit_names_row_and_field_of_what_went_without_a_notice(
    victim: dict[str, Any], owner: Engine, statement: str
) -> None:
    tables = ("movement", "disclosure", "erasure", "erasure_approval", "statement")
    with owner.connect() as connection:
        with triggers_asleep(connection, *(f"warehouse.{table}" for table in tables)):
            assert connection.execute(text(statement), victim).rowcount
        found = {(each.table, each.field): each.row for each in audit_movements(connection, ORIGIN)}
        connection.rollback()
    table, field = TAMPERED[statement]
    assert found.keys() >= {(table, field)}, found
    named = {"warehouse.erasure": victim["erasure"], "warehouse.movement": victim["number"],
             "warehouse.disclosure": (victim["whole"] if ":whole" in statement else victim["hash"]).hex()}  # fmt: skip
    assert str(named[table]) in found[table, field]
