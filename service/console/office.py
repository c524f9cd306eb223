"""The pages of the office, put together: orders, counts, labels, lot numbers, imports, reports, partners, keys."""

from service.console import (
    access,
    counts,
    goods,
    imports,
    labels,
    numbers,
    orders,
    partners,
    picking,
    reports,
    sensors,
)
from service.console.frame import Frame

ROOMS = (orders, picking, labels, goods, counts, numbers, imports, reports, partners, access, sensors)


def declare(frame: Frame) -> None:
    for room in ROOMS:
        room.declare(frame)
