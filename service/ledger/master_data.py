"""Parties, items, sites and locations: what must exist before goods can move.

A party begins with a key: registering it makes the key and enters its first key statement into the log, in one
transaction, so that no movement of the party can come before it.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import Connection, Table, select
from sqlalchemy.dialects.postgresql import insert

from service.domain.errors import BadName, BadQuantity, ThingExists, UnknownThing
from service.domain.identifiers import check_code, check_gln, check_gtin, check_party_code, check_text, check_unit
from service.domain.quantities import MAX_DECIMALS
from service.domain.things import BUILT_KINDS, Item, Location, Party, Site
from service.ledger.party_keys import first_key
from service.ledger.requests import Scribe
from service.models import tables
from service.statements.places import location_uri, site_uri
from verifier import uri


@dataclass(frozen=True, slots=True)
class NewItem:
    """What an item is made of; see `service.domain.things.Item`. Storage temperatures in degrees Celsius."""

    code: str
    name: str
    unit: str = "EA"
    decimals: int = 0
    gtin: str | None = None
    spec: str | None = None
    shelf_life_days: int | None = None
    storage_min: Decimal | None = None
    storage_max: Decimal | None = None
    needs_expiry: bool = False
    needs_manufacturer_lot: bool = False
    held_on_arrival: bool = False
    needs_production_date: bool = False
    count_tolerance: int = 0
    content: Decimal | None = None
    content_unit: str | None = None


def create_party(connection: Connection, scribe: Scribe, code: str, name: str, gln: str | None = None) -> Party:
    """Register a party with its first key; raises ThingExists, BadName, BadText."""
    check_party_code(code)
    check_text("name", name)
    if gln is not None:
        check_gln(gln)
    name_uri = uri.party_uri(scribe.host, code)
    row = {"code": code, "name": name, "uri": name_uri, "gln": gln, "created_at": _milliseconds(scribe)}
    party = Party(_insert(connection, tables.party, "party", code, row), code, name, name_uri)
    first_key(connection, scribe, party)
    return party


def create_item(connection: Connection, party: str, item: NewItem) -> Item:
    """Raises UnknownThing, ThingExists (also when another item has the GTIN), BadName, BadText, BadQuantity."""
    party_id = party_id_of(connection, party)
    check_code("item", item.code)
    check_text("name", item.name)
    if item.gtin is not None:
        check_gtin(item.gtin)
    check_unit(item.unit)
    if not 0 <= item.decimals <= MAX_DECIMALS:
        raise BadQuantity(f"0 to {MAX_DECIMALS} decimals", str(item.decimals))
    if item.storage_min is not None and item.storage_max is not None and item.storage_max < item.storage_min:
        raise BadName("storage_max", f"at least {item.storage_min}", str(item.storage_max))
    if (item.content is None) != (item.content_unit is None):
        raise BadName("content", "content and content_unit, or neither", "one of them")
    if item.content_unit is not None:
        check_unit(item.content_unit)
    columns = {name: getattr(item, name) for name in NewItem.__dataclass_fields__}
    id = _insert(connection, tables.item, "item", item.code, {"party_id": party_id, **columns})
    return Item(id, party_id, item.code, item.name, item.gtin, item.unit, item.decimals, item.shelf_life_days,
                item.needs_expiry, item.needs_manufacturer_lot, item.held_on_arrival, item.needs_production_date,
                item.count_tolerance, item.content, item.content_unit)


def create_site(
    connection: Connection, party: str, code: str, name: str, zone: str, gln: str | None = None
) -> Site:
    """`zone` is an IANA time zone, such as Europe/Berlin."""
    found = connection.execute(
        select(tables.party.c.id, tables.party.c.uri).where(tables.party.c.code == party)
    ).one_or_none()
    if found is None:
        raise UnknownThing("party", party)
    check_code("site", code)
    check_text("name", name)
    check_zone(zone)
    if gln is not None:
        check_gln(gln)
    row = {"party_id": found.id, "code": code, "name": name, "zone": zone, "gln": gln}
    return Site(_insert(connection, tables.site, "site", code, row), found.id, code, zone,
                site_uri(found.uri, code, gln))


def create_location(
    connection: Connection, party: str, site: str, code: str, name: str | None = None, kind: str = "storage"
) -> Location:
    """A place within a site of this party; raises UnknownThing if there is no such site."""
    query = select(tables.site, tables.party.c.uri).join(tables.party, tables.party.c.id == tables.site.c.party_id)
    found = connection.execute(
        query.where(tables.party.c.code == party, tables.site.c.code == site)
    ).one_or_none()
    if found is None:
        raise UnknownThing("site", site)
    check_code("location", code)
    check_text("name", name or code)
    known_kind = next((known for known in BUILT_KINDS if known == kind), None)
    if known_kind is None:
        raise BadName("location kind", ", ".join(BUILT_KINDS), kind)
    row = {"party_id": found.party_id, "site_id": found.id, "code": code, "name": name or code, "kind": kind}
    id = _insert(connection, tables.location, "location", f"{site}/{code}", row)
    where = Site(found.id, found.party_id, found.code, found.zone, site_uri(found.uri, found.code, found.gln))
    return Location(id, where, code, location_uri(where.uri, code, found.gln), known_kind)


def check_zone(zone: str) -> str:
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise BadName("time zone", "an IANA time zone like Europe/Berlin", zone) from None
    return zone


def party_id_of(connection: Connection, code: str) -> int:
    id = connection.scalar(select(tables.party.c.id).where(tables.party.c.code == code))
    if id is None:
        raise UnknownThing("party", code)
    return int(id)


def _insert(connection: Connection, table: Table, kind: str, name: str, row: dict[str, Any]) -> int:
    """The id of a new row; ThingExists where one of its unique names is taken, without failing the transaction."""
    id = connection.scalar(insert(table).values(row).on_conflict_do_nothing().returning(table.c.id))
    if id is None:
        raise ThingExists(kind, name)
    return int(id)


def _milliseconds(scribe: Scribe) -> int:
    return int(scribe.now().timestamp() * 1000)
