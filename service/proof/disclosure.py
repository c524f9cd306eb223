"""Which disclosures of a statement a reader gets. This file is the whole rule.

* Regulators and auditors, the party that made the statement, and a party that it names as source or destination see
  all.
* A party that was handed the lot sees of its past what the profile `public` shows: history travels with the goods.
* Everybody else sees that something happened to this lot: the lot, type, action, business step and time,
  and that an entry was taken over from older records, where it was; of an erasure, what was erased
  and by which law.
* Whoever shows a lot to others may show less than he sees (`groups`), never more.

Leaving a disclosure out never breaks a hash or a signature; the verifier counts what is hidden.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from service.proof.fields import PROFILES, fields_of, selected
from verifier.encoding import unb64url


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads: somebody whose office it is to see everything, or a party by its URI, which may have `held` the lot.

    `groups` limits what is shown, beside what this reader may not see anyway; None does not.
    """

    sees_all: bool
    party: str | None = None
    held: bool = False
    groups: frozenset[str] | None = None


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
    concerned = reader.sees_all or _concerns(statement, reader)
    if concerned and reader.groups is None:
        return statement.disclosures
    groups: Collection[str] = PROFILES["public"] if reader.held else ()
    if concerned:
        groups = reader.groups or ()
    elif reader.groups is not None:
        groups = reader.groups & frozenset(groups)
    return selected(fields_of(statement.jwt, statement.disclosures, lot), groups)


def _concerns(statement: Stored, reader: Reader) -> bool:
    """Whether the party made the statement, or is named in it."""
    if reader.party is None or reader.party == statement.issuer:
        return reader.party is not None
    return any(_names(orjson.loads(unb64url(text)), reader.party) for text in statement.disclosures)


def _names(disclosure: list[Any], party: str) -> bool:
    """Whether it is a member `{type, source}` or `{type, destination}` that names the party as owner or possessor."""
    member = disclosure[-1]
    if len(disclosure) != 2 or not isinstance(member, dict) or "type" not in member:
        return False
    return party in (member.get("source"), member.get("destination"))
