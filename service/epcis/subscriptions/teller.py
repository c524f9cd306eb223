"""Sends what subscribers are due: threads in the worker process, as many workers as there are.

A crash at any point is made good by the same steps: what was fixed and not marked as told is sent again, as the same
document. Who answers is judged as receivers of webhooks are (`service.webhooks.addresses`): public addresses only.
"""

import logging
from collections.abc import Callable
from datetime import datetime
from threading import Event
from typing import Any

from sqlalchemy import Connection, Engine, Row

from service.epcis.documents import write
from service.epcis.query.documents import prefix_lengths, query_document
from service.epcis.query.faults import QueryFault
from service.epcis.subscriptions import telling
from service.epcis.subscriptions.placing import IDLE_SECONDS, go_on
from service.epcis.subscriptions.signing import SIGNATURE, signature_of
from service.epcis.subscriptions.telling import Message
from service.webhooks import signing
from service.webhooks.addresses import Lookup, Refused, address_of, look_up, target_of
from service.webhooks.sending import WHOLE_SECONDS, Unsent, post
from service.webhooks.working import work

AGENT = "lotproof-epcis/1"

log = logging.getLogger(__name__)


class Teller:
    """`key` opens the tokens; `local` allows http to this machine, for tests and development."""

    def __init__(
        self, engine: Engine, key: bytes, *, local: bool, now: Callable[[], datetime], dice: Callable[[], float],
        lookup: Lookup = look_up, within: float = WHOLE_SECONDS,
    ) -> None:  # fmt: skip
        self._engine, self._key, self._local, self._now, self._dice = engine, key, local, now, dice
        self._lookup, self._within = lookup, within

    def run(self, stop: Event) -> None:
        """Until `stop` is set; what is on its way is finished first."""
        work(stop, self._step, IDLE_SECONDS, log, "a subscriber was not told for a fault of ours")

    def _step(self) -> bool:
        go_on(self._engine)
        return self.once()

    def once(self) -> bool:
        """One step for one subscription; whether there was anything to do."""
        with self._engine.begin() as connection:
            row = telling.due(connection, self._now())
            if row is None:
                return False
            if row.until is None:
                telling.prepare(connection, row, self._now())
            else:
                self._deliver(connection, row)
            return True

    def _deliver(self, connection: Connection, row: Row[Any]) -> None:
        answer = None
        try:
            answer = self._send(row, *self._written(connection, telling.message(connection, row)))
            if not 200 <= answer < 300:
                raise Unsent(f"expected an answer 2xx, got {answer}")
        except (Refused, Unsent, QueryFault) as why:
            log.info("subscription %s: %s", row.id, why)
            telling.failed(connection, row, answer, str(why), self._now(), self._dice())
        else:
            telling.delivered(connection, row, answer, self._now())

    def _written(self, connection: Connection, message: Message) -> tuple[bytes, str]:
        row, id = message.subscription, f"urn:uuid:{message.id}"
        document = query_document(message.events, self._now(), row.name, str(row.id), id)
        lengths = prefix_lengths(connection, row.party_id)
        return write(document, row.media_type, row.epc_format, lengths), id

    def _send(self, row: Row[Any], body: bytes, id: str) -> int:
        target = target_of(row.url, local=self._local)
        headers = {"Content-Type": row.media_type, "User-Agent": AGENT, "GS1-EPCIS-Version": "2.0.0",
                   "GS1-CBV-Version": "2.0.0", "GS1-EPC-Format": row.epc_format, "X-Document-ID": id}  # fmt: skip
        if row.sealed is not None:
            token = signing.unseal(self._key, row.id, row.sealed)
            if token is None:
                raise Unsent("expected a token sealed under LOTPROOF_WEBHOOK_KEY, got one under another key")
            headers[SIGNATURE] = signature_of(token, body)
        return post(target, address_of(target, self._lookup), body, headers, self._within)
