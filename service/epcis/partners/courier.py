"""Sends documents to partners and asks what became of them: a thread of the worker process.

Each step is one transaction, the channel's row locked: make the next document, or send the one that waits, or ask for
the answer to the one that was sent. A crash between sending and marking means that the same document is sent again.
"""

import logging
from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from threading import Event
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, Engine, Row, text

from service.epcis.partners import answers, documents
from service.epcis.partners.answers import Verdict
from service.epcis.subscriptions.placing import last_place
from service.webhooks import signing
from service.webhooks.addresses import Lookup, Refused, address_of, look_up, target_of
from service.webhooks.outbox import FAULT, MOST_ATTEMPTS, pause
from service.webhooks.sending import WHOLE_SECONDS, Answer, Unsent, exchange
from service.webhooks.working import work

IDLE_SECONDS = 1.0
AGENT = "lotproof-epcis/1"

log = logging.getLogger(__name__)


class Courier:
    """`key` opens what partners gave us to show at their door; `local` allows http to this machine."""

    def __init__(
        self, engine: Engine, key: bytes, *, local: bool, now: Callable[[], datetime], dice: Callable[[], float],
        lookup: Lookup = look_up, within: float = WHOLE_SECONDS,
    ) -> None:  # fmt: skip
        self._engine, self._key, self._local, self._now, self._dice = engine, key, local, now, dice
        self._lookup, self._within = lookup, within

    def run(self, stop: Event) -> None:
        """Until `stop` is set; what is on its way is finished first."""
        work(stop, self.once, IDLE_SECONDS, log, "a partner was not sent to for a fault of ours")

    def once(self) -> bool:
        """One step for one channel; whether there was anything to do."""
        with self._engine.begin() as connection:
            last = last_place(connection)
            channel = connection.execute(_DUE, {"now": self._now(), "last": last}).one_or_none()
            if channel is None:
                return False
            waiting = connection.execute(_OPEN, {"channel": channel.id}).one_or_none()
            if waiting is None:
                documents.gather(connection, channel, last, uuid4(), self._now())
            elif waiting.state == "waiting":
                self._send(connection, channel, waiting)
            else:
                self._ask(connection, channel, waiting)
            return True

    def _send(self, connection: Connection, channel: Row[Any], transmission: Row[Any]) -> None:
        body = documents.written(connection, channel, transmission)
        told = {"body_hash": sha256(body).digest(), "sent_at": self._now()}
        try:
            answer = self._exchange("POST", channel, channel.url, body)
        except (Refused, Unsent) as why:
            self._later(connection, transmission, str(why), **told)
            return
        verdict = answers.of_capture(channel.url, answer.status, answer.headers, answer.body)
        if verdict is None:
            fault = f"expected an answer 2xx, got {answer.status}"
            self._later(connection, transmission, fault, answer=answer.status, **told)
        else:
            self._judged(connection, transmission, verdict, answer=answer.status, **told)

    def _ask(self, connection: Connection, channel: Row[Any], transmission: Row[Any]) -> None:
        if not answers.same_host(channel.url, transmission.receipt):
            self._judged(connection, transmission, Verdict("refused", "its capture job is on another host"))
            return
        try:
            answer = self._exchange("GET", channel, transmission.receipt, None)
        except (Refused, Unsent) as why:
            self._later(connection, transmission, str(why))
            return
        verdict = answers.of_job(answer.status, answer.body)
        if verdict is None:
            self._later(connection, transmission, f"the capture job is not over: {answer.status}")
        else:
            receipt = verdict.receipt or transmission.receipt
            self._judged(connection, transmission, Verdict(verdict.state, receipt))

    def _exchange(self, method: str, channel: Row[Any], url: str, body: bytes | None) -> Answer:
        target = target_of(url, local=self._local)
        headers = {"User-Agent": AGENT, "GS1-EPCIS-Version": "2.0.0", "GS1-CBV-Version": "2.0.0"}
        headers["Accept"] = "application/json"
        if body is not None:
            headers |= {"Content-Type": channel.media_type, "GS1-Capture-Error-Behaviour": "rollback"}
        if channel.sealed is not None:
            shown = signing.unseal(self._key, channel.id, channel.sealed)
            if shown is None:
                raise Unsent("expected a key sealed under LOTPROOF_WEBHOOK_KEY, got one under another key")
            headers["Authorization"] = shown
        return exchange(method, target, address_of(target, self._lookup), body, headers, self._within)

    def _later(self, connection: Connection, transmission: Row[Any], fault: str, **told: Any) -> None:
        dead = transmission.attempts + 1 >= MOST_ATTEMPTS
        at = self._now() + pause(transmission.attempts, self._dice())
        _set(connection, transmission, attempts=transmission.attempts + 1, next_at=at, fault=fault[:FAULT],
             state="dead" if dead else transmission.state, **told)  # fmt: skip

    def _judged(self, connection: Connection, transmission: Row[Any], verdict: Verdict, **told: Any) -> None:
        settled = None if verdict.state == "sent" else self._now()
        _set(connection, transmission, state=verdict.state, receipt=verdict.receipt, settled_at=settled, attempts=0,
             next_at=None, fault=None, **told)  # fmt: skip


def _set(connection: Connection, transmission: Row[Any], **values: Any) -> None:
    listed = ", ".join(f"{name} = :{name}" for name in values)
    connection.execute(text(f"UPDATE warehouse.epcis_transmission SET {listed} WHERE number = :number"),  # noqa: S608
                       {**values, "number": transmission.number})  # fmt: skip


_OPEN = text("""
    SELECT * FROM warehouse.epcis_transmission WHERE channel = :channel AND state IN ('waiting', 'sent')
    ORDER BY number LIMIT 1
""")
_DUE = text("""
    SELECT c.* FROM warehouse.epcis_channel c
    LEFT JOIN LATERAL (SELECT t.number, next_at FROM warehouse.epcis_transmission t
        WHERE t.channel = c.id AND t.state IN ('waiting', 'sent') ORDER BY number LIMIT 1) open ON true
    WHERE c.ended_at IS NULL AND (open.number IS NOT NULL AND (open.next_at IS NULL OR open.next_at <= :now)
        OR open.number IS NULL AND c.place < :last)
    ORDER BY open.next_at NULLS FIRST, c.place LIMIT 1 FOR UPDATE OF c SKIP LOCKED
""")
