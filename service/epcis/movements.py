"""Every movement of ours is an EPCIS event: read from what its statement discloses, and kept among the events.

    warehouse.epcis_due -- read_due --> warehouse.epcis_event

A movement is due from the transaction that recorded it (migration 0029) until somebody looks at the party's events:
`read_due` is called before they are asked for. What was erased from a statement is in no event.
"""

from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, text

from service.epcis.documents.canonical import canonical_event
from service.epcis.documents.document import Event
from service.epcis.evidence import CAPTURED_ID
from service.epcis.store import Kept, keep
from service.epcis.wanted import wanted_of
from service.statements.reading import decoded, digest_of, parts_of

AT_ONCE = 500
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def read_due(connection: Connection, party_id: int, most: int = AT_ONCE) -> int:
    """Read up to `most` movements of the party as events; how many there were. Of two callers, one reads each."""
    rows = connection.execute(text(_DUE), {"party": party_id, "most": most}).all()
    by_time: dict[int, list[Kept]] = defaultdict(list)
    for row in rows:
        made = wanted_of(*canonical_event(named(event_of(row.disclosures), row.event_id), {}))
        by_time[row.recorded_at].append(Kept(made, row.statement_hash, row.number))
    for recorded_at, kept in by_time.items():
        keep(connection, party_id, kept, EPOCH + timedelta(milliseconds=recorded_at))
    return len(rows)


def read_all_due(engine: Engine, party_id: int) -> None:
    """Until none is left, in transactions of their own: before somebody looks at the events of the party."""
    while True:
        with engine.begin() as connection:
            if read_due(connection, party_id) < AT_ONCE:
                return


def named(event: Event, event_id: str | None = None) -> Event:
    """A movement that came as an event keeps that event's id."""
    id = event_id or event.get(CAPTURED_ID)
    return event | {"eventID": id} if id else event


def event_of(disclosures: str) -> Event:
    """The event that a movement's statement tells, as far as it is shown; its `eventID` names the movement."""
    parts = {digest_of(part): decoded(part) for part in parts_of(disclosures)}
    told = {value[1]: value[2] for value in parts.values() if len(value) == 3}
    event = {name: _members(value, parts) for name, value in told.items() if value is not None}
    context = [each for each in event.pop("@context", []) if isinstance(each, Mapping)]
    return ({"@context": context} if context else {}) | event


def event_id(movement: UUID) -> str:
    return f"urn:uuid:{movement}"


def _members(value: Any, parts: Mapping[str, Any]) -> Any:
    """The shown members of a list of digests; any other value as it is."""
    if not isinstance(value, list) or not all(isinstance(each, dict) and each.keys() == {"..."} for each in value):
        return value
    return [parts[each["..."]][-1] for each in value if each["..."] in parts]


# Whoever comes second waits until the first has committed, and then sees the events.
_DUE = """
    WITH due AS (
        DELETE FROM warehouse.epcis_due WHERE movement IN (
            SELECT movement FROM warehouse.epcis_due WHERE party_id = :party ORDER BY movement LIMIT :most)
        RETURNING movement, event_id
    )
    SELECT m.number, m.recorded_at, m.statement_hash, s.disclosures, due.event_id
    FROM due JOIN warehouse.movement m ON m.number = due.movement
    JOIN warehouse.disclosure s ON s.statement_hash = m.statement_hash ORDER BY m.number
"""
