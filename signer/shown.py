"""What a statement would say, before it is signed.

The service works out the statement; who signs it must not have to believe the service. So nothing is signed that hides
anything, speaks for another party, in another log, with another key or at another time, and all of it is shown.

Not checked: whether it is *true*, and whether it is what you asked for beyond its id. Look at it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from verifier.disclosure import ANY_LOT, Disclosed, disclose
from verifier.encoding import b64url, load_json, string, unb64url
from verifier.entry import ERASURE, MOVEMENT, PARTY_KEY
from verifier.errors import Refuted
from verifier.statement import TYPES, KeySet, Statement, key_set, read, split

CLOCK_SKEW = 300
LIFE = 900
"""Seconds: what is older was prepared to be signed later, in the name of a time that has passed."""

_NO_SIGNATURE = b64url(bytes(64))
_SIGNED = (MOVEMENT, PARTY_KEY, ERASURE)
_KINDS = {TYPES[kind][0]: kind for kind in TYPES}


@dataclass(frozen=True, slots=True)
class Who:
    """Whose statements are signed, where, and with which key."""

    origin: str
    party: str
    kid: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A statement without a signature: all that it says."""

    statement: Statement
    said: Disclosed | KeySet

    @property
    def message(self) -> bytes:
        return self.statement.signed

    def lines(self) -> Iterator[str]:
        """For a person, a fact a line."""
        if isinstance(self.said, KeySet):
            yield f"  keys from now on      {', '.join(self.said.keys)}"
            yield f"  recovery key          {self.said.recovery or 'none'}"
            return
        yield f"  movement              {self.statement.id}"
        if self.statement.ref is not None:
            yield f"  {self.statement.ref.rel:<21} {b64url(self.statement.ref.statement)}"
            for digest in self.statement.ref.digests:
                yield f"  of it, what is         {digest}"
        for lot in self.said.lots:
            yield f"  lot                   {lot}"
        for name, value in sorted(self.said.properties.items()):
            yield f"  {name:<21} {value}"
        for name, members in sorted(self.said.lists.items()):
            for member in members.shown:
                yield f"  {name:<21} {member}"


def look(message: str, disclosures: str, who: Who, now: float) -> Shown:
    """The statement that this signing input and these disclosures make; raises Refuted if it must not be signed."""
    statement = read(f"{message}.{_NO_SIGNATURE}", _kind(message), who.origin)
    _expect("iss", who.party, statement.issuer)
    _expect("kid", who.kid, statement.key)
    if not now - LIFE <= statement.issued_at <= now + CLOCK_SKEW:
        raise Refuted("iat", f"within {LIFE} seconds of now", f"{statement.issued_at - round(now):+} seconds")
    parts = split(f"{message}.{_NO_SIGNATURE}{disclosures}")
    if statement.kind == PARTY_KEY:
        return Shown(statement, key_set(statement, parts))
    said = disclose(statement, parts.disclosures, ANY_LOT)
    _check_open(statement, said)
    return Shown(statement, said)


def _kind(message: str) -> int:
    """Of what may be signed by a party: a movement, a set of keys, or that something was erased."""
    header: Any = load_json(unb64url(message.partition(".")[0]))
    kind = _KINDS.get(string(header.get("typ") if isinstance(header, dict) else None, "typ"))
    if kind not in _SIGNED:
        raise Refuted("typ", " or ".join(TYPES[each][0] for each in _SIGNED), header)
    return kind


def _check_open(statement: Statement, said: Disclosed) -> None:
    hidden = len(said.hidden) + len(statement.payload["lots"]) - len(said.lots)
    if hidden:
        raise Refuted("what is to be signed", "nothing hidden", f"{hidden} hidden")


def _expect(what: str, expected: str, seen: str) -> None:
    if seen != expected:
        raise Refuted(what, expected, seen)
