"""What a trace and a recall drill take and answer."""

from service.api.fields import Choice, Day, Flag, Instant, Many, One, Shape, Text, Uri, Uuid, WholeInQuery
from service.api.reports_schemas import GOODS, RECORD, Exported, amount
from service.api.schemas import Nullable, number, text
from service.trace.sums import SUMS

MANY = 100_000


class TraceQuery(Exported):
    lot = Uri(required=True, doc={"description": "URI of the lot"})
    direction = Choice("both", "backward", "forward", load_default="both")
    depth = WholeInQuery(1, 100, doc={"description": "Transformations away, at most; all if it is left out"})
    limit = WholeInQuery(1, 10_000, load_default=1000, doc={"description": "How many lots and edges are listed"})


Sums = type("Sums", (Shape,), {name: amount() for name in SUMS} | {"agree": Flag(required=True)})


class Lying(Shape):
    location = text(81)
    goods_status = GOODS
    quantity = amount()


class TraceNode(Shape):
    uri = Uri(required=True)
    relation = Choice("itself", "ancestor", "descendant", required=True)
    item = text(40)
    unit = text(3)
    lot = text(40)
    production_date = Nullable(Day())
    expiry_date = Nullable(Day())
    sums = One(Sums, required=True)
    places = Many(One(Lying), 0, MANY, required=True)


class TraceEdge(Shape):
    kind = Choice(
        "arrival", "taken_over", "descent", "shipped", "returned", "destroyed", "handed_over", required=True
    )
    from_ = Text(2048, required=True, data_key="from")
    to = text(2048)
    item = text(40)
    lot = text(40)
    quantity = amount()
    unit = text(3)
    movement = Uuid(required=True)
    type = text(20)
    recorded_at = Instant(required=True)
    state = Nullable(Text(20))
    record_status = RECORD


class EndTotal(Shape):
    name = text(2048)
    state = Nullable(Text(20))
    item = text(40)
    unit = text(3)
    quantity = amount()
    movements = number()
    first_at = Instant(required=True)
    last_at = Instant(required=True)


class ItemTotal(Sums):  # type: ignore[valid-type, misc]
    item = text(40)
    unit = text(3)
    lots = number()


class PlaceTotal(Lying):
    item = text(40)
    unit = text(3)
    lots = number()


class TraceTotals(Shape):
    suppliers = Many(One(EndTotal), 0, MANY, required=True)
    senders = Many(One(EndTotal), 0, MANY, required=True)
    customers = Many(One(EndTotal), 0, MANY, required=True)
    receivers = Many(One(EndTotal), 0, MANY, required=True)
    returned_to = Many(One(EndTotal), 0, MANY, required=True)
    items = Many(One(ItemTotal), 0, MANY, required=True)
    places = Many(One(PlaceTotal), 0, MANY, required=True)
    agree = Flag(required=True)


class Trace(Shape):
    lot = Uri(required=True)
    direction = Choice("both", "backward", "forward", required=True)
    nodes = Many(One(TraceNode), 0, MANY, required=True)
    nodes_total = number()
    edges = Many(One(TraceEdge), 0, MANY, required=True)
    edges_total = number()
    complete = Flag(required=True)
    note = Nullable(Text(1000))
    totals = One(TraceTotals, required=True)
    took_ms = number()


class NewDrill(Shape):
    lot = Uri(required=True)


class DrillQuery(Shape):
    after = Uuid(doc={"description": "`next` of the page before"})
    limit = WholeInQuery(1, 1000, load_default=100)


class DrillQuantities(Shape):
    item = text(40)
    unit = text(3)
    here = amount()
    available = amount()
    in_transit = amount()
    in_transfer = amount()
    shipped = amount()
    handed_over = amount()
    disputed = amount()


class Drill(Shape):
    id = Uuid(required=True)
    lot = Uri(required=True)
    by = text()
    started_at = Instant(required=True)
    took_ms = number()
    lots = number()
    places = number()
    parties = number()
    customers = number()
    quantities = Many(One(DrillQuantities), 0, MANY, required=True)


class WouldHold(PlaceTotal):
    pass


class WouldNotify(Shape):
    name = text(2048)
    is_ = Choice("customer", "party", required=True, data_key="is")
    state = Nullable(Text(20))
    item = text(40)
    quantity = amount()
    unit = text(3)


class DrillFinding(Drill):
    would_hold = Many(One(WouldHold), 0, MANY, required=True)
    would_notify = Many(One(WouldNotify), 0, MANY, required=True)


class Drills(Shape):
    drills = Many(One(Drill), 0, 1000, required=True)
    next = Nullable(Uuid())
