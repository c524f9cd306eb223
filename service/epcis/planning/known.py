"""What of a party's world some events name: its items, places and pallets, its partners, offers that wait for it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote
from uuid import UUID

from sqlalchemy import Connection, text

from service.domain.quantities import format_quantity
from service.epcis.identifiers import identifiers_of
from service.epcis.keys import CANONICAL
from service.statements.places import location_uri, site_uri

Event = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Item:
    code: str
    unit: str


@dataclass(frozen=True, slots=True)
class Offer:
    """Goods on their way to us: an offer of another party, or a transfer of our own. `lines`: lot URI, quantity."""

    id: UUID
    sender: str
    own: bool
    lines: tuple[tuple[str, str], ...]


@dataclass(slots=True)
class Known:
    """`places`: URI -> SITE/LOC; `sites`: URI -> SITE; `docks`: SITE -> its places of kind dock; `pallets`: URI ->
    SITE/SSCC; `partners`: URI -> party id.
    """

    party: str
    uri: str
    host: str
    items: dict[str, Item] = field(default_factory=dict)
    by_gtin: dict[str, Item] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    sites: dict[str, str] = field(default_factory=dict)
    docks: dict[str, list[str]] = field(default_factory=dict)
    pallets: dict[str, str] = field(default_factory=dict)
    partners: dict[str, str] = field(default_factory=dict)
    offers: list[Offer] = field(default_factory=list)

    def item_and_lot(self, uri: str) -> tuple[Item, str] | None:
        """Of the party's items, the one of which this is a lot, and the lot's number; the lot need not be there."""
        gs1 = uri.removeprefix(f"{CANONICAL}/01/")
        if gs1 != uri:
            gtin, _, lot = gs1.partition("/10/")
            return self._named(self.by_gtin.get(gtin), lot)
        own = uri.removeprefix(f"https://{self.host}/lot/{self.party}/")
        code, _, lot = own.partition("/") if own != uri else ("", "", "")
        return self._named(self.items.get(unquote(code)), lot)

    def _named(self, item: Item | None, lot: str) -> tuple[Item, str] | None:
        return (item, unquote(lot)) if item is not None and lot else None


def known_of(connection: Connection, party_id: int, host: str, events: Iterable[Event]) -> Known:
    """Looked up once for all of these events; what they do not name is left out, places and partners excepted."""
    code, uri = connection.execute(text("SELECT code, uri FROM warehouse.party WHERE id = :p"), {"p": party_id}).one()
    known = Known(code, uri, host)
    things = {value for event in events for _, value in identifiers_of(event)}
    _items(connection, party_id, known, things)
    if known.items:
        _places(connection, party_id, known)
        _pallets(connection, party_id, known, things)
        _partners(connection, party_id, known)
        _offers(connection, party_id, known)
    return known


def _items(connection: Connection, party_id: int, known: Known, things: Iterable[str]) -> None:
    gtins = {each.split("/")[4] for each in things if each.startswith(f"{CANONICAL}/01/")}
    own = f"https://{known.host}/lot/{known.party}/"
    codes = {unquote(each.removeprefix(own).split("/")[0]) for each in things if each.startswith(own)}
    pallets = any(each.startswith(f"{CANONICAL}/00/") for each in things)
    asked = {"p": party_id, "gtins": [*gtins], "codes": [*codes], "pallets": pallets}
    for row in connection.execute(text(_ITEMS), asked):
        item = known.items[row.code] = Item(row.code, row.unit)
        if row.gtin is not None:
            known.by_gtin.setdefault(row.gtin, item)


def _places(connection: Connection, party_id: int, known: Known) -> None:
    for row in connection.execute(text(_PLACES), {"p": party_id}):
        site = site_uri(known.uri, row.site, row.gln)
        known.sites[site] = row.site
        if row.code is not None:
            known.places[location_uri(site, row.code, row.gln)] = f"{row.site}/{row.code}"
        if row.kind == "dock":
            known.docks.setdefault(row.site, []).append(f"{row.site}/{row.code}")


def _pallets(connection: Connection, party_id: int, known: Known, things: Iterable[str]) -> None:
    codes = [each.removeprefix(f"{CANONICAL}/00/") for each in things if each.startswith(f"{CANONICAL}/00/")]
    for row in connection.execute(text(_PALLETS), {"p": party_id, "codes": codes}) if codes else ():
        known.pallets[f"{CANONICAL}/00/{row.code}"] = f"{row.site}/{row.code}"


def _partners(connection: Connection, party_id: int, known: Known) -> None:
    for row in connection.execute(text("SELECT id, code, uri, gln FROM warehouse.party WHERE id <> :p"),
                                  {"p": party_id}):  # fmt: skip
        known.partners[row.uri] = row.code
        if row.gln is not None:
            known.partners.setdefault(f"{CANONICAL}/417/{row.gln}", row.code)


def _offers(connection: Connection, party_id: int, known: Known) -> None:
    found: dict[tuple[UUID, str, bool], list[tuple[str, str]]] = defaultdict(list)
    for row in connection.execute(text(_OFFERS), {"p": party_id}):
        found[row.id, row.sender, row.own].append((row.uri, format_quantity(row.units, row.decimals)))
    known.offers += [Offer(*key, tuple(lines)) for key, lines in found.items()]


# Where pallets are named, their goods may be of any item.
_ITEMS = """
    SELECT code, unit, gtin FROM warehouse.item
    WHERE party_id = :p AND (gtin = ANY(:gtins) OR code = ANY(:codes) OR :pallets) ORDER BY id
"""
_PLACES = """
    SELECT s.code AS site, s.gln, l.code, l.kind FROM warehouse.site s
    LEFT JOIN warehouse.location l ON l.site_id = s.id AND l.kind <> 'pallet' WHERE s.party_id = :p
"""
_PALLETS = """
    SELECT s.code AS site, l.code FROM warehouse.location l JOIN warehouse.site s ON s.id = l.site_id
    WHERE l.party_id = :p AND l.kind = 'pallet' AND l.code = ANY(:codes)
"""
_OFFERS = """
    SELECT h.id, p.uri AS sender, h.to_site_id IS NOT NULL AS own, l.uri, n.units, i.decimals
    FROM warehouse.handoff h JOIN warehouse.party p ON p.id = h.sender_id
    JOIN warehouse.handoff_line n ON n.movement = h.movement JOIN warehouse.lot l ON l.id = n.lot_id
    JOIN warehouse.item i ON i.id = l.item_id
    WHERE h.receiver_id = :p AND h.state = 'offered' ORDER BY h.movement, n.line
"""
