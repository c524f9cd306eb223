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
    "ledger.submission": (
        "id = (SELECT min(id) FROM ledger.submission)",
        "id = (SELECT max(id) FROM ledger.submission)",
    ),
    "ledger.deployment": ("id = 1", "id = 2"),
    "ledger.intent": ("id = 3", "id = 4"),
    "ledger.signed_transaction": ("intent = 3", "intent = 4"),
    "ledger.anchor": (_ANCHOR.format(2), _ANCHOR.format(3)),
    "ledger.epoch": ("number = 1", "false"),
}
"""Two rows of each table."""

SAID_BY_NOBODY = {
    "ledger.checkpoint": {"signed_at"},
    "ledger.submission": {"id", "recorded_at", "statement_hash", "kind", "subjects"},  # the warehouse says them
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
        if not any(each.table == table and _names(each, column) for each in found)
    ]
    assert unnamed == []
    assert [(column, lie, found) for column, lie, found in told if len(found) > 8] == [], "too much is blamed"


def _names(found: Finding, column: str) -> bool:
    """The column itself; a node of the tile; a whole row where its key is the lie."""
    return found.field == column or (column == "nodes" and found.field.startswith("node ")) or found.field == ""


def test_an_honest_ledger_has_no_findings(honest):
    with honest.engine.connect() as connection:
        assert findings(connection, audited(rpc_urls=(honest.node.url,), jobs=2)) == []


@pytest.mark.parametrize("table", [table for table in ROWS if table not in ("ledger.submission", "ledger.deployment")])
def test_a_row_that_is_gone_is_named(honest, table):
    """The newest epoch and a deployment can only be told by the chain, a submission by the warehouse."""
    with lying(honest.engine, table) as connection:
        connection.exec_driver_sql(f"DELETE FROM {table} WHERE {ROWS[table][0]}")
        found = findings(connection, table=table)
    assert found


@pytest.mark.parametrize("table", [table for table in ROWS if table not in ("ledger.deployment",)])
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
