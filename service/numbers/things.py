"""What a numbering request names, found among what the party has; UnknownThing where it is not."""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, select

from service.domain.errors import UnknownThing
from service.models.numbers import item_category
from service.models.tables import item, party, site

Found = Row[*tuple[Any, ...]]


def item_of(connection: Connection, party_id: int, code: str) -> Found:
    """Its id, code, gtin and category."""
    asked = select(item.c.id, item.c.code, item.c.gtin, item_category.c.category).outerjoin(
        item_category, item_category.c.item_id == item.c.id
    )
    found = connection.execute(asked.where(item.c.party_id == party_id, item.c.code == code)).one_or_none()
    if found is None:
        raise UnknownThing("item", code)
    return found


def site_of(connection: Connection, party_id: int, code: str) -> Found:
    """Its id, code and zone."""
    asked = select(site.c.id, site.c.code, site.c.zone).where(site.c.party_id == party_id, site.c.code == code)
    found = connection.execute(asked).one_or_none()
    if found is None:
        raise UnknownThing("site", code)
    return found


def today(where: Found, now: datetime) -> date:
    """The date at a site; the same rule as `Book.today`."""
    return now.astimezone(ZoneInfo(where.zone)).date()


def alone(connection: Connection, party_id: int) -> None:
    """Wait until nobody else gives or takes a number of this party.

    It is the lock under which movements name lots (`PARTIES_THAT_NAME_LOTS`): a lot that another transaction is
    making is either seen, or made after the number is taken. It comes first, so no two takings wait for each other.
    """
    connection.execute(select(party.c.id).where(party.c.id == party_id).with_for_update(key_share=True)).one()
