"""An event as it is to be kept: its id, its hash id, and the digest of all that it says."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import orjson

from service.epcis import hashes
from service.epcis.documents import Document
from service.epcis.documents.canonical import without
from service.epcis.documents.document import Event, Spelling
from service.epcis.documents.json_bytes import plain
from service.epcis.hashes import hash_id

PROOF = "lotproof:proof"
"""What this service adds to an event when it shows it; no part of the event."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """`position` is the event's in its document. An event without an id is named by its hash id, as CBV 2.0 says."""

    position: int
    event: Event
    spelled: Spelling
    event_id: str
    declares_error: bool
    hash: bytes
    sha256: bytes

    @property
    def key(self) -> tuple[str, bool]:
        """By which it is told from the party's other events: a declaration of an error has the id of what it is of."""
        return self.event_id, self.declares_error


def wanted_of(event: Event, spelled: Spelling, position: int = 0, ignored: frozenset[str] = frozenset(), *,
              xml: bool = False) -> Wanted:  # fmt: skip
    event = without(event, PROOF) if PROOF in event else event
    digest = hashes.digest(event, ignored, xml=xml)
    named = event if "eventID" in event else {"eventID": hash_id(digest), **event}
    return Wanted(position, named, spelled, named["eventID"], "errorDeclaration" in event, digest, all_of(named))


def all_wanted(document: Document) -> list[Wanted]:
    pairs = zip(document.events, document.spellings, strict=True)
    return [wanted_of(event, spelled, at, document.ignored, xml=document.xml)
            for at, (event, spelled) in enumerate(pairs)]  # fmt: skip


def all_of(event: Mapping[str, Any]) -> bytes:
    """SHA-256 of everything that an event says but its recordTime, which the repository gives it.

    Of its JSON with sorted members and numbers as they are spelled, so that it is the same after PostgreSQL's jsonb.
    """
    said = {name: value for name, value in event.items() if name != "recordTime"}
    return sha256(orjson.dumps(said, default=plain, option=orjson.OPT_SORT_KEYS)).digest()
