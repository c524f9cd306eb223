"""Reads `story.json` and spells each step out as the movement that a company would send.

The story counts days from the day it is first played (day 0), because fresh milk must be fresh on the day of the demo.
Given that day, the expansion is a pure function: same day, same bytes, same movement ids (UUIDv5 of the story's ids).
So playing the story twice sends the same movements twice, and the ledger answers the second time as it did the first.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5
from zoneinfo import ZoneInfo

from verifier.uri import lot_uri, own_lot_uri

FILE = Path(__file__).with_name("story.json")
BULK_LIMIT = 1_000

Json = dict[str, Any]

_AS_WRITTEN = ("from", "to", "at", "to_party", "supplier", "customer", "reason", "witnesses", "certificate",
               "approved_by", "lot")


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the story: `movement` is what is sent; `refused` is the rule that must say no, or None."""

    id: str
    party: str
    movement: Json
    refused: str | None


@dataclass(frozen=True, slots=True)
class Call:
    """What a company sends at once: a warehouse with scanners one movement, an ERP all that is due."""

    party: str
    day: int
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Lot:
    """A lot of the story and the URI under which its chain stands in the ledger."""

    name: str
    item: str
    uri: str


@dataclass(frozen=True, slots=True)
class Story:
    """The parsed file; `content` is the JSON as it is written."""

    content: Json

    @property
    def title(self) -> str:
        """What it is about, in one line."""
        return str(self.content["about"][0]).rstrip(".")

    @property
    def parties(self) -> list[Json]:
        return list(self.content["parties"])

    def items_of(self, party: Json) -> list[Json]:
        """The items that a party keeps, each with its code."""
        return [{"code": code, **self.content["items"][code]} for code in party["items"]]

    def steps(self, day_zero: date) -> Iterator[tuple[int, Step]]:
        """Every step in the order of recording, with its day."""
        for day in self.content["days"]:
            for written in day["steps"]:
                yield day["day"], self._step(written, day_zero + timedelta(day["day"]), day_zero)

    def calls(self, day_zero: date) -> Iterator[Call]:
        """The steps as they are sent: who sends in bulk puts neighbouring steps of a day into one request."""
        alone = {party["id"] for party in self.parties if party["sends"] == "single"}

        def together(numbered: tuple[int, tuple[int, Step]]) -> tuple[int, str, object]:
            number, (day, step) = numbered
            return day, step.party, number if step.party in alone else None

        for (day, party, _), group in groupby(enumerate(self.steps(day_zero)), together):
            steps = tuple(step for _, (_, step) in group)
            for first in range(0, len(steps), BULK_LIMIT):
                yield Call(party, day, steps[first : first + BULK_LIMIT])

    def first_step(self) -> tuple[int, str, str]:
        """Day, party and id of the very first movement: from its recorded time the day of the first play is known."""
        day = self.content["days"][0]
        return day["day"], day["steps"][0]["by"], day["steps"][0]["id"]

    def lots(self, origin: str) -> list[Lot]:
        """Every lot of the story with its URI in the log `origin`."""
        return [self._lot(name, lot["item"], origin) for name, lot in self.content["lots"].items()]

    def never_registered(self, origin: str) -> Lot:
        """A lot number that looks as good as any other and was never registered."""
        missing = self.content["never_registered"]
        return self._lot(missing["lot"], missing["item"], origin)

    def _lot(self, name: str, item: str, origin: str) -> Lot:
        gtin = self.content["items"][item]["gtin"]
        if gtin:
            return Lot(name, item, lot_uri(gtin, name))
        keeper = next(party["id"] for party in self.parties if item in party["items"])
        return Lot(name, item, own_lot_uri(origin.split("/")[0], keeper, item, name))

    def _step(self, written: Json, day: date, day_zero: date) -> Step:
        movement: Json = {"id": str(movement_id(written["id"])), "type": written["do"]}
        movement["event_time"] = self._moment(day, written["time"], written["by"])
        movement["documents"] = [_document(text) for text in written.get("docs", ())]
        movement |= {name: written[name] for name in _AS_WRITTEN if name in written}
        if "answers" in written:
            movement["handoff"] = str(movement_id(written["answers"]))
        if "lots" in written:
            movement["lines"] = [self._line(written, *goods, day_zero) for goods in written["lots"].items()]
        if "outputs" in written:
            movement["item"] = self.content["lots"][written["lot"]]["item"]
            movement["outputs"] = [{"lot": lot, "quantity": quantity} for lot, quantity in written["outputs"].items()]
        return Step(written["id"], written["by"], movement, written.get("refused"))

    def _line(self, written: Json, lot: str, quantity: str, day_zero: date) -> Json:
        known, does = self.content["lots"][lot], written["do"]
        line: Json = {"item": known["item"], "lot": lot, "quantity": quantity}
        if "status" in written:
            line["status"] = written["status"]
        if does in ("register", "receive"):
            line["production_date"] = (day_zero + timedelta(known["made"])).isoformat()
            line["expiry_date"] = (day_zero + timedelta(known["expires"])).isoformat()
        if does == "receive":
            line["manufacturer_lot"] = lot
        return line

    def _moment(self, day: date, clock: str, party: str) -> str:
        sites = next(known["sites"] for known in self.parties if known["id"] == party)
        return datetime.combine(day, time.fromisoformat(clock), ZoneInfo(sites[0]["zone"])).isoformat()


def read(file: Path = FILE) -> Story:
    """The story as it is committed."""
    return Story(json.loads(file.read_bytes()))


def movement_id(story_id: str) -> UUID:
    """The movement id of a step, the same for every reader of the story."""
    return uuid5(NAMESPACE_URL, f"urn:lotproof:demo:{story_id}")


def _document(text: str) -> Json:
    kind, _, number = text.partition(" ")
    return {"type": kind, "id": number}
