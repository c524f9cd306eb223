"""Every movement is told at least once, in order, signed, whatever the receiver does."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from threading import Barrier, Event, Thread
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, text

from service.domain import commands as c
from service.webhooks import outbox, signing
from service.webhooks.deliverer import Deliverer
from tests.service.ledger.world import World, line, register
from tests.service.webhooks import receiver as behaviour
from tests.service.webhooks.receiver import Receiver, answers

KEY = bytes(32)


@dataclass
class Hooked:
    """A world whose maker has webhooks, and a deliverer whose clock the test turns."""

    world: World
    now: datetime = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
    secrets: dict[UUID, str] = field(default_factory=dict)

    def hook(self, url: str, party: str = "maker", types: list[str] | None = None) -> UUID:
        id, secret = uuid4(), signing.new_secret(os.urandom)
        with self.world.engine.begin() as connection:
            connection.execute(
                text("INSERT INTO warehouse.webhook (id, party_id, url, types, sealed, created_at)"
                     " SELECT :id, id, :url, :types, :sealed, now() FROM warehouse.party WHERE code = :party"),
                {"id": id, "url": url, "types": types, "party": party,
                 "sealed": signing.seal(KEY, id, secret, os.urandom)},
            )  # fmt: skip
        self.secrets[id] = secret
        return id

    def deliverer(self, **options: Any) -> Deliverer:
        return Deliverer(self.world.engine, KEY, local=True, now=lambda: self.now, dice=lambda: 0.5,
                         **{"within": 0.5, **options})  # fmt: skip

    def drain(self) -> int:
        deliverer, sent = self.deliverer(), 0
        while deliverer.once():
            sent += 1
        return sent

    def rows(self, webhook: UUID) -> list[dict[str, Any]]:
        with self.world.engine.connect() as connection:
            return list(reversed(outbox.listed(connection, webhook, None, None, 1000)))


@pytest.fixture
def hooked(world: World) -> Hooked:
    return Hooked(world)


def ids(receiver: Receiver) -> list[str]:
    return [headers["webhook-id"] for headers, _ in receiver.seen]


def test_every_movement_is_told_once_in_order_and_signed(hooked: Hooked) -> None:
    with Receiver(answers(204)) as receiver:
        webhook = hooked.hook(receiver.url)
        done = [hooked.world.do("maker", register(f"L{n}")).id for n in range(3)]
        done.append(hooked.world.do("maker", c.Move(from_="S1/A", to="S1/B", lines=line("L1", "5"))).id)
        assert hooked.drain() == 4 and hooked.drain() == 0
    assert ids(receiver) == [str(id) for id in done]
    headers, body = receiver.seen[-1]
    told = json.loads(body)
    assert (told["id"], told["type"], told["party"], told["actor"]) == (str(done[-1]), "move", "maker", "tester")
    assert told["movement"]["lines"][0] == {"item": "MED", "lot": "L1", "quantity": "5", "status": None}
    assert signing.is_genuine(hooked.secrets[webhook], headers, body, hooked.now.timestamp())
    assert {row["state"] for row in hooked.rows(webhook)} == {"delivered"}


def test_a_receiver_sees_through_forgery_and_replay(hooked: Hooked) -> None:
    secret = signing.new_secret(os.urandom)
    body, now = b'{"id":1}', 1_700_000_000
    headers = signing.headers_of(secret, "e1", now, body)
    assert signing.is_genuine(secret, headers, body, now + 299)
    assert not signing.is_genuine(secret, headers, body, now + 301)
    assert not signing.is_genuine(secret, headers, body, now - 301)
    assert not signing.is_genuine(secret, headers, b'{"id":2}', now)
    assert not signing.is_genuine(secret, headers | {"webhook-id": "e2"}, body, now)
    assert not signing.is_genuine(secret, headers | {"webhook-timestamp": str(now + 1)}, body, now)
    assert not signing.is_genuine(signing.new_secret(os.urandom), headers, body, now)
    assert not signing.is_genuine(secret, {}, body, now)


def test_the_signature_is_that_of_standard_webhooks() -> None:
    """The example of the specification's own libraries."""
    headers = signing.headers_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330,
                                 b'{"test": 2432232314}')  # fmt: skip
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_only_the_types_that_were_asked_for_and_only_the_own_party(hooked: Hooked) -> None:
    with Receiver(answers(200)) as receiver:
        hooked.hook(receiver.url, types=["move"])
        hooked.world.do("maker", register("L1"))
        hooked.world.do("shop", register("L1"))
        move = hooked.world.do("maker", c.Move(from_="S1/A", to="S1/B", lines=line("L1", "5")))
        hooked.drain()
    assert ids(receiver) == [str(move.id)]


