"""What was erased of events about others' goods: exactly what a signed notice in the event's history says.

The checks are those of movements, but for the request, which there is none of.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, text

from anchoring import Finding
from service.audit import parties
from service.audit.block import ERASED
from service.audit.erasures import Notice, approved, in_the_log, of_erasure, read_notice, repeats
from service.audit.told import Unreadable, told
from service.domain.erasable import NotErasable, erasable_of_evidence
from service.epcis.evidence import history_uri
from service.statements.reading import decoded, parts_of

Found = Iterator[Finding]


@dataclass(frozen=True, slots=True)
class _Alone:
    """A block of one event: nothing of the log is looked up by its number."""

    def index(self, _: int) -> int | None:
        return None


@dataclass(frozen=True, slots=True)
class _Event:
    """The event in the members of a movement that the checks look at."""

    number: int
    id: str
    party_id: int
    statement_hash: bytes
    lots: list[str]
    disclosures: str
    jwt: str


def erasures_of_evidence(connection: Connection, origin: str) -> Found:
    issuers, block = parties.issuers(connection), _Alone()
    for each in connection.execute(text(_ERASURES)):
        event = _event(connection, each, origin)
        if event is None:
            yield of_erasure(block, each, each, "statement_hash", "an event that was captured", "none")
            continue
        notice = read_notice(each)
        if notice is None:
            yield of_erasure(block, event, each, "notice", "the hash of a notice of this erasure", each.notice.hex())
            continue
        yield from repeats(block, event, each, notice, issuers)
        yield from approved(block, event, each, notice)
        yield from in_the_log(block, event, each, origin)
        yield from _exactly(block, event, each)


def excused_evidence(connection: Connection) -> dict[bytes, set[bytes]]:
    """By statement: the digests that notices in the log, or on their way there, name."""
    found: dict[bytes, set[bytes]] = {}
    for each in connection.execute(text(_ERASURES)):
        notice: Notice | None = read_notice(each) if each.entered or each.waiting else None
        if notice is not None:
            found.setdefault(notice.statement, set()).update(digest.encode() for digest in notice.digests)
    return found


def _event(connection: Connection, erasure: Row[Any], origin: str) -> _Event | None:
    row = connection.execute(text(_EVENT), {"hash": erasure.statement_hash}).one_or_none()
    if row is None:
        return None
    lots = [history_uri(origin.split("/", 1)[0], row.party, row.history)]
    return _Event(row.number, row.id, row.party_id, bytes(row.statement_hash), lots, row.disclosures, row.jwt)


def _exactly(block: _Alone, event: _Event, erasure: Row[Any]) -> Found:
    """What went may go, was there, and is gone."""
    try:
        wanted = erasable_of_evidence(erasure.property)
        hidden = told(event.jwt, event.disclosures).hidden
    except (NotErasable, Unreadable) as error:
        yield of_erasure(block, event, erasure, "property", "one that may go", str(error))
        return
    shown = {value[0] for part in parts_of(event.disclosures) if len(value := decoded(part)[1:]) == 2}
    if wanted.document is None and wanted.name in shown:
        yield of_erasure(block, event, erasure, "property", f"no {wanted.name}: it was erased", "disclosed")
    elif wanted.document is not None and wanted.name not in shown:
        yield of_erasure(block, event, erasure, "property", f"the list {wanted.name}", "not disclosed")
    elif erasure.digest.encode() not in hidden:
        expected = "a digest of the statement that is disclosed no more"
        yield of_erasure(block, event, erasure, "digest", expected, erasure.digest)
    if list(erasure.parts) != [erasure.property]:
        yield of_erasure(block, event, erasure, "parts", [erasure.property], list(erasure.parts))


_ERASURES = ERASED.format("e.movement IS NULL")
_EVENT = """
    SELECT v.number, s.id::text AS id, v.party_id, v.statement_hash, v.history, p.code AS party, s.jwt, d.disclosures
    FROM warehouse.epcis_event v JOIN warehouse.party p ON p.id = v.party_id
    JOIN warehouse.statement s ON s.statement_hash = v.statement_hash
    JOIN warehouse.disclosure d ON d.statement_hash = v.statement_hash
    WHERE v.statement_hash = :hash AND v.movement IS NULL
"""
