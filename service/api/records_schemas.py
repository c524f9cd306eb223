"""What records, address cards, product data and supplements take and answer."""

from service.api.fields import Choice, Flag, Instant, Many, One, Shape, Text, Uri, Uuid, Whole, WholeInQuery
from service.api.reports_schemas import Exported
from service.api.schemas import Anything, Nullable, number, text
from service.models.records import CARD_FACTS, PRODUCT_FACTS
from service.records import supplements
from service.records.cards import KINDS
from service.records.products import REGIMES
from service.records.record import Record


class Asked(Exported):
    limit = WholeInQuery(1, 1000, load_default=100, doc={"description": "Movements on a page; a file has all"})
    lot = Uri(doc={"description": "Only this lot, and the transformations that touched it"})


class OfAPeriod(Asked):
    from_ = Instant(data_key="from", doc={"description": "Begin of the period, of event times"})
    to = Instant(doc={"description": "End of the period, which does not belong to it"})


class OfGoods(OfAPeriod):
    tlc = Text(64, doc={"description": "Only lots with this traceability lot code"})
    after = Uuid(doc={"description": "`next` of the page before"})


class OfALot(Asked):
    lot = Uri(required=True)
    after = Uuid(doc={"description": "`next` of the page before"})


class FormQuery(Shape):
    movement = Uuid(required=True)
    lang = Choice("en", "zh", doc={"description": "Of the paper; else Accept-Language decides"})


class OfCodes(OfAPeriod):
    after = Text(18, pattern="[0-9]{1,18}", called="`next` of the page before")


class OfReadings(OfAPeriod):
    after = Text(40, pattern=r"[0-9]{1,16}-[0-9]{1,18}", called="`next` of the page before")


class OfTheTrail(OfAPeriod):
    after = Text(64, pattern=r"[0-9]{1,16}-[1-4]-[0-9]{1,18}", called="`next` of the page before")


def query_of(record: Record) -> type[Shape]:
    """What its operation takes; a format that the record does not have is refused."""
    base = _base(record)
    return type(f"{_class(record)}Query", (base,), {"format": Choice("json", *record.formats, load_default="json")})


def rows_of(record: Record) -> type[Shape]:
    described = ", ".join(field.key for field in record.fields)
    row = Anything(f"One member for each column, null where nothing is known: {described}", "object")
    members = {"rows": Many(row, 0, 1_000_000, required=True), "next": Nullable(Text(64))}
    return type(f"{_class(record)}Rows", (Shape,), members)


def missing_query_of(record: Record) -> type[Shape]:
    return type(f"{_class(record)}MissingQuery", (_base(record),), {})


def _base(record: Record) -> type[Shape]:
    if record.name == "gmp-genealogy":
        return OfALot
    return {"entry": OfTheTrail, "reading": OfReadings, "number": OfCodes}.get(record.key, OfGoods)


def _class(record: Record) -> str:
    return "".join(part.capitalize() for part in record.name.split("-"))


class Finding(Shape):
    about = Text(2048, required=True, doc={"description": "The code, card, URI or id of what lacks it"})
    field = text(40)
    columns = text(2000)
    rows = number()
    lot = Nullable(Uri())
    movement = Nullable(Uuid())
    entered = Text(200, required=True, doc={"description": "By which operation it is entered"})


class Missing(Shape):
    """`rows` of the record, `lacking` of them lack something; `more` values beyond the findings that are listed."""

    record = text(40)
    rows = number()
    lacking = number()
    more = number()
    findings = Many(One(Finding), 0, 100_000, required=True)


class RecordColumn(Shape):
    key = text(40)
    title = text(100)
    title_zh = text(100)
    source = text(200)
    needed = Flag(required=True, doc={"description": "In every row, or in those that its rule asks for it"})


