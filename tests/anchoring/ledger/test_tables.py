"""The tables as migrated: the same as the code believes, and closed to change."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, text
from sqlalchemy.exc import ProgrammingError

from anchoring import tables


def test_the_migration_makes_the_tables_that_the_code_believes_in(engine: Engine) -> None:
    ours = {table.name for table in tables.metadata.sorted_tables}
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "include_schemas": True,
                "include_name": lambda name, kind, parents: kind != "schema" or name == "ledger",
                "include_object": lambda item, name, kind, reflected, other: kind != "table" or name in ours,
            },
        )
        assert compare_metadata(context, tables.metadata) == []


ROWS = {
    "entry": "INSERT INTO ledger.entry VALUES (0, 1, sha256('a'), 1, sha256('b'), sha256('c'), 5, sha256('d'))",
    "tile": "INSERT INTO ledger.tile VALUES (0, 0, decode(repeat('00', 16352), 'hex'), sha256('a'))",
    "map_page": "INSERT INTO ledger.map_page VALUES (0, 'page')",
    "checkpoint": "INSERT INTO ledger.map_page VALUES (0, 'page');"
    "INSERT INTO ledger.checkpoint VALUES (1, sha256('a'), sha256('b'), 0, 'note', 5)",
}


@pytest.mark.parametrize("mode", ["origin", "replica"])
@pytest.mark.parametrize("change", ["UPDATE {} SET {} = {}", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
@pytest.mark.parametrize("table", ROWS)
def test_not_even_a_superuser_changes_a_row_by_accident(engine: Engine, table: str, change: str, mode: str) -> None:
    column = tables.metadata.tables[f"ledger.{table}"].columns.keys()[0]
    with engine.begin() as connection:
        connection.execute(text(ROWS[table]))
    with engine.connect() as connection, pytest.raises(ProgrammingError, match="added and never changed"):
        connection.execute(text(f"SET LOCAL session_replication_role = {mode}"))
        connection.execute(text(change.format(f"ledger.{table}", column, column)))


def test_a_waiting_submission_is_not_changed(engine: Engine) -> None:
    with engine.connect() as connection, pytest.raises(ProgrammingError, match="added and never changed"):
        row = "INSERT INTO ledger.submission (kind, statement_hash, recorded_at, subjects)"
        connection.execute(text(row + " VALUES (1, sha256('a'), 5, sha256('b'))"))
        connection.execute(text("UPDATE ledger.submission SET kind = 2"))
