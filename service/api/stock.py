"""What lies where: balances of the party's real places.

`status` is how the stock is booked, `goods_status` what it may be used for today: expired and recalled lots lock
themselves. A pallet is a place; `stands_at` is where it stands, and of any other place the place itself.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import exists, func, select

from service.api import schemas
from service.api.door import Door
from service.api.fields import Choice, Shape, Text, Uri, WholeInQuery
from service.api.house import House
from service.auth.keys import Caller
from service.domain.expiry import day_at, has_expired
from service.domain.goods import goods_status
from service.domain.quantities import format_quantity
from service.models.tables import balance, item, location, lot, site

PAGE = 100
_GROUND = location.alias("ground")


class StockQuery(Shape):
    item = Text(40)
    lot = Text(20)
    uri = Uri()
    location = Text(81, doc={"description": "SITE/LOC"})
    status = Choice("available", "hold")
    after = Uri()
    limit = WholeInQuery(1, 1000, load_default=PAGE, doc={"description": "How many lots; each with all its places"})


def door(house: House) -> Door:
    stock = house.door("stock", "What lies where")

    @stock.operation("GET", "/stock", roles=("party",), query=StockQuery, answers={200: schemas.Stock})
    def list_stock(caller: Caller, query: dict[str, Any]) -> Any:
        """List your stock by lot, place and status"""
        with house.engine.connect() as connection:
            lots = list(connection.execute(_lots(caller, query)).scalars())
            lines = [_line(row, house.now()) for row in connection.execute(_lines(lots, query))]
            last = lots[-1] if len(lots) == query["limit"] else None
            following = connection.scalar(select(lot.c.uri).where(lot.c.id == last)) if last else None
        return {"stock": lines, "next": following}

    return stock


def _conditions(query: dict[str, Any]) -> list[Any]:
    """On a balance and its place: something lies in a real place, and it is what is asked for."""
    conditions = [balance.c.place > 0, balance.c.units > 0]
    if "status" in query:
        conditions.append(balance.c.status == query["status"])
    if "location" in query:
        site_code, _, code = query["location"].partition("/")
        conditions += [site.c.code == site_code, location.c.code == code]
    return conditions


def _lots(caller: Caller, query: dict[str, Any]) -> Any:
    """The lots of this page; a page never tears the places of a lot apart."""
    somewhere = (
        select(balance.c.lot_id)
        .join(location, location.c.id == balance.c.place)
        .join(site, site.c.id == location.c.site_id)
        .where(balance.c.lot_id == lot.c.id, *_conditions(query))
    )
    listed = (
        select(lot.c.id)
        .join(item, item.c.id == lot.c.item_id)
        .where(lot.c.party_id == caller.party_id, exists(somewhere))
    )
    for name, column in (("uri", lot.c.uri), ("item", item.c.code), ("lot", lot.c.number)):
        if name in query:
            listed = listed.where(column == query[name])
    if "after" in query:
        listed = listed.where(lot.c.uri > query["after"])
    return listed.order_by(lot.c.uri).limit(query["limit"])


def _lines(lots: list[int], query: dict[str, Any]) -> Any:
    return (
        select(
            item.c.code.label("item"), lot.c.number, lot.c.uri, site.c.code.label("site"), location.c.code,
            balance.c.status, balance.c.units, item.c.unit, item.c.decimals, lot.c.expiry_date, site.c.zone,
            lot.c.recall.is_not(None).label("recalled"), func.coalesce(_GROUND.c.code, location.c.code).label("ground"),
        )
        .select_from(balance)
        .join(lot, lot.c.id == balance.c.lot_id)
        .join(item, item.c.id == lot.c.item_id)
        .join(location, location.c.id == balance.c.place)
        .join(site, site.c.id == location.c.site_id)
        .outerjoin(_GROUND, _GROUND.c.id == location.c.within)
        .where(balance.c.lot_id.in_(lots), *_conditions(query))
        .order_by(lot.c.uri, site.c.code, location.c.code, balance.c.status)
    )  # fmt: skip


def _line(row: Any, now: datetime) -> dict[str, Any]:
    expired = has_expired(row.expiry_date, day_at(now, row.zone))
    return {
        "item": row.item, "lot": row.number, "uri": row.uri, "location": f"{row.site}/{row.code}",
        "stands_at": f"{row.site}/{row.ground}", "status": row.status,
        "goods_status": goods_status(row.status, expired=expired, recalled=row.recalled),
        "quantity": format_quantity(row.units, row.decimals), "unit": row.unit, "expiry_date": row.expiry_date,
    }  # fmt: skip
