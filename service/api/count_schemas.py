"""Count sheets on the wire."""

from service.api.case_schemas import PERSON, PLACE, person
from service.api.fields import Choice, Flag, Instant, Many, One, Quantity, Shape, Text, Uri, Uuid, Whole, WholeInQuery
from service.api.schemas import MANY, Nullable, number, text
from service.counts import counting, making
from service.domain.count_sheets import ABOUT, MOST_LINES, MOST_PLACES, STATES


class NewCount(Shape):
    """About `places`, or an `item` wherever it lies (at a `site`), or a `sample`: so many places of a `site`."""

    makes = making.NewSheet
    id = Uuid(required=True)
    by = person()
    blind = Flag(load_default=False, doc={"description": "Do not show the book before it is counted"})
    places = Many(Text(81, doc=PLACE), 1, MOST_PLACES)
    item = Text(40)
    sample = Whole(1, MOST_PLACES, doc={"description": "Those whose last count is longest ago first"})
    site = Text(40)


class CountedLine(Shape):
    makes = counting.Counted
    at = Text(81, required=True, doc=PLACE)
    item = Text(64, required=True)
    lot = Text(64, required=True)
    counted = Quantity(required=True)
    status = Choice("available", "hold", load_default="available")


class NewLines(Shape):
    by = person()
    lines = Many(One(CountedLine), 1, 100, required=True)


class By(Shape):
    by = person()


class NewCountApproval(Shape):
    makes = counting.Approved
    person = Text(64, required=True, doc=PERSON, data_key="by")
    words = Text(200, load_default=None, doc={"description": "What this signature means, in the person's words"})
    shown = Text(
        43, pattern="[A-Za-z0-9_-]{43}", called="the count's `shown`, 43 characters", load_default=None,
        doc={"description": "The count's `shown`: hash of the `record` that was on the screen"},
    )  # fmt: skip


class CountQuery(Shape):
    state = Choice(*STATES)
    after = Uuid(doc={"description": "The last sheet of the page before"})
    limit = WholeInQuery(1, 1000, load_default=100)


class Signed(Text):
    """A difference as decimal text, with a sign when something is missing."""

    def __init__(self) -> None:
        super().__init__(27, pattern=r"-?(0|[1-9][0-9]{0,15})(\.[0-9]{1,9})?", called="a decimal as text")


class CountAct(Shape):
    act = text(20)
    by = text(64)
    at = Instant(required=True)


class CountHead(Shape):
    id = Uuid(required=True)
    about = Choice(*ABOUT, required=True)
    blind = Flag(required=True)
    state = Choice(*STATES, required=True)
    created_by = text(64)
    created_at = Instant(required=True)
    approved_by = Nullable(Text(64))
    posted_at = Nullable(Instant())
    acts = Many(One(CountAct), 0, MANY, required=True)


class CountLine(Shape):
    """`difference` is `counted` less the book when it was counted; a blind sheet hides it until all is counted."""

    location = text(81)
    item = text(40)
    lot = text(20)
    uri = Uri(required=True)
    status = Choice("available", "hold", required=True)
    unit = text(3)
    book_at_start = Nullable(Quantity())
    book_when_counted = Nullable(Quantity())
    counted = Nullable(Quantity())
    counted_by = Nullable(Text(64))
    recounts = number()
    difference = Nullable(Signed())
    out_of_tolerance = Nullable(Flag())
    posted = Nullable(Signed())
    movement = Nullable(Uuid())


class Sheet(CountHead):
    places = Many(Text(81), 0, MOST_LINES, required=True)
    lines = Many(One(CountLine), 0, MOST_LINES, required=True)
    record = Nullable(Text(1_000_000, doc={"description": "What an approval signs; null while a blind count is open"}))
    shown = Nullable(Text(43, doc={"description": "Hash of `record`"}))


class Sheets(Shape):
    counts = Many(One(CountHead), 0, 1000, required=True)
    next = Nullable(Uuid(doc={"description": "Give it as `after` to read on"}))
