"""Receipts: the same bytes for ever, for many statements at once, and waited for by many."""

import json
import time
from threading import Event, Thread

import psycopg
import pytest
from sqlalchemy import create_engine, text

from anchoring.awaiting import await_receipts
from anchoring.receipts import format_receipt, receipts_of
from tests.anchoring.ledger.test_sequencer import running
from tests.anchoring.ledger.world import POLICY, Ledger, about, drain, new_statement
from verifier.receipt import verify_receipt
from verifier.report import Verdict


def verified(receipt: object) -> bool:
    report = verify_receipt(json.dumps(format_receipt(receipt)).encode(), POLICY)  # type: ignore[arg-type]
    return all(answer.verdict is Verdict.YES for answer in report.answers)


def test_a_receipt_is_what_the_verifier_takes(ledger: Ledger) -> None:
    statement = about(3, 1, 2)
    ledger.submit(about(9), statement)
    drain(ledger.sequencer())
    with ledger.engine.connect() as connection:
        receipts = receipts_of(connection, [statement[0].statement_hash])[statement[0].statement_hash]
    assert [receipt.entry[2:34] for receipt in receipts] == [each.subject for each in statement]
    assert all(map(verified, receipts))


def test_a_receipt_is_the_same_bytes_for_ever(ledger: Ledger) -> None:
    sequencer = ledger.sequencer()
    ledger.submit_many(7)
    drain(sequencer)
    with ledger.engine.connect() as connection:
        then = receipts_of(connection, ledger.statements)
    for number in (300, 1, 700):
        ledger.submit_many(number)
        drain(sequencer)
    with ledger.engine.connect() as connection:
        again = receipts_of(connection, ledger.statements)
    assert all(again[statement] == receipts for statement, receipts in then.items())
    assert len(again) == 1008
    for receipts in again.values():
        assert verified(receipts[0])


def test_what_is_not_sequenced_has_no_receipt(ledger: Ledger) -> None:
    ledger.submit_many(2)
    drain(ledger.sequencer())
    waiting = about(1)
    ledger.submit(waiting)
    with ledger.engine.connect() as connection:
        assert receipts_of(connection, []) == {}
        assert receipts_of(connection, [waiting[0].statement_hash, new_statement()]) == {}


def test_who_waits_gets_the_receipt_and_who_waits_in_vain_gets_nothing(ledger: Ledger) -> None:
    first, second = about(1), about(2)
    ledger.submit(first)
    assert await_receipts(ledger.engine, [first[0].statement_hash], 0.1) == {}
    with running(ledger.sequencer()):
        ledger.submit(second)
        wanted = [first[0].statement_hash, second[0].statement_hash]
        found = await_receipts(ledger.engine, wanted, 5)
        assert found.keys() == set(wanted)
        assert await_receipts(ledger.engine, [*wanted, new_statement()], 0.3).keys() == set(wanted)
        assert await_receipts(ledger.engine, [], 5) == {}


def test_many_threads_wait_and_each_gets_its_own(ledger: Ledger) -> None:
    slow: list[float] = []
    failed: list[object] = []

    def client(number: int) -> None:
        for _ in range(15):
            statement = about(number)
            ledger.submit(statement)
            began = time.monotonic()
            found = await_receipts(ledger.engine, [statement[0].statement_hash], 10)
            slow.append(time.monotonic() - began)
            if list(found) != [statement[0].statement_hash]:
                failed.append(found)

    with running(ledger.sequencer()):
        clients = [Thread(target=client, args=(number,)) for number in range(16)]
        for each in clients:
            each.start()
        for each in clients:
            each.join()
    assert not failed
    assert len(slow) == 240
    assert sorted(slow)[-3] < 3  # generous: other tests share the machine


def test_waiting_survives_a_lost_connection(ledger: Ledger) -> None:
    stop = Event()

    def cut() -> None:
        while not stop.wait(0.15):
            with ledger.engine.begin() as connection:
                listening = "datname = current_database() AND query LIKE 'LISTEN lotproof_sequenced%'"
                connection.execute(text(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {listening}"))

    cutter = Thread(target=cut)
    cutter.start()
    try:
        with running(ledger.sequencer()):
            for _ in range(20):
                statement = about(1)
                ledger.submit(statement)
                assert await_receipts(ledger.engine, [statement[0].statement_hash], 5)
    finally:
        stop.set()
        cutter.join()


def test_without_any_bell_the_receipt_is_found_by_looking(ledger: Ledger) -> None:
    statement = about(1)
    ledger.submit(statement)
    found: list[object] = []
    waiter = Thread(target=lambda: found.append(await_receipts(ledger.engine, [statement[0].statement_hash], 5)))
    waiter.start()
    time.sleep(0.3)
    sequencer = ledger.sequencer()
    assert sequencer.step() == 1  # its ring is heard or not: the thread looks by itself
    waiter.join()
    assert found[0]


def test_a_server_that_is_away_is_waited_for_no_longer_than_asked() -> None:
    nowhere = create_engine("postgresql+psycopg://postgres@/nothing?host=/nonexistent")
    began = time.monotonic()
    assert await_receipts(nowhere, [new_statement()], 0.3) == {}
    assert time.monotonic() - began < 2


@pytest.mark.parametrize("number", [1, 1000])
def test_receipts_of_many_cost_no_more_queries_than_of_one(
    ledger: Ledger, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger.submit_many(1000)
    drain(ledger.sequencer(), limit=300)
    asked: list[object] = []
    execute = psycopg.Cursor.execute
    monkeypatch.setattr(psycopg.Cursor, "execute", lambda self, *a, **k: (asked.append(a), execute(self, *a, **k))[1])
    with ledger.engine.connect() as connection:
        asked.clear()
        assert len(receipts_of(connection, ledger.statements[:number])) == number
    assert len(asked) <= 4
