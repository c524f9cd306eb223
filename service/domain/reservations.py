"""Reserved stock: promised to one order, until a moment. Who may use it is decided here, by comparing with now.

A reservation that has run out counts for nothing from that moment on, whether or not anybody has deleted its row.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Reservation:
    """`units` of one lot at one place for `order`; without `expires_at` they were picked and stay the order's."""

    order: int
    units: int
    expires_at: datetime | None = None
    number: str = ""

    def live(self, now: datetime) -> bool:
        return self.expires_at is None or now < self.expires_at


def free_units(
    balance: int, reservations: Iterable[Reservation], for_order: int | None, *, now: datetime
) -> int:
    """How much of a balance this order may take (None: anybody who has no order); never below zero.

    `reservations` are those of the same lot and place. Below zero it would fall where goods were taken past a
    reservation; then there is nothing, not less.
    """
    promised = sum(each.units for each in reservations if each.order != for_order and each.live(now))
    return max(0, balance - promised)
