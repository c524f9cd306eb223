"""A movement as an EPCIS 2.0 event (GS1 EPCIS 2.0, CBV 2.0), in the pieces that a statement discloses one by one.

    register ADD commissioning · receive OBSERVE receiving · move OBSERVE storing · split Transformation repackaging
    hold OBSERVE holding · release OBSERVE inspecting · offer, ship OBSERVE shipping · accept OBSERVE accepting
    refuse OBSERVE inspecting · destroy DELETE destroying

`eventID` is the movement id; quantities are JSON numbers in the item's unit, without `uom` where pieces are counted.
Master data of several lots stands in one property for each (`lotproof:lot1` ...), because the standard's `ilmd` speaks
of all objects of an event and a reader of one lot must not be shown another.
"""

import re
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
from service.statements.sdjwt import Listed, element, named

EPCIS_CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
OWN_CONTEXT = {"lotproof": "urn:lotproof:epcis:", "cbvmda": "urn:epcglobal:cbv:mda:"}
COUNTED = "EA"

_URI = re.compile(r"[a-z][a-z0-9+.-]*:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]+")


class Kind(NamedTuple):
    type: str
    action: str | None
    biz_step: str
    disposition: str


_KINDS = {
    "register": Kind("ObjectEvent", "ADD", "commissioning", "active"),
    "receive": Kind("ObjectEvent", "OBSERVE", "receiving", "in_progress"),
    "move": Kind("ObjectEvent", "OBSERVE", "storing", "sellable_not_accessible"),
    "split": Kind("TransformationEvent", None, "repackaging", "active"),
    "hold": Kind("ObjectEvent", "OBSERVE", "holding", "non_sellable_other"),
    "release": Kind("ObjectEvent", "OBSERVE", "inspecting", "available"),
    "offer": Kind("ObjectEvent", "OBSERVE", "shipping", "in_transit"),
    "accept": Kind("ObjectEvent", "OBSERVE", "accepting", "in_progress"),
    "refuse": Kind("ObjectEvent", "OBSERVE", "inspecting", "returned"),
    "ship": Kind("ObjectEvent", "OBSERVE", "shipping", "in_transit"),
    "destroy": Kind("ObjectEvent", "DELETE", "destroying", "destroyed"),
}


class EventText(NamedTuple):
    """Tails for `issue_movement`; `uris` are the lots in the order of `lots`."""

    uris: tuple[str, ...]
    lots: list[bytes]
    properties: list[bytes]
    lists: list[Listed]


def event_of(party: Party, movement: UUID, command: Command, decision: Decision, now: datetime) -> EventText:
    """The event of an allowed movement of this party."""
    kind = _KINDS[command.type]
    own = _own_properties(command, decision)
    properties = [_constant("@context", EPCIS_CONTEXT) if not own else _own_context(), _constant("type", kind.type)]
    if kind.action is not None:
        properties.append(_constant("action", kind.action))
    properties += _id_and_time(movement, command, decision, now)
    properties += (_constant("bizStep", kind.biz_step), _constant("disposition", kind.disposition))
    properties += _places(decision)
    properties += [named(name.encode(), _json(value)) for name, value in own.items()]
    uris = tuple(dict.fromkeys(good.lot.uri for good in (*decision.goods, *decision.outputs)))
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
        places.append(_place("readPoint", decision.at.uri))
    if decision.to is not None:
        places.append(_place("bizLocation", decision.to.uri))
    return places


def _lists(party: Party, command: Command, decision: Decision) -> list[Listed]:
    if decision.outputs:
        lists = [Listed(b"inputQuantityList", _quantities(decision.goods)),
                 Listed(b"outputQuantityList", _quantities(decision.outputs))]
    else:
        lists = [Listed(b"quantityList", _quantities(decision.goods))]
    if command.documents:
        members = [_document(party, document) for document in dict.fromkeys(command.documents)]
        lists.append(Listed(b"bizTransactionList", members))
    source, destination = _owners(party, command, decision)
    if source is not None:
        lists.append(Listed(b"sourceList", [_owner("source", source)]))
    if destination is not None:
        lists.append(Listed(b"destinationList", [_owner("destination", destination)]))
    return lists


def _owners(party: Party, command: Command, decision: Decision) -> tuple[str | None, str | None]:
    """From whom to whom, as far as they are parties of this ledger."""
    if decision.other is not None:
        giver, taker = (party, decision.other) if command.type == "offer" else (decision.other, party)
        return giver.uri, taker.uri
    return (party.uri, None) if command.type == "ship" else (None, None)


def _quantities(goods: tuple[Goods, ...]) -> list[bytes]:
    return [element(_quantity(good)) for good in goods]


def _quantity(good: Goods) -> bytes:
    uom = "" if good.item.unit == COUNTED else f',"uom":"{good.item.unit}"'
    units = format_quantity(good.units, good.item.decimals)
    return f'{{"epcClass":"{good.lot.uri}","quantity":{units}{uom}}}'.encode()


def _document(party: Party, document: Document) -> bytes:
    """Documents are named by URIs; a bare number becomes one under its party's own name."""
    uri = document.id
    if not _URI.fullmatch(uri):
        uri = f"{party.uri}/{document.type}/{quote(uri, safe='-._~')}"
    return element(_json({"type": document.type, "bizTransaction": uri}))


def _own_properties(command: Any, decision: Decision) -> dict[str, Any]:
    """What the standard has no word for, each under a name of its own."""
    own: dict[str, Any] = {}
    if command.type == "register" and len(decision.goods) == 1:
        own["ilmd"] = _master_data(decision.goods[0])
    elif command.type in ("register", "receive") or decision.outputs:
        for number, good in enumerate(decision.outputs or decision.goods, 1):
            own[f"lotproof:lot{number}"] = {"epcClass": good.lot.uri} | _master_data(good)
    if command.type == "release":
        own["persistentDisposition"] = {"set": ["conformant"], "unset": ["non_conformant"]}
    if command.type == "hold":
        own["lotproof:qualityStatus"] = "quarantined"
    if not command.witnessed:
        own["lotproof:witnessed"] = False
    if command.reason is not None:
        own["lotproof:reason"] = command.reason
    for name in ("supplier", "customer", "witnesses", "certificate"):
        if hasattr(command, name):
            own[f"lotproof:{name}"] = getattr(command, name)
    return own


def _master_data(good: Goods) -> dict[str, str]:
    lot = good.lot
    shown = {
        "cbvmda:lotNumber": lot.number,
        "cbvmda:itemExpirationDate": lot.expiry_date,
        "lotproof:productionDate": lot.production_date,
        "lotproof:retestDate": lot.retest_date,
        "lotproof:manufacturerLot": lot.manufacturer_lot,
        "lotproof:traceabilityLotCode": lot.traceability_lot_code,
        "lotproof:traceabilitySource": lot.traceability_source,
    }
    return {name: str(value) for name, value in shown.items() if value is not None}


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
