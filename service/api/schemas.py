"""What the interface answers, for the OpenAPI document. Answers are made of plain values; a test holds the two
together.
"""

from decimal import Decimal
from typing import Any

import marshmallow as ma

from service.api.fields import Choice, Day, Field, Flag, Instant, Many, One, Quantity, Shape, Text, Uri, Uuid, Whole
from service.domain.goods import GOODS_STATUSES
from service.domain.things import BUILT_KINDS, LOCATION_KINDS
from service.ledger import master_data

MOST = 2**53 - 1
MANY = 100_000


class Nullable(Field):
    """A member that is always there and may be null."""

    def __init__(self, field: Field) -> None:
        self.field = field
        super().__init__(required=True)
        self.metadata = {**field.metadata, "type": [field.metadata["type"], "null"]}

    def read(self, value: Any) -> Any:
        return None if value is None else self.field.read(value)


class Anything(Field):
    """A value whose form another document describes."""

    def __init__(self, description: str, type: str | None = None, **options: Any) -> None:
        self.type, self.description = type, description
        super().__init__(**options)

    def documentation(self) -> dict[str, Any]:
        return {"description": self.description} | ({"type": self.type} if self.type else {})


class Degrees(Text):
    """Degrees Celsius as a decimal text with at most one decimal."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            6,
            pattern=r"-?(0|[1-9][0-9]{0,2})(\.[0-9])?",
            called='degrees Celsius as text, like "-18" or "2.5"',
            **options,
        )

    def read(self, value: Any) -> Any:
        return Decimal(super().read(value))


class Content(Quantity):
    """A quantity as an exact decimal, more than nothing."""

    def read(self, value: Any) -> Any:
        found = Decimal(super().read(value))
        if not 0 < found < 10**9:
            raise self.refuse(value)
        return found


def number() -> Whole:
    return Whole(0, MOST, required=True)


def text(most: int = 1000) -> Text:
    return Text(most, required=True)


class FieldProblem(Shape):
    at = Text(1000, required=True, doc={"description": "JSON pointer into the request"})
    problem = text()


class ProblemDocument(Shape):
    """RFC 9457; a rule adds members of its own, such as `lot` and `place`."""

    class Meta:
        unknown = ma.INCLUDE

    type = text()
    title = text()
    status = Whole(400, 599, required=True)
    detail = text(10_000)
    expected = Anything("What was expected")
    seen = Anything("What was found instead")
    errors = Many(One(FieldProblem), 0, 20)
    incident = Uuid()


class NewParty(Shape):
    id = Text(40, required=True, doc={"description": "a-z, 0-9 and -; stands in URIs for ever, names no person"})
    name = Text(200, required=True)
    gln = Text(13, pattern="[0-9]{13}", called="13 digits")


class Party(Shape):
    id = text(40)
    name = text(200)
    uri = Uri(required=True)
    gln = Nullable(Text(13))
    first_key = Text(
        43, required=True, doc={"description": "RFC 7638 thumbprint of its first signing key, for policies"}
    )
    key = Text(43, required=True, doc={"description": "Thumbprint of the key that signs now"})


class PartyWithKey(Party):
    api_key = Text(
        64, required=True, doc={"description": "The party's first API key. Shown once, kept only as a hash."}
    )


class Parties(Shape):
    parties = Many(One(Party), 0, MANY, required=True)


class NewItem(Shape):
    makes = master_data.NewItem
    code = Text(40, required=True)
    name = Text(200, required=True)
    spec = Text(200)
    gtin = Text(14, pattern="[0-9]{14}", called="14 digits", allow_none=True)
    unit = Text(
        3,
        pattern="[A-Z0-9]{2,3}",
        called="a unit code like EA or KGM",
        required=True,
        doc={"description": "UN/ECE Recommendation 20, such as KGM; EA for pieces"},
    )
    decimals = Whole(0, 9, load_default=0)
    shelf_life_days = Whole(1, 36_500)
    storage_min = Degrees()
    storage_max = Degrees()
    needs_expiry = Flag(load_default=False)
    needs_manufacturer_lot = Flag(load_default=False)
    held_on_arrival = Flag(load_default=False)
    needs_production_date = Flag(load_default=False)
    count_tolerance = Whole(
        0,
        1000,
        load_default=0,
        doc={"description": "Thousandths of the book by which a count may be off before a second person must approve"},
    )
    content = Content(doc={"description": "How much of `content_unit` one unit holds, for mass balances"})
    content_unit = Text(3, pattern="[A-Z0-9]{2,3}", called="a unit code like EA or KGM")


class Item(Shape):
    code = text(40)
    name = text(200)
    spec = Nullable(Text(200))
    gtin = Nullable(Text(14))
    unit = text(3)
    decimals = number()
    shelf_life_days = Nullable(Whole(1, 36_500))
    storage_min = Nullable(Degrees())
    storage_max = Nullable(Degrees())
    needs_expiry = Flag(required=True)
    needs_manufacturer_lot = Flag(required=True)
    held_on_arrival = Flag(required=True)
    needs_production_date = Flag(required=True)
    count_tolerance = number()
    content = Nullable(Content())
    content_unit = Nullable(Text(3))


class Items(Shape):
    items = Many(One(Item), 0, MANY, required=True)


class NewSite(Shape):
    code = Text(40, required=True)
    name = Text(200)
    zone = Text(
        64, required=True, doc={"description": "IANA time zone: a lot expires at midnight of the place where it lies"}
    )
    gln = Text(13, pattern="[0-9]{13}", called="13 digits")


class Site(Shape):
    code = text(40)
    name = text(200)
    zone = text(64)
    gln = Nullable(Text(13))


class Sites(Shape):
    sites = Many(One(Site), 0, MANY, required=True)


class NewLocation(Shape):
    site = Text(40, required=True)
    code = Text(40, required=True)
    name = Text(200)
    kind = Choice(*BUILT_KINDS, load_default="storage")


class Location(Shape):
    location = Text(81, required=True, doc={"description": "SITE/LOC, as movements write it"})
    site = text(40)
    code = text(40)
    name = text(200)
    kind = Choice(*LOCATION_KINDS, required=True)
    stands_at = Nullable(Text(81, doc={"description": "Of a pallet: the location where it stands"}))


class Locations(Shape):
    locations = Many(One(Location), 0, MANY, required=True)


class NewApiKey(Shape):
    label = Text(100, required=True)
    role = Choice("party", "auditor", "regulator", doc={"description": "Only the operator makes others than `party`"})
    party = Text(40, doc={"description": "Only for the operator: whose key"})
    expires_at = Instant()


class ApiKey(Shape):
    id = Uuid(required=True)
    role = text(20)
    party = Nullable(Text(40))
    person = Nullable(Text(40, doc={"description": "Whose personal key; null for a key of the company itself"}))
    label = text(100)
    shown = Text(12, required=True, doc={"description": "How the key begins"})
    created_at = Instant(required=True)
    expires_at = Nullable(Instant())
    revoked_at = Nullable(Instant())


class ApiKeyWithSecret(ApiKey):
    api_key = Text(64, required=True, doc={"description": "Shown once"})


class Receipt(Shape):
    """`lotproof-receipt/1`, §7 of the ledger format."""

    format = Choice("lotproof-receipt/1", required=True)
    entry = text()
    index = number()
    path = Many(Text(44), 0, 53, required=True)
    checkpoint = Anything("The signed checkpoint, a C2SP note", "string", required=True)


class LotReceipt(Shape):
    lot = Uri(required=True)
    receipt = One(Receipt, required=True)


class RecordedMovement(Shape):
    """The same bytes at every retry. `receipts` is null if nobody waited for them; `receipt_url` has them then."""

    id = Uuid(required=True)
    type = text(20)
    recorded_at = Instant(required=True)
    statement = Text(43, required=True, doc={"description": "base64url SHA-256 of the signed statement"})
    lots = Many(Uri(), 0, 200, required=True)
    receipt_url = text()
    receipts = Many(One(LotReceipt), 0, 200, required=True, allow_none=True)


class BulkResult(Shape):
    status = Whole(200, 599, required=True)
    movement = One(RecordedMovement)
    problem = One(ProblemDocument)


class BulkAnswer(Shape):
    results = Many(One(BulkResult), 1, 1000, required=True)


class ReceiptAnswer(Shape):
    movement = Uuid()
    receipts = Many(One(LotReceipt), 1, 200)


class Lot(Shape):
    uri = Uri(required=True)
    item = text(40)
    name = text(200)
    lot = text(20)
    quantity = Quantity(required=True, doc={"description": "All that lies of it, wherever"})
    unit = text(3)
    goods_status = Choice(*GOODS_STATUSES, "partly_hold", "gone", required=True)
    production_date = Nullable(Day())
    expiry_date = Nullable(Day())
    retest_date = Nullable(Day())
    manufacturer_lot = Nullable(Text(64))
    supplier = Nullable(Text(200))
    traceability_lot_code = Nullable(Text(64))
    traceability_source = Nullable(Text(200))
    recalled = Flag(required=True)


class StockLine(Shape):
    item = text(40)
    lot = text(20)
    uri = Uri(required=True)
    location = text(81)
    stands_at = text(81)
    status = Choice("available", "hold", required=True)
    goods_status = Choice(*GOODS_STATUSES, required=True)
    quantity = Quantity(required=True)
    unit = text(3)
    expiry_date = Nullable(Day())


class Lots(Shape):
    lots = Many(One(Lot), 0, MANY, required=True)
    next = Nullable(Uri(doc={"description": "Give it as `after` to read on"}))


class Stock(Shape):
    stock = Many(One(StockLine), 0, MANY, required=True)
    next = Nullable(Uri(doc={"description": "Give it as `after` to read on"}))


class ApiKeys(Shape):
    api_keys = Many(One(ApiKey), 0, MANY, required=True)


class Alarm(Shape):
    kind = text(40)
    halts = Flag(required=True)
    detail = text(10_000)
    advice = text(10_000)
    raised_at = Instant(required=True)


class AnchorShown(Shape):
    size = number()
    index = number()
    block = number()
    time = Instant(required=True)
    transaction = text(66)
    state = Choice("mined", "final", required=True)


class Status(Shape):
    """`waiting`: recorded, not sequenced; `unanchored`: signed, not in a block; `lag`: since when, in milliseconds;
    `admitted`: compared with the chain since the database came up, before that the ledger is `read_only`."""

    origin = text(200)
    size = number()
    signed_at = Nullable(Instant())
    waiting = number()
    unanchored = number()
    lag = number()
    in_flight = number()
    anchored = One(AnchorShown, required=True, allow_none=True)
    final = One(AnchorShown, required=True, allow_none=True)
    chain_id = Nullable(Whole(0, MOST))
    contract = Nullable(Text(42))
    admitted = Flag(required=True)
    read_only = Flag(required=True)
    alarms = Many(One(Alarm), 0, 100, required=True)


class LotProof(Shape):
    """`lotproof/1`, section 7 of the ledger format; checked with the verifier, never by eye."""

    format = Choice("lotproof/1", required=True)
    lot = Uri(required=True)
    checkpoint = Anything("The signed checkpoint, a C2SP note", "string", required=True)
    history = Anything("Every entry in order: entry, index, path, statement", "array", required=True)
    head = Anything(
        "What the lot map says: count, index, siblings; for an absent lot count 0, siblings, neighbour",
        "object",
        required=True,
    )
    anchors = Anything("The anchors around the entries, and the checkpoint's own", "array", required=True)
    keys = Anything("For each party that signed: history and head of its keys", "object", required=True)
