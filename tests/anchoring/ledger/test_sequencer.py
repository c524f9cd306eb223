"""The sequencer: what waits gets its place, in the right order, once."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from time import monotonic, sleep

import pytest
from sqlalchemy import insert, text

from anchoring import tables
from anchoring.errors import LedgerBroken, Overtaken
from anchoring.sequencer import Sequencer
from anchoring.state import stored_state
from anchoring.submissions import Submission, submit
from tests.anchoring.ledger.world import ORIGIN, SEED, Ledger, about, drain, lot
from verifier.entry import parse_entry
from verifier.hashing import ZERO, leaf_hash


@contextmanager
def running(sequencer: Sequencer) -> Iterator[None]:
    stop = Event()
    thread = Thread(target=sequencer.run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(10)
        assert not thread.is_alive()


def until(happened: object, seconds: float = 10) -> None:
    end = monotonic() + seconds
    while not happened():  # type: ignore[operator]
        assert monotonic() < end, "it did not happen"
        sleep(0.01)


UNDO = {
    "entry": "SET leaf_hash = before.leaf_hash, sequence = before.sequence FROM entry_before before"
    " WHERE entry.index = before.index",
    "map_page": "SET page = before.page FROM map_page_before before WHERE map_page.id = before.id",
}


@contextmanager
def damaged(ledger: Ledger, damage: str) -> Iterator[None]:
    """What a superuser or a failing disk may do; undone afterwards."""
    with ledger.engine.begin() as connection:
        for table in UNDO:
            connection.execute(text(f"ALTER TABLE ledger.{table} DISABLE TRIGGER USER"))
            connection.execute(text(f"CREATE TABLE {table}_before AS TABLE ledger.{table}"))
        connection.execute(text(damage))
    yield
    with ledger.engine.begin() as connection:
        for table, undo in UNDO.items():
            connection.execute(text(f"UPDATE ledger.{table} {undo}"))
            connection.execute(text(f"INSERT INTO ledger.{table} TABLE {table}_before ON CONFLICT DO NOTHING"))


def cut(ledger: Ledger, whose: str) -> None:
    """End connections to this database as an administrator would."""
    others = "datname = current_database() AND pid <> pg_backend_pid()"
    with ledger.engine.begin() as connection:
        connection.execute(text(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others} AND {whose}"))


def test_an_empty_queue_signs_nothing(ledger: Ledger) -> None:
    assert ledger.sequencer().step() == 0
    assert ledger.sizes() == []


def test_entries_of_a_subject_run_from_one_and_name_the_one_before(ledger: Ledger) -> None:
    sequencer = ledger.sequencer()
    ledger.submit(about(1), about(2), about(1))
    sequencer.step()
    ledger.submit(about(1))
    sequencer.step()
    raw = ledger.audit()
    entries = [parse_entry(each) for each in raw if parse_entry(each).subject == lot(1)]
    assert [entry.sequence for entry in entries] == [1, 2, 3]
    assert [entry.previous for entry in entries] == [ZERO, leaf_hash(raw[0]), leaf_hash(raw[2])]


def test_a_statement_about_three_lots_makes_three_entries_under_one_checkpoint(ledger: Ledger) -> None:
    ledger.submit(about(1), about(1, 2, 3), about(4))
    assert drain(ledger.sequencer(), limit=2) == 5
    assert ledger.sizes() == [4, 5]


def test_a_round_takes_about_as_much_as_it_is_told(ledger: Ledger) -> None:
    ledger.submit_many(25)
    sequencer = ledger.sequencer()
    assert [sequencer.step(10) for _ in range(4)] == [10, 10, 5, 0]
    assert ledger.sizes() == [10, 20, 25]
    assert ledger.order() == ledger.statements  # those first that waited longest


def test_many_rounds_of_all_sizes_make_one_log(ledger: Ledger) -> None:
    sequencer = ledger.sequencer()
    for number in (1, 254, 1, 1, 3, 600, 2, 161, 1):  # around and across the edges of tiles
        ledger.submit_many(number)
        assert drain(sequencer) == number
    assert ledger.sizes()[-1] == 1024


def test_a_sequencer_that_starts_anew_goes_on_where_the_last_one_stopped(ledger: Ledger) -> None:
    for number in (3, 260, 256, 7):
        ledger.submit_many(number)
        sequencer = ledger.sequencer()
        drain(sequencer)
        sequencer.close()


def test_a_log_of_more_than_two_tile_levels_is_taken_up_again(ledger: Ledger) -> None:
    """65,536 entries and some: the lower levels of the edge are empty, the third holds its first hash."""
    sequencer = ledger.sequencer()
    ledger.submit_many(65_536, lots=500)
    drain(sequencer, limit=20_000)
    sequencer.close()
    ledger.submit_many(5)
    assert drain(ledger.sequencer()) == 5


def test_times_of_a_subject_never_fall(ledger: Ledger) -> None:
    sequencer = ledger.sequencer()
    ledger.submit(about(1, at=5000), about(1, at=4000), about(2, at=4000))
    sequencer.step()
    ledger.submit(about(1, at=3000), about(1, at=6000))
    sequencer.step()
    assert [parse_entry(each).recorded_at for each in ledger.audit()] == [5000, 5000, 4000, 5000, 6000]


def test_the_log_signs_no_earlier_time_than_before(ledger: Ledger) -> None:
    sequencer = ledger.sequencer()
    for now in (2_000, 1_000, 3_000):
        ledger.now = now
        ledger.submit(about(1))
        sequencer.step()
    with ledger.engine.connect() as connection:
        times = connection.execute(text("SELECT signed_at FROM ledger.checkpoint ORDER BY size")).scalars().all()
    assert times == [2_000, 2_000, 3_000]


def test_who_commits_late_is_not_passed_over(ledger: Ledger) -> None:
    sequencer = ledger.sequencer()
    slow, slower = about(1), about(1, 2)
    with ledger.engine.connect() as first, ledger.engine.connect() as second:
        submit(first, slow)
        submit(second, slower)
        ledger.submit(about(1), about(2))
        assert sequencer.step() == 2
        second.commit()
        assert sequencer.step() == 2
        ledger.submit(about(1))
        assert sequencer.step() == 1
        first.commit()
        assert sequencer.step() == 1
    assert ledger.order()[-1] == slow[0].statement_hash
    assert ledger.waiting() == 0


def test_who_rolls_back_leaves_nothing_and_no_gap(ledger: Ledger) -> None:
    with ledger.engine.connect() as connection:
        submit(connection, about(1))
        connection.rollback()
    ledger.submit(about(2))
    assert drain(ledger.sequencer()) == 1


def test_what_was_acknowledged_before_another_was_sent_comes_first(ledger: Ledger) -> None:
    """Eight clients: each sends its next only when the last is committed, and one client watches all (INV-L2)."""
    acknowledged: list[bytes] = []
    sent_after: dict[bytes, int] = {}

    def client() -> None:
        for _ in range(40):
            statement = about(1)
            sent_after[statement[0].statement_hash] = len(acknowledged)
            ledger.submit(statement)
            acknowledged.append(statement[0].statement_hash)

    with running(ledger.sequencer()):
        clients = [Thread(target=client) for _ in range(8)]
        for each in clients:
            each.start()
        for each in clients:
            each.join()
        until(lambda: ledger.waiting() == 0)
    place = {statement: index for index, statement in enumerate(ledger.order())}
    assert len(place) == 320
    for statement, number in sent_after.items():
        assert all(place[before] < place[statement] for before in map(acknowledged.__getitem__, range(number)))


def test_a_statement_submitted_twice_is_sequenced_once(ledger: Ledger) -> None:
    sequencer = ledger.sequencer()
    first, again = about(1, 2), about(3)
    ledger.submit(first)
    assert sequencer.step() == 2
    ledger.submit(first, again, about(4))
    ledger.submit(again)
    ledger.submit([Submission(1, lot(5), first[0].statement_hash, 1000)])
    assert drain(sequencer) == 3
    assert ledger.waiting() == 0
    assert len(ledger.audit()) == 5
    ledger.submit(first)  # nothing but doubles: no checkpoint, and the queue is empty
    assert drain(sequencer) == 0
    assert ledger.waiting() == 0
    ledger.submit(about(1))
    assert drain(sequencer) == 1


def test_one_of_two_sequencers_is_elected_and_the_other_takes_over(ledger: Ledger) -> None:
    first, second = ledger.sequencer(), ledger.sequencer()
    ledger.submit_many(3)
    assert (first.step(), second.step()) == (3, 0)
    ledger.submit_many(4)
    assert (second.step(), first.step()) == (0, 4)
    first.close()
    ledger.submit_many(5)
    assert (second.step(), first.step()) == (5, 0)


def test_two_that_both_believe_to_be_elected_do_not_fork(ledger: Ledger) -> None:
    """Without the lock: what then keeps them apart are the primary keys alone."""
    one, other = ledger.sequencer(lock=1), ledger.sequencer(lock=2)
    ledger.submit_many(3)
    assert one.step() == 3
    ledger.submit_many(3)
    assert other.step() == 3
    ledger.submit_many(3)
    with pytest.raises(Overtaken):
        one.step()  # it still believes in a log of three entries
    assert one.step() == 3


def test_many_at_once_without_a_lock_lose_nothing_and_do_not_fork(ledger: Ledger) -> None:
    sequencers = [running(ledger.sequencer(lock=number)) for number in range(1, 5)]
    for each in sequencers:
        each.__enter__()
    for _ in range(60):
        ledger.submit_many(5)
    until(lambda: ledger.waiting() == 0, 30)
    for each in sequencers:
        each.__exit__(None, None, None)
    assert ledger.sizes()[-1] == 300


def test_two_that_take_at_the_same_moment_do_not_fork(ledger: Ledger) -> None:
    """The second stops between taking and storing until the first has committed."""
    first = ledger.sequencer(lock=1)
    interrupted = []

    def overtake(step: str) -> None:
        if step == "permitted" and not interrupted:
            interrupted.append(step)
            assert first.step() == 4

    second = ledger.sequencer(lock=2, after=overtake)
    ledger.submit_many(4)
    with pytest.raises(Overtaken, match="submissions in the queue"):
        second.step()
    assert second.step() == 0


def test_nothing_is_signed_while_an_alarm_halts(ledger: Ledger) -> None:
    permitted = [False]
    sequencer = ledger.sequencer(may_sign=lambda connection: permitted[0])
    ledger.submit_many(3)
    assert (sequencer.step(), ledger.sizes(), ledger.waiting()) == (0, [], 3)
    permitted[0] = True
    assert sequencer.step() == 3


def test_a_ring_is_heard_and_a_lost_ring_is_made_up_for(ledger: Ledger) -> None:
    with running(ledger.sequencer()):
        ledger.submit_many(3)  # nobody rings
        until(lambda: ledger.sizes() == [3], 1)
        cut(ledger, "query LIKE 'LISTEN%'")
        ledger.submit_many(2)
        until(lambda: ledger.sizes()[-1] == 5, 2)


def test_a_sequencer_whose_connections_are_all_cut_goes_on(ledger: Ledger) -> None:
    with running(ledger.sequencer()):
        for number in range(10):
            ledger.submit_many(50)
            if number % 3 == 2:
                cut(ledger, "true")
                ledger.engine.dispose()
        until(lambda: ledger.waiting() == 0, 20)
    assert ledger.sizes()[-1] == 500


def test_one_that_stops_in_mid_transaction_loses_its_lock(ledger: Ledger) -> None:
    """A paused process keeps its connection; the server ends it after a while, and then somebody else can go on."""
    other = ledger.sequencer()

    def stand_still(step: str) -> None:
        if step == "stored" and not ledger.sizes():
            assert other.step() == 0
            cut(ledger, "pid IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory')")
            until(lambda: other.step() == 3)

    paused = ledger.sequencer(after=stand_still)
    ledger.submit_many(3)
    with pytest.raises(Exception, match=r"connection|terminating"):
        paused.step()
    other.close()
    ledger.submit_many(2)
    assert paused.step() == 2


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        ("UPDATE ledger.entry SET leaf_hash = sha256('x') WHERE index = 300", "log root at size 301"),
        ("UPDATE ledger.tile SET root = sha256('x')", "log root at size 301"),
        ("DELETE FROM ledger.entry WHERE index = 300", "index of the newest entry"),
        ("DELETE FROM ledger.entry WHERE index = 299", "hashes of the unfinished tile"),
        ("UPDATE ledger.map_page SET page = overlay(page PLACING '\\x00' FROM 9)", "of the lot map"),
        ("UPDATE ledger.checkpoint SET log_root = sha256('x')", "last signed checkpoint"),
        ("UPDATE ledger.checkpoint SET note = replace(note, 'log.example', 'low.example')", "last signed checkpoint"),
    ],
)  # fmt: skip
def test_nothing_is_signed_on_top_of_a_damaged_ledger(ledger: Ledger, damage: str, told: str) -> None:
    ledger.submit_many(301)
    sequencer = ledger.sequencer()
    assert sequencer.step() == 301
    sequencer.close()
    ledger.submit_many(1)
    with ledger.engine.connect() as connection:
        for table in ("entry", "tile", "map_page", "checkpoint"):
            connection.execute(text(f"ALTER TABLE ledger.{table} DISABLE TRIGGER ALL"))
        connection.execute(text(damage))
        with pytest.raises(LedgerBroken, match=told):
            stored_state(connection, ORIGIN)
        connection.rollback()


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE ledger.entry SET leaf_hash = sha256('x') WHERE index = 20",
        "UPDATE ledger.entry SET sequence = 3 WHERE index = 20",
        "DELETE FROM ledger.entry WHERE index = 20",
        "UPDATE ledger.map_page SET page = overlay(page PLACING '\\x00' FROM length(page) - 20)",
    ],
)
def test_damage_on_the_way_of_the_next_entry_stops_the_log(ledger: Ledger, damage: str) -> None:
    """What a new entry would name is first compared with the signed map (Yeti 2022: one flipped bit)."""
    ledger.submit_many(400, lots=400)
    sequencer = ledger.sequencer()
    sequencer.step()
    sequencer.close()
    ledger.submit(*(about(n) for n in range(400)))

    with damaged(ledger, damage), pytest.raises(LedgerBroken, match="lot map"):
        ledger.sequencer().step()
    assert drain(ledger.sequencer()) == 400


def test_a_ledger_of_another_origin_is_not_continued(ledger: Ledger) -> None:
    ledger.submit_many(3)
    drain(ledger.sequencer())
    ledger.submit_many(3)
    with pytest.raises(LedgerBroken, match="last signed checkpoint"):
        Sequencer(ledger.engine, "other.example/lotproof", SEED, lambda: 0, lock=5).step()


def test_an_entry_that_nobody_signed_for_stops_the_log(ledger: Ledger) -> None:
    with ledger.engine.connect() as connection:
        columns = dict.fromkeys(("subject", "previous", "statement_hash", "leaf_hash"), b"x" * 32)
        connection.execute(insert(tables.entry).values(index=0, kind=1, sequence=1, recorded_at=0, **columns))
        with pytest.raises(LedgerBroken, match="index of the newest entry: expected None, seen 0"):
            stored_state(connection, ORIGIN)
        connection.rollback()
