"""Row-level security: of every table a party sees and writes its own rows, and nobody who says nothing sees any.

Over all tables of the catalogue, as the web process's own login; see `alike`.
"""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import ProgrammingError

from service import db, standpoint
from service.local.postgres import Cluster
from service.roles import grants, policies
from service.roles.grants import AUDITOR, WEB
from service.standpoint import ERRANDS
from tests.service.roles import alike
from tests.service.roles.alike import A, B, C, seen
from tests.tools import logins

TABLES = sorted(policies.OWN)
KNOWN_TO_ALL = ("party",)  # names
OF_NOBODY = ("sign_in_try", "oidc_used", "trail_sheet", "reading_cover", "reading_sheet")  # of whoever tries, or of all
OWNED = [table for table in TABLES if table not in OF_NOBODY]
DATABASE = "rows"


@pytest.fixture(scope="module")
def admin(pg: Cluster, template: str) -> Iterator[Engine]:
    """A superuser's engine on the database where A and B have one row in every table."""
    with alike.database(pg, template, DATABASE) as engine:
        yield engine


@pytest.fixture(scope="module")
def web(pg: Cluster, admin: Engine) -> Iterator[Engine]:
    engine = db.engine_for(logins.web_url(pg, DATABASE), pool_size=1, max_overflow=0)
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def columns(admin: Engine) -> alike.Tables:
    with admin.connect() as connection:
        return alike.tables(connection)


def may(admin: Engine, table: str, what: str) -> bool:
    """Whether web is granted this on the table, or on a column of it."""
    kind = "table" if what == "DELETE" else "any_column"
    asked = text(f"SELECT has_{kind}_privilege(:role, :table, :what)")
    with admin.connect() as connection:
        return bool(connection.scalar(asked, {"role": WEB, "table": f'warehouse."{table}"', "what": what}))


def test_every_table_of_the_warehouse_is_watched_for_its_owner_too(admin: Engine) -> None:
    watched = text("SELECT relname FROM pg_class WHERE relnamespace = 'warehouse'::regnamespace"
                   " AND relkind IN ('r', 'p') AND relrowsecurity AND relforcerowsecurity")  # fmt: skip
    with admin.connect() as connection:
        assert set(connection.scalars(watched)) == set(alike.tables(connection)) == set(policies.OWN)


def test_every_table_has_a_policy_of_what_web_may_write(admin: Engine) -> None:
    checked = text("SELECT polrelid::regclass::text FROM pg_policy WHERE polcmd = '*' AND polwithcheck IS NOT NULL"
                   " AND polroles = ARRAY[to_regrole(:web)::oid]")  # fmt: skip
    with admin.connect() as connection:
        found = {name.removeprefix("warehouse.").strip('"') for name in connection.scalars(checked, {"web": WEB})}
    assert found == set(TABLES)


def test_whatever_names_a_party_is_in_the_schema_that_is_watched(admin: Engine) -> None:
    named = text("SELECT DISTINCT attrelid::regclass::text FROM pg_attribute JOIN pg_class c ON c.oid = attrelid"
                 " WHERE relnamespace::regnamespace::text = ANY(:schemas) AND relkind IN ('r', 'p')"
                 " AND attname ~ '(party|sender|receiver)_id$'")  # fmt: skip
    with admin.connect() as connection:
        found = list(connection.scalars(named, {"schemas": list(grants.SCHEMAS)}))
    assert found and all(name.startswith("warehouse.") for name in found)


def test_every_view_looks_with_the_eyes_of_who_asks(admin: Engine) -> None:
    blind = text("SELECT oid::regclass::text FROM pg_class WHERE relkind IN ('v', 'm')"
                 " AND relnamespace::regnamespace::text = ANY(:schemas)"
                 " AND NOT coalesce(reloptions @> '{security_invoker=true}', false)")  # fmt: skip
    with admin.connect() as connection:
        assert list(connection.scalars(blind, {"schemas": list(grants.SCHEMAS)})) == []


@pytest.mark.parametrize("table", TABLES)
def test_who_says_nothing_sees_and_writes_nothing(
    web: Engine, admin: Engine, columns: alike.Tables, table: str
) -> None:
    with web.connect() as connection:
        assert seen(connection, table) == 0
    if may(admin, table, "INSERT"):
        with web.connect() as connection, pytest.raises(ProgrammingError, match="row-level security"):
            connection.exec_driver_sql(alike.row(table, columns[table], A))


