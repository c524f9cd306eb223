"""A person says that the warehouse is right again about a lot: it was counted, corrected, or never existed here.

A party whose key statement is among the entries stays closed: its private key was made after the backup and is gone,
so whatever it signed from here on would be refused by every verifier.
"""

from sqlalchemy import Connection

import anchoring
from anchoring import restoring
from verifier import uri
from verifier.entry import PARTY_KEY
from verifier.errors import Refuted
from verifier.hashing import Subject

ALL = "all"


class NotSettled(Exception):
    """Nothing was settled; the text says why."""


def settle(connection: Connection, origin: str, about: str, reason: str, now: int) -> int:
    """Settle a lot (its URI, or the subject in hexadecimal), or all lots; how many entries that settles."""
    waiting = [each for each in restoring.unaccounted(connection) if each.settled_by is None]
    keys = {each.subject for each in waiting if each.kind == PARTY_KEY}
    lots = {each.subject for each in waiting} - keys
    wanted = lots if about == ALL else {_subject(about, origin)}
    if wanted & keys:
        raise NotSettled("a party's key was made after the backup and is gone: register the party under another id")
    if not wanted & lots:
        raise NotSettled(f"nothing that waits to be settled is about {about}")
    done = restoring.settle(connection, wanted & lots, reason, now)
    if lots == wanted & lots and not keys:
        anchoring.clear_alarm(connection, "WAREHOUSE BEHIND", reason, now)
    return done


def _subject(about: str, origin: str) -> Subject:
    if len(about) == 64 and all(digit in "0123456789abcdef" for digit in about):
        return Subject(bytes.fromhex(about))
    for kind in (uri.LOT, uri.PARTY):
        try:
            return uri.subject(kind, origin, uri.check_uri(kind, about))
        except Refuted:
            continue
    raise NotSettled(f"expected the URI of a lot, or the 64 digits of --list, got {about!r}")
