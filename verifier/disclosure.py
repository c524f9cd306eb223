"""What a statement discloses: its lots and the properties of its EPCIS event (check 4).

Every digest in the signed payload stands for one disclosure, a base64url text that was hashed as it
was sent; no JSON is ever written again in order to be hashed.

    lots       [salt, lot URI]
    _sd        [salt, name, value]            one top-level property of the event
               [salt, name, [{"...": digest}]]   a property that is a list
    in a list  [salt, value]                  one member

Nothing else nests. A disclosure that belongs nowhere is refused; a digest whose disclosure is not
there is a hidden field, and counted. Evidence: the statement vectors.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from verifier import uri
from verifier.encoding import array, load_json, members, string, unb64url
from verifier.errors import Refuted
from verifier.statement import MAX_DISCLOSURES, Statement

LISTS = frozenset(
    {
        "epcList",
        "quantityList",
        "childEPCs",
        "childQuantityList",
        "inputEPCList",
        "inputQuantityList",
        "outputEPCList",
        "outputQuantityList",
        "bizTransactionList",
        "sourceList",
        "destinationList",
        "sensorElementList",
    }
)
# What the payload says may not be said again, otherwise, by an event.
RESERVED = frozenset(
    {"iss", "jti", "iat", "aud", "vct", "lots", "ref", "_sd_alg", "_sd", "...", "sub", "exp", "nbf", "cnf", "status"}
)

ANY_LOT = "*"  # no URI: for an auditor, who looks at all lots of a statement at once

_DIGEST = re.compile(r"[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]")
_SALT = re.compile(r"[A-Za-z0-9_-]{21}[AQgw]")
_PLACEHOLDER = frozenset({"..."})


@dataclass(frozen=True, slots=True)
class Members:
    """A list property as far as it is shown; `whole` if no member is hidden; `digests` of all members."""

    shown: tuple[Any, ...]
    whole: bool
    digests: tuple[str, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Disclosed:
    """What a reader of one statement sees of it, and the digests of what he does not see."""

    lots: tuple[str, ...]
    properties: Mapping[str, Any]
    lists: Mapping[str, Members]
    hidden: frozenset[str]


def disclose(statement: Statement, disclosures: Sequence[str], lot: str | None) -> Disclosed:
    """What the disclosures show of the statement; raises Refuted if one is not the statement's own.

    `lot` must be among the lots shown; None for a notice, which names no lot; ANY_LOT asks for none.
    """
    opening = _Opening(disclosures)
    lots = _lots(statement, opening, lot)
    properties, lists = _event(statement, opening)
    opening.close()
    if properties.get("eventID", f"urn:uuid:{statement.id}") != f"urn:uuid:{statement.id}":
        raise Refuted("eventID", f"urn:uuid:{statement.id}", properties["eventID"])
    return Disclosed(lots, properties, lists, frozenset(opening.hidden))


class _Opening:
    """The disclosures not yet matched with a digest, and the salts and digests already met."""

    def __init__(self, disclosures: Sequence[str]) -> None:
        self._waiting = {_digest(text): text for text in disclosures}
        if len(self._waiting) != len(disclosures):
            raise Refuted("disclosures", "each once", "one sent twice")
        self._salts: set[str] = set()
        self._met: set[str] = set()
        self.hidden: list[str] = []

    def meet(self, digests: Iterable[Any]) -> None:
        """Take note of digests: spelled canonically, and each once in the whole statement."""
        for digest in digests:
            if type(digest) is not str or not _DIGEST.fullmatch(digest):
                raise Refuted("digest", "43 characters of base64url", digest)
            if digest in self._met:
                raise Refuted("digest", "each once", digest)
            self._met.add(digest)

    def open(self, digest: str, length: int) -> list[Any] | None:
        """The disclosure of `digest` without its salt; None if it is hidden."""
        text = self._waiting.pop(digest, None)
        if text is None:
            return None
        value = load_json(unb64url(text))
        if type(value) is not list or len(value) != length:
            raise Refuted("disclosure", f"an array of {length}", ascii(text[:60]))
        salt = value[0]
        if type(salt) is not str or not _SALT.fullmatch(salt):
            raise Refuted("salt", "16 bytes in base64url", salt)
        if salt in self._salts:
            raise Refuted("salt", "each once", salt)
        self._salts.add(salt)
        return value[1:]

    def close(self) -> None:
        if self._waiting:
            spelled = next(iter(self._waiting.values()))
            raise Refuted("disclosure that matches no digest", "none", ascii(spelled[:60]))


def _digest(disclosure: str) -> str:
    return urlsafe_b64encode(sha256(disclosure.encode("ascii")).digest())[:43].decode("ascii")


def _lots(statement: Statement, opening: _Opening, lot: str | None) -> tuple[str, ...]:
    # A key statement has none. Check 2 refuses its kind in a lot's history; this one must not fall over it.
    digests = _placeholders(statement.payload.get("lots"), "lots")
    opening.meet(digests)
    shown = [opened[0] for digest in digests if (opened := opening.open(digest, 2))]
    for name in shown:
        uri.check_uri(uri.LOT, string(name, "lot"))
    if len(set(shown)) != len(shown):
        raise Refuted("lots", "each once", shown)
    if lot is None:
        if digests:
            raise Refuted("lots of a notice", "none", len(digests))
    elif lot != ANY_LOT and lot not in shown:
        raise Refuted("lots: the statement does not name this lot", lot, shown)
    return tuple(shown)


def _event(statement: Statement, opening: _Opening) -> tuple[dict[str, Any], dict[str, Members]]:
    properties: dict[str, Any] = {}
    lists: dict[str, Members] = {}
    for digest in _sorted_digests(statement, opening):
        opened = opening.open(digest, 3)
        if opened is None:
            opening.hidden.append(digest)
            continue
        name, value = opened
        _check_name(name, properties, lists)
        if name in LISTS:
            lists[name] = _members(value, name, opening)
        else:
            properties[name] = _plain(value)
    return properties, lists


def _sorted_digests(statement: Statement, opening: _Opening) -> list[str]:
    if statement.payload["_sd_alg"] != "sha-256":
        raise Refuted("_sd_alg", "sha-256", statement.payload["_sd_alg"])
    digests: list[str] = array(statement.payload["_sd"], "_sd", MAX_DISCLOSURES)
    opening.meet(digests)
    if digests != sorted(digests):
        raise Refuted("_sd", "sorted digests", "others")
    return digests


def _check_name(name: Any, properties: Mapping[str, Any], lists: Mapping[str, Members]) -> None:
    if type(name) is not str or name in RESERVED:
        raise Refuted("property", "a name of the event", name)
    if name in properties or name in lists:
        raise Refuted(f"property {name}", "once", "twice")


def _members(value: Any, name: str, opening: _Opening) -> Members:
    digests = _placeholders(value, name)
    opening.meet(digests)
    shown = []
    for digest in digests:
        opened = opening.open(digest, 2)
        if opened is None:
            opening.hidden.append(digest)
        else:
            shown.append(_plain(opened[0]))
    return Members(tuple(shown), len(shown) == len(digests), tuple(digests))


def _placeholders(value: Any, what: str) -> list[Any]:
    return [members(item, what, _PLACEHOLDER)["..."] for item in array(value, what, MAX_DISCLOSURES)]


def _plain(value: Any) -> Any:
    """`value`, if no digests nest in it; the JSON reader has bounded its depth."""
    waiting = [value]
    while waiting:
        here = waiting.pop()
        if type(here) is dict:
            if "_sd" in here or "..." in here:
                raise Refuted("disclosure", "no digests inside a value", sorted(here)[:8])
            waiting.extend(here.values())
        elif type(here) is list:
            waiting.extend(here)
    return value
