"""A worker that is dead, late, or works on a ledger that contradicts itself: everybody who looks is told."""

import pytest
from sqlalchemy import text

from anchoring import heartbeat
from anchoring.alarms import Kind, clear_alarm
from tests.anchoring.chain.test_worker import eventually, look, record, settings, working


def kinds(engine):
    return {alarm.kind for alarm in look(engine).alarms}


def age(engine, milliseconds, where="true"):
    with engine.begin() as conn:
        conn.execute(text(f"UPDATE ledger.heartbeat SET at = at - {milliseconds} WHERE {where}"))


def test_both_duties_show_themselves(engine, anvil, key):
    with working(settings(engine, key, anvil.url)), engine.connect() as conn:
        eventually(lambda: {"anchorer", "sequencer"} <= heartbeat.beats(conn).keys())


@pytest.mark.parametrize(("where", "told"), [
    ("true", "the anchorer for"), ("duty = 'sequencer'", "the sequencer for"),
])  # fmt: skip
def test_a_worker_that_shows_itself_no_more_is_an_alarm_and_one_that_does_is_none(engine, anvil, key, where, told):
    with working(settings(engine, key, anvil.url)), engine.connect() as conn:
        eventually(lambda: len(heartbeat.beats(conn)) == 2)
    assert Kind.WORKER_AWAY not in kinds(engine)
    age(engine, 31_000, where)
    (alarm,) = [alarm for alarm in look(engine).alarms if alarm.kind is Kind.WORKER_AWAY]
    assert told in alarm.detail and not look(engine).halted
    with working(settings(engine, key, anvil.url)):
        eventually(lambda: Kind.WORKER_AWAY not in kinds(engine))


def test_where_no_worker_ever_was_none_is_missed(engine):
    assert kinds(engine) == set()


def test_a_statement_that_waits_too_long_is_an_alarm_until_it_is_sequenced(engine, anvil, key):
    record(engine)
    with engine.begin() as conn:
        conn.execute(text("ALTER TABLE ledger.submission DISABLE TRIGGER USER"))
        conn.execute(text("UPDATE ledger.submission SET recorded_at = recorded_at - 61000"))
    assert kinds(engine) == {Kind.QUEUE_LATE}
    with working(settings(engine, key, anvil.url)):
        eventually(lambda: Kind.QUEUE_LATE not in kinds(engine))


def test_a_ledger_that_contradicts_itself_is_read_only_and_the_process_stays_to_say_so(engine, anvil, key):
    bogus = "INSERT INTO ledger.entry VALUES (7, 1, sha256('a'), 1, sha256('b'), sha256('c'), 5, sha256('d'))"
    with engine.begin() as conn:
        conn.execute(text(bogus))
    with working(settings(engine, key, anvil.url)):
        eventually(lambda: Kind.LEDGER_BROKEN in kinds(engine))
        assert look(engine).halted
        record(engine)  # the queue is open, as nothing was restored; the web refuses
        with engine.begin() as conn:
            conn.execute(text("ALTER TABLE ledger.entry DISABLE TRIGGER ALL"))
            conn.execute(text("DELETE FROM ledger.entry"))
            clear_alarm(conn, "LEDGER BROKEN", "A. Tester took the row away", 1)
        eventually(lambda: look(engine).entries == 1)
    assert not look(engine).halted
