"""A movement as an EPCIS 2.0 event (GS1 EPCIS 2.0, CBV 2.0), in the pieces that a statement discloses one by one.

Which event, business step and disposition each type of movement is: `kinds`. What the standard has no word for: `own`.

`eventID` is the movement id; quantities are JSON numbers in the item's unit, without `uom` where pieces are counted.
Master data of several lots stands in one property for each (`lotproof:lot1` ...), because the standard's `ilmd` speaks
of all objects of an event and a reader of one lot must not be shown another.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import quote
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson

from service.domain.commands import Command, Document
from service.domain.decision import Decision, Goods
from service.domain.quantities import format_quantity
from service.domain.things import Party
from service.statements.kinds import PACKING, kind_of
from service.statements.own import own_properties
from service.statements.sdjwt import Listed, element, named

EPCIS_CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
OWN_CONTEXT = {"lotproof": "urn:lotproof:epcis:", "cbvmda": "urn:epcglobal:cbv:mda:"}
COUNTED = "EA"

_URI = re.compile(r"[a-z][a-z0-9+.-]*:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]+")


class EventText(NamedTuple):
    """Tails for `issue_movement`; `uris` are the lots in the order of `lots`."""

    uris: tuple[str, ...]
    lots: list[bytes]
    properties: list[bytes]
    lists: list[Listed]


def event_of(
    party: Party, movement: UUID, command: Command, decision: Decision, now: datetime, journal: str,
    captured: Mapping[str, Any] | None = None,
) -> EventText:  # fmt: skip
    """The event of an allowed movement of this party; `journal` is the hash of its rows (`service.ledger.journal`),
    `captured` own properties of the EPCIS event that it came as.
    """
    kind = kind_of(command, decision)
    own = {**own_properties(command, decision), "lotproof:journal": journal, **(captured or {})}
    properties = [_own_context(), _constant("type", kind.type)]
    if kind.action is not None:
        properties.append(_constant("action", kind.action))
    properties += _id_and_time(movement, command, decision, now)
    properties += (_constant("bizStep", kind.biz_step), _constant("disposition", kind.disposition))
    properties += _places(decision)
    properties += [named(name.encode(), _json(value)) for name, value in own.items()]
    if kind.type == "AggregationEvent":
        properties.append(named(b"parentID", _json(decision.pallet.uri if decision.pallet else None)))
    told = (*decision.goods, *decision.outputs, *decision.refused, *decision.missing)
    uris = tuple(dict.fromkeys(good.lot.uri for good in told))
    lots = [_lot(uri) for uri in uris]
    return EventText(uris, lots, properties, _lists(party, command, decision))


def _id_and_time(movement: UUID, command: Command, decision: Decision, now: datetime) -> list[bytes]:
    at = command.event_time
    if at is None:
        at = now if decision.at is None else now.astimezone(ZoneInfo(decision.at.site.zone))
    text = at.isoformat(timespec="milliseconds")
    return [
        named(b"eventID", b'"urn:uuid:%s"' % str(movement).encode()),
        named(b"eventTime", b'"%s"' % text.encode()),
        _constant("eventTimeZoneOffset", text[-6:]),
    ]


def _places(decision: Decision) -> list[bytes]:
    places = []
    if decision.at is not None:
        places.append(_place("readPoint", decision.at.ground.uri))
    if decision.to is not None:
        places.append(_place("bizLocation", decision.to.ground.uri))
    return places


def _lists(party: Party, command: Command, decision: Decision) -> list[Listed]:
    if decision.outputs:
        lists = [Listed(b"inputQuantityList", _quantities(decision.goods)),
                 Listed(b"outputQuantityList", _quantities(decision.outputs))]
    else:
        packed = command.type in PACKING
        lists = [Listed(b"childQuantityList" if packed else b"quantityList", _quantities(decision.goods))]
    carried = _carried(command, decision)
    if carried is not None:
        lists.append(Listed(b"epcList", [_lot(carried)]))
    if command.documents:
        members = [_document(party, document) for document in dict.fromkeys(command.documents)]
        lists.append(Listed(b"bizTransactionList", members))
    source, destination = _owners(party, command, decision)
    if source is not None:
        lists.append(Listed(b"sourceList", [_owner("source", source)]))
    if destination is not None:
        lists.append(Listed(b"destinationList", [_owner("destination", destination)]))
    return lists


def _carried(command: Command, decision: Decision) -> str | None:
    """The pallet that moves as a whole."""
    return decision.pallet.uri if command.type == "relocate" and decision.pallet is not None else None


def _owners(party: Party, command: Command, decision: Decision) -> tuple[str | None, str | None]:
    """From whom to whom, as far as they are parties of this ledger."""
    if decision.other is not None:
        giver, taker = (party, decision.other) if command.type in ("offer", "withdraw") else (decision.other, party)
        return giver.uri, taker.uri
    return (party.uri, None) if command.type == "ship" else (None, None)


def _quantities(goods: tuple[Goods, ...]) -> list[bytes]:
    return [element(_quantity(good)) for good in goods]


def _quantity(good: Goods) -> bytes:
    uom = "" if good.item.unit == COUNTED else f',"uom":"{good.item.unit}"'
    units = format_quantity(good.units, good.item.decimals)
    return f'{{"epcClass":"{good.lot.uri}","quantity":{units}{uom}}}'.encode()


def _document(party: Party, document: Document) -> bytes:
    uri = document_uri(party.uri, document.type, document.id)
    return element(_json({"type": document.type, "bizTransaction": uri}))


def document_uri(party_uri: str, type: str, id: str) -> str:
    """Documents are named by URIs; a bare number becomes one under its party's own name."""
    return id if _URI.fullmatch(id) else f"{party_uri}/{type}/{quote(id, safe='-._~')}"


@lru_cache(maxsize=256)
def _constant(name: str, value: str) -> bytes:
    return named(name.encode(), _json(value))


@lru_cache(maxsize=1)
def _own_context() -> bytes:
    return named(b"@context", _json([EPCIS_CONTEXT, OWN_CONTEXT]))


@lru_cache(maxsize=4096)
def _place(name: str, uri: str) -> bytes:
    return named(name.encode(), _json({"id": uri}))


@lru_cache(maxsize=4096)
def _owner(end: str, uri: str) -> bytes:
    return element(_json({"type": "owning_party", end: uri}))


@lru_cache(maxsize=4096)
def _lot(uri: str) -> bytes:
    return element(_json(uri))


def _json(value: Any) -> bytes:
    return orjson.dumps(value)
