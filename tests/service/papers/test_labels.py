"""Labels: whatever a lot is called, its sticker reads back; long words are refused; a wrong one is never given out."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.domain.orders_slip import elements
from service.papers.blocks import Symbol
from service.papers.label import LotLabel, lot_sticker
from service.papers.label_files import Unreadable, check, sticker_pdf, sticker_svg
from service.papers.symbols import gs1
from tests.service.papers.test_symbols import GTIN, SET_82

FORMS = (("60x40", "datamatrix"), ("60x40", "qr"), ("100x70", "datamatrix"), ("100x70", "qr"), ("100x70", "gs1-128"))


def label(lot: str, name: str = "Amoxicillin 阿莫西林", expiry: date | None = date(2028, 12, 31)) -> LotLabel:
    said = elements(GTIN, lot, None, expiry, date(2026, 11, 22))
    return LotLabel(name, "0.25 g × 24", "AMX", lot, date(2026, 1, 2), expiry, "72 EA", "2 – 25 °C", said,
                    f"https://log.example.com/01/{GTIN}/10/X")  # fmt: skip


@settings(max_examples=25, deadline=None)
@given(
    st.text(SET_82, min_size=1, max_size=20), st.sampled_from(FORMS),
    st.none() | st.dates(date(2020, 1, 1), date(2039, 1, 1)),
)  # fmt: skip
def test_whatever_a_lot_is_called_its_sticker_reads_back(lot: str, form: tuple[str, str], expiry: date | None) -> None:
    check(lot_sticker(label(lot, expiry=expiry), *form))  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["x", "W" * 200, "胶囊" * 60, "a-long-word/" * 15])
def test_long_names_are_wrapped_or_refused_and_never_cut(name: str) -> None:
    for form in FORMS:
        try:
            sticker = lot_sticker(label("AC0142", name), *form)  # type: ignore[arg-type]
        except ValueError as why:
            assert "mm" in str(why)
            continue
        assert all(mark.y < sticker.high and mark.x < sticker.wide for mark in sticker.block.marks)
        assert sticker_pdf(sticker, name, ["No. 1"]).startswith(b"%PDF") and "</svg>" in sticker_svg(sticker, name)


def test_a_sticker_that_says_something_else_is_not_given_out() -> None:
    right = lot_sticker(label("AC0142"), "60x40", "datamatrix")
    other = gs1(right.codes[0][1].replace("AC0142", "AC0143"))
    marks = tuple(replace(mark, modules=other) if isinstance(mark, Symbol) else mark for mark in right.block.marks)
    wrong = replace(right, block=replace(right.block, marks=marks))
    with pytest.raises(Unreadable):
        sticker_pdf(wrong, "x", ["No. 1"])
    with pytest.raises(Unreadable):
        check(replace(right, block=replace(right.block, marks=())))
