"""Captures codes and keeps what is done with them, each request once.

What is done with a case is done with all that is in it. Requests of one party wait for each other, so of two that sell
one code at the same moment the second is flagged, and a request that is sent twice at once is answered twice and done
once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, insert, select, text

from service.domain.errors import BadName, UnknownThing
from service.domain.identifiers import check_text
from service.domain.trace_codes import Act, CodeOfAnotherLot, CodesTaken, Known, judge
from service.ledger.desk import hash_of
from service.models.records import trace_act, trace_code
from service.models.tables import lot, movement

MOST = 10_000
"""Codes that one request may reach, those inside of cases counted."""


@dataclass(frozen=True, slots=True)
class NewCode:
    code: str
    level: str = "unit"
    parent: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """Codes of one lot; `movement` is the one with which they came. Parents stand before what is in them."""

    id: UUID
    lot: str
    codes: tuple[NewCode, ...]
    movement: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Acting:
    """`result` and `alert` are what a repository of identifiers answered; `reason` is why a code is decommissioned."""

    id: UUID
    act: Act
    codes: tuple[str, ...]
    movement: UUID | None = None
    result: str | None = None
    alert: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class By:
    """For which party, by whose key, when."""

    party_id: int
    who: str
    now: datetime


def capture(connection: Connection, by: By, asked: Capture) -> tuple[list[dict[str, Any]], bool]:
    """What was flagged, and whether the request is new. Raises UnknownThing, CodeOfAnotherLot, CodesTaken, BadText."""
    hashed = hash_of(asdict(asked))
    done = _done(connection, by, asked.id, hashed)
    if done is not None:
        return done, False
    lot_id = connection.scalar(select(lot.c.id).where(lot.c.party_id == by.party_id, lot.c.uri == asked.lot))
    if lot_id is None:
        raise UnknownThing("lot", asked.lot)
    for each in asked.codes:
        check_text("code", each.code, limit=100)
    known = _states(connection, by.party_id, [each.code for each in asked.codes])
    _check_new(connection, by, asked, int(lot_id), known)
    _pack(connection, by.party_id, int(lot_id), asked.codes, known)
    return _keep(connection, by, asked, "captured", [each.code for each in asked.codes], known, hashed), True


def act(connection: Connection, by: By, asked: Acting) -> tuple[list[dict[str, Any]], bool]:
    """The same. Raises CannotReverse too, and BadName where a request reaches too many codes."""
    hashed = hash_of(asdict(asked))
    done = _done(connection, by, asked.id, hashed)
    if done is not None:
        return done, False
    reached = list(connection.scalars(_REACHED, {"party": by.party_id, "codes": list(asked.codes), "most": MOST + 1}))
    codes = sorted({*asked.codes, *reached})
    if len(codes) > MOST:
        raise BadName("codes", f"at most {MOST}, those inside of cases counted", "more")
    known = _states(connection, by.party_id, codes)
    return _keep(connection, by, asked, asked.act, codes, known, hashed), True


def _done(connection: Connection, by: By, id: UUID, hashed: bytes) -> list[dict[str, Any]] | None:
    """What this request was answered before; None if it is new. Whoever asks is alone until the transaction ends."""
    connection.execute(_ALONE, {"party": by.party_id % 2**31})
    mine = (trace_act.c.party_id == by.party_id, trace_act.c.id == id)
    rows = connection.execute(select(trace_act).where(*mine).order_by(trace_act.c.number)).all()
    if rows and bytes(rows[0].content_hash) != hashed:
        raise CodesTaken(str(id))
    return [{"code": row.code, "flag": row.flag} for row in rows if row.flag] if rows else None


def _states(connection: Connection, party_id: int, codes: Sequence[str]) -> dict[str, Any]:
    """The rows of those that are known, each with its newest act."""
    return {row.code: row for row in connection.execute(_STATES, {"party": party_id, "codes": list(codes)})}


def _check_new(connection: Connection, by: By, asked: Capture, lot_id: int, known: Mapping[str, Any]) -> None:
    for each in asked.codes:
        if each.code in known and known[each.code].lot_id != lot_id:
            raise CodeOfAnotherLot(each.code, known[each.code].uri, asked.lot)
    named = {each.parent for each in asked.codes if each.parent} - {each.code for each in asked.codes}
    there = set(connection.scalars(select(trace_code.c.code).where(
        trace_code.c.party_id == by.party_id, trace_code.c.code.in_(named))))  # fmt: skip
    for parent in sorted(named - there):
        raise UnknownThing("code", parent)


def _pack(
    connection: Connection, party_id: int, lot_id: int, codes: Sequence[NewCode], known: Mapping[str, Any]
) -> None:
    """New codes are added, outermost first; one that is packed anew is in its new case."""
    new = [{"party_id": party_id, "lot_id": lot_id, **asdict(each)} for each in codes if each.code not in known]
    if new:
        connection.execute(insert(trace_code), new)
    for each in codes:
        if each.code in known and each.parent is not None and known[each.code].parent != each.parent:
            mine = (trace_code.c.party_id == party_id, trace_code.c.code == each.code)
            connection.execute(trace_code.update().where(*mine).values(parent=each.parent))


def _keep(
    connection: Connection, by: By, asked: Capture | Acting, act: Act, codes: Sequence[str], known: Mapping[str, Any],
    hashed: bytes,
) -> list[dict[str, Any]]:  # fmt: skip
    number = _movement(connection, by.party_id, asked.movement)
    said = {name: getattr(asked, name, None) for name in ("result", "alert", "reason")}
    rows = [
        {"party_id": by.party_id, "id": asked.id, "content_hash": hashed, "code": code, "act": act, "movement": number,
         **said, "flag": judge(code, _known(known.get(code)), act, by.now), "who": by.who, "at": by.now}
        for code in codes
    ]  # fmt: skip
    connection.execute(insert(trace_act).inline(), rows)
    return [{"code": row["code"], "flag": row["flag"]} for row in rows if row["flag"]]


def _known(row: Any) -> Known:
    return Known() if row is None else Known(row.act, row.at)


def _movement(connection: Connection, party_id: int, id: UUID | None) -> int | None:
    if id is None:
        return None
    found = connection.scalar(select(movement.c.number).where(movement.c.party_id == party_id, movement.c.id == id))
    if found is None:
        raise UnknownThing("movement", str(id))
    return int(found)


_ALONE = text("SELECT pg_advisory_xact_lock(31417, CAST(:party AS integer))")
_STATES = text("""
    SELECT c.code, c.parent, c.lot_id, lot.uri, newest.act, newest.at
    FROM unnest(CAST(:codes AS text[])) AS asked (code)
    JOIN warehouse.trace_code c ON c.party_id = :party AND c.code = asked.code
    JOIN warehouse.lot ON lot.id = c.lot_id
    LEFT JOIN LATERAL (
        SELECT a.act, a.at FROM warehouse.trace_act a
        WHERE a.party_id = :party AND a.code = c.code AND a.act <> 'verified' ORDER BY a.number DESC LIMIT 1
    ) newest ON true
""")
_REACHED = text("""
    WITH RECURSIVE reached (code) AS (
        SELECT unnest(CAST(:codes AS text[]))
        UNION
        SELECT c.code FROM reached JOIN warehouse.trace_code c ON c.party_id = :party AND c.parent = reached.code
    ) SELECT code FROM reached LIMIT :most
""")
