"""Figures on the wire."""

from service.api.fields import Choice, Instant, Many, One, Shape, Text, Whole, WholeInQuery
from service.api.reports_schemas import amount
from service.api.schemas import Anything, Nullable, number, text

MOST_DAYS = 366


def share() -> Anything:
    return Anything("A share from 0 to 1; null of nothing", required=True)


def ratio() -> Anything:
    return Anything("A number; null of nothing", required=True)


class FiguresQuery(Shape):
    days = WholeInQuery(1, MOST_DAYS, load_default=30, doc={"description": "So many days up to now"})


class DayFigure(Shape):
    ends = Instant(required=True)
    movements = number()
    came = number()
    left = number()
    late = Whole(0, 2**53 - 1, required=True, doc={"description": "Recorded more than 24 hours after it happened"})
    on_hold = Whole(0, 2**53 - 1, required=True, doc={"description": "Lots, at its end"})


class ItemPace(Shape):
    item = text(40)
    name = text(200)
    unit = text(3)
    stock = amount()
    left = amount()
    turnover = ratio()
    days_of_stock = ratio()


class Pace(Shape):
    turnover = ratio()
    days_of_stock = ratio()
    items = number()
    resting = Whole(0, 2**53 - 1, required=True, doc={"description": "Items with stock of which nothing left"})
    slowest = Many(One(ItemPace), 0, 100, required=True)


class Stay(Shape):
    kind = Choice("dock", "staging", "quarantine", required=True)
    stays = number()
    p50_hours = ratio()
    p95_hours = ratio()


class Override(Shape):
    reason = text(10_000)
    lines = number()


class Picks(Shape):
    lines = number()
    by_rule = number()
    ordered = number()
    by_hand = number()
    obedience = share()
    overrides = Many(One(Override), 0, 20, required=True)


class Counts(Shape):
    lines = number()
    exact = number()
    accuracy = share()


class Scans(Shape):
    scans = number()
    typed = number()
    errors = number()
    scanned = share()


class PartnerFigure(Shape):
    partner = text(40)
    direction = Choice("to them", "to us", required=True)
    handoffs = number()
    p50_hours = ratio()
    p95_hours = ratio()
    differing = share()


class KeysEnding(Shape):
    ending = number()
    first = Nullable(Instant())


class AnchorWait(Shape):
    """`longest`, `median`, `shortest`: milliseconds from the record of an entry to the time of the block."""

    index = number()
    size = number()
    entries = number()
    block = number()
    time = Instant(required=True)
    state = Text(10, required=True)
    longest = number()
    median = number()
    shortest = number()


class Audit(Shape):
    at = Instant(required=True)
    findings = number()
    took_ms = number()


class Figures(Shape):
    as_of = Instant(required=True)
    since = Instant(required=True)
    days = Many(One(DayFigure), 14, 14, required=True)
    pace = One(Pace, required=True)
    stays = Many(One(Stay), 0, 3, required=True)
    picks = One(Picks, required=True)
    counts = One(Counts, required=True)
    scans = One(Scans, required=True)
    partners = Many(One(PartnerFigure), 0, 100_000, required=True)
    keys = One(KeysEnding, required=True)
    anchors = Many(One(AnchorWait), 0, 100, required=True, doc={"description": "The newest first, of the whole log"})
    audits = Many(One(Audit), 0, 500, required=True, doc={"description": "Of the last twelve weeks, newest first"})
