"""What is accepted is at most what was shipped, as far as both lists are shown whole: each case by itself."""

from decimal import Decimal
from typing import Any

import pytest

from verifier import refs
from verifier.disclosure import Disclosed, Members
from verifier.errors import Refuted

from .maker import lot_name

LOT = lot_name()


def shown(*lines: Any, whole: bool = True) -> Disclosed:
    return Disclosed((LOT,), {}, {"quantityList": Members(lines, whole)}, frozenset())


def line(quantity: Any, unit: str | None = "KGM", lot: str = LOT) -> dict[str, Any]:
    return {"epcClass": lot, "quantity": quantity, **({} if unit is None else {"uom": unit})}


UNSHOWN = Disclosed((LOT,), {}, {}, frozenset())
FINE = {
    "as much": (shown(line(5)), shown(line(5))),
    "in two lines": (shown(line(2), line(3)), shown(line(5))),
    "less": (shown(line(5)), shown(line(Decimal("4.9")))),
    "another lot": (shown(), shown(line(5, lot=lot_name(2)))),
    "nothing": (shown(), shown()),
    "a shipment that hides its list": (UNSHOWN, shown(line(5))),
    "a shipment that hides a line": (shown(line(1), whole=False), shown(line(5))),
    "a receipt that hides its list": (shown(line(1)), UNSHOWN),
    "a receipt that hides a line": (shown(line(1)), shown(line(5), whole=False)),
}
MORE = {
    "more": (shown(line(5)), shown(line(Decimal("5.000000001"))), "in KGM: expected 5, seen 5.000000001"),
    "of another unit": (shown(line(5)), shown(line(5), line(1, "LTR")), "in LTR: expected 0, seen 1"),
    "without a unit": (shown(line(5)), shown(line(1, None)), "in pieces: expected 0, seen 1"),
    "of nothing": (shown(), shown(line(1)), "in KGM: expected 0, seen 1"),
}


@pytest.mark.parametrize("case", FINE.values(), ids=FINE.keys())
def test_what_was_shipped_may_be_received(case: tuple[Disclosed, Disclosed]) -> None:
    refs._check_received(LOT, *case, 7)


@pytest.mark.parametrize("case", MORE.values(), ids=MORE.keys())
def test_more_than_was_shipped_may_not(case: tuple[Disclosed, Disclosed, str]) -> None:
    shipped, received, why = case
    with pytest.raises(Refuted) as refuted:
        refs._check_received(LOT, shipped, received, 7)
    assert str(refuted.value) == f"entry 7 receives at most what was shipped, {why}"
