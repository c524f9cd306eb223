"""A row that is swallowed is missed, whatever swallows it; and a probe leaves nothing behind."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, Engine, text

from service import db
from service.audit import canaries
from service.audit.probe import FOUND, probe
from service.local import postgres
from service.local.postgres import Cluster
from tests.tools import databases, logins

TABLES = [table for table, _, _ in (*canaries.LEDGER, *canaries.WAREHOUSE)]


@pytest.fixture(scope="module")
def probed(pg: Cluster, template: str) -> Iterator[Engine]:
    engine = db.engine_for(databases.copy(pg, "probed", template))
    yield engine
    engine.dispose()
    postgres.drop_databases(pg, ["probed"])


@pytest.fixture
def connection(probed: Engine) -> Iterator[Connection]:
    with probed.connect() as made:
        yield made


def test_every_table_keeps_its_row_and_nothing_stays(connection: Connection) -> None:
    assert list(probe(connection)) == []
    for table in TABLES:
        assert connection.scalar(text(f"SELECT count(*) FROM {table}")) == 0
    assert connection.scalar(text("SELECT is_called FROM warehouse.movement_number")) is False


@pytest.mark.parametrize("table", TABLES)
def test_a_rule_that_swallows_is_found(connection: Connection, table: str) -> None:
    connection.exec_driver_sql(f"CREATE RULE swallow AS ON INSERT TO {table} DO INSTEAD NOTHING")
    assert next(iter(probe(connection))) == (table, FOUND, "0 rows")


def test_a_trigger_that_swallows_is_found(connection: Connection) -> None:
    connection.exec_driver_sql(
        "CREATE FUNCTION public.swallow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';"
        "CREATE TRIGGER a BEFORE INSERT ON warehouse.statement FOR EACH ROW EXECUTE FUNCTION public.swallow()"
    )
    assert list(probe(connection)) == [("warehouse.statement", FOUND, "0 rows")]


def test_a_policy_that_hides_is_found(connection: Connection) -> None:
    """A superuser sees every row: he asks as the processes do."""
    connection.exec_driver_sql(
        "ALTER TABLE ledger.entry ENABLE ROW LEVEL SECURITY;"
        "CREATE POLICY a ON ledger.entry FOR INSERT WITH CHECK (true);"
        "CREATE POLICY b ON ledger.entry FOR SELECT USING (index < 10)"
    )
    assert list(probe(connection)) == [("ledger.entry", FOUND, "0 rows")]


def test_a_table_that_refuses_is_found(connection: Connection) -> None:
    connection.exec_driver_sql("ALTER TABLE ledger.attempt ADD CHECK (id < 10)")
    told = list(probe(connection))
    assert [each[0] for each in told] == ["ledger.attempt"] and told[0][2].startswith("refused: new row")


def test_the_processes_probe_what_they_may_write(pg: Cluster, probed: Engine) -> None:
    for url in (logins.web_url(pg, "probed"), logins.worker_url(pg, "probed")):
        engine = db.engine_for(url)
        with engine.connect() as connection:
            assert list(probe(connection)) == []
        engine.dispose()
