"""What of an event about others' goods an erasure would take, and the event as it stands afterwards.

The event has no request and no journal: there is its statement, and the row that is found by questions. So the row is
read anew from what the statement still discloses, as events of movements are; the commitment to all that was captured
loses its salt, and with it what it could be compared with.

What the statement could not tell (`lotproof:without`) is signed by that commitment alone, so nothing of such an event
goes before all of that has gone: an erasure of its own, of the property `lotproof:without`.
"""

import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import Connection, text

from service.domain.erasable import Erasable, NotErasable, erasable_of_evidence
from service.domain.errors import UnknownThing
from service.epcis.documents.canonical import canonical_event
from service.epcis.evidence import WITHOUT, history_uri, untold
from service.epcis.movements import event_of, named
from service.epcis.store import Kept, body_of, keep
from service.epcis.wanted import wanted_of
from service.erasing.target import Target, digest_and_value
from service.statements.reading import decoded, parts_of

ERASED = "erased"


class Source:
    """An event that was captured as evidence, in the members of a movement as far as erasures need them."""

    number = None  # it is no movement
    content = parts = None

    def __init__(self, row: Any, host: str) -> None:
        self.id, self.statement_hash, self.disclosures, self.row = row.id, row.statement_hash, row.disclosures, row
        self.lots = [history_uri(host, row.party, row.history)]


def named_event(connection: Connection, party_id: int, event_id: str, declares: bool, host: str) -> Source:
    """The party's event of this id, or the declaration of an error in it; raises UnknownThing."""
    values = {"party": party_id, "id": event_id, "declares": declares, "hash": None}
    row = connection.execute(_EVIDENCE, values).one_or_none()
    if row is None:
        raise UnknownThing("event about others' goods", event_id)
    return Source(row, host)


def of_statement(connection: Connection, party_id: int, hashed: bytes, host: str) -> Source:
    """Raises UnknownThing."""
    values = {"party": party_id, "id": None, "declares": None, "hash": hashed}
    row = connection.execute(_EVIDENCE, values).one_or_none()
    if row is None:
        raise UnknownThing("event about others' goods", hashed.hex())
    return Source(row, host)


def target_of_evidence(source: Source, property: str) -> Target:
    """Raises NotErasable and NothingToErase."""
    wanted = erasable_of_evidence(property)
    digest, value = digest_and_value(source.disclosures, wanted, property)
    if property == WITHOUT:
        value = [member for name, member in body_of(source.row.body).items() if name in value]
    elif WITHOUT in {said[1] for part in parts_of(source.disclosures) if len(said := decoded(part)) == 3}:
        expected, seen = f"one whose statement tells all of it, so {WITHOUT} first", f"one with {WITHOUT}"
        raise NotErasable("event", expected, seen)
    return Target(source, digest, (property,), tuple(dict.fromkeys(_words(value))))


def read_again(connection: Connection, party_id: int, source: Source, left: str) -> None:
    """The event of what is left of its statement. The old row went when its disclosure did (migration 0029).

    An id that is a hash of all that was said would let the rest be tried: then the event is named by its statement.
    """
    row = source.row
    id = None if row.event_id.startswith("ni:") else row.event_id
    wanted = wanted_of(*canonical_event(named(event_of(left), id), {}))
    kept = Kept(wanted, source.statement_hash, history=row.history)
    keep(connection, party_id, [kept], row.record_time, row.capture)


def check_not_at_work(connection: Connection, party_id: int, words: Sequence[str]) -> None:
    """Raises NotErasable while a job still holds a document with these words; it is over within an hour."""
    for packed in connection.scalars(_BODIES, {"party": party_id}):
        body = zlib.decompress(packed)
        if any(word.encode() in body or orjson.dumps(word)[1:-1] in body for word in words):
            raise NotErasable("event", "one that no capture job works on", "one in the document of a job")


def forget_in_jobs(connection: Connection, party_id: int, words: Sequence[str]) -> None:
    """What jobs said was wrong may repeat what was sent."""
    for number, errors in connection.execute(_ERRORS, {"party": party_id}).all():
        left = _without(errors, words)
        if left != errors:
            connection.execute(_FORGET, {"number": number, "errors": orjson.dumps(left).decode()})


def _without(value: Any, words: Sequence[str]) -> Any:
    if isinstance(value, str):
        return ERASED if any(word in value for word in words) else value
    if isinstance(value, list):
        return [_without(each, words) for each in value]
    return {name: _without(each, words) for name, each in value.items()} if isinstance(value, dict) else value


def is_rest(stored: Mapping[str, Any], said: Mapping[str, Any], gone: Sequence[str]) -> bool:
    """Whether an event that comes again is the stored one but for what was erased of it: that is not compared."""
    never = untold(said) if WITHOUT in gone else ()
    left = {name: value for name, value in said.items() if name not in never}
    for each in sorted((erasable_of_evidence(name) for name in gone), key=_last_first):
        if each.document is None:
            left.pop(each.name, None)
        elif each.document < len(left.get(each.name, ())):
            left[each.name] = [member for at, member in enumerate(left[each.name]) if at != each.document]
    return _compared(stored) == _compared(left)


def gone_of(connection: Connection, statement: bytes) -> list[str]:
    """The properties that were erased of it."""
    return list(connection.scalars(_GONE, {"hash": statement}))


def _last_first(each: Erasable) -> int:
    return -(each.document or 0)


def _compared(event: Mapping[str, Any]) -> dict[str, Any]:
    ours = ("@context", "eventID", "recordTime")
    return {name: value for name, value in event.items()
            if name not in ours and not name.startswith("lotproof:captured") and value != []}  # fmt: skip


def _words(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, each in value.items():
            if name != "type":
                yield from _words(each)
    elif isinstance(value, list):
        for each in value:
            yield from _words(each)
    elif isinstance(value, str) and value:
        yield value


_EVIDENCE = text("""
    SELECT v.number, v.event_id, v.declares_error, v.history, v.record_time, v.capture, v.statement_hash, s.id,
        v.body::text AS body, d.disclosures, p.code AS party
    FROM warehouse.epcis_event v JOIN warehouse.statement s USING (statement_hash)
    JOIN warehouse.disclosure d USING (statement_hash) JOIN warehouse.party p ON p.id = v.party_id
    WHERE v.party_id = :party AND v.movement IS NULL AND v.history IS NOT NULL
        AND (CAST(:hash AS bytea) IS NULL OR v.statement_hash = :hash)
        AND (CAST(:id AS text) IS NULL OR (v.event_id = :id AND v.declares_error = :declares))
""")
_BODIES = text("SELECT body FROM warehouse.epcis_capture WHERE party_id = :party AND body IS NOT NULL")
_ERRORS = text("SELECT number, errors FROM warehouse.epcis_capture WHERE party_id = :party AND errors <> '[]'")
_FORGET = text("UPDATE warehouse.epcis_capture SET errors = CAST(:errors AS jsonb) WHERE number = :number")
_GONE = text("SELECT property FROM warehouse.erasure WHERE statement_hash = :hash AND state = 'erased'")
