"""Codes say what stands beside them, whatever a lot number may be made of."""

from datetime import date

import pytest
import zxingcpp
from hypothesis import given
from hypothesis import strategies as st

from service.domain.orders_slip import element_string, elements
from service.papers.blocks import Modules
from service.papers.symbols import gs1, plain

GTIN = "09506000134352"
SET_82 = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
DAYS = st.none() | st.dates(date(2020, 1, 1), date(2039, 12, 31))
_SCALE, _QUIET = 5, 2


def read(modules: Modules) -> tuple[str, str]:
    """What a scanner says of these modules, drawn with some white around them."""
    side = len(modules) + 2 * _QUIET
    white = [255] * side * _SCALE
    rows = [white] * _QUIET * _SCALE
    for row in modules:
        dots = [255] * _QUIET + [0 if module else 255 for module in row] + [255] * _QUIET
        rows += [[dot for dot in dots for _ in range(_SCALE)]] * _SCALE
    rows += [white] * _QUIET * _SCALE
    image = memoryview(bytes(dot for row in rows for dot in row)).cast("B", (side * _SCALE, side * _SCALE))
    seen, = zxingcpp.read_barcodes(image)
    return seen.symbology_identifier, seen.bytes.decode()


@given(st.text(SET_82, min_size=1, max_size=20), DAYS, DAYS)
def test_any_lot_with_any_dates_is_read_back_as_gs1(lot: str, made: date | None, lasts: date | None) -> None:
    said = element_string(elements(GTIN, lot, made, lasts, date(2026, 11, 22)))
    modules = gs1(said)
    assert read(modules) == ("]d2", said)
    assert {len(row) for row in modules} == {len(modules)}  # square: long thin codes are hard to aim at
    assert len(modules) <= 26


@pytest.mark.parametrize("lot", ["(17)991231", "01", "10", "17261231", "11", "A(10)B", "%&"])
def test_a_lot_that_looks_like_an_identifier_stays_a_lot(lot: str) -> None:
    said = element_string(elements(GTIN, lot, None, None, date(2026, 11, 22)))
    assert read(gs1(said)) == ("]d2", f"01{GTIN}10{lot}")


def test_the_hash_of_a_statement_is_a_plain_code() -> None:
    named = "ni:///sha-256;" + "3q2-7w_" * 6 + "A"
    assert read(plain(named)) == ("]d1", named)
