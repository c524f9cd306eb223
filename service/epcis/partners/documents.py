"""Which events a document to a partner holds, and its bytes."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, text

from service.epcis.documents import Document, write
from service.epcis.documents.json_bytes import trusted
from service.epcis.query import reading
from service.epcis.query.compiling import Reader
from service.epcis.query.conditions import RECORD_TIME, Column, Condition, Paths, Question
from service.epcis.query.documents import prefix_lengths

MOST_EVENTS = 100
NAMED = ("$.sourceList[*].source", "$.destinationList[*].destination")


def naming(partner: str, since: datetime) -> Question:
    """Events in which the partner is whom something comes from or goes to."""
    return Question((
        Condition("", Paths(NAMED), "EQ", (partner,), "parties"),
        Condition("GE_recordTime", Column(RECORD_TIME), "GE", (since.isoformat(),), "base"),
    ))  # fmt: skip


def gather(connection: Connection, channel: Row[Any], last: int, new: UUID, now: datetime) -> None:
    """The next document of a channel, if there is anything to send, among the arrivals to `last`."""
    question = naming(channel.partner, channel.since)
    found = reading.arrived(connection, question, Reader(channel.party_id), channel.place, last, MOST_EVENTS)
    own = [row for row in found if row.party == channel.party_id]
    place = int(found[-1].at) if len(found) == MOST_EVENTS else last
    connection.execute(_LOOKED, {"channel": channel.id, "place": place})
    if own:
        made = {"channel": channel.id, "document": new, "events": len(own), "now": now}
        number = connection.execute(_MADE, made).scalar_one()
        connection.execute(_HOLDS, {"channel": channel.id, "number": number, "events": [row.number for row in own]})


def written(connection: Connection, channel: Row[Any], transmission: Row[Any]) -> bytes:
    """The same bytes each time, as long as none of its events was erased."""
    rows = connection.execute(_HELD, {"number": transmission.number, "party": channel.party_id}).all()
    date = transmission.made_at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    document = Document(
        [trusted(row.body) for row in rows], creation_date=date, id=f"urn:uuid:{transmission.document}",
        spellings=[row.spelled for row in rows],
    )  # fmt: skip
    return write(document, channel.media_type, channel.epc_format, prefix_lengths(connection, channel.party_id))


_LOOKED = text("UPDATE warehouse.epcis_channel SET place = :place WHERE id = :channel")
_MADE = text("""
    INSERT INTO warehouse.epcis_transmission (channel, document, events, made_at, state)
    VALUES (:channel, :document, :events, :now, 'waiting') RETURNING number
""")
_HOLDS = text("""
    INSERT INTO warehouse.epcis_transmitted (channel, event_id, declares_error, transmission)
    SELECT :channel, event_id, declares_error, :number FROM warehouse.epcis_event WHERE number = ANY (:events)
""")
_HELD = text("""
    SELECT CAST(e.body AS text) AS body, e.spelled FROM warehouse.epcis_transmitted t
    JOIN warehouse.epcis_event e ON e.event_id = t.event_id AND e.declares_error = t.declares_error
    WHERE t.transmission = :number AND e.party_id = :party ORDER BY e.number
""")
