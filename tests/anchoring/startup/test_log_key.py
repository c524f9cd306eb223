"""A log goes on under the key that signed it, or under one that names it; never under another one by mistake."""

import dataclasses
import threading
from hashlib import sha256

import pytest
from sqlalchemy import text

from anchoring.checkpoints import newest_checkpoint
from anchoring.errors import LedgerBroken, LogKeyChanged
from anchoring.sequencer import Sequencer
from anchoring.signer import LogSigner
from anchoring.worker import Worker
from service.settings import public_half
from tests.anchoring.chain.test_worker import ORIGIN, eventually, look, record, settings, working

FIRST, SECOND = sha256(b"log key").digest(), sha256(b"another log key").digest()


def sequenced(engine, seed=FIRST, before=None, count=1):
    """Entries under a checkpoint by the key `seed`."""
    record(engine, count)
    sequencer = Sequencer(engine, ORIGIN, seed, lambda: 1, key_before=before)
    try:
        assert sequencer.step() == count
    finally:
        sequencer.close()


def test_a_sequencer_with_another_key_signs_nothing(engine):
    sequenced(engine)
    with pytest.raises(LogKeyChanged, match="of 1 entries, was signed by the log key with id"):
        sequenced(engine, SECOND)
    assert look(engine).entries == 1


def test_a_key_that_names_the_one_before_goes_on_and_the_old_one_ends(engine):
    sequenced(engine)
    with pytest.raises(LogKeyChanged):
        sequenced(engine, SECOND, before=public_half(sha256(b"a third").digest()))
    with engine.begin() as conn:
        conn.execute(text("DELETE FROM ledger.submission"))
    sequenced(engine, SECOND, before=public_half(FIRST))
    sequenced(engine, SECOND)  # no need to name it again
    with pytest.raises(LogKeyChanged):
        sequenced(engine, FIRST)


def test_a_signature_that_is_none_is_a_broken_ledger(engine):
    sequenced(engine)
    with engine.connect() as conn:
        note = newest_checkpoint(conn).note
    bent = note[:-4] + ("AA=\n" if not note.endswith("AA=\n") else "BA=\n")
    with pytest.raises(LedgerBroken, match="signature of the newest checkpoint"):
        LogSigner(ORIGIN, FIRST).vouch(bent)
    with pytest.raises(LogKeyChanged):
        LogSigner(ORIGIN, SECOND, public_half(FIRST)).vouch(bent)


def test_a_worker_with_another_key_ends_with_an_alarm_until_the_right_one_works(engine, key, anvil):
    sequenced(engine)
    right = settings(engine, key, anvil.url)
    wrong = dataclasses.replace(right, log_key=SECOND)
    with pytest.raises(LogKeyChanged):
        Worker(wrong).run(threading.Event())
    told = look(engine).alarms
    assert [alarm.kind.title for alarm in told] == ["LOG KEY"] and "LOTPROOF_LOG_KEY_BEFORE" in told[0].advice
    assert SECOND.hex() not in told[0].detail
    with working(dataclasses.replace(wrong, log_key_before=public_half(FIRST))):
        record(engine)
        eventually(lambda: look(engine).entries == 2)
