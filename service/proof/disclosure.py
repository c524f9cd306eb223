"""Which disclosures of a statement a reader gets. This file is the whole rule.

* Regulators and auditors, the party that made the statement, and a party that it names as source or destination see
  all.
* Everybody else sees that something happened to this lot: the lot, type, action, business step and time,
  and that an entry was taken over from older records, where it was.

Leaving a disclosure out never breaks a hash or a signature; the verifier counts what is hidden.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from verifier.encoding import unb64url

OPEN_TO_ALL = frozenset({"type", "action", "bizStep", "eventTime", "lotproof:witnessed"})


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads: somebody whose office it is to see everything, or a party by its URI."""

    sees_all: bool
    party: str | None = None


@dataclass(frozen=True, slots=True)
class Stored:
    """A statement as it is kept: `issuer` is a party URI."""

    jwt: str
    issuer: str
    disclosures: tuple[str, ...]


def presented(statement: Stored, lot: str, reader: Reader) -> str:
    """The SD-JWT that this reader gets of a statement in the file of `lot`."""
    return "~".join((statement.jwt, *shown(statement, lot, reader), ""))


def shown(statement: Stored, lot: str, reader: Reader) -> Sequence[str]:
    """The disclosures for this reader, in the order in which they are stored."""
    if reader.sees_all or reader.party == statement.issuer:
        return statement.disclosures
    opened = [(text, orjson.loads(unb64url(text))) for text in statement.disclosures]
    if reader.party is not None and any(_names(value, reader.party) for _, value in opened):
        return statement.disclosures
    return [text for text, value in opened if _open_to_all(value, lot)]


def _names(disclosure: list[Any], party: str) -> bool:
    """Whether it is a member `{type, source}` or `{type, destination}` that names the party as owner or possessor."""
    member = disclosure[-1]
    if len(disclosure) != 2 or not isinstance(member, dict) or "type" not in member:
        return False
    return party in (member.get("source"), member.get("destination"))


def _open_to_all(disclosure: list[Any], lot: str) -> bool:
    if len(disclosure) == 3:
        return disclosure[1] in OPEN_TO_ALL
    return bool(disclosure[1] == lot)
