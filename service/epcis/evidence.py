"""What a party heard of others' goods, signed and logged: a statement of its own for each captured event.

It is a statement of kind 1 (docs/ledger-format.md, section 1) in a history of its own, so that nobody can write into
the history of a lot that another keeps:

    https://{host}/lot/{party}/epcis/{uuid}

No lot of the warehouse has such a name: lot numbers have at most 20 characters. An event and later declarations of an
error in it share the history, so the lot map proves that none is withheld.

`eventID` is that of the statement, as the format asks; the event's own id is a property of its own. All that was
captured is committed to under a salt that stays here. Whatever follows from the content alone, a hash of it, an id that
is a hash, or a name made of one, would let a reader of a part try the rest until it fits: none of it is in a statement.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256
from typing import Any
from uuid import UUID

from service.domain.erasable import UNTOLD
from service.domain.things import Party
from service.epcis.documents.json_bytes import dumps
from service.epcis.wanted import Wanted
from service.statements.event import EPCIS_CONTEXT, OWN_CONTEXT
from service.statements.sdjwt import Listed, Signer, Statement, b64url, element, issue_movement, named
from verifier.uri import own_lot_uri

CAPTURED, CAPTURED_ID = "lotproof:captured", "lotproof:capturedID"
WITHOUT = UNTOLD
ITEM = "epcis"
LISTS = (
    "epcList", "quantityList", "childEPCs", "childQuantityList", "inputEPCList", "inputQuantityList", "outputEPCList",
    "outputQuantityList", "bizTransactionList", "sourceList", "destinationList", "sensorElementList",
)  # fmt: skip
MOST_MEMBERS, LONGEST, DEEPEST = 150, 40_000, 12
"""A statement has at most 1,024 disclosures of 64 KiB and 16 levels."""

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,9})?")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Evidence:
    """A signed statement, the id that it has, and the history that it enters, under the salt of its commitment."""

    wanted: Wanted
    id: UUID
    history: UUID
    salt: bytes
    statement: Statement


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who signs, on which host its names stand, for which log, when (milliseconds), with which dice."""

    signer: Signer
    party: Party
    host: str
    origin: str
    at: int
    random: Callable[[int], bytes]


def commitment(salt: bytes, all_of: bytes) -> str:
    """To the digest of all that an event said; 16 bytes of salt."""
    return b64url(sha256(salt + all_of).digest()).decode()


def captured_properties(wanted: Wanted, salt: bytes) -> dict[str, str]:
    """What a statement says of the captured event behind it; an id that is a hash of the content is not told."""
    told = {} if wanted.event_id.startswith("ni:") else {CAPTURED_ID: wanted.event_id}
    return {CAPTURED: commitment(salt, wanted.sha256), **told}


def statement_id(wanted: Wanted, random: Callable[[int], bytes]) -> UUID:
    """That of the event where it is a UUID, else a new one."""
    name = wanted.event_id.removeprefix("urn:uuid:")
    if name != wanted.event_id and not wanted.declares_error and _UUID.fullmatch(name):
        return UUID(name)
    return UUID(bytes=random(16), version=4)


def history_uri(host: str, party: str, history: UUID) -> str:
    return own_lot_uri(host, party, ITEM, str(history))


def sign_evidence(issuer: Issuer, wanted: Wanted, history: UUID) -> Evidence:
    id, salt = statement_id(wanted, issuer.random), issuer.random(16)
    properties, lists = _disclosed(wanted, id, salt)
    statement = issue_movement(
        issuer.signer, issuer=issuer.party.uri, movement=str(id), issued_at=issuer.at // 1000, origin=issuer.origin,
        lots=[element(dumps(history_uri(issuer.host, issuer.party.code, history)))], properties=properties, lists=lists,
        reference=None, random=issuer.random,
    )  # fmt: skip
    return Evidence(wanted, id, history, salt, statement)


def _disclosed(wanted: Wanted, id: UUID, salt: bytes) -> tuple[list[bytes], list[Listed]]:
    """Each property, and each member of a list, is a disclosure of its own.

    What does not fit into a statement (long lists, numbers that the format does not know) is named as left out: the
    commitment speaks for it. A list of nothing is none.
    """
    left = untold(wanted.event)
    said: Mapping[str, Any] = {
        **{name: value for name, value in wanted.event.items() if name not in left and name != "recordTime"},
        "@context": [EPCIS_CONTEXT, OWN_CONTEXT, *wanted.event.get("@context", ())],
        "eventID": f"urn:uuid:{id}",
        **captured_properties(wanted, salt),
        **({WITHOUT: left} if left else {}),
    }  # fmt: skip
    properties = [named(_name(name), dumps(value)) for name, value in said.items() if name not in LISTS]
    lists = [Listed(_name(name), [element(dumps(each)) for each in value])
             for name, value in said.items() if name in LISTS and value]  # fmt: skip
    return properties, lists


def untold(event: Mapping[str, Any]) -> list[str]:
    """The properties that a statement of this event cannot tell."""
    return [name for name, value in event.items() if not _fits(name, value)]


def _fits(name: str, value: Any) -> bool:
    if name in LISTS:
        return len(value) <= MOST_MEMBERS and all(_fits("", each) for each in value)
    return len(dumps(value)) <= LONGEST and _plain_enough(value, DEEPEST)


def _plain_enough(value: Any, room: int) -> bool:
    if isinstance(value, Mapping):
        return room > 0 and all(_plain_enough(each, room - 1) for each in value.values())
    if isinstance(value, list):
        return room > 0 and all(_plain_enough(each, room - 1) for each in value)
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return bool(_NUMBER.fullmatch(format(value, "f") if isinstance(value, Decimal) else str(value)))
    return True


def _name(name: str) -> bytes:
    """As it stands within JSON quotes."""
    return dumps(name)[1:-1]
