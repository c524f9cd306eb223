"""Labels on the wire."""

from typing import get_args

from service.api.fields import Choice, Day, Instant, Many, One, Quantity, Shape, Text, Uri, Uuid, Whole, WholeInQuery
from service.api.schemas import Nullable, number, text
from service.papers.label import Code, Size
from service.prints.labels import MOST_COPIES

THINGS = ("lot", "pallet", "place")


def _size() -> Choice:
    return Choice(*get_args(Size), load_default="60x40", doc={"description": "In millimetres"})


def _sscc(**options: bool) -> Text:
    return Text(18, pattern="[0-9]{18}", called="an SSCC of 18 digits", **options)


class LabelQuery(Shape):
    format = Choice("json", "pdf", "svg", load_default="json")


class LotLabelQuery(LabelQuery):
    lot = Uri(required=True)
    size = _size()
    code = Choice(*get_args(Code), load_default="datamatrix")
    quantity = Quantity(doc={"description": "Printed with the item's unit"})


class PlaceLabelQuery(LabelQuery):
    place = Text(81, required=True, doc={"description": "SITE/LOC"})
    size = _size()


class NewLabelPrint(Shape):
    """`size` and `code` as of the specimen; a pallet's label has one size, a place's one code."""

    id = Uuid(required=True)
    lot = Uri()
    pallet = _sscc()
    place = Text(81, doc={"description": "SITE/LOC"})
    size = _size()
    code = Choice(*get_args(Code), load_default="datamatrix")
    quantity = Quantity(doc={"description": "Of a lot's label: printed with the item's unit"})
    copies = Whole(1, MOST_COPIES, load_default=1)
    reason = Text(200, doc={"description": "Why it is printed again"})


class LabelPrintQuery(Shape):
    lot = Uri()
    pallet = _sscc()
    place = Text(81)
    limit = WholeInQuery(1, 1000, load_default=100)


class LabelPrint(Shape):
    id = Uuid(required=True)
    kind = Choice(*THINGS, required=True)
    about = text(2048)
    first = number()
    last = number()
    size = text(10)
    code = text(20)
    reason = Nullable(Text(200))
    printed_by = text(200)
    printed_at = Instant(required=True)
    file = text(200)


class LabelPrints(Shape):
    prints = Many(One(LabelPrint), 0, 1000, required=True)


class CodeShown(Shape):
    """What a scanner says of it: its symbology identifier (`]d2`, `]C1`, `]C0`, `]Q1`) and its text."""

    symbology = Text(3, required=True)
    text = text(400)


class LotLabelShown(Shape):
    lot = text(64)
    item = text(40)
    expiry_date = Nullable(Day())
    link = text(2048)
    readable = Nullable(Text(120, doc={"description": "Below the code; null for an item without a GTIN"}))
    codes = Many(One(CodeShown), 1, 2, required=True)


class PalletLabelShown(Shape):
    sscc = text(18)
    readable = text(22)
    contents = Many(Text(400), 0, 1000, required=True)
    codes = Many(One(CodeShown), 1, 2, required=True)


class PlaceLabelShown(Shape):
    place = text(81)
    name = text(200)
    kind = text(20)
    codes = Many(One(CodeShown), 1, 2, required=True)
