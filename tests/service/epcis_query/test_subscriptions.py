"""Subscribers are told of every event that answers their query, once, in order, whatever fails in between."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, text

from service.epcis.query import named
from service.epcis.subscriptions import telling
from service.epcis.subscriptions.placing import last_place, place_arrivals
from service.epcis.subscriptions.signing import is_genuine
from service.epcis.subscriptions.teller import Teller
from service.webhooks import signing
from tests.service.epcis_query.world import World, gtin_lot, insert
from tests.service.webhooks import receiver as behaviour
from tests.service.webhooks.receiver import Receiver, answers

KEY, TOKEN = bytes(32), "13df38d8275b13f05704629e5f1cf3d45d6132d5"
SHIPPED = {
    "type": "ObjectEvent",
    "action": "OBSERVE",
    "bizStep": "shipping",
    "quantityList": [{"epcClass": gtin_lot("S"), "quantity": 1}],
}
STORED = {**SHIPPED, "bizStep": "storing"}


@dataclass
class Told:
    """A world with a query named `shipped`, and a teller whose clock the test turns."""

    world: World
    now: datetime = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)
    seen: list[str] = field(default_factory=list)

    def subscribe(self, url: str, code: str = "maker", **changes: Any) -> UUID:
        id, party = uuid4(), self.world.party(code)
        row = {
            "id": id,
            "party": party,
            "url": url,
            "sealed": signing.seal(KEY, id, TOKEN, os.urandom),
            "schedule": None,
            "empty": False,
            "since": datetime(2026, 1, 1, tzinfo=UTC),
            "place": 0,
            "next_at": None,
            **changes,
        }
        with self.world.engine.begin() as connection:
            if named.found(connection, party, "shipped") is None:
                named.keep(connection, party, "shipped", {"EQ_bizStep": ["shipping"]}, {}, "x", self.now)
            connection.execute(text(_SUBSCRIBE), {**row, "schedule": row["schedule"] and json.dumps(row["schedule"])})
        return id

    def teller(self, **options: Any) -> Teller:
        return Teller(
            self.world.engine, KEY, local=True, now=lambda: self.now, dice=lambda: 0.5, **{"within": 0.5, **options}
        )

    def drain(self) -> None:
        with self.world.engine.begin() as connection:
            place_arrivals(connection)
        teller = self.teller()
        while teller.once():
            pass

    def row(self, id: UUID) -> Any:
        with self.world.engine.connect() as connection:
            return connection.execute(
                text("SELECT * FROM warehouse.epcis_subscription WHERE id = :id"), {"id": id}
            ).one()


_SUBSCRIBE = """
    INSERT INTO warehouse.epcis_subscription (id, party_id, query, url, sealed, schedule, report_if_empty, initial_time,
        epc_format, media_type, created_at, place, next_at)
    SELECT :id, :party, number, :url, :sealed, CAST(:schedule AS jsonb), :empty, :since, 'Always_GS1_Digital_Link',
        'application/json', now(), :place, :next_at
    FROM warehouse.epcis_query WHERE party_id = :party AND name = 'shipped'
