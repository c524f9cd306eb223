"""What each role may do is what the list says, and no more; and each table stands in the list."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError, ProgrammingError

from service import db, standpoint
from service.local import postgres
from service.local.postgres import Cluster
from service.roles import grants, settling
from service.roles.grants import AUDITOR, OWNER, WEB, WORKER
from tests.tools import logins


@pytest.fixture(scope="module")
def urls(pg: Cluster, template: str) -> Iterator[dict[str, str]]:
    postgres.create_database(pg, "granted", template)
    yield {"web": logins.web_url(pg, "granted"), "worker": logins.worker_url(pg, "granted"), "admin": pg.url("granted")}
    postgres.drop_databases(pg, ["granted"])


@pytest.fixture(scope="module")
def engines(urls: dict[str, str]) -> Iterator[dict[str, Engine]]:
    made = {who: db.engine_for(url) for who, url in urls.items()}
    yield made
    for engine in made.values():
        engine.dispose()


@pytest.fixture
def admin(engines: dict[str, Engine]) -> Iterator[Connection]:
    with engines["admin"].connect() as connection:
        yield connection


def names(connection: Connection, kinds: str) -> set[str]:
    found = "SELECT relnamespace::regnamespace || '.' || relname FROM pg_class WHERE relkind = ANY(:kinds)"
    ours = " AND relnamespace::regnamespace::text = ANY(:schemas)"
    return set(connection.scalars(text(found + ours), {"kinds": list(kinds), "schemas": list(grants.SCHEMAS)}))


def test_each_table_and_view_stands_in_the_list(admin: Connection) -> None:
    """A new table is granted to nobody until somebody wrote there who needs what of it."""
    assert names(admin, "rpvmf") == set(grants.TABLES)


def test_everything_is_the_owners(admin: Connection) -> None:
    owners = (
        "SELECT DISTINCT relowner::regrole::text FROM pg_class WHERE relnamespace::regnamespace::text = ANY(:schemas)"
    )
    assert list(admin.scalars(text(owners), {"schemas": list(grants.SCHEMAS)})) == [OWNER]


def test_nobody_logs_in_as_a_role_and_none_is_more_than_its_grants(admin: Connection) -> None:
    rights = "rolcanlogin OR rolsuper OR rolcreaterole OR rolcreatedb OR rolbypassrls OR rolreplication OR rolinherit"
    query = f"SELECT rolname FROM pg_roles WHERE rolname = ANY(:roles) AND ({rights})"
    assert list(admin.scalars(text(query), {"roles": list(grants.ROLES)})) == []


@pytest.mark.parametrize("role", [WEB, WORKER, AUDITOR])
def test_no_role_may_truncate_reference_or_make_anything(admin: Connection, role: str) -> None:
    for table in grants.TABLES:
        held = text("SELECT has_table_privilege(:role, :table, 'TRUNCATE, REFERENCES, TRIGGER')")
        assert not admin.scalar(held, {"role": role, "table": settling.quoted(table)}), table
    for schema in (*grants.SCHEMAS, "public"):
        assert not admin.scalar(text("SELECT has_schema_privilege(:r, :s, 'CREATE')"), {"r": role, "s": schema})


def test_definers_look_nowhere_else(admin: Connection) -> None:
    """A temporary table of the caller's is looked at last, and only by functions that say where they look."""
    found = text("SELECT oid::regprocedure::text, proconfig FROM pg_proc WHERE prosecdef"
                 " AND pronamespace::regnamespace::text = ANY(:schemas)")  # fmt: skip
    rows = admin.execute(found, {"schemas": list(grants.SCHEMAS)})
    definers = {row[0]: row[1] for row in rows}
    assert definers.keys() == set(grants.DEFINERS)
    assert all(config[0].startswith("search_path=") and config[0].endswith(", pg_temp") for config in definers.values())


def test_a_table_of_a_later_migration_is_the_owners_and_granted_to_nobody(admin: Connection) -> None:
    settling.announce(admin, "test")
    admin.exec_driver_sql("CREATE TABLE warehouse.later (id bigint GENERATED ALWAYS AS IDENTITY)")
    settling.settle(admin)
    assert admin.scalar(text("SELECT relowner::regrole::text FROM pg_class WHERE relname = 'later'")) == OWNER
    assert admin.scalar(text("SELECT relacl::text FROM pg_class WHERE relname = 'later'")) in (
        None, "{lotproof_owner=arwdDxtm/lotproof_owner}", "{lotproof_owner=arwdDxt/lotproof_owner}"
    )  # fmt: skip


def test_what_was_granted_past_the_list_is_taken_back(admin: Connection) -> None:
    admin.exec_driver_sql(
        "GRANT ALL ON ledger.entry TO lotproof_web, PUBLIC; GRANT UPDATE (id) ON warehouse.lot TO lotproof_web"
    )
    settling.settle(admin)
    assert not admin.scalar(text("SELECT has_table_privilege('lotproof_web', 'ledger.entry', 'INSERT')"))
    assert not admin.scalar(text("SELECT has_column_privilege('lotproof_web', 'warehouse.lot', 'id', 'UPDATE')"))