def test_what_is_refused_or_rolled_back_is_not_told(hooked: Hooked) -> None:
    webhook = hooked.hook("http://127.0.0.1:1/")
    hooked.world.refused("maker", c.Move(from_="S1/A", to="S1/B", lines=line("NONE", "5")))
    assert hooked.rows(webhook) == []


FAILURES = {
    "500": answers(500), "404": answers(404), "redirect": answers(302, Location="http://169.254.169.254/"),
    "drip": behaviour.drips, "flood": behaviour.floods, "sleep": behaviour.sleeps, "hang up": behaviour.hangs_up,
    "babble": behaviour.babbles,
}  # fmt: skip


@pytest.mark.parametrize("failure", FAILURES)
def test_a_receiver_that_fails_gets_it_again_under_the_same_id(hooked: Hooked, failure: str) -> None:
    with Receiver(FAILURES[failure]) as receiver:
        webhook = hooked.hook(receiver.url)
        first, second = (hooked.world.do("maker", register(lot)).id for lot in ("L1", "L2"))
        began = time.monotonic()
        assert hooked.drain() == 1  # the second waits behind the first
        assert time.monotonic() - began < 2.5
        (row, other) = hooked.rows(webhook)
        assert (row["state"], row["attempts"], other["attempts"]) == ("waiting", 1, 0) and row["fault"]
        receiver.behave = answers(200)
        assert hooked.drain() == 0
        hooked.now += timedelta(seconds=6)
        assert hooked.drain() == 2
    assert ids(receiver) == [str(first), str(first), str(second)]
    bodies = [body for _, body in receiver.seen]
    assert bodies[0] == bodies[1]
    assert {headers["webhook-timestamp"] for headers, _ in receiver.seen[:2]} == {
        str(int(hooked.now.timestamp()) - 6), str(int(hooked.now.timestamp()))
    }  # fmt: skip


def test_nobody_listens_and_a_forbidden_address_are_failures_too(hooked: Hooked) -> None:
    hooked.world.do("maker", register("L1"))
    for url, fault in (("http://127.0.0.1:1/", "ConnectionRefused"), ("https://localhost/", "all public")):
        webhook = hooked.hook(url)
        hooked.world.do("maker", register(f"L-{len(url)}"))
        hooked.drain()
        assert fault in hooked.rows(webhook)[0]["fault"]


