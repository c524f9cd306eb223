"""Labels on the wire."""

from typing import get_args

from service.api.fields import Choice, Day, Many, One, Quantity, Shape, Text, Uri, WholeInQuery
from service.api.schemas import Nullable, text
from service.papers.label import Code, Size

MOST_COPIES = 100


class LabelQuery(Shape):
    format = Choice("json", "pdf", "svg", load_default="json")
    copies = WholeInQuery(1, MOST_COPIES, load_default=1, doc={"description": "Pages of the PDF"})


class LotLabelQuery(LabelQuery):
    lot = Uri(required=True)
    size = Choice(*get_args(Size), load_default="60x40", doc={"description": "In millimetres"})
    code = Choice(*get_args(Code), load_default="datamatrix")
    quantity = Quantity(doc={"description": "Printed with the item's unit"})


class CodeShown(Shape):
    """What a scanner says of it: its symbology identifier (`]d2`, `]C1`, `]Q1`) and its text."""

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
