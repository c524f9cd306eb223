"""Every scan is kept: the bytes as they came, what they were scanned for, what came of it, and what was answered.

Nothing else is written: a scan changes no lot. With an `id` of the caller's own a scan that is sent again, from the
queue of a scanner that was offline, counts once and gets the answer of the first time.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import insert

from service.domain.number_errors import ScanIdTaken
from service.domain.scans import Expectation, outcome_of, what_to_do
from service.models.scans import scan
from service.models.tables import item
from service.numbers.things import site_of
from service.scans.answer import answer_of
from service.scans.found import Looking
from service.scans.judge import Judged, judge
from service.scans.reading import read


@dataclass(frozen=True, slots=True)
class Scanned:
    id: UUID
    raw: bytes
    symbology: str | None = None
    site: str | None = None
    expect: Expectation | None = None


def record_scan(
    connection: Connection, party_id: int, scanned: Scanned, actor: str, now: datetime
) -> tuple[Mapping[str, Any], bool]:
    """The answer, and whether it was given before. Raises UnknownThing (the site), ScanIdTaken."""
    site_id = site_of(connection, party_id, scanned.site).id if scanned.site else None
    before = _kept(connection, party_id, scanned, site_id)
    if before is not None:
        return before, True
    reading = read(scanned.raw, scanned.symbology)
    judged = judge(reading, Looking(connection, party_id), scanned.expect, scanned.site)
    outcome = outcome_of(judged.findings)
    answer = answer_of(judged, scanned.expect, outcome, what_to_do(outcome, scanned.expect))
    told = {"id": str(scanned.id), "at": now, **answer}
    row = {
        "party_id": party_id, "id": scanned.id, "at": now, "site_id": site_id, "actor": actor, "outcome": outcome,
        "item_id": _item_id(connection, party_id, judged, scanned.expect), "lot_id": _lot_id(judged),
        "purpose": scanned.expect.kind if scanned.expect else None, "expected": _expected(scanned),
        "symbology": reading.symbology, "raw": scanned.raw, "answer": _json(told),
    }  # fmt: skip
    if connection.execute(insert(scan).values(row).on_conflict_do_nothing()).rowcount:
        return told, False
    first = _kept(connection, party_id, scanned, site_id)  # the same scan came twice at the same moment
    assert first is not None
    return first, True


def _kept(connection: Connection, party_id: int, scanned: Scanned, site_id: int | None) -> Mapping[str, Any] | None:
    kept = connection.execute(select(scan).where(scan.c.party_id == party_id, scan.c.id == scanned.id)).one_or_none()
    if kept is None:
        return None
    given = scanned.symbology in (None, kept.symbology)
    if (kept.raw, kept.site_id, kept.expected) != (scanned.raw, site_id, _expected(scanned)) or not given:
        raise ScanIdTaken(str(scanned.id))
    return orjson.loads(kept.answer)  # type: ignore[no-any-return]


def _expected(scanned: Scanned) -> str | None:
    return str(scanned.expect) if scanned.expect else None


def _lot_id(judged: Judged) -> int | None:
    lots = judged.found.lots
    return lots[0].id if len(lots) == 1 else None


def _item_id(connection: Connection, party_id: int, judged: Judged, expected: Expectation | None) -> int | None:
    """The item that was read, or the one that should have been: an unreadable label counts against its item."""
    found = judged.found
    if found.item:
        return found.item.id
    code = found.item_code or (expected and (expected.value if expected.kind == "item" else expected.item))
    asked = select(item.c.id).where(item.c.party_id == party_id, item.c.code == code)
    return connection.scalar(asked) if code else None


def _json(told: Mapping[str, Any]) -> str:
    return orjson.dumps(told, option=orjson.OPT_UTC_Z).decode()