REFUSED = {
    "web": (
        "INSERT INTO ledger.entry SELECT * FROM ledger.entry",
        "UPDATE ledger.alarm SET cleared_at = 1, cleared_by = 'me'",
        "DELETE FROM ledger.submission",
        "UPDATE warehouse.balance SET units = 0",
        "INSERT INTO warehouse.balance VALUES (1, 1, 'available', 1)",
        "INSERT INTO warehouse.delivery (webhook_id, movement) VALUES (gen_random_uuid(), 1)",
        "UPDATE warehouse.movement SET content = ''",
        "DELETE FROM warehouse.refusal",
        "TRUNCATE warehouse.scan",
        "ALTER TABLE ledger.entry DISABLE TRIGGER ALL",
        "DROP TRIGGER movement_row_refuse ON warehouse.movement",
        "CREATE TABLE ledger.mine (id int)",
        "CREATE TABLE public.mine (id int)",
        "SET session_replication_role = replica",
        "SET ROLE lotproof_owner",
        "SELECT ledger.keep_ddl('MIGRATION', 'mine')",
        "INSERT INTO ledger.ddl (client, tag, object, statement) VALUES ('', 'MIGRATION', '', '')",
    ),
    "worker": (
        "SELECT sealed FROM warehouse.party_key",
        "SELECT name FROM warehouse.person_name",
        "SELECT secret_hash FROM warehouse.api_key",
        "INSERT INTO warehouse.movement SELECT * FROM warehouse.movement",
        "INSERT INTO ledger.submission (kind) VALUES (1)",
        "UPDATE ledger.entry SET leaf_hash = ''",
        "UPDATE ledger.anchor SET log_root = ''",
        "DELETE FROM ledger.alarm",
        "ALTER TABLE ledger.entry DISABLE TRIGGER ALL",
    ),
}


@pytest.mark.parametrize(("who", "statement"), [(who, each) for who, all_ in REFUSED.items() for each in all_])
def test_a_process_is_refused_what_is_not_its_task(engines: dict[str, Engine], who: str, statement: str) -> None:
    with engines[who].connect() as connection, pytest.raises(ProgrammingError, match=r"denied|must be owner"):
        connection.execute(text(statement))


def test_an_id_that_is_granted_for_locks_does_not_change(engines: dict[str, Engine]) -> None:
    with standpoint.on("operator"), engines["web"].begin() as connection:
        row = "INSERT INTO warehouse.party (code, name, uri, created_at) VALUES ('p', 'p', 'p', 1)"
        id = connection.scalar(text(row + " RETURNING id"))
    with standpoint.of_parties({id}), engines["web"].connect() as connection:
        assert connection.execute(text("SELECT FROM warehouse.party FOR NO KEY UPDATE")).all()
        with pytest.raises(DBAPIError, match="keeps what names it"):
            connection.execute(text("UPDATE warehouse.party SET id = DEFAULT"))


def test_a_temporary_table_deceives_no_rule(engines: dict[str, Engine]) -> None:
    """Balances follow from the legs, also if the caller has a table of that name."""
    with engines["admin"].begin() as connection:
        party = connection.scalar(text(
            "INSERT INTO warehouse.party (code, name, uri, created_at) VALUES ('q', 'q', 'q', 1) RETURNING id"))
        item = connection.scalar(text(
            "INSERT INTO warehouse.item (party_id, code, name, unit, decimals, needs_expiry, needs_manufacturer_lot,"
            " held_on_arrival) VALUES (:party, 'i', 'i', 'EA', 0, false, false, false) RETURNING id"), {"party": party})
        lot = "INSERT INTO warehouse.lot (id, party_id, item_id, number, uri) VALUES (1, :party, :item, 'l', 'l')"
        connection.execute(text(lot), {"party": party, "item": item})
    with standpoint.of_parties({party}), engines["web"].connect() as connection:
        connection.execute(text("CREATE TEMPORARY TABLE movement (number bigint)"))
        connection.execute(text("INSERT INTO movement VALUES (1)"))
        legs = "INSERT INTO warehouse.leg VALUES (1, 1, 1, -1, 'available', -5), (1, 1, 2, -2, 'available', 5)"
        with pytest.raises(DBAPIError, match="no such movement"):
            connection.execute(text(legs))


def test_an_auditor_reads_everything_and_writes_nothing(admin: Connection) -> None:
    admin.exec_driver_sql(f"SET LOCAL ROLE {AUDITOR}")
    for table in grants.TABLES:
        admin.exec_driver_sql(f"SELECT FROM {settling.quoted(table)}")
        held = text(
            "SELECT has_any_column_privilege(:table, 'INSERT, UPDATE') OR has_table_privilege(:table, 'DELETE')"
        )
        assert not admin.scalar(held, {"table": settling.quoted(table)})