"""


@pytest.fixture
def told(world: World) -> Told:
    return Told(world)


def ids(receiver: Receiver) -> list[str]:
    return [event["eventID"] for document in documents(receiver) for event in events(document)]


def documents(receiver: Receiver) -> list[dict[str, Any]]:
    return [json.loads(body) for _, body in receiver.seen]


def events(document: dict[str, Any]) -> list[dict[str, Any]]:
    return document["epcisBody"]["queryResults"]["resultsBody"]["eventList"]  # type: ignore[no-any-return]


def named_events(prefix: str, count: int, event: dict[str, Any] = SHIPPED) -> list[dict[str, Any]]:
    return [{**event, "eventID": f"urn:{prefix}:{n}"} for n in range(count)]


def test_each_event_is_told_once_in_order_and_signed(told: Told) -> None:
    with Receiver(answers(200)) as receiver:
        id = told.subscribe(receiver.url)
        told.world.capture("maker", *named_events("a", 3), *named_events("b", 2, STORED))
        told.drain()
        told.world.capture("maker", *named_events("c", 1))
        told.world.capture("other", *named_events("d", 1))
        told.drain()
        told.drain()
    assert ids(receiver) == ["urn:a:0", "urn:a:1", "urn:a:2", "urn:c:0"]
    headers, body = receiver.seen[0]
    assert is_genuine(TOKEN, headers["gs1-signature"], body) and not is_genuine(
        TOKEN, headers["gs1-signature"], body + b" "
    )
    document = documents(receiver)[0]
    results = document["epcisBody"]["queryResults"]
    assert (results["queryName"], results["subscriptionID"]) == ("shipped", str(id))
    assert document["type"] == "EPCISQueryDocument" and told.row(id).last_notified_at is not None


def test_a_long_answer_comes_in_parts(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telling, "MOST_EVENTS", 4)
    with Receiver(answers(200)) as receiver:
        told.subscribe(receiver.url)
        told.world.capture("maker", *named_events("a", 10))
        told.drain()
    assert [len(events(each)) for each in documents(receiver)] == [4, 4, 2]
    assert ids(receiver) == [f"urn:a:{n}" for n in range(10)]


def test_what_was_not_answered_is_sent_again_as_the_same_document(told: Told) -> None:
    """And what arrived meanwhile comes after it, in another one."""
    with Receiver(answers(500)) as receiver:
        id = told.subscribe(receiver.url)
        told.world.capture("maker", *named_events("a", 2))
        told.drain()
        assert told.row(id).fault == "expected an answer 2xx, got 500"
        told.world.capture("maker", *named_events("b", 1))
        receiver.behave = answers(204)
        told.drain()
        assert len(receiver.seen) == 1, "not before its time"
        told.now += timedelta(minutes=1)
        told.drain()
    first, again, last = documents(receiver)
    assert first["id"] == again["id"] != last["id"] and events(first) == events(again)
    assert [len(events(each)) for each in (first, again, last)] == [2, 2, 1]
    assert told.row(id).fault is None and told.row(id).attempts == 0


@pytest.mark.parametrize(
    "bad", [behaviour.hangs_up, behaviour.babbles, behaviour.drips, answers(302, Location="http://127.0.0.1/")]
)
def test_a_receiver_that_misbehaves_loses_nothing(told: Told, bad: Any) -> None:
    with Receiver(bad) as receiver:
        told.subscribe(receiver.url)
        told.world.capture("maker", *named_events("a", 1))
        told.drain()
        receiver.behave = answers(200)
        told.now += timedelta(minutes=1)
        told.drain()
    assert len({document["id"] for document in documents(receiver)}) == 1 and set(ids(receiver)) == {"urn:a:0"}


def test_writers_that_commit_in_another_order_lose_nothing(told: Told) -> None:
    """Four writers whose transactions overlap, while a teller tells: numbers of events become visible out of order."""
    with Receiver(answers(200)) as receiver:
        told.subscribe(receiver.url)
        told.world.capture("maker", STORED)

        def write(name: str) -> None:
            for n in range(15):
                with told.world.engine.begin() as connection:
                    _insert_slowly(connection, told.world, f"urn:{name}:{n}")

        writers = [Thread(target=write, args=(f"w{n}",)) for n in range(4)]
        for each in writers:
            each.start()
        while any(each.is_alive() for each in writers):
            told.drain()
        told.drain()
    assert Counter(ids(receiver)) == Counter(f"urn:w{w}:{n}" for w in range(4) for n in range(15))


def _insert_slowly(connection: Any, world: World, id: str) -> None:
    insert(connection, world.parties["maker"], world._completed({**SHIPPED, "eventID": id}))
    time.sleep(0.002)


def test_an_uncommitted_event_is_told_after_it_was_committed(told: Told) -> None:
    """The one thing that a cursor over numbers would lose: a lower number that comes later."""
    with Receiver(answers(200)) as receiver:
        told.subscribe(receiver.url)
        party = told.world.party("maker")
        told.world.capture("maker", STORED)
        with told.world.engine.begin() as slow:
            insert(slow, party, told.world._completed({**SHIPPED, "eventID": "urn:slow"}))
            told.world.capture("maker", {**SHIPPED, "eventID": "urn:quick"})
            told.drain()
            assert ids(receiver) == ["urn:quick"]
        told.drain()
    assert ids(receiver) == ["urn:quick", "urn:slow"]


_CHILD = """
import sys
from datetime import datetime, timezone
from threading import Event
from service import db
from service.epcis.subscriptions.teller import Teller
engine, now = db.engine_for(sys.argv[1]), lambda: datetime.now(timezone.utc)
Teller(engine, bytes(32), local=True, now=now, dice=lambda: 0.0).run(Event())
"""


def test_a_killed_teller_loses_nothing_and_tells_nothing_else(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed while the receiver holds the answer back: what was on its way is sent again as the same document."""
    held: list[str] = []

    def hold(handler: Any) -> None:
        held.append("once")
        time.sleep(0.5 if len(held) < 2 else 0)
        answers(200)(handler)

    with Receiver(hold) as receiver:
        told.subscribe(receiver.url)
        told.world.capture("maker", *named_events("k", 3))
        child = subprocess.Popen([sys.executable, "-c", _CHILD, str(told.world.engine.url)])
        until, before = time.monotonic() + 20, len(receiver.seen)
        while len(receiver.seen) == before and time.monotonic() < until:
            time.sleep(0.01)
        child.send_signal(signal.SIGKILL)
        child.wait()
        time.sleep(0.1)
        told.now = datetime.now(UTC) + timedelta(hours=1)
        told.drain()
    by_id = {document["id"]: [event["eventID"] for event in events(document)] for document in documents(receiver)}
    assert list(by_id.values()) == [["urn:k:0", "urn:k:1", "urn:k:2"]] and len(receiver.seen) >= 2


