"""Sends what waits in the outbox: some threads in the worker process, as many workers as there are.

Each step is one transaction: lock the event, send it, mark it. A crash before the mark means that it is sent again;
the receiver knows it by its id.
"""

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Event, Thread
from time import monotonic
from typing import Any

import orjson
from sqlalchemy import Connection, Engine

from service.webhooks import outbox, signing
from service.webhooks.addresses import Lookup, Refused, address_of, look_up, target_of
from service.webhooks.outbox import SENSORS, Due, Queue
from service.webhooks.sending import WHOLE_SECONDS, Unsent, post
from service.webhooks.working import work
from verifier.encoding import b64url

THREADS = 4
IDLE_SECONDS = 0.5  # of the first thread
OTHERS_IDLE_SECONDS = 2.0  # of the others, which a backlog needs and a single event does not
FORGET_SECONDS = 3600.0
AGENT = "lotproof-webhooks/1"

log = logging.getLogger(__name__)


class Deliverer:
    """`key` opens the secrets; `local` allows http to this machine, for tests and development."""

    def __init__(
        self, engine: Engine, key: bytes, *, local: bool, now: Callable[[], datetime], dice: Callable[[], float],
        lookup: Lookup = look_up, within: float = WHOLE_SECONDS,
    ) -> None:  # fmt: skip
        self._engine, self._key, self._local, self._now, self._dice = engine, key, local, now, dice
        self._lookup, self._within = lookup, within

    def run(self, stop: Event, threads: int = THREADS) -> None:
        """Until `stop` is set; an event that is on its way is finished first."""
        idle = [IDLE_SECONDS] + [OTHERS_IDLE_SECONDS] * (threads - 1)
        crew = [Thread(target=self._work, args=(stop, each), name=f"webhooks-{n}") for n, each in enumerate(idle)]
        for each in crew:
            each.start()
        for each in crew:
            each.join()

    def once(self) -> bool:
        """Send one event of each kind if one is due; whether there was any."""
        sent = [self._one(queue) for queue in outbox.QUEUES]
        return any(sent)

    def _one(self, queue: Queue) -> bool:
        with self._engine.begin() as connection:
            due = outbox.next_due(connection, self._now(), queue)
            if due is not None:
                self._deliver(connection, due)
            return due is not None

    def _work(self, stop: Event, idle: float) -> None:
        forgotten = monotonic()

        def step() -> bool:
            nonlocal forgotten
            sent = self.once()
            if monotonic() - forgotten > FORGET_SECONDS:
                forgotten = monotonic()
                with self._engine.begin() as connection:
                    outbox.forget_old(connection, self._now())
            return sent

        work(stop, step, idle, log, "a webhook was not delivered for a fault of ours")

    def _deliver(self, connection: Connection, due: Due) -> None:
        answer = None
        try:
            answer = self._send(due)
            if not 200 <= answer < 300:
                raise Unsent(f"expected an answer 2xx, got {answer}")
        except (Refused, Unsent) as why:
            log.info("webhook %s, event %s: %s", due.webhook, due.event.id, why)
            outbox.failed(connection, due, answer, str(why), self._now(), self._dice())
        else:
            outbox.delivered(connection, due, answer, self._now())

    def _send(self, due: Due) -> int:
        secret = signing.unseal(self._key, due.webhook, due.sealed)
        if secret is None:
            raise Unsent("expected a secret sealed under LOTPROOF_WEBHOOK_KEY, got one under another key")
        target = target_of(due.url, local=self._local)
        body = alarm_of(due.event) if due.queue == SENSORS else body_of(due.event)
        signed = signing.headers_of(secret, str(due.event.id), int(self._now().timestamp()), body)
        headers = {"Content-Type": "application/json", "User-Agent": AGENT, **signed}
        return post(target, address_of(target, self._lookup), body, headers, self._within)


def body_of(row: Any) -> bytes:
    """The event of a movement: the same bytes at every attempt."""
    recorded = _moment(row.recorded_at)
    return orjson.dumps({
        "event": "movement.recorded", "id": row.id, "party": row.party, "type": row.type, "actor": row.actor,
        "recorded_at": recorded, "statement": b64url(row.statement_hash), "lots": row.lots,
        "movement": orjson.loads(row.content),
    }, option=orjson.OPT_UTC_Z)  # fmt: skip


def alarm_of(row: Any) -> bytes:
    """The event of a sensor or an excursion: the same bytes at every attempt."""
    return orjson.dumps({
        "event": row.event, "id": row.id, "party": row.party, "at": _moment(row.at), "about": row.body,
    }, option=orjson.OPT_UTC_Z)  # fmt: skip


def _moment(milliseconds: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)
