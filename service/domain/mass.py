"""Mass balance of a transformation: what comes out, with the loss that is declared, is what went in.

It can be judged where all items have one measure in common: their own unit, or the content that one unit holds (a
bottle: 0.95 LTR). Exact rational numbers; no tolerance, since a real loss has a number and a reason.
"""

from collections.abc import Iterable
from fractions import Fraction

from service.domain.decision import Goods
from service.domain.errors import MassUnbalanced
from service.domain.quantities import MAX_DECIMALS, format_quantity, parse_amount
from service.domain.things import Item


def measure(item: Item) -> str:
    """The unit in which an item's content is told."""
    return item.content_unit or item.unit


def content_of(goods: Iterable[Goods]) -> Fraction:
    """How much that is, in the measure of the items."""
    return sum(
        (Fraction(each.units, 10**each.item.decimals) * Fraction(each.item.content or 1) for each in goods),
        start=Fraction(0),
    )


def check_mass(inputs: Iterable[Goods], outputs: Iterable[Goods], loss: str | None) -> dict[str, object]:
    """What the statement says of the balance; raises MassUnbalanced."""
    inputs, outputs = tuple(inputs), tuple(outputs)
    measures = {measure(each.item) for each in (*inputs, *outputs)}
    if len(measures) > 1:
        if loss is not None:
            raise MassUnbalanced("items of one measure, so that a loss can be told", ", ".join(sorted(measures)))
        return {"lotproof:massBalance": "no common measure"}
    unit = measures.pop()
    lost = Fraction(parse_amount(loss or "0", MAX_DECIMALS), 10**MAX_DECIMALS)
    went_in, came_out = content_of(inputs), content_of(outputs)
    if went_in != came_out + lost:
        expected = f"{_shown(went_in)} {unit}"
        raise MassUnbalanced(expected, f"{_shown(came_out)} {unit} and a loss of {_shown(lost)} {unit}")
    return {"lotproof:loss": {"value": _shown(lost), "uom": unit}} if lost else {}


def _shown(amount: Fraction) -> str:
    """Contents have at most 18 decimals between them: exact."""
    places = 2 * MAX_DECIMALS
    scaled = amount * 10**places
    assert scaled.denominator == 1, f"{amount} has more than {places} decimals"
    return format_quantity(scaled.numerator, places)
