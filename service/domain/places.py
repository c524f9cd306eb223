"""Where stock can be: locations of a party (positive ids) and the virtual places on the other side of every movement.

Stock is double entry. What a lot's real places hold has come from SUPPLY or PRODUCED, and what has left them stands at
CUSTOMER, HANDED_OVER, IN_TRANSIT, TRANSFER, DISPUTED, CONSUMED, RETURNED or DESTROYED; the sum over all places of a
lot is zero at every moment (INV-S2). Only the two sources go below zero, and they never rise above it; ADJUSTMENT,
where counts are squared with the book, may be on either side, but not on hold: no more is found there than was missing.
What another party of this ledger took over (HANDED_OVER) stands apart from what customers have, since only a customer's
goods can be taken back without being in two hands.
"""

from enum import IntEnum

AVAILABLE = "available"
HOLD = "hold"


class Virtual(IntEnum):
    """Each lot has its own; they carry no status (always available), except TRANSFER and ADJUSTMENT: goods stay as they
    are on their way, and what is missing of goods on hold stays on hold.
    """

    SUPPLY = -1
    CUSTOMER = -2
    IN_TRANSIT = -3
    CONSUMED = -4
    PRODUCED = -5
    DESTROYED = -6
    TRANSFER = -7
    RETURNED = -8
    ADJUSTMENT = -9
    DISPUTED = -10
    HANDED_OVER = -11


SOURCES = frozenset({Virtual.SUPPLY, Virtual.PRODUCED})
OUTSIDE = frozenset({Virtual.CUSTOMER, Virtual.IN_TRANSIT, Virtual.HANDED_OVER})
"""Whoever gets here has left the party's hands: expired, held or recalled stock never does."""
