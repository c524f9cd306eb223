"""What reports take and answer, for the door and the OpenAPI document."""

from service.api.fields import Choice, Day, Flag, Instant, Many, One, Shape, Text, Uri, Uuid, Whole, WholeInQuery
from service.api.schemas import Anything, Nullable, number, text
from service.reports.export import MEDIA_TYPES

GOODS = Choice("available", "hold", "partly_hold", "expired", "recalled", "gone", required=True)
RECORD = Choice("recorded", "sequenced", "anchored", "final", required=True)


class Exported(Shape):
    """What every answer takes that is also a file."""

    format = Choice("json", *MEDIA_TYPES, load_default="json")
    lang = Choice("en", "zh", doc={"description": "Of titles in files; else Accept-Language decides"})


class Paged(Exported):
    after = Uri(doc={"description": "`next` of the page before"})
    limit = WholeInQuery(1, 1000, load_default=100, doc={"description": "Lots on a page; a file has all"})


def amount() -> Text:
    """A decimal as text; differences may be below zero."""
    return Text(27, pattern=r"-?(0|[1-9][0-9]{0,18})(\.[0-9]{1,9})?", required=True)


class StockAtQuery(Paged):
    at = Instant(doc={"description": "The moment; now if it is left out"})
    item = Text(40)
    lot = Uri()


class TurnoverQuery(Paged):
    from_ = Instant(required=True, data_key="from", doc={"description": "Begin of the period"})
    to = Instant(doc={"description": "End of the period, which does not belong to it; now if it is left out"})
    by = Choice("lot", "item", load_default="lot")
    item = Text(40)
    lot = Uri()
    after = Text(2048, doc={"description": "`next` of the page before"})


class AgeingQuery(Paged):
    by = Choice("received", "produced", load_default="received")
    item = Text(40)


class ExpiryQuery(Paged):
    days = WholeInQuery(0, 36_500, load_default=90, doc={"description": "What expires within that many days, or has"})
    item = Text(40)


class QuarantineQuery(Paged):
    item = Text(40)


class HistoryQuery(Paged):
    lot = Uri(required=True)
    after = Uuid(doc={"description": "`next` of the page before"})


class IntegrityQuery(Exported):
    since = Instant(doc={"description": "Begin of the period for scans; 30 days ago if it is left out"})


class StockRow(Shape):
    item = text(40)
    name = text(200)
    lot = text(40)
    uri = Uri(required=True)
    location = text(81)
    status = Choice("available", "hold", required=True)
    goods_status = GOODS
    quantity = amount()
    unit = text(3)
    expiry_date = Nullable(Day())


class TurnoverRow(Shape):
    item = text(40)
    lot = Nullable(Text(40))
    uri = Nullable(Uri())
    unit = text(3)
    opening = amount()
    came = amount()
    went = amount()
    closing = amount()
    received = amount()
    produced = amount()
    shipped = amount()
    handed_over = amount()
    consumed = amount()
    destroyed = amount()
    other = amount()


class _SiteRow(Shape):
    item = text(40)
    lot = text(40)
    uri = Uri(required=True)
    site = text(40)
    quantity = amount()
    on_hold = amount()
    unit = text(3)
    production_date = Nullable(Day())
    expiry_date = Nullable(Day())
    goods_status = GOODS


class AgeingRow(_SiteRow):
    since = Nullable(Day())
    days = Nullable(Whole(-100_000, 4_000_000))
    class_ = Text(20, required=True, data_key="class")


class ExpiryRow(_SiteRow):
    days_left = Whole(-4_000_000, 4_000_000, required=True)
    class_ = Text(20, required=True, data_key="class")


class QuarantineRow(Shape):
    item = text(40)
    lot = text(40)
    uri = Uri(required=True)
    location = text(81)
    goods_status = GOODS
    quantity = amount()
    unit = text(3)
    expiry_date = Nullable(Day())
    since = Instant(required=True)
    days = number()
    type = text(20)
    reasons = text(100_000)
    movement = Uuid(required=True)


class HistoryRow(Shape):
    recorded_at = Instant(required=True)
    event_time = Nullable(Instant())
    type = text(20)
    movement = Uuid(required=True)
    quantity = amount()
    unit = text(3)
    from_ = Text(100_000, required=True, data_key="from")
    to = text(100_000)
    partner = Nullable(Text(1000))
    here = amount()
    on_hold = amount()
    goods_status = GOODS
    actor = Nullable(Text(1000))
    reason = Nullable(Text(10_000))
    record_status = RECORD
    index = Nullable(Whole(0, 2**53 - 1))
    block = Nullable(Whole(0, 2**53 - 1))
    anchored_at = Nullable(Instant())
    statement = text(43)


class Overview(Shape):
    """Lots, not quantities, by the strongest reason that holds for any of a lot's stock."""

    as_of = Instant(required=True)
    lots = Anything("available, partly_hold, hold, expired, recalled", "object", required=True)
    expiring = Anything("expired, within_30, within_60, within_90, undated", "object", required=True)
    months = Many(
        Anything("usable, on_hold", "object"), 13, 13, required=True,
        doc={"description": "Lots by the month in which they expire: this month, the twelve after it, the last of them "
                            "with all that is later"},
    )  # fmt: skip
    quarantine = Anything("lots, oldest_days, over_7, over_14, over_30", "object", required=True)
    cases = Anything("open, to_approve", "object", required=True)
    handoffs = Anything("to_answer, unanswered, disputed", "object", required=True)
    counts = Anything("open, to_approve", "object", required=True)
    recalls = Anything("in_force", "object", required=True)
    notices = Anything("open", "object", required=True)


def page_of(row: type[Shape], after: str = "uri") -> type[Shape]:
    """Rows, and from where the next page begins (null: this is the last one)."""
    following = {"uri": Uri(), "text": Text(2048), "movement": Uuid()}[after]
    members = {"rows": Many(One(row), 0, 1_000_000, required=True), "next": Nullable(following)}
    return type(f"{row.__name__.removesuffix('Row')}Page", (Shape,), members)


class FindingRow(Shape):
    check = text()
    where = text()
    lot = Nullable(Uri())
    movement = Nullable(Text(36))
    expected = text()
    seen = text()


class ScanRow(Shape):
    party = text(40)
    site = text(40)
    item = Nullable(Text(40))
    shift = Choice("06-14", "14-22", "22-06", required=True)
    scans = number()
    errors = number()
    error_rate = Anything("Share of scans that went wrong; null of none", required=True)
    outcomes = Anything("How many of each outcome that is not `ok`", "object", required=True)
    lines = number()
    missed = number()
    missed_rate = Anything("Share of movement lines without a scan; null of none", required=True)


class Integrity(Shape):
    checked_at = Instant(required=True)
    clean = Flag(required=True, doc={"description": "Nothing contradicts anything"})
    findings_total = number()
    findings = Many(One(FindingRow), 0, 1000, required=True)
    scans_since = Instant(required=True)
    scans = Many(One(ScanRow), 0, 1000, required=True)
