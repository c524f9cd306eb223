"""The record status of movements: recorded, sequenced, anchored, final. It says nothing about the goods."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection

import anchoring
from anchoring import Standing
from verifier.hashing import StatementHash
from verifier.uri import LOT, subject


@dataclass(frozen=True, slots=True)
class Records:
    """The standings of some statements, asked for at once."""

    origin: str
    standings: dict[StatementHash, list[Standing]]

    def of(self, statement_hash: bytes, lot: str) -> dict[str, Any]:
        """How the entry of this statement in this lot's chain stands, as members of a row."""
        mine = subject(LOT, self.origin, lot)
        found = self.standings.get(StatementHash(statement_hash), ())
        entry = next((each for each in found if each.subject == mine), None)
        if entry is None:
            return {"record_status": "recorded", "index": None, "block": None, "anchored_at": None}
        return {"record_status": _word(entry), "index": entry.index, "block": entry.block, "anchored_at": _time(entry)}

    def status(self, statement_hash: bytes, lot: str) -> str:
        return str(self.of(statement_hash, lot)["record_status"])


def records(connection: Connection, origin: str, statement_hashes: Collection[bytes]) -> Records:
    return Records(origin, anchoring.standings(connection, {StatementHash(each) for each in statement_hashes}))


def _word(entry: Standing) -> str:
    if entry.block is None:
        return "sequenced"
    return "final" if entry.final else "anchored"


def _time(entry: Standing) -> datetime | None:
    return None if entry.time is None else datetime.fromtimestamp(entry.time, UTC)
