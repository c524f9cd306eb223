"""The rows of events: written by the hundred, told apart by their ids, read back as they were.

    epcis_event        one row for an event of a party, whether captured or a movement of its own
    epcis_event_epcs   one for each thing that it names, with the property in which it stands
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text
from sqlalchemy import Row as SqlRow

from service.epcis.documents.document import Event
from service.epcis.documents.json_bytes import dumps, trusted
from service.epcis.identifiers import identifiers_of
from service.epcis.validation import moment
from service.epcis.wanted import Wanted
from service.ledger.adding import Row, Target, add, add_returning, binary, driver, quoted

_EVENTS = Target("warehouse.epcis_event", "party_id bigint, event_id text, declares_error boolean, hash bytea,"
                 " event_time timestamptz, record_time timestamptz, type text, action text, biz_step text,"
                 " disposition text, read_point text, biz_location text, transformation_id text, body jsonb,"
                 " spelled jsonb, sha256 bytea, salt bytea, history uuid, capture bigint, movement bigint,"
                 " statement_hash bytea")  # fmt: skip
_EPCS = Target("warehouse.epcis_event_epcs", "event bigint, role text, value text, party_id bigint,"
               " event_time timestamptz")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Kept:
    """An event with what stands behind it: the hash of its statement, and a movement's number or a history of evidence;
    `salt` is that of the commitment in the statement.
    """

    wanted: Wanted
    statement_hash: bytes
    movement: int | None = None
    history: UUID | None = None
    salt: bytes | None = None


def keep(connection: Connection, party_id: int, kept: Sequence[Kept], at: datetime, capture: int | None = None) -> None:
    """Write these events; `at` is their record time. None of them may be there already."""
    raw = driver(connection)
    rows = [_row(party_id, each, at, capture) for each in kept]
    found = add_returning(raw, _EVENTS, rows, "event_id, declares_error, number")
    numbers = {(event_id, declares): number for event_id, declares, number in found}
    add(raw, _EPCS, [
        (numbers[each.wanted.key], role, quoted(value), party_id, quoted(moment(each.wanted.event["eventTime"])))
        for each in kept for role, value in dict.fromkeys(identifiers_of(each.wanted.event))
    ])  # fmt: skip


def known(connection: Connection, party_id: int, ids: Iterable[str]) -> dict[tuple[str, bool], bytes]:
    """Of these event ids, those that the party has: by id and whether it declares an error, the digest of all that it
    said.
    """
    rows = connection.execute(text(_KNOWN), {"party": party_id, "ids": list(ids)})
    return {(row.event_id, row.declares_error): row.sha256 for row in rows}


def histories(connection: Connection, party_id: int, ids: Iterable[str]) -> dict[str, UUID]:
    """Of these events, those that are evidence, by id: the history of each."""
    rows = connection.execute(text(_HISTORIES), {"party": party_id, "ids": list(ids)})
    return {row.event_id: row.history for row in rows}


def erased_event(connection: Connection, party_id: int, event_id: str, declares_error: bool) -> SqlRow[Any] | None:
    """The evidence of this name of which something was erased: its body as text, and its statement."""
    values = {"party": party_id, "id": event_id, "declares": declares_error}
    return connection.execute(text(_ERASED), values).one_or_none()


def body_of(stored: str) -> Event:
    """The canonical event of a row, asked for as `body::text`: its numbers are exact."""
    event: Event = trusted(stored)
    return event


def record_time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _row(party_id: int, kept: Kept, at: datetime, capture: int | None) -> Row:
    wanted, event = kept.wanted, kept.wanted.event
    body = dumps({**event, "recordTime": record_time(at)}).decode()
    return (
        party_id, quoted(wanted.event_id), wanted.declares_error, binary(wanted.hash),
        quoted(moment(event["eventTime"])), quoted(at), quoted(event["type"]), quoted(event.get("action")),
        quoted(event.get("bizStep")), quoted(event.get("disposition")), quoted(_id(event, "readPoint")),
        quoted(_id(event, "bizLocation")), quoted(event.get("transformationID")), quoted(body),
        quoted(dumps(wanted.spelled).decode()), binary(wanted.sha256), kept.salt and binary(kept.salt), kept.history,
        capture, kept.movement, binary(kept.statement_hash),
    )  # fmt: skip


def _id(event: Mapping[str, Any], place: str) -> str | None:
    return event.get(place, {}).get("id")


_KNOWN = """
    SELECT event_id, declares_error, sha256 FROM warehouse.epcis_event
    WHERE party_id = :party AND event_id = ANY(:ids)
"""
_ERASED = """
    SELECT body::text AS body, statement_hash FROM warehouse.epcis_event
    WHERE party_id = :party AND event_id = :id AND declares_error = :declares AND history IS NOT NULL AND salt IS NULL
"""
_HISTORIES = """
    SELECT event_id, history FROM warehouse.epcis_event
    WHERE party_id = :party AND event_id = ANY(:ids) AND history IS NOT NULL
"""
