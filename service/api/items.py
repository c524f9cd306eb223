"""Items of a party: what it keeps lots of."""

from typing import Any

from sqlalchemy import func, select

from service.api import schemas
from service.api.door import Door, body_of
from service.api.fields import Flag, Shape, Text, Whole
from service.api.house import House
from service.api.problem import not_found
from service.api.rows import plain
from service.api.trail import author, made
from service.auth.keys import Caller
from service.ledger.master_data import NewItem, create_item
from service.models.tables import item
from service.people import items as item_changes

_SHOWN = (
    item.c.code, item.c.name, item.c.spec, item.c.gtin, item.c.unit, item.c.decimals, item.c.shelf_life_days,
    item.c.storage_min, item.c.storage_max, item.c.needs_expiry, item.c.needs_manufacturer_lot, item.c.held_on_arrival,
    item.c.needs_production_date, item.c.count_tolerance, func.trim_scale(item.c.content).label("content"),
    item.c.content_unit,
)  # fmt: skip


class ItemChange(Shape):
    """What may change; `gtin`, `unit` and `decimals` only while the item has no lots."""

    name = Text(200)
    spec = Text(200, allow_none=True)
    gtin = Text(14, pattern="[0-9]{14}", called="14 digits", allow_none=True)
    unit = Text(3, pattern="[A-Z0-9]{2,3}", called="a unit code like EA or KGM")
    decimals = Whole(0, 9)
    shelf_life_days = Whole(1, 36_500, allow_none=True)
    storage_min = schemas.Degrees(allow_none=True)
    storage_max = schemas.Degrees(allow_none=True)
    needs_expiry = Flag()
    needs_manufacturer_lot = Flag()
    held_on_arrival = Flag()
    reason = Text(200, required=True)


def door(house: House) -> Door:
    items = house.door("items", "What a party keeps lots of")

    @items.operation(
        "POST", "/items", roles=("party",), body=body_of(schemas.NewItem), answers={201: schemas.Item}, problems=(409,)
    )
    def add_item(caller: Caller, body: NewItem) -> Any:
        """Add an item

        With a GTIN its lots are named `https://id.gs1.org/01/…/10/…` and recognised by every party that trades it.
        """
        assert caller.party is not None
        with house.engine.begin() as connection:
            new = create_item(connection, caller.party, body)
            row = connection.execute(select(*_SHOWN).where(item.c.id == new.id)).one()
            made(connection, house, caller, "item", row.code, plain(row))
        return plain(row), 201

    @items.operation("GET", "/items", roles=("party",), answers={200: schemas.Items})
    def list_items(caller: Caller) -> Any:
        """List your items"""
        with house.engine.connect() as connection:
            rows = connection.execute(select(*_SHOWN).where(item.c.party_id == caller.party_id).order_by(item.c.code))
            return {"items": [plain(row) for row in rows]}

    @items.operation(
        "PATCH", "/items/<code>", roles=("party",), path={"code": Text(40)}, body=body_of(ItemChange),
        answers={200: schemas.Item}, problems=(409,),
    )  # fmt: skip
    def change_item(caller: Caller, code: str, body: dict[str, Any]) -> Any:
        """Change an item's name, specification or policies

        Lots that exist keep what they have. What it was, what it became, who changed it and why stays in `/changes`.
        """
        who = author(house, caller, body.pop("reason"))
        with house.engine.begin() as connection:
            if not item_changes.change(connection, who, code, body):
                raise not_found("item", code)
            mine = (item.c.party_id == caller.party_id, item.c.code == code)
            return plain(connection.execute(select(*_SHOWN).where(*mine)).one())

    return items