def test_a_name_that_moves_inside_between_two_attempts_is_not_followed(hooked: Hooked) -> None:
    """The name is looked up once for each attempt, judged, and the judged address is the one that is called."""
    webhook = hooked.hook("https://rebind.example/")
    hooked.world.do("maker", register("L1"))
    asked = []

    def lookup(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["169.254.169.254"]

    assert hooked.deliverer(lookup=lookup).once()
    assert asked == ["rebind.example"] and "all public" in hooked.rows(webhook)[0]["fault"]


def test_after_many_failures_it_is_given_up_and_the_next_goes_on(hooked: Hooked) -> None:
    with Receiver(answers(500)) as receiver:
        webhook = hooked.hook(receiver.url)
        first, second = (hooked.world.do("maker", register(lot)).id for lot in ("L1", "L2"))
        for _ in range(outbox.MOST_ATTEMPTS):
            assert hooked.drain() == 1 or hooked.rows(webhook)[0]["state"] == "dead"
            hooked.now += timedelta(hours=1, minutes=1)
        assert [row["state"] for row in hooked.rows(webhook)] == ["dead", "waiting"]
        receiver.behave = answers(200)
        hooked.now += timedelta(hours=1, minutes=1)
        hooked.drain()
        assert ids(receiver)[-1] == str(second)
        with hooked.world.engine.begin() as connection:
            assert outbox.again(connection, webhook, first)
            assert not outbox.again(connection, webhook, uuid4())
        assert hooked.drain() == 1 and ids(receiver)[-1] == str(first)
        assert [row["state"] for row in hooked.rows(webhook)] == ["delivered", "delivered"]


def test_pauses_grow_to_an_hour_and_never_in_step() -> None:
    pauses = [outbox.pause(attempt, 0.5).total_seconds() for attempt in range(20)]
    assert pauses[:3] == [5, 10, 20] and pauses[-1] == 3600 and pauses == sorted(pauses)
    assert outbox.pause(3, 0.0) * 3 == outbox.pause(3, 1.0)
    assert timedelta(hours=9) < timedelta(seconds=sum(pauses)) < timedelta(hours=13)


def test_many_workers_send_each_event_once_and_keep_the_order(hooked: Hooked) -> None:
    gate = Barrier(4)
    with Receiver(answers(200)) as receiver, Receiver(answers(200)) as other:
        hooked.hook(receiver.url)
        hooked.hook(other.url)
        done = [str(hooked.world.do("maker", register(f"L{n}")).id) for n in range(30)]

        def work() -> None:
            gate.wait()
            hooked.drain()
            time.sleep(0.2)  # a head that another held was skipped
            hooked.drain()

        crew = [Thread(target=work) for _ in range(4)]
        for each in crew:
            each.start()
        for each in crew:
            each.join()
        hooked.drain()
    assert ids(receiver) == done and ids(other) == done


def test_one_slow_receiver_does_not_keep_the_others_waiting(hooked: Hooked) -> None:
    with Receiver(behaviour.sleeps) as slow, Receiver(answers(200)) as quick:
        hooked.hook(slow.url)
        hooked.hook(quick.url)
        hooked.world.do("maker", register("L1"))
        stop = Event()
        crew = Thread(target=hooked.deliverer(within=2).run, args=(stop,))
        crew.start()
        end = time.monotonic() + 1.5
        while not quick.seen and time.monotonic() < end:
            time.sleep(0.01)
        assert quick.seen
        stop.set()
        crew.join(10)
        assert not crew.is_alive()


CHILD = """
import sys
from datetime import UTC, datetime
from service import db
from service.webhooks.deliverer import Deliverer
engine = db.engine_for(sys.argv[1])
Deliverer(engine, bytes(32), local=True, now=lambda: datetime.now(UTC), dice=lambda: 0.5).once()
"""


def test_killed_between_send_and_mark_it_is_sent_again_under_the_same_id(
    hooked: Hooked, database_url: str, engine: Engine
) -> None:
    arrived = Event()

    def hold(handler: BaseHTTPRequestHandler) -> None:
        arrived.set()
        time.sleep(2)  # the event is here; the sender never learns

    with Receiver(hold) as receiver:
        webhook = hooked.hook(receiver.url)
        done = hooked.world.do("maker", register("L1"))
        child = subprocess.Popen([sys.executable, "-c", CHILD, database_url])
        assert arrived.wait(20)
        child.send_signal(signal.SIGKILL)
        child.wait()
        receiver.behave = answers(200)
        assert hooked.rows(webhook)[0]["attempts"] == 0
        end = time.monotonic() + 10
        while not hooked.drain() and time.monotonic() < end:  # until the server notices that the child is gone
            time.sleep(0.05)
    assert ids(receiver) == [str(done.id)] * 2
    assert receiver.seen[0][1] == receiver.seen[1][1]


def test_what_was_delivered_long_ago_is_forgotten_and_the_rest_stays(hooked: Hooked) -> None:
    with Receiver(answers(200)) as receiver:
        webhook = hooked.hook(receiver.url)
        hooked.world.do("maker", register("L1"))
        hooked.drain()
        hooked.world.do("maker", register("L2"))
        with hooked.world.engine.begin() as connection:
            outbox.forget_old(connection, hooked.now + timedelta(days=29))
        assert len(hooked.rows(webhook)) == 2
        with hooked.world.engine.begin() as connection:
            outbox.forget_old(connection, hooked.now + timedelta(days=31))
        assert [row["state"] for row in hooked.rows(webhook)] == ["waiting"]


def test_a_secret_under_another_key_sends_nothing(hooked: Hooked) -> None:
    with Receiver(answers(200)) as receiver:
        webhook = hooked.hook(receiver.url)
        hooked.world.do("maker", register("L1"))
        Deliverer(hooked.world.engine, bytes([1]) * 32, local=True, now=lambda: hooked.now, dice=lambda: 0.5).once()
        assert receiver.seen == [] and "LOTPROOF_WEBHOOK_KEY" in hooked.rows(webhook)[0]["fault"]


def test_a_webhook_that_ended_is_told_nothing_more(hooked: Hooked) -> None:
    with Receiver(answers(200)) as receiver:
        webhook = hooked.hook(receiver.url)
        hooked.world.do("maker", register("L1"))
        with hooked.world.engine.begin() as connection:
            connection.execute(text("UPDATE warehouse.webhook SET ended_at = now() WHERE id = :id"), {"id": webhook})
        hooked.world.do("maker", register("L2"))
        assert hooked.drain() == 0 and receiver.seen == [] and len(hooked.rows(webhook)) == 1


