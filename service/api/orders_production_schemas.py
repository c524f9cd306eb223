"""A production order's report, and what is put back, as JSON.

What it means is said in `service.domain.orders_production` and `service.domain.orders_balance`.
"""

from service.api.fields import Choice, Flag, Instant, Many, One, Quantity, Shape, Text, Uri, Uuid
from service.api.movement_shapes import LINE_LIMIT, LineShape, place
from service.api.schemas import MANY, Nullable, number, text
from service.domain.orders import ROLES, STATES
from service.orders.putback import PuttingBack


class PutBackShape(Shape):
    makes = PuttingBack
    id = Uuid(required=True, doc={"description": "Of the movement; keep it, and a retry puts nothing back twice"})
    from_ = place(required=True, data_key="from", doc={"description": "Where the picked goods stand"})
    to = place(required=True)
    lines = Many(One(LineShape), 1, LINE_LIMIT, required=True)
    event_time = Instant()
    reason = Text(200)


class Signed(Text):
    def __init__(self) -> None:
        super().__init__(20, pattern=r"-?(0|[1-9][0-9]*)(\.[0-9]+)?", called="a decimal number", required=True)


class ProductionLine(Shape):
    """`target` is what should have been made or used by now, for what was made of the first product; `variance` is what
    was, less that. `percent` is of what was planned."""

    line = number()
    role = Choice(*ROLES, required=True)
    item = text(40)
    unit = text(3)
    lot = Nullable(Text(20))
    planned = Quantity(required=True)
    actual = Quantity(required=True)
    damaged = Quantity(required=True)
    target = Quantity(required=True)
    variance = Signed()
    percent = Quantity(required=True)
    reserved = Quantity(required=True)
    picked = Quantity(required=True)
    blocked = Quantity(required=True)


class Mass(Shape):
    """`consumed` is `produced` and `loss` together."""

    unit = text(3)
    consumed = Quantity(required=True)
    produced = Quantity(required=True)
    loss = Quantity(required=True)
    yield_percent = Nullable(Quantity())


class RunGood(Shape):
    item = text(40)
    lot = text(20)
    uri = Uri(required=True)
    location = text(81)
    quantity = Quantity(required=True)
    unit = text(3)


class Run(Shape):
    """One movement: each of its outputs was made of all of its inputs."""

    movement = Uuid(required=True)
    type = text(20)
    recorded_at = Instant(required=True)
    loss = Nullable(Quantity())
    inputs = Many(One(RunGood), 0, MANY, required=True)
    outputs = Many(One(RunGood), 0, MANY, required=True)


class MadeStock(Shape):
    """`location` is null for what is in no place of yours any more; `where` says it in words."""

    item = text(40)
    lot = text(20)
    uri = Uri(required=True)
    location = Nullable(Text(81))
    where = text(100)
    status = Choice("available", "hold", required=True)
    recalled = Flag(required=True)
    quantity = Quantity(required=True)
    unit = text(3)


class Production(Shape):
    """`unmeasured` runs have no measure that all their goods share, so they are in no balance."""

    order = Uuid(required=True)
    unmeasured = number()
    number = text(64)
    site = text(40)
    state = Choice(*STATES, required=True)
    lines = Many(One(ProductionLine), 1, LINE_LIMIT, required=True)
    mass = Many(One(Mass), 0, MANY, required=True)
    runs = Many(One(Run), 0, MANY, required=True)
    stock = Many(One(MadeStock), 0, MANY, required=True)