@pytest.mark.parametrize("table", OWNED)
def test_a_party_sees_its_own_rows(web: Engine, table: str) -> None:
    with standpoint.of_parties({A}), web.connect() as connection:
        assert seen(connection, table) == (2 if table in KNOWN_TO_ALL else 1)
    with standpoint.of_parties({C}), web.connect() as connection:
        assert seen(connection, table) == (2 if table in KNOWN_TO_ALL else 0)
    with standpoint.of_parties({A, B}), web.connect() as connection:
        assert seen(connection, table) == 2


@pytest.mark.parametrize("table", TABLES)
def test_a_party_adds_no_row_of_another(web: Engine, admin: Engine, columns: alike.Tables, table: str) -> None:
    if not may(admin, table, "INSERT"):
        pytest.skip("web adds no rows there")
    with standpoint.of_parties({A}), web.connect() as connection, pytest.raises(ProgrammingError, match="row-level"):
        connection.exec_driver_sql(alike.row(table, columns[table], B))


@pytest.mark.parametrize("table", OF_NOBODY)
def test_rows_of_nobody_are_seen_by_no_party(web: Engine, table: str) -> None:
    with standpoint.of_parties({A, B}), web.connect() as connection:
        assert seen(connection, table) == 0


@pytest.mark.parametrize("table", OWNED)
def test_a_party_locks_changes_and_deletes_no_row_of_another(
    web: Engine, admin: Engine, columns: alike.Tables, table: str
) -> None:
    named = f'warehouse."{table}"'
    with standpoint.of_parties({A}), web.connect() as connection:
        if may(admin, table, "UPDATE"):
            assert connection.execute(text(f"SELECT FROM {named} FOR UPDATE")).rowcount == 1
        for column in columns[table]:
            held = text("SELECT has_column_privilege(:table, :column, 'UPDATE')")
            if connection.scalar(held, {"table": named, "column": column}) and column != "id":
                assert connection.execute(text(f'UPDATE {named} SET "{column}" = "{column}"')).rowcount == 1
        if may(admin, table, "DELETE"):
            assert connection.execute(text(f"DELETE FROM {named}")).rowcount == 1
        connection.rollback()


@pytest.mark.parametrize("errand", ERRANDS)
def test_an_errand_reads_what_it_is_for(web: Engine, errand: standpoint.Errand) -> None:
    with standpoint.on(errand), web.connect() as connection:
        read = {table for table in TABLES if seen(connection, table)}
        assert read == {*policies.ERRANDS[errand], *KNOWN_TO_ALL}
        assert all(seen(connection, table) == 2 for table in read)


def test_every_errand_has_its_policies() -> None:
    assert set(policies.ERRANDS) == set(ERRANDS)


def test_a_connection_takes_nothing_along_into_its_pool(web: Engine) -> None:
    with standpoint.of_parties({A}), web.begin() as connection:
        first = connection.scalar(text("SELECT pg_backend_pid()"))
        assert seen(connection, "lot") == 1
    with web.connect() as connection:
        assert connection.scalar(text("SELECT pg_backend_pid()")) == first
        assert seen(connection, "lot") == 0


def test_a_transaction_after_a_commit_begins_from_nowhere(web: Engine) -> None:
    with web.connect() as connection:
        with standpoint.of_parties({A}):
            assert seen(connection, "lot") == 1
            connection.commit()
        assert seen(connection, "lot") == 0


def test_an_auditor_sees_all_rows(admin: Engine) -> None:
    with admin.connect() as connection:
        connection.exec_driver_sql(f"SET LOCAL ROLE {AUDITOR}")
        assert {table: seen(connection, table) for table in TABLES} == dict.fromkeys(TABLES, 2)


def test_the_worker_sees_all_rows_of_what_it_is_granted(pg: Cluster, admin: Engine) -> None:
    engine = db.engine_for(logins.worker_url(pg, DATABASE))
    granted = [table for table in TABLES if grants.TABLES[f"warehouse.{table}"][1]]
    with engine.connect() as connection:
        assert granted and all(seen(connection, table) == 2 for table in granted)
    engine.dispose()
