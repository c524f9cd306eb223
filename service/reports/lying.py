"""How much of each of some lots lies now, wherever, and the one word for all of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BigInteger, Connection, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY

from service.domain.goods import goods_status
from service.reports.report import milliseconds

_LYING = text("""
    SELECT b.lot_id, sum(b.units)::bigint AS units,
           bool_or(b.status = 'hold') AS held, bool_and(b.status = 'hold') AS all_held,
           bool_or(warehouse.expired(lot.expiry_date, :at, s.zone)) AS expired
    FROM warehouse.balance b JOIN warehouse.lot ON lot.id = b.lot_id
    JOIN warehouse.location l ON l.id = b.place JOIN warehouse.site s ON s.id = l.site_id
    WHERE b.lot_id = ANY(:lots) AND b.place > 0 AND b.units > 0 GROUP BY b.lot_id
""").bindparams(bindparam("lots", type_=ARRAY(BigInteger)))


@dataclass(frozen=True, slots=True)
class Lying:
    units: int
    booked: str
    expired: bool

    def status(self, *, recalled: bool) -> str:
        return goods_status(self.booked, expired=self.expired, recalled=recalled)


def lying_of(connection: Connection, lots: Sequence[int], now: datetime) -> dict[int, Lying]:
    """By the lot's id; a lot of which nothing lies is not in it."""
    found = connection.execute(_LYING, {"lots": list(lots), "at": milliseconds(now)})
    return {row.lot_id: Lying(row.units, _booked(row.held, row.all_held), row.expired) for row in found}


def _booked(held: bool, all_held: bool) -> str:
    return "hold" if all_held else "partly_hold" if held else "available"
