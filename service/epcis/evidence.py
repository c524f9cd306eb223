"""What a party heard of others' goods, signed and logged: a statement of its own for each captured event.

It is a statement of kind 1 (docs/ledger-format.md, section 1) in a history of its own, so that nobody can write into
the history of a lot that another keeps:

    https://{host}/lot/{party}/epcis/{uuid}        uuid5 of the captured event's id

No lot of the warehouse has such a name: lot numbers have at most 20 characters. The event and later declarations of an
error in it share the history, so the lot map proves that none is withheld. The property `lotproof:captured` holds the
event's own id and the digest of all that was captured; `eventID` is that of the statement, as the format asks.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

from service.domain.things import Party
from service.epcis.documents.json_bytes import dumps
from service.epcis.wanted import Wanted
from service.statements.event import EPCIS_CONTEXT, OWN_CONTEXT
from service.statements.sdjwt import Listed, Signer, Statement, b64url, element, issue_movement, named
from verifier.uri import own_lot_uri

CAPTURED = "lotproof:captured"
ITEM = "epcis"
LISTS = (
    "epcList", "quantityList", "childEPCs", "childQuantityList", "inputEPCList", "inputQuantityList", "outputEPCList",
    "outputQuantityList", "bizTransactionList", "sourceList", "destinationList", "sensorElementList",
)  # fmt: skip
MOST_MEMBERS, LONGEST, DEEPEST = 150, 40_000, 12
"""A statement has at most 1,024 disclosures of 64 KiB and 16 levels."""

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,9})?")
_NAMES = UUID("2f3a9c1e-6a5b-5f0e-9d56-4c1f5f0c7f2a")


@dataclass(frozen=True, slots=True)
class Evidence:
    """A signed statement, the id that it has, and the history that it enters."""

    wanted: Wanted
    id: UUID
    uri: str
    statement: Statement


def captured_property(wanted: Wanted) -> dict[str, str]:
    """What a statement says of the captured event behind it; the digest is told only to who is shown this property."""
    return {"eventID": wanted.event_id, "sha256": b64url(wanted.sha256).decode()}


def movement_id(party: str, wanted: Wanted) -> UUID:
    """The same for the same captured event: a repeated capture repeats nothing. An id that is a UUID is kept."""
    if wanted.event_id.startswith("urn:uuid:") and not wanted.declares_error:
        try:
            id = UUID(wanted.event_id.removeprefix("urn:uuid:"))
        except ValueError:
            pass
        else:
            if str(id) == wanted.event_id.removeprefix("urn:uuid:"):
                return id
    return uuid5(_NAMES, f"{party}\n{wanted.event_id}\n{wanted.declares_error}")


def history(host: str, party: str, event_id: str) -> str:
    """The URI of the history that a captured event of this party and later declarations of errors in it enter."""
    return own_lot_uri(host, party, ITEM, str(uuid5(_NAMES, f"{party}\n{event_id}")))


def sign_evidence(
    signer: Signer, party: Party, wanted: Wanted, host: str, origin: str, at: int, random: Callable[[int], bytes]
) -> Evidence:
    """`at` is the time of recording in milliseconds."""
    id, uri = movement_id(party.code, wanted), history(host, party.code, wanted.event_id)
    properties, lists = _disclosed(wanted, id)
    statement = issue_movement(
        signer, issuer=party.uri, movement=str(id), issued_at=at // 1000, origin=origin,
        lots=[element(dumps(uri))], properties=properties, lists=lists, reference=None, random=random,
    )  # fmt: skip
    return Evidence(wanted, id, uri, statement)


def _disclosed(wanted: Wanted, id: UUID) -> tuple[list[bytes], list[Listed]]:
    """Each property, and each member of a list, is a disclosure of its own.

    What does not fit into a statement (long lists, numbers that the format does not know) is named as `without`: the
    digest speaks for it.
    """
    left = [name for name, value in wanted.event.items() if not _fits(name, value)]
    said: Mapping[str, Any] = {
        **{name: value for name, value in wanted.event.items() if name not in left and name != "recordTime"},
        "@context": [EPCIS_CONTEXT, OWN_CONTEXT, *wanted.event.get("@context", ())],
        "eventID": f"urn:uuid:{id}",
        CAPTURED: captured_property(wanted) | ({"without": left} if left else {}),
    }  # fmt: skip
    properties = [named(_name(name), dumps(value)) for name, value in said.items() if name not in LISTS]
    lists = [Listed(_name(name), [element(dumps(each)) for each in value])
             for name, value in said.items() if name in LISTS]  # fmt: skip
    return properties, lists


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
