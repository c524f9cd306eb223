"""Quantities are exact: what goes in as text comes out as the same number, and nothing else goes in."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.errors import BadQuantity
from service.domain.quantities import MAX_UNITS, format_quantity, parse_quantity


@given(st.integers(1, MAX_UNITS), st.integers(0, 9))
def test_units_come_back_as_they_went_out(units: int, decimals: int) -> None:
    text = format_quantity(units, decimals)
    assert parse_quantity(text, decimals) == units
    assert Decimal(text).scaleb(decimals) == units
    assert "E" not in text and not ("." in text and text.endswith("0"))


@given(st.integers(-MAX_UNITS, MAX_UNITS), st.integers(0, 9))
def test_a_negative_quantity_is_shown_exactly_too(units: int, decimals: int) -> None:
    assert Decimal(format_quantity(units, decimals)).scaleb(decimals) == units


def test_trailing_zeros_mean_the_same_number() -> None:
    assert parse_quantity("12.50", 3) == parse_quantity("12.5", 3) == 12_500


@pytest.mark.parametrize("text", [
    "", "0", "0.0", "-1", "+1", "01", "1.", ".5", "1e3", "1E3", "NaN", "Infinity", "1,5", " 1", "1 ", "1\n", "0x10",
    "١", "１", "1_000", "10000000000000000", "9007199254740992", "1.0000000000", "--1", "1.5.5", "true", "1" * 5000,
])
def test_what_is_no_positive_decimal_is_refused(text: str) -> None:
    with pytest.raises(BadQuantity):
        parse_quantity(text, 0)


def test_a_quantity_finer_than_the_item_counts_is_refused_with_both_numbers() -> None:
    with pytest.raises(BadQuantity) as caught:
        parse_quantity("1.25", 1)
    assert caught.value.members() == {"expected": "at most 1 decimals", "seen": "1.25"}


def test_the_largest_quantity_is_what_every_json_reader_counts_exactly() -> None:
    assert parse_quantity("9007199254740991", 0) == 2**53 - 1
    with pytest.raises(BadQuantity):
        parse_quantity("9007199.254740992", 9)
