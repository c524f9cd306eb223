"""What the labels of a lot, a pallet and a place say now; None where the party has no such thing."""

from datetime import date
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection, select

from service.domain.orders_slip import elements
from service.domain.quantities import format_quantity, parse_quantity
from service.models.numbers import gs1_prefix
from service.models.tables import balance, item, location, lot, party, site
from service.papers.label import LotLabel, PalletLabel, PlaceLabel
from service.papers.values import storage

_LOT = select(
    lot.c.number, lot.c.manufacturer_lot, lot.c.production_date, lot.c.expiry_date, item.c.code, item.c.name,
    item.c.spec, item.c.gtin, item.c.unit, item.c.decimals, item.c.storage_min, item.c.storage_max,
).join(item, item.c.id == lot.c.item_id)  # fmt: skip
_CONTENTS = (
    select(item.c.code, lot.c.number, lot.c.expiry_date, balance.c.units, item.c.decimals, item.c.unit)
    .select_from(balance).join(lot, lot.c.id == balance.c.lot_id).join(item, item.c.id == lot.c.item_id)
    .where(balance.c.units > 0).order_by(item.c.code, lot.c.number)
)  # fmt: skip


def lot_label(
    connection: Connection, party_id: int, uri: str, quantity: str | None, today: date, public_url: str
) -> LotLabel | None:
    """Raises BadQuantity if the item has no such quantity."""
    row = connection.execute(_LOT.where(lot.c.party_id == party_id, lot.c.uri == uri)).one_or_none()
    if row is None:
        return None
    on_it = row.manufacturer_lot or row.number
    much = None
    if quantity is not None:
        much = f"{format_quantity(parse_quantity(quantity, row.decimals), row.decimals)} {row.unit}"
    said = elements(row.gtin, on_it, None, row.expiry_date, today) if row.gtin else ()
    return LotLabel(
        row.name, row.spec, row.code, on_it, row.production_date, row.expiry_date, much,
        storage(row.storage_min, row.storage_max), said, public_url + urlsplit(uri).path,
    )  # fmt: skip


def pallet_label(connection: Connection, party_id: int, sscc: str) -> PalletLabel | None:
    """Of a pallet that stands here, or of a number under a prefix of the party; `sscc` was checked before."""
    name = connection.execute(select(party.c.name).where(party.c.id == party_id)).scalar_one()
    place = connection.scalar(select(location.c.id).where(
        location.c.party_id == party_id, location.c.code == sscc, location.c.kind == "pallet"))  # fmt: skip
    if place is None:
        prefixes = connection.scalars(select(gs1_prefix.c.prefix).where(gs1_prefix.c.party_id == party_id))
        return PalletLabel(sscc, name, ()) if any(sscc[1:].startswith(each) for each in prefixes) else None
    rows = connection.execute(_CONTENTS.where(balance.c.place == place))
    return PalletLabel(sscc, name, [_line(row) for row in rows])


def place_label(connection: Connection, party_id: int, place: str) -> PlaceLabel | None:
    """Of a place that was built; a pallet is none."""
    where, _, code = place.partition("/")
    row = connection.execute(
        select(location.c.name, location.c.kind).join(site, site.c.id == location.c.site_id).where(
            location.c.party_id == party_id, site.c.code == where, location.c.code == code,
            location.c.kind != "pallet")
    ).one_or_none()  # fmt: skip
    return None if row is None else PlaceLabel(place, row.name, row.kind)


def _line(row: Any) -> str:
    much = format_quantity(row.units, row.decimals)
    return f"{row.code} · {row.number} · EXP {row.expiry_date or '–'} · {much} {row.unit}"
