"""Backups from several moments: refused exactly where the chain, or what was signed last, is ahead of them.

    size     0        5        8        9
             deploy   anchored signed   signed, and anchored at the very end
             ^empty   ^five    ^eight   ^nine
"""

from contextlib import contextmanager
from dataclasses import dataclass, replace

import psycopg.errors
import pytest
from sqlalchemy import text

from anchoring import admission, deploy
from anchoring.alarms import Kind
from anchoring.sequencer import Sequencer
from anchoring.worker import contradicted
from tests.anchoring.chain.test_worker import eventually, look, mining, record, settings, working
from tests.anchoring.chain.world import GUARDIAN
from tests.tools.rpc_proxy import Proxy, drop_request


@dataclass
class History:
    """A log, its backups, and how its worker is started on any of them."""

    engine: object
    backups: dict
    given: object

    def worker(self, engine, **changes):
        return replace(self.given, database_url=engine.url.render_as_string(hide_password=False), **changes)

    def sign(self, engine, count, file=True):
        """Without a worker: signed, but not anchored."""
        kept = self.given.last_signed() if file else None
        sequencer = Sequencer(
            engine, self.given.origin, self.given.log_key, lambda: 1_790_000_000_000, admission.may_sign, kept=kept
        )
        record(engine, count)
        assert sequencer.step() == count
        sequencer.close()
        if kept:
            kept.close()
        engine.dispose()

    def anchor(self, size):
        with working(self.worker(self.engine)):
            eventually(lambda: (a := look(self.engine).final_anchor) and a.size == size)
        self.engine.dispose()


@pytest.fixture
def history(engine, anvil, key, cloned, tmp_path):
    deploy.ensure(engine, anvil.url, key, GUARDIAN)
    given = replace(settings(engine, key, anvil.url), lastsigned_dir=tmp_path)
    made = History(engine, {}, given)

    def back_up(name):
        engine.dispose()
        made.backups[name] = cloned(engine.url.database)

    with mining(anvil):
        back_up("empty")
        made.sign(engine, 5)
        made.anchor(5)
        back_up("five")
        made.sign(engine, 3)
        back_up("eight")
        made.sign(engine, 1)
        back_up("nine")
        yield made


def refused(history, name, kind=Kind.ROLLBACK, **changes):
    """Starts the worker on a backup that is too old; what the alarm says."""
    engine = history.backups[name]
    before = signed(engine)
    with working(history.worker(engine, **changes)), pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState):
        record(engine)
    seen = look(engine)
    assert seen.halted and not seen.admitted and signed(engine) == before
    return next(alarm.detail for alarm in seen.alarms if alarm.kind is kind)


def accepted(history, name, **changes):
    """Starts the worker on a backup that is whole; by what it was admitted."""
    engine = history.backups[name]
    size = look(engine).entries
    with working(history.worker(engine, **changes)):
        record(engine)
        eventually(lambda: look(engine).entries == size + 1)
    assert not look(engine).halted
    with engine.connect() as conn:
        return conn.execute(text("SELECT by FROM ledger.admission WHERE database = (SELECT oid FROM pg_database"
                                 " WHERE datname = current_database())")).scalar_one()  # fmt: skip


def signed(engine):
    with engine.connect() as conn:
        return {size: bytes(root) for size, root in conn.execute(text("SELECT size, log_root FROM ledger.checkpoint"))}


@contextmanager
def cut_off(history):
    """The chain is away; its address."""
    with Proxy(history.given.rpc_urls[0]) as line:
        line.on("*", drop_request)
        yield {"rpc_urls": (line.url,)}


def test_the_chain_refuses_every_backup_that_it_is_ahead_of(history):
    history.anchor(9)
    assert "entries 0 to 8 are missing" in refused(history, "empty", lastsigned_dir=None)
    assert "entries 5 to 8 are missing" in refused(history, "five", lastsigned_dir=None)
    assert "entry 8 is missing" in refused(history, "eight", lastsigned_dir=None)
    assert accepted(history, "nine", lastsigned_dir=None) == "the contract"


def test_what_was_signed_last_refuses_what_the_chain_does_not_know_of_yet(history):
    assert "5 were signed: entries 0 to 4" not in (told := refused(history, "empty"))
    assert "9 were signed: entries 0 to 8 are missing" in told
    assert "entries 5 to 8 are missing" in refused(history, "five")
    assert "entry 8 is missing" in refused(history, "eight")
    assert accepted(history, "nine") == "the contract"


def test_without_it_the_chain_alone_decides_and_knows_only_what_is_anchored(history):
    assert "entries 0 to 4 are missing" in refused(history, "empty", lastsigned_dir=None)
    assert accepted(history, "five", lastsigned_dir=None) == "the contract"


def test_while_the_chain_is_away_what_was_signed_last_admits_the_whole_one_alone(history):
    with cut_off(history) as away:
        assert "entry 8 is missing" in refused(history, "eight", **away)
        assert accepted(history, "nine", **away) == "the last signed checkpoint"


def test_while_the_chain_is_away_and_nothing_was_kept_nobody_decides(history):
    engine = history.backups["nine"]
    with cut_off(history) as away:
        blind = history.worker(engine, lastsigned_dir=None, **away)
        with working(blind, until_ready=False) as ready:
            eventually(lambda: Kind.NODE_AWAY in {alarm.kind for alarm in look(engine).alarms})
            with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState):
                record(engine)
            assert not ready.is_set()
    assert signed(engine).keys() == {5, 8, 9}


def test_two_databases_with_the_same_keys_never_both_go_on(history, cloned):
    """A copy that was put to work beside the original: admitted by a lie, as it were, and found out all the same."""
    twin = history.backups["nine"]
    with twin.begin() as conn:
        admission.admit(conn, 0, None, "nobody looked", 1)
    history.sign(twin, 2, file=False)
    history.sign(history.engine, 2)
    history.anchor(11)
    with working(history.worker(twin, lastsigned_dir=None)):
        eventually(lambda: look(twin).halted)
    assert [alarm.kind for alarm in look(twin).alarms if alarm.kind.halts] == [Kind.FORK]
    assert signed(history.engine)[11] != signed(twin)[11]
    with working(history.worker(history.engine)):
        record(history.engine)
        eventually(lambda: (a := look(history.engine).final_anchor) and a.size == 12)


def test_a_backup_that_is_too_old_gets_no_new_contract(history, unseen):
    """`worker --deploy` asks this first: on another contract nobody would miss what is gone."""
    assert not contradicted(history.worker(history.engine))
    assert contradicted(history.worker(unseen))
    assert [alarm.kind for alarm in look(unseen).alarms] == [Kind.ROLLBACK]


def test_a_log_that_lost_an_entry_in_the_middle_is_broken(history):
    with history.engine.begin() as conn:
        conn.execute(text("ALTER TABLE ledger.entry DISABLE TRIGGER ALL"))
        conn.execute(text("DELETE FROM ledger.entry WHERE index = 4"))
    assert contradicted(history.worker(history.engine))
    assert [alarm.kind for alarm in look(history.engine).alarms] == [Kind.LEDGER_BROKEN]
