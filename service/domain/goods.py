"""What a person is told of goods that lie somewhere: one word, worst first.

This is the state of the goods. How well their record is proven is another question with other words (recorded,
sequenced, anchored, final), and the two never mix: a recalled lot can have a perfect record.
"""

from datetime import date
from typing import Literal

from service.domain.expiry import has_expired
from service.domain.places import HOLD
from service.domain.things import Lot

GoodsStatus = Literal["recalled", "expired", "hold", "available"]
GOODS_STATUSES: tuple[GoodsStatus, ...] = ("recalled", "expired", "hold", "available")


def goods_status(lot: Lot, status: str, today: date) -> GoodsStatus:
    """The state of this lot's stock in `status` at a place where the day is `today`."""
    return status_of_stock(lot.recall is not None, lot.expiry_date, status, today)


def status_of_stock(recalled: bool, expiry_date: date | None, status: str, today: date) -> GoodsStatus:
    """The same from a row of a query."""
    if recalled:
        return "recalled"
    if has_expired(expiry_date, today):
        return "expired"
    return "hold" if status == HOLD else "available"
