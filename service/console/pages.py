"""The pages of the console, put together."""

from flask import Blueprint

from service.api.house import House
from service.api.status import state
from service.console import dashboard, figures, lists, lots, office, people, quality
from service.console.asking import Operations
from service.console.floor import pages as floor
from service.console.frame import Frame

SIGN_IN = "/sign-in"


def pages(house: House, operations: Operations) -> Blueprint:
    """`operations` are those of all doors, by name."""
    frame = Frame(house, operations, SIGN_IN)
    dashboard.declare(frame, lambda: state(house))
    figures.declare(frame)
    floor.declare(frame)
    lots.declare(frame)
    quality.declare(frame)
    lists.declare(frame)
    people.declare(frame)
    office.declare(frame)
    return frame.blueprint
