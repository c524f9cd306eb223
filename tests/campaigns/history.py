"""Clients that record what they asked and what they were told, while the service dies under them.

Each client has lots of its own, so it knows what must be there: what was answered with 200 or 201 is recorded, what was
refused with 4xx is not. An answer that did not come is asked for again, with the same id and content, until it comes.
"""

import json
import time
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from random import Random
from threading import Event
from typing import Any
from uuid import UUID

Json = dict[str, Any]
SHELVES = ("S/A", "S/B")
NEW, MOST_LOTS = 40, 30


@dataclass(slots=True)
class Asked:
    """One movement: how often it was sent, when it was answered at last, and every receipt that ever came."""

    body: Json
    answer: Json | None = None
    status: int = 0
    sent: int = 0
    answered_at: float = 0.0
    receipts: list[Json] = field(default_factory=list)


class Door:
    """A connection that is made anew whenever it broke. No answer is an answer too: None."""

    def __init__(self, port: int, key: str, timeout: float = 15) -> None:
        self._port, self._timeout = port, timeout
        self._headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        self._connection: HTTPConnection | None = None

    def of(self, key: str) -> "Door":
        """The same door for another caller."""
        return Door(self._port, key, self._timeout)

    def send(self, method: str, path: str, body: object = None) -> tuple[int, Any] | None:
        """Status and JSON; None if the connection broke, or the service said that it cannot at this moment."""
        try:
            if self._connection is None:
                self._connection = HTTPConnection("127.0.0.1", self._port, timeout=self._timeout)
            text = None if body is None else json.dumps(body)
            self._connection.request(method, "/api/v1" + path, text, self._headers)
            answer = self._connection.getresponse()
            status, raw = answer.status, answer.read()
            if status == 429:  # the check afterwards asks as quickly as it can
                time.sleep(float(answer.headers["Retry-After"]))
                return self.send(method, path, body)
            return None if status in (502, 503, 504) else (status, json.loads(raw))
        except (OSError, HTTPException, ValueError):
            self._connection = None
            return None


class Client:
    """Brings lots in, moves and ships them, one movement after the other; `stop` ends it with nothing unanswered."""

    def __init__(self, name: str, door: Door, dice: Random) -> None:
        self.name, self._door, self._dice = name, door, dice
        self.history: list[Asked] = []
        self.stock: dict[str, dict[str, int]] = {}
        self.abandoned = False

    def run(self, stop: Event) -> None:
        while not stop.is_set():
            asked = Asked(self._movement())
            self.history.append(asked)
            self._ask(asked)
            known = self._dice.choice(self.history)
            if self._dice.random() < 0.1 and known.status in (200, 201):  # what was refused may be right another time
                self._ask(known)

    def _ask(self, asked: Asked) -> None:
        while (told := self._door.send("POST", "/movements", asked.body)) is None:
            if self.abandoned:
                raise AssertionError(f"{self.name} never got an answer to {asked.body}")
            asked.sent += 1
            time.sleep(0.05)
        asked.sent += 1
        status, answer = told
        if asked.answer is None:
            asked.status, asked.answer, asked.answered_at = status, answer, time.monotonic()
            if status in (200, 201):
                self._post(asked.body)
        asked.receipts += answer.get("receipts") or []

    def _movement(self) -> Json:
        id = str(UUID(int=self._dice.getrandbits(128), version=4))
        living = sorted(lot for lot, lying in self.stock.items() if any(lying.values()))
        if len(living) < MOST_LOTS and (not living or self._dice.random() < 0.2):
            line = {"item": "PILL", "lot": f"{self.name}-{len(self.stock)}", "quantity": str(NEW)}
            return {"id": id, "type": "register", "to": SHELVES[0], "lines": [line]}
        lot, (source, target) = self._dice.choice(living), self._dice.sample(SHELVES, 2)
        line = {"item": "PILL", "lot": lot, "quantity": str(self._dice.randint(1, NEW // 4))}
        if self._dice.random() < 0.3:
            return {"id": id, "type": "ship", "from": source, "customer": "c", "lines": [line]}
        return {"id": id, "type": "move", "from": source, "to": target, "lines": [line]}

    def _post(self, body: Json) -> None:
        """What an answer promised."""
        (line,) = body["lines"]
        lying = self.stock.setdefault(line["lot"], dict.fromkeys(SHELVES, 0))
        if body["type"] != "register":
            lying[body["from"]] -= int(line["quantity"])
        if body["type"] != "ship":
            lying[body["to"]] += int(line["quantity"])