def test_a_schedule_collects_until_it_is_time(told: Told) -> None:
    with Receiver(answers(200)) as receiver:
        due = datetime(2026, 11, 30, 1, 5, tzinfo=UTC)
        id = told.subscribe(receiver.url, schedule={"hour": "1", "minute": "5"}, next_at=due)
        told.world.capture("maker", *named_events("a", 2))
        told.drain()
        assert receiver.seen == []
        told.now = due
        told.drain()
        assert ids(receiver) == ["urn:a:0", "urn:a:1"] and told.row(id).next_at == due + timedelta(days=1)
        told.now = due + timedelta(days=1)
        told.drain()
        assert len(receiver.seen) == 1, "nothing new, nothing told"
        assert told.row(id).next_at == due + timedelta(days=2)


def test_an_empty_report_is_sent_where_it_was_asked_for(told: Told) -> None:
    with Receiver(answers(200)) as receiver:
        due = datetime(2026, 11, 30, 1, 5, tzinfo=UTC)
        id = told.subscribe(receiver.url, schedule={"hour": "1", "minute": "5"}, next_at=due, empty=True)
        told.now = due
        told.drain()
        told.drain()
        assert [events(each) for each in documents(receiver)] == [[]]
        assert told.row(id).next_at == due + timedelta(days=1)


def test_only_what_was_recorded_since_is_told(told: Told) -> None:
    with Receiver(answers(200)) as receiver:
        since = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
        told.subscribe(receiver.url, since=since)
        told.world.capture(
            "maker",
            {**SHIPPED, "eventID": "urn:old"},
            {**SHIPPED, "eventID": "urn:new", "recordTime": since.isoformat()},
        )
        told.drain()
    assert ids(receiver) == ["urn:new"]


def test_an_event_that_was_read_anew_is_not_told_again(told: Told) -> None:
    """After an erasure the movement's event is another row of the same name."""
    with Receiver(answers(200)) as receiver:
        told.subscribe(receiver.url)
        told.world.capture("maker", {**SHIPPED, "eventID": "urn:e"})
        told.drain()
        with told.world.engine.begin() as connection:
            connection.execute(text("DELETE FROM warehouse.epcis_event"))
        told.world.capture("maker", {**SHIPPED, "eventID": "urn:e"})
        told.drain()
    assert ids(receiver) == ["urn:e"]


def test_a_token_of_another_key_is_told_as_a_fault(told: Told) -> None:
    with Receiver(answers(200)) as receiver:
        id = told.subscribe(receiver.url, sealed=b"x" * 60)
        told.world.capture("maker", *named_events("a", 1))
        told.drain()
    assert receiver.seen == [] and "sealed under" in told.row(id).fault


def test_places_are_given_to_what_is_committed_without_gaps(world: World, engine: Engine) -> None:
    world.capture("maker", *named_events("p", 7))
    with engine.begin() as connection:
        assert place_arrivals(connection) == 7 and place_arrivals(connection) == 0 and last_place(connection) == 7
