"""The shapes of `service.api.numbers`."""

from typing import Any

from service.api.fields import Choice, Day, Field, Flag, Many, One, Shape, Text, Uri, Uuid, Whole, WholeInQuery
from service.api.schemas import Nullable, number, text
from service.domain.lot_rules import PERS, RESETS
from service.numbers import rules

MOST_SERIAL = 10**12 - 1
PAGE = 100


class Typed(Field):
    """Whatever a person or a scanner could enter, so that the answer can say what is wrong with it."""

    expected = "1 to 100 characters"

    def documentation(self) -> dict[str, Any]:
        return {"type": "string", "minLength": 1, "maxLength": 100}

    def read(self, value: Any) -> str:
        if not isinstance(value, str) or not 0 < len(value) <= 100:
            raise self.refuse(value)
        return value


class NewLotNumberRule(Shape):
    makes = rules.NewRule
    code = Text(40, required=True)
    name = Text(200, required=True)
    pattern = Text(200, required=True, doc={"description": "Tokens and literal text", "example": "{YYYY}-{serial:5}"})
    reset = Choice(*RESETS, load_default="day", doc={"description": "When the serial begins again"})
    per = Choice(*PERS, load_default="rule", doc={"description": "What counts for itself"})
    start = Whole(0, MOST_SERIAL, load_default=1)
    item = Text(40, doc={"description": "Only for this item"})
    category = Text(200, doc={"description": "Only for the items of this category"})


class LotNumberRule(Shape):
    code = text(40)
    name = text(200)
    pattern = text(200)
    reset = Choice(*RESETS, required=True)
    per = Choice(*PERS, required=True)
    start = number()
    item = Nullable(Text(40))
    category = Nullable(Text(200))


class LotNumberRuleQuery(Shape):
    after = Text(40)
    limit = WholeInQuery(1, 1000, load_default=PAGE)


class LotNumberRules(Shape):
    rules = Many(One(LotNumberRule), 0, 1000, required=True)
    next = Nullable(Text(40, doc={"description": "Give it as `after` to read on"}))


class LotNumberPreviewAsked(Shape):
    item = Text(40, required=True)
    site = Text(40, required=True)
    day = Day(doc={"description": "Instead of today at the site"})
    count = Whole(1, 100, load_default=3)


class DraftPreviewAsked(LotNumberPreviewAsked):
    rule = One(NewLotNumberRule, required=True)


class LotNumberPreview(Shape):
    rule = text(40)
    day = Day(required=True)
    numbers = Many(Text(20), 0, 100, required=True)


class LotNumbersAsked(Shape):
    id = Uuid(required=True)
    item = Text(40, required=True)
    site = Text(40, required=True, doc={"description": "Its date is the date of the number"})
    count = Whole(1, 1000, load_default=1)
    rule = Text(40, doc={"description": "Without it the rule that fits best: the item's, its category's, or all's"})


class LotNumbersTaken(Shape):
    id = Uuid(required=True)
    rule = text(40)
    item = text(40)
    site = text(40)
    day = Day(required=True)
    numbers = Many(Text(20), 1, 1000, required=True)


class LotNumberCheckAsked(Shape):
    item = Text(40, required=True)
    lot = Typed(required=True)


class OddCharacter(Shape):
    position = number()
    character = text(10)
    name = text(100)
    looks_like = Nullable(Text(20))


class LotNamed(Shape):
    uri = Uri(required=True)
    item = text(40)
    lot = text(20)
    manufacturer_lot = Nullable(Text(64))
    expiry_date = Nullable(Day())


class LotNumberChecked(Shape):
    item = text(40)
    lot = Typed(required=True)
    spelled_right = Flag(required=True)
    problem = Nullable(Text(200))
    characters = Many(One(OddCharacter), 0, 100, required=True)
    resembles = Text(400, required=True, doc={"description": "The ASCII it looks like", "minLength": 0})
    exists = One(LotNamed, required=True, allow_none=True)
    look_alikes = Many(One(LotNamed), 0, 50, required=True)


class ItemCategory(Shape):
    category = Text(200, required=True)
    items = Many(Text(40), 1, 1000, required=True)


class NewGs1Prefix(Shape):
    prefix = Text(12, pattern="[0-9]{7,12}", called="7 to 12 digits", required=True)
    start = Whole(0, 10**9 - 1, load_default=0, doc={"description": "The first serial, where others gave some before"})


class Gs1Prefix(Shape):
    prefix = text(12)
    start = number()


class Gs1Prefixes(Shape):
    prefixes = Many(One(Gs1Prefix), 0, 1000, required=True)


class SsccsAsked(Shape):
    id = Uuid(required=True)
    count = Whole(1, 1000, load_default=1)
    extension = Whole(0, 9, load_default=0)
    prefix = Text(
        12, pattern="[0-9]{7,12}", called="7 to 12 digits", doc={"description": "Needed where you have several"}
    )


class SsccsTaken(Shape):
    id = Uuid(required=True)
    prefix = text(12)
    extension = Whole(0, 9, required=True)
    ssccs = Many(Text(18, pattern="[0-9]{18}"), 1, 1000, required=True)
