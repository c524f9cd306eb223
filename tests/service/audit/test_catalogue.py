"""Every way to change a table behind its triggers is found, and named."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, Engine, text

from service import db
from service.audit import catalogue
from service.local import postgres
from service.local.postgres import Cluster


@pytest.fixture(scope="module")
def altered(pg: Cluster, template: str) -> Iterator[Engine]:
    """A database of the superuser's own; each test takes back what it does there."""
    postgres.create_database(pg, "altered", template)
    engine = db.engine_for(pg.url("altered"))
    yield engine
    engine.dispose()
    postgres.drop_databases(pg, ["altered"])


@pytest.fixture
def connection(altered: Engine) -> Iterator[Connection]:
    with altered.connect() as made:
        yield made


def test_the_snapshot_is_what_the_migrations_make(connection: Connection) -> None:
    """If this fails after a migration was added: ./lotproof migrate --snapshot."""
    assert list(catalogue.compare(connection)) == []


def test_the_search_path_is_put_back(connection: Connection) -> None:
    connection.execute(text("SET LOCAL search_path = warehouse, public"))
    catalogue.read(connection)
    assert connection.scalar(text("SHOW search_path")) == "warehouse, public"


# what a superuser does: what is told of it
TRICKS = {
    "disable a trigger": (
        "ALTER TABLE ledger.anchor DISABLE TRIGGER keep_rows",
        ("trigger keep_rows on ledger.anchor", "enabled: always", "enabled: no"),
    ),
    "a trigger that sleeps in replica mode": (
        "ALTER TABLE ledger.entry ENABLE TRIGGER entry_row_refuse",
        ("trigger entry_row_refuse on ledger.entry", "enabled: always", "enabled: except in replica mode"),
    ),
    "disable the foreign keys": (
        "ALTER TABLE ledger.checkpoint DISABLE TRIGGER ALL",
        ("constraint checkpoint_map_page_fkey on ledger.checkpoint", "watched: except in replica mode", "watched: "),
    ),
    "drop a trigger": (
        "DROP TRIGGER movement_row_refuse ON warehouse.movement",
        ("trigger movement_row_refuse on warehouse.movement", "enabled: always; definition: CREATE TRIGGER", "nothing"),
    ),
    "one more trigger": (
        ("CREATE FUNCTION public.swallow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';"
        "CREATE TRIGGER a_swallow BEFORE INSERT ON ledger.entry FOR EACH ROW EXECUTE FUNCTION public.swallow()"),
        ("trigger a_swallow on ledger.entry", "nothing", "enabled: except in replica mode; definition: CREATE TRIGGER"),
    ),
    "replace a trigger's function": (
        ("CREATE OR REPLACE FUNCTION ledger.refuse() RETURNS trigger LANGUAGE plpgsql "
        "SET search_path = pg_catalog, pg_temp AS 'BEGIN RETURN NEW; END'"),
        ("function ledger.refuse()", "source: ", "source: "),
    ),
    "let a function run as the owner": (
        "ALTER FUNCTION warehouse.keep_item() SECURITY DEFINER",
        ("function warehouse.keep_item()", "as the owner: no", "as the owner: yes"),
    ),
    "let the balances follow as the caller": (
        "ALTER FUNCTION warehouse.post_legs() SECURITY INVOKER",
        ("function warehouse.post_legs()", "as the owner: yes", "as the owner: no"),
    ),
    "let a function look elsewhere": (
        "ALTER FUNCTION warehouse.post_legs() SET search_path = public, warehouse",
        ("function warehouse.post_legs()", "settings: search_path=pg_catalog, warehouse, pg_temp",
         "settings: search_path=public, warehouse"),
    ),
    "one more function": (
        "CREATE FUNCTION ledger.max(bigint) RETURNS bigint LANGUAGE sql AS 'SELECT 1::bigint'",
        ("function ledger.max(bigint)", "nothing", "kind: f; "),
    ),
    "rewrite a column": (
        "ALTER TABLE ledger.heartbeat ALTER at TYPE integer USING 0",
        ("column ledger.heartbeat.at", "type: bigint", "type: integer"),
    ),
    "a view in a table's place": (
        "ALTER TABLE ledger.heartbeat RENAME TO heard; CREATE VIEW ledger.heartbeat AS SELECT * FROM ledger.heard",
        ("relation ledger.heartbeat", "kind: table", "kind: view"),
    ),
    "another view": (
        ("CREATE OR REPLACE VIEW ledger.live_anchor WITH (security_invoker = true) AS"
        " SELECT a.*, false AS void FROM ledger.anchor a"),
        ("relation ledger.live_anchor", "definition: ", "definition: "),
    ),
    "a view that looks as its owner": (
        "ALTER VIEW ledger.live_anchor RESET (security_invoker)",
        ("relation ledger.live_anchor", "options: security_invoker=true", "options: no"),
    ),
    "a rule that swallows": (
        "CREATE RULE swallow AS ON INSERT TO ledger.entry DO INSTEAD NOTHING",
        ("rule swallow on ledger.entry", "nothing", "enabled: except in replica mode; definition: "),
    ),
    "drop a column": (
        "ALTER TABLE warehouse.refusal DROP COLUMN detail",
        ("column warehouse.refusal.detail", "type: text; not null: yes", "nothing"),
    ),
    "one more column": (
        "ALTER TABLE ledger.entry ADD note text",
        ("column ledger.entry.note", "nothing", "type: text"),
    ),
    "let a column be empty": (
        "ALTER TABLE ledger.entry ALTER leaf_hash DROP NOT NULL",
        ("column ledger.entry.leaf_hash", "not null: yes", "not null: no"),
    ),
    "another default": (
        "ALTER TABLE warehouse.handoff ALTER state SET DEFAULT 'accepted'",
        ("column warehouse.handoff.state", "default: 'offered'::text", "default: 'accepted'::text"),
    ),
    "a number that may be chosen": (
        "ALTER TABLE warehouse.change ALTER number SET GENERATED BY DEFAULT",
        ("column warehouse.change.number", "identity: always", "identity: by default"),
    ),
    "another order of text": (
        'ALTER TABLE warehouse.refusal ALTER operation TYPE text COLLATE "C"',
        ("column warehouse.refusal.operation", "collation: no", 'collation: "C"'),
    ),
    "drop a constraint": (
        "ALTER TABLE warehouse.balance DROP CONSTRAINT never_below_zero",
        ("constraint never_below_zero on warehouse.balance", "definition: CHECK ", "nothing"),
    ),
    "a constraint for what comes": (
        ("ALTER TABLE warehouse.balance DROP CONSTRAINT never_below_zero;"
        "ALTER TABLE warehouse.balance ADD CONSTRAINT never_below_zero CHECK (units > -9) NOT VALID"),
        ("constraint never_below_zero on warehouse.balance", "checked: no", "checked: not what was there"),
    ),
    "another index": (
        "DROP INDEX ledger.anchor_live; CREATE INDEX anchor_live ON ledger.anchor (deployment, index)",
        ("index ledger.anchor_live", "definition: CREATE UNIQUE INDEX", "definition: CREATE INDEX"),
    ),
    "drop an index": (
        "DROP INDEX ledger.alarm_open",
        ("index ledger.alarm_open", "usable: yes; definition: CREATE UNIQUE INDEX", "nothing"),
    ),
    "a grant": (
        "GRANT DELETE ON ledger.entry TO lotproof_web",
        ("grant on ledger.entry to lotproof_web", "may: SELECT", "may: DELETE, SELECT"),
    ),
    "a grant of a column": (
        "GRANT UPDATE (content) ON warehouse.movement TO lotproof_web",
        ("grant on warehouse.movement.content to lotproof_web", "nothing", "may: UPDATE"),
    ),
    "a grant to everybody": (
        "GRANT SELECT ON warehouse.party_key TO PUBLIC",
        ("grant on warehouse.party_key to everybody", "nothing", "may: SELECT"),
    ),
    "a grant that may be passed on": (
        "GRANT SELECT ON ledger.entry TO lotproof_web WITH GRANT OPTION",
        ("grant on ledger.entry to lotproof_web", "may: SELECT", "may: SELECT and pass it on"),
    ),
    "take a grant away": (
        "REVOKE INSERT ON ledger.submission FROM lotproof_web",
        ("grant on ledger.submission to lotproof_web", "may: INSERT, SELECT", "may: SELECT"),
    ),
    "grants for what comes": (
        "ALTER DEFAULT PRIVILEGES IN SCHEMA ledger GRANT ALL ON TABLES TO lotproof_web",
        ("default grant of postgres in ledger on r", "nothing", "may: "),
    ),
    "a role that may more": (
        "GRANT pg_write_all_data TO lotproof_web",
        ("role lotproof_web", "member of: no", "member of: pg_write_all_data"),
    ),
    "a role that sees hidden rows": (
        "ALTER ROLE lotproof_worker BYPASSRLS",
        ("role lotproof_worker", "sees hidden rows: no", "sees hidden rows: yes"),
    ),
    "another owner": (
        "ALTER TABLE ledger.entry OWNER TO lotproof_web",
        ("relation ledger.entry", "owner: lotproof_owner", "owner: lotproof_web"),
    ),
    "another owner of a function": (
        "ALTER FUNCTION ledger.refuse() OWNER TO postgres",
        ("function ledger.refuse()", "owner: lotproof_owner", "owner: postgres"),
    ),
    "rows that a crash takes": (
        "ALTER TABLE ledger.attempt SET UNLOGGED",
        ("relation ledger.attempt", "persistence: permanent", "persistence: unlogged"),
    ),
    "a child whose rows are seen": (
        "CREATE TABLE public.more () INHERITS (ledger.entry)",
        ("relation ledger.entry", "children: no", "children: public.more"),
    ),
    "a parent that shows the rows": (
        "CREATE TABLE public.above (at bigint NOT NULL); ALTER TABLE ledger.heartbeat INHERIT public.above",
        ("relation ledger.heartbeat", "parents: no", "parents: public.above"),
    ),
    "a policy that hides rows": (
        ("ALTER TABLE ledger.entry ENABLE ROW LEVEL SECURITY;"
        "CREATE POLICY hide ON ledger.entry USING (index < 10)"),
        ("policy hide on ledger.entry", "nothing", "using: (index < 10); command: *"),
    ),
    "row security": (
        "ALTER TABLE ledger.entry ENABLE ROW LEVEL SECURITY",
        ("relation ledger.entry", "row security: no", "row security: yes"),
    ),
    "a counter that begins anew": (
        "ALTER SEQUENCE warehouse.movement_number CYCLE",
        ("sequence warehouse.movement_number", "begins anew: no", "begins anew: yes"),
    ),
    "one more word": (
        "ALTER TYPE warehouse.stock_status ADD VALUE 'gone'",
        ("type warehouse.stock_status", "values: available, hold", "values: available, hold, gone"),
    ),
    "one more table": (
        "CREATE TABLE warehouse.shadow (id bigint)",
        ("relation warehouse.shadow", "nothing", "kind: table; "),
    ),
    "into another schema": (
        "ALTER TABLE warehouse.refusal SET SCHEMA public",
        ("relation warehouse.refusal", "kind: table; ", "nothing"),
    ),
    "a deaf event trigger": (
        "ALTER EVENT TRIGGER lotproof_ddl DISABLE",
        ("event trigger lotproof_ddl", "enabled: always", "enabled: no"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("trick", TRICKS)
def test_each_trick_is_told_by_its_object(connection: Connection, trick: str) -> None:
    statements, (name, expected, seen) = TRICKS[trick]
    connection.exec_driver_sql(statements)
    told = list(catalogue.compare(connection))
    assert any(each[0] == name and each[1].startswith(expected) and each[2].startswith(seen) for each in told), told[:9]


def test_no_trick_is_told_of_more_than_it_touched(connection: Connection) -> None:
    connection.exec_driver_sql("ALTER TABLE ledger.anchor DISABLE TRIGGER keep_rows")
    assert list(catalogue.compare(connection)) == [
        ("trigger keep_rows on ledger.anchor", "enabled: always", "enabled: no")
    ]


def test_an_auditor_reads_the_catalogue(connection: Connection) -> None:
    connection.exec_driver_sql("SET LOCAL ROLE lotproof_auditor")
    assert list(catalogue.compare(connection)) == []
