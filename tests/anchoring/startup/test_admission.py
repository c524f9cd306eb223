"""INV-M2, INV-A4: nothing is signed and nothing recorded on a database that was not compared since it came up."""

import time

import psycopg.errors
import pytest
from sqlalchemy import text

from anchoring import admission, deploy
from anchoring.sequencer import Sequencer
from tests.anchoring.chain.test_worker import ORIGIN, eventually, look, mining, record, settings, working
from tests.anchoring.chain.world import GUARDIAN
from tests.tools.rpc_proxy import Proxy, drop_request


def admitted(engine):
    with engine.connect() as conn:
        return admission.admitted(conn)


def admit(engine):
    with engine.begin() as conn:
        return admission.admit(conn, 0, None, "test", 1)


def test_a_database_that_just_came_up_takes_no_statement(unseen):
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState, match="not compared with the chain"):
        record(unseen)
    assert admit(unseen)
    record(unseen)


def test_it_is_admitted_once_and_the_row_stays(unseen):
    assert [admit(unseen), admit(unseen)] == [True, False]
    with unseen.begin() as conn, pytest.raises(Exception, match="keeps its rows"):
        conn.execute(text("DELETE FROM ledger.admission"))


def test_a_copy_is_another_database(engine, cloned):
    assert admitted(engine)
    engine.dispose()
    assert not admitted(cloned(engine.url.database))
    assert admitted(engine)


def test_a_table_that_was_made_again_is_another_database(engine):
    with engine.begin() as conn:
        conn.execute(text("ALTER TABLE ledger.checkpoint RENAME TO old"))
        conn.execute(text("CREATE TABLE ledger.checkpoint (LIKE ledger.old)"))
    assert not admitted(engine)


def test_what_another_run_of_the_server_admitted_does_not_count(unseen):
    admit(unseen)
    with unseen.begin() as conn:
        conn.execute(text("ALTER TABLE ledger.admission DISABLE TRIGGER keep_rows"))
        conn.execute(text("UPDATE ledger.admission SET started = started - interval '1 microsecond'"))
    assert not admitted(unseen)


def test_the_sequencer_signs_nothing_before(engine, cloned):
    record(engine, 3)
    engine.dispose()
    copy = cloned(engine.url.database)
    sequencer = Sequencer(copy, ORIGIN, bytes(32), lambda: 1, admission.may_sign)
    assert sequencer.step() == 0
    admit(copy)
    assert sequencer.step() == 3
    sequencer.close()


def test_a_database_in_which_nothing_was_signed_and_deployed_is_admitted_by_the_worker(unseen, anvil, key):
    with working(settings(unseen, key, anvil.url)):
        assert admitted(unseen)
        record(unseen)
        eventually(lambda: look(unseen).entries == 1)


def test_the_contract_admits(unseen, anvil, key):
    deploy.ensure(unseen, anvil.url, key, GUARDIAN)
    with mining(anvil), working(settings(unseen, key, anvil.url)):
        record(unseen)
        eventually(lambda: look(unseen).final_anchor)
    with unseen.connect() as conn:
        assert conn.execute(text("SELECT size, by FROM ledger.admission")).all() == [(0, "the contract")]


def test_while_the_chain_is_away_a_database_that_just_came_up_waits_however_long(unseen, anvil, key):
    deploy.ensure(unseen, anvil.url, key, GUARDIAN)
    with Proxy(anvil.url) as line:
        line.on("*", drop_request)
        with mining(anvil), working(settings(unseen, key, line.url), until_ready=False) as ready:
            eventually(lambda: look(unseen).alarms)  # NODE AWAY: three rounds have failed
            with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState):
                record(unseen)
            assert not ready.is_set() and not admitted(unseen)
            line.heal()
            eventually(ready.is_set, 40)
            record(unseen)
            eventually(lambda: look(unseen).entries == 1)


def test_asking_costs_no_more_than_a_hundredth_of_a_millisecond_or_so(engine):
    many = 2000
    with engine.connect() as conn:
        conn.execute(text("SELECT count(ledger.admitted()) FROM generate_series(1, 10)"))
        begun = time.perf_counter()
        conn.execute(text("SELECT count(ledger.admitted()) FROM generate_series(1, :many)"), {"many": many}).one()
        assert (time.perf_counter() - begun) / many < 0.2e-3  # 13 µs, on a machine that is not busy
