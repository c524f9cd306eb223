"""A lie of every class in every column that is evidence: found, and named down to the field."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection

from anchoring.audit import Finding
from tests.anchoring.audit.world import audited, columns, findings, lies, lying

_CHECKPOINT = "size = (SELECT size FROM ledger.checkpoint ORDER BY size OFFSET {} LIMIT 1)"
_ANCHOR = (
    "id = (SELECT id FROM ledger.anchor WHERE state = 'final' AND intent IS NOT NULL ORDER BY id OFFSET {} LIMIT 1)"
)
_PAGE = "id = (SELECT map_page - {} FROM ledger.checkpoint ORDER BY size DESC LIMIT 1)"
ROWS = {
    "ledger.entry": ("index = 17", "index = 257"),
    "ledger.tile": ("level = 0", "false"),
    "ledger.map_page": (_PAGE.format(0), _PAGE.format(1)),
    "ledger.checkpoint": (_CHECKPOINT.format(2), _CHECKPOINT.format(4)),
    "ledger.deployment": ("id = 1", "id = 2"),
    "ledger.intent": ("id = 3", "id = 4"),
    "ledger.signed_transaction": ("intent = 3", "intent = 4"),
    "ledger.anchor": (_ANCHOR.format(2), _ANCHOR.format(3)),
    "ledger.epoch": ("number = 1", "false"),
}
"""Two rows of each table."""

SAID_BY_NOBODY = {
    "ledger.checkpoint": {"signed_at"},
    "ledger.deployment": {"id", "genesis", "reason", "signed_at", "state", "block", "block_hash"},
    "ledger.intent": {"id", "signed_at"},
    "ledger.signed_transaction": {"signed_at"},
    "ledger.anchor": {"id", "block_hash", "seen_at", "settled_at", "state"},
    "ledger.epoch": {"id", "deployment", "keep", "opened_at", "reason", "seen_at", "lost"},
}
"""Columns that only the chain, the warehouse or our own clock tells."""


def told_lies(connection: Connection, table: str) -> list[tuple[str, str, list[Finding]]]:
    """(column, class, findings) of every lie that changed something."""
    one, other = ROWS[table]
    told = []
    for column, kind in columns(connection, table).items():
        if column in SAID_BY_NOBODY.get(table, ()):
            continue
        mine = f'(SELECT "{column}" FROM {table} WHERE {one})'
        theirs = f'(SELECT "{column}" FROM {table} WHERE {other})'
        values = {name: f"{value}" for name, value in lies(kind, column).items()} | {"copy": theirs}
        changes = {name: f'UPDATE {table} SET "{column}" = {value} WHERE {one}' for name, value in values.items()}
        changes["swap"] = (
            f'WITH v AS (SELECT {mine} AS a, {theirs} AS b) UPDATE {table} SET "{column}" ='
            f" CASE WHEN {one} THEN v.b ELSE v.a END FROM v WHERE {one} OR {other}"
        )
        if other == "false" or connection.exec_driver_sql(f"SELECT {mine} IS NOT DISTINCT FROM {theirs}").scalar_one():
            changes = {name: change for name, change in changes.items() if name not in ("copy", "swap")}
        for name, change in changes.items():
            with connection.begin_nested() as lie:
                connection.exec_driver_sql(change)
                told.append((column, name, findings(connection, table=table)))
                lie.rollback()
    return told


@pytest.mark.parametrize("table", ROWS)
def test_every_lie_in_every_column_is_found_and_named(honest, table):
    with lying(honest.engine, table) as connection:
        told = told_lies(connection, table)
    assert len(told) > 3
    assert [(column, lie) for column, lie, found in told if not found] == [], "undetected"
    unnamed = [
        (column, lie, found)
        for column, lie, found in told
        if not any(each.table == table and (_names(each, column) or _is_key(column, lie)) for each in found)
    ]
    assert unnamed == []
    assert [(column, lie, len(found)) for column, lie, found in told if len(found) > 16] == [], "too much is blamed"


def _is_key(column: str, lie: str) -> bool:
    """Two anchors that exchange their index are two that exchange everything else: their rows are named."""
    return column == "index" and lie == "swap"


def _names(found: Finding, column: str) -> bool:
    """The column itself; a node of the tile; a whole row where its key is the lie."""
    return found.field == column or (column == "nodes" and found.field.startswith("node ")) or found.field == ""


def test_an_honest_ledger_has_no_findings(honest):
    with honest.engine.connect() as connection:
        assert findings(connection, audited(rpc_urls=(honest.node.url,), jobs=2)) == []


@pytest.mark.parametrize("table", [table for table in ROWS if table != "ledger.deployment"])
def test_a_row_that_is_gone_is_named(honest, table):
    """A deployment that nothing refers to can only be told by the chain."""
    with lying(honest.engine, table) as connection:
        connection.exec_driver_sql(f"DELETE FROM {table} WHERE {ROWS[table][0]}")
        found = findings(connection, table=table)
    assert found


@pytest.mark.parametrize("table", [table for table in ROWS if table != "ledger.deployment"])
def test_a_row_that_is_there_twice_is_named(honest, table):
    with lying(honest.engine, table) as connection:
        connection.exec_driver_sql(
            f"INSERT INTO {table} OVERRIDING SYSTEM VALUE SELECT * FROM {table} WHERE {ROWS[table][0]}"
        )
        found = findings(connection, table=table)
    assert found


def test_entries_that_changed_places_are_named(honest):
    with lying(honest.engine, "ledger.entry") as connection:
        connection.exec_driver_sql(
            "UPDATE ledger.entry SET index = CASE index WHEN 17 THEN 30 ELSE 17 END WHERE index IN (17, 30)"
        )
        found = findings(connection, table="ledger.entry")
    assert {each.row for each in found} == {"index=17", "index=30"}
    assert {each.check for each in found} == {"an entry stands at its index"}


@pytest.mark.parametrize(
    ("column", "change"),
    [
        ("kind", "kind = 5"),
        ("kind", "kind = NULL"),
        ("statement_hash", "statement_hash = substring(statement_hash FROM 2)"),
        ("statement_hash", "statement_hash = (SELECT statement_hash FROM ledger.submission ORDER BY id DESC LIMIT 1)"),
        ("recorded_at", "recorded_at = -1"),
        ("subjects", "subjects = ''"),
        ("subjects", "subjects = subjects || substring(subjects FROM 1 FOR 32)"),
    ],
)
def test_what_waits_and_can_never_be_sequenced_is_named(honest, column, change):
    with lying(honest.engine, "ledger.submission") as connection:
        first = "id = (SELECT min(id) FROM ledger.submission)"
        connection.exec_driver_sql(f"UPDATE ledger.submission SET {change} WHERE {first}")
        found = findings(connection, table="ledger.submission")
    assert [(each.table, each.field) for each in found] == [("ledger.submission", column)]


def test_a_statement_that_waits_although_it_is_in_the_log_is_named(honest):
    with lying(honest.engine, "ledger.submission") as connection:
        connection.exec_driver_sql(
            "INSERT INTO ledger.submission (id, kind, statement_hash, recorded_at, subjects)"
            " SELECT 9000, kind, statement_hash, recorded_at, subject FROM ledger.entry WHERE index = 17"
        )
        (found,) = findings(connection, table="ledger.submission")
    assert (found.row, found.field) == ("id=9000", "statement_hash")