class RecordHead(Shape):
    name = text(40)
    title = text(200)
    title_zh = text(200)
    rule = text(500)
    unconfirmed = Text(1000, required=True, doc={"description": "What was not compared with the text of the law"})
    unconfirmed_zh = Text(1000, required=True)
    regime = Nullable(Choice(*REGIMES, doc={"description": "Only items whose product data say so are in it"}))
    items = Nullable(Whole(0, 2**53 - 1, doc={"description": "How many of your items say so"}))
    formats = Many(Choice("csv", "xlsx", "pdf"), 1, 3, required=True)
    columns = Many(One(RecordColumn), 1, 500, required=True)


class Records(Shape):
    records = Many(One(RecordHead), 0, 100, required=True)


def _facts(names: tuple[str, ...], *, shown: bool, required: tuple[str, ...] = ()) -> dict[str, object]:
    """Lines of text; in an answer each is there and may be null, in a request null takes a value away."""
    if shown:
        return {name: text(200) if name in required else Nullable(Text(200)) for name in names}
    return {name: Text(200, **({"required": True} if name in required else {"allow_none": True})) for name in names}


_FLAGS = {
    "natural_person": "A person: the trail of changes then holds no value, since it is kept for ever",
    "consumer": "Sales to it are no shipments of a business, FSMA 204 leaves them out",
}
_NAMED = "Of the party, of the site, or of a partner the name as movements spell it, or a party's code"
_CARD_NAME = Text(200, required=True, doc={"description": _NAMED})

NewCard = type("NewCard", (Shape,), {
    "kind": Choice(*KINDS, required=True), "code": _CARD_NAME, **_facts(CARD_FACTS, shown=False, required=("name",)),
    **{name: Flag(load_default=False, doc={"description": said}) for name, said in _FLAGS.items()},
    "reason": Text(200, required=True),
})  # fmt: skip
Card = type("Card", (Shape,), {
    "kind": Choice(*KINDS, required=True), "code": text(200), **_facts(CARD_FACTS, shown=True, required=("name",)),
    **{name: Flag(required=True) for name in _FLAGS},
})  # fmt: skip


class Cards(Shape):
    addresses = Many(One(Card), 0, 1000, required=True)
    next = Nullable(Text(220, doc={"description": "Give it as `after` to read on"}))


class CardRemoval(Shape):
    code = _CARD_NAME
    reason = Text(200, required=True)


class RemovedCard(Shape):
    removed = text(200)


class CardQuery(Shape):
    kind = Choice(*KINDS)
    after = Text(220, load_default="")
    limit = WholeInQuery(1, 1000, load_default=100)


ProductChange = type("ProductChange", (Shape,), {
    "regimes": Many(Choice(*REGIMES), 0, len(REGIMES), doc={"description": "By which rules records are kept of it"}),
    "raw": Flag(doc={"description": "A raw agricultural commodity: registering a lot of it is its initial packing"}),
    **_facts(PRODUCT_FACTS, shown=False), "reason": Text(200, required=True),
})  # fmt: skip
Product = type("Product", (Shape,), {
    "item": text(40), "regimes": Many(Choice(*REGIMES), 0, len(REGIMES), required=True), "raw": Flag(required=True),
    **_facts(PRODUCT_FACTS, shown=True),
})  # fmt: skip


class NewSupplementShape(Shape):
    """A field of a lot takes `lot`, one of a movement `movement`, one of a lot in a movement both."""

    makes = supplements.NewSupplement
    id = Uuid(required=True, doc={"description": "Chosen by you: sent again, the same answer"})
    movement = Uuid()
    lot = Uri()
    field = Choice(*supplements.FIELDS, required=True)
    value = Text(200, required=True)
    reason = Text(200, required=True)


class Supplement(Shape):
    number = number()
    id = Uuid(required=True)
    movement = Nullable(Uuid())
    lot = Nullable(Uri())
    field = Choice(*supplements.FIELDS, required=True)
    value = text(200)
    reason = text(200)
    who = text(200)
    at = Instant(required=True)


class Supplements(Shape):
    supplements = Many(One(Supplement), 0, 1000, required=True)
    next = Nullable(Whole(0, 2**53 - 1, doc={"description": "Give it as `before` to read on"}))


class SupplementQuery(Shape):
    before = WholeInQuery(0, 2**53 - 1)
    limit = WholeInQuery(1, 1000, load_default=100)
