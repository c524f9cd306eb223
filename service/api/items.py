"""Items of a party: what it keeps lots of."""

from typing import Any

from sqlalchemy import func, select

from service.api import schemas
from service.api.door import Door, body_of
from service.api.house import House
from service.api.rows import plain
from service.auth.keys import Caller
from service.ledger.master_data import NewItem, create_item
from service.models.tables import item

_SHOWN = (
    item.c.code, item.c.name, item.c.spec, item.c.gtin, item.c.unit, item.c.decimals, item.c.shelf_life_days,
    item.c.storage_min, item.c.storage_max, item.c.needs_expiry, item.c.needs_manufacturer_lot, item.c.held_on_arrival,
    item.c.needs_production_date, item.c.count_tolerance, func.trim_scale(item.c.content).label("content"),
    item.c.content_unit,
)  # fmt: skip


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
            made = create_item(connection, caller.party, body)
            row = connection.execute(select(*_SHOWN).where(item.c.id == made.id)).one()
        return plain(row), 201

    @items.operation("GET", "/items", roles=("party",), answers={200: schemas.Items})
    def list_items(caller: Caller) -> Any:
        """List your items"""
        with house.engine.connect() as connection:
            rows = connection.execute(select(*_SHOWN).where(item.c.party_id == caller.party_id).order_by(item.c.code))
            return {"items": [plain(row) for row in rows]}

    return items
