"""Recalls and notices on the wire."""

from typing import Any

from service.api.case_schemas import person
from service.api.fields import Choice, Flag, Instant, Many, One, Quantity, Shape, Text, Uri, Uuid, WholeInQuery
from service.api.schemas import MANY, MOST, Anything, Nullable, number, text
from service.recalls.calling import LiftApproval
from service.recalls.calling import NewRecall as Asked


class Truth(Choice):
    """True or false where everything is text: in a query string."""

    def __init__(self, **options: Any) -> None:
        super().__init__("true", "false", **options)

    def read(self, value: Any) -> Any:
        return super().read(value) == "true"


class NewRecall(Shape):
    makes = Asked
    id = Uuid(required=True)
    item = Text(64, required=True)
    lot = Text(64, required=True)
    reason = Text(200, required=True)
    class_ = Choice("I", "II", "III", required=True, data_key="class", doc={"description": "I is the most dangerous"})
    by = person()
    drill = Flag(load_default=False, doc={"description": "Only false: a drill holds nothing and is no recall"})


class NewLift(Shape):
    reason = Text(200, required=True)
    approved_by = Many(Text(64), 2, 10, required=True, doc={"description": "Opaque ids of different people"})


class NewLiftApproval(Shape):
    makes = LiftApproval
    person = person()
    decision = Choice("approve", "reject", required=True)
    words = Text(200, required=True, doc={"description": "Why; the first approval's words are the reason on record"})
    shown = Text(
        43, pattern="[A-Za-z0-9_-]{43}", called="the recall's `shown`, 43 characters", required=True,
        doc={"description": "The recall's `shown`: hash of the `record` that was on the screen"},
    )  # fmt: skip


class RecallQuery(Shape):
    open = Truth(doc={"description": "In force, or over"})
    after = Uuid(doc={"description": "The last recall of the page before"})
    limit = WholeInQuery(1, 1000, load_default=100)


class LotsQuery(Shape):
    after = Uri(doc={"description": "URI of the last lot of the page before"})
    limit = WholeInQuery(1, 1000, load_default=100)


class Quantified(Shape):
    item = text(40)
    quantity = Quantity(required=True)
    unit = text(3)


class RecallHead(Shape):
    """`held`: what this recall put on hold, by item; `took_ms`: from the request to the last lot stopped."""

    id = Uuid(required=True)
    item = text(40)
    lot = text(20)
    uri = Uri(required=True)
    class_ = Choice("I", "II", "III", required=True, data_key="class")
    reason = text()
    by = text(64)
    at = Instant(required=True)
    took_ms = number()
    lots = number()
    places = number()
    held = Many(One(Quantified), 0, MANY, required=True)
    notices_sent = number()
    notices_open = number()
    in_force = Flag(required=True)
    lifted_at = Nullable(Instant())
    lifted_by = Many(Text(64), 2, 10, required=True, allow_none=True)


class Recalls(Shape):
    recalls = Many(One(RecallHead), 0, 1000, required=True)
    next = Nullable(Uuid(doc={"description": "Give it as `after` to read on"}))


class Whereabouts(Shape):
    """`at_parties`: accepted by parties of this ledger; `at_customers`: shipped to others."""

    item = text(40)
    unit = text(3)
    available = Quantity(required=True)
    on_hold = Quantity(required=True)
    in_transit = Quantity(required=True)
    at_parties = Quantity(required=True)
    at_customers = Quantity(required=True)


class RecalledLot(Whereabouts):
    lot = text(20)
    uri = Uri(required=True)
    recalled = Flag(required=True)


class Total(Whereabouts):
    destroyed = Quantity(required=True)
    returned = Quantity(required=True)


class PartyTold(Shape):
    """`told_at` is null where the goods were offered after the recall; then they cannot be accepted."""

    party = text(40)
    lot = Uri(required=True)
    unit = text(3)
    arrived = Quantity(required=True)
    on_the_way = Quantity(required=True)
    told_at = Nullable(Instant())
    acknowledged_at = Nullable(Instant())
    acknowledged_by = Nullable(Text(64))


class RecallShown(RecallHead):
    record = text(10_000)
    shown = text(43)
    movements = Many(Uuid(), 1, MANY, required=True)
    totals = Many(One(Total), 0, MANY, required=True)
    parties = Many(One(PartyTold), 0, MANY, required=True)
    recalled_lots = Many(One(RecalledLot), 0, 1000, required=True)
    next = Nullable(Uri(doc={"description": "Give it as `after` to read on in `recalled_lots`"}))


class NoticeQuery(Shape):
    open = Truth(doc={"description": "Not acknowledged yet, or acknowledged"})
    after = WholeInQuery(1, MOST, doc={"description": "The last notice of the page before"})
    limit = WholeInQuery(1, 1000, load_default=100)


class Acknowledged(Shape):
    by = person()


class NoticeStock(Shape):
    location = text(81)
    status = Choice("available", "hold", required=True)
    quantity = Quantity(required=True)
    unit = text(3)


class Notice(Shape):
    """`own` is the lot as it is called here, null where nothing of it ever arrived."""

    id = number()
    kind = Choice("recall", "lift", required=True)
    from_party = text(40)
    lot = Uri(required=True)
    reason = Nullable(Text(200))
    at = Instant(required=True)
    acknowledged_at = Nullable(Instant())
    acknowledged_by = Nullable(Text(64))
    own = Anything("item, lot, and whether it is recalled here; or null")
    stock = Many(One(NoticeStock), 0, MANY, required=True)
    suggests = Anything("The request that recalls the lot here too; add `id`, `class` and `by`. Or null")


class Notices(Shape):
    notices = Many(One(Notice), 0, 1000, required=True)
    next = Nullable(WholeInQuery(1, MOST, doc={"description": "Give it as `after` to read on"}))
