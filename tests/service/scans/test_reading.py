"""Codes as scanners send them: read as GS1 only where that is said, and in every way that makes sense."""

from datetime import date

import pytest
import zxingcpp
from biip.gs1_application_identifiers import _GS1_APPLICATION_IDENTIFIERS
from hypothesis import example, given, settings
from hypothesis import strategies as st

from service.scans import splits
from service.scans.reading import MESSAGES, TRADE_ITEMS, Reading, read

GTIN = "09506000134352"


def ais(reading: Reading) -> dict[str, str]:
    return {element.ai: element.value for element in reading.elements}


def choices(reading: Reading) -> list[str]:
    return ["".join(f"({each.ai}){each.value}" for each in choice) for choice in reading.splits]


@pytest.mark.parametrize(("raw", "symbology", "kind", "expected"), [
    ("010950600013435210LOT42\x1d17271231", "]d2", "gs1", {"01": GTIN, "10": "LOT42", "17": "271231"}),
    ("01095060001343521727123110LOT42", "]d2", "gs1", {"01": GTIN, "17": "271231", "10": "LOT42"}),
    ("\x1d010950600013435210LOT42\x1d", "]Q3", "gs1", {"01": GTIN, "10": "LOT42"}),
    ("0109506000134352\x1d10LOT42\x1d\x1d17271231", "]C1", "gs1", {"01": GTIN, "10": "LOT42", "17": "271231"}),
    ("]C1010950600013435210LOT42\r\n", None, "gs1", {"01": GTIN, "10": "LOT42"}),
    ("10LOT42\x1d10LOT42", "]C1", "gs1", {"10": "LOT42"}),
    ("010950600013435221SER-1\x1d10A/90+(x)", "]e0", "gs1", {"01": GTIN, "21": "SER-1", "10": "A/90+(x)"}),
    ("31030012503725", "]C1", "gs1", {"3103": "001250", "37": "25"}),
    ("00095060001343520017", "]C1", "gs1", {"00": "095060001343520017"}),
    ("4149506000134369254A-01", "]Q3", "gs1", {"414": "9506000134369", "254": "A-01"}),
    ("9506000134352", "]E0", "gtin", {"01": GTIN}),
    ("95050003", "]E4", "gtin", {"01": "00000095050003"}),
    ("09506000134352", "]I1", "gtin", {"01": GTIN}),
    # what biip would take for AI 95, and GS1 messages whose scanner sends no symbology id
    ("9506000134352", None, "plain", {}),
    ("010950600013435210LOT42", None, "plain", {}),
    ("10D9T", None, "plain", {}),
    ("10D9T", "]C0", "plain", {}),
    ("0109506000134352", "]Q1", "plain", {}),
    ("0109506000134352", "]d1", "plain", {}),
    # Digital Links, of any domain, with and without a symbology id
    (f"https://id.gs1.org/01/{GTIN}/10/LOT42?17=271231", "]Q1", "digital_link",
     {"01": GTIN, "10": "LOT42", "17": "271231"}),
    (f"https://example.com/some/shop/01/{GTIN}/10/A%2FB%20C?utm=x", "]d1", "digital_link", {}),
    (f"https://example.com/some/shop/01/{GTIN}/10/A%2FB?utm=x", "]d1", "digital_link", {"01": GTIN, "10": "A/B"}),
    ("HTTPS://EXAMPLE.COM/01/9506000134352", None, "digital_link", {"01": GTIN}),
    (f"http://example.com/01/{GTIN}/21/S1", "]Q3", "digital_link", {"01": GTIN, "21": "S1"}),
    ("https://example.com/shop", "]Q1", "plain", {}),
    ("https://log.example.com/lot/acme/TAB/L-1", "]Q1", "plain", {}),
])  # fmt: skip
def test_codes_are_read_as_what_they_say_they_are(
    raw: str, symbology: str | None, kind: str, expected: dict[str, str]
) -> None:
    reading = read(raw.encode(), symbology)
    assert (reading.kind, ais(reading)) == (kind, expected)
    assert (reading.problem is None) == bool(expected or kind == "plain")


@pytest.mark.parametrize(("digits", "day"), [
    ("271231", date(2027, 12, 31)), ("271200", date(2027, 12, 31)), ("280200", date(2028, 2, 29)),
    ("270200", date(2027, 2, 28)),
])  # fmt: skip
def test_day_00_is_the_last_of_the_month(digits: str, day: date) -> None:
    assert read(f"17{digits}".encode(), "]d2").elements[0].day == day


@pytest.mark.parametrize("raw", [
    "", "\x1d", "0", "LOT", "17273131", "17270230", "01095060001343521", "37", "3900",
    "010950600013435217271231X",
    "10" + "L" * 21, "10LOT\u0660", "0١٠٩٥٠٦٠٠٠١٣٤٣٥٢", "10LOT42\x1d10LOT43", "10L OT", "10批",
])  # fmt: skip
def test_what_is_no_message_is_unreadable_and_not_half_read(raw: str) -> None:
    reading = read(raw.encode(), "]d2")
    assert reading.problem and not reading.elements


@pytest.mark.parametrize(("raw", "symbology"), [
    ("0109506000134353", "]d2"), ("9506000134353", "]E0"), ("00095060001343520018", "]C1"), ("4149506000134368", "]Q3"),
    ("https://example.com/01/09506000134353/10/L", "]Q1"), ("09506000134353", "]I1"),
])  # fmt: skip
def test_a_wrong_check_digit_is_said_with_the_right_one(raw: str, symbology: str) -> None:
    reading = read(raw.encode(), symbology)
    assert any(each.problem and "check digit" in each.problem for each in reading.elements), reading


@pytest.mark.parametrize(("raw", "literal", "others"), [
    # lot and expiry date
    (f"01{GTIN}10LOT4217271231", f"(01){GTIN}(10)LOT4217271231",
     [f"(01){GTIN}(10)LOT4(21)7271231", f"(01){GTIN}(10)LOT42(17)271231"]),
    # 20 characters are the most for a lot: biip alone would cut here without a word
    (f"01{GTIN}10ABCDEFGHIJKLMNOPQRST17271231", None, [f"(01){GTIN}(10)ABCDEFGHIJKLMNOPQRST(17)271231"]),
    # lot, serial and expiry date, two separators missing
    (f"01{GTIN}10L121S99917271231", f"(01){GTIN}(10)L121S99917271231",
     [f"(01){GTIN}(10)L1(21)S99917271231", f"(01){GTIN}(10)L121S999(17)271231",
      f"(01){GTIN}(10)L1(21)S999(17)271231"]),
    # in one of two parts
    (f"10L117271231\x1d01{GTIN}", f"(10)L117271231(01){GTIN}", [f"(10)L1(17)271231(01){GTIN}"]),
    # a day that does not exist, an AI that would stand twice, a wrong check digit: no other reading
    ("10L117279931", "(10)L117279931", []),
    (f"01{GTIN}10L101{GTIN}", f"(01){GTIN}(10)L101{GTIN}", []),
    ("10L10109506000134353", "(10)L10109506000134353", []),
    ("10LOT42", "(10)LOT42", []),
])  # fmt: skip
def test_a_missing_separator_shows_every_reading(raw: str, literal: str | None, others: list[str]) -> None:
    reading = read(raw.encode(), "]C1")
    shown = "".join(f"({each.ai}){each.value}" for each in reading.elements) or None
    assert shown == literal
    assert choices(reading) == others


elements = st.one_of(
    st.sampled_from([f"01{GTIN}", "17271231", "11260101", "15270100", "3103001250", "00095060001343520017"]),
    st.tuples(st.sampled_from(["10", "21", "37", "240"]), st.text("0123456789ABCabc-/", min_size=1, max_size=8)).map(
        lambda pair: "".join(pair) if pair[0] != "37" else "3712"
    ),
)


@given(st.lists(elements, min_size=1, max_size=5, unique_by=lambda each: each[:2]), st.data())
def test_the_true_reading_is_among_those_shown_wherever_one_separator_is_missing(
    parts: list[str], data: st.DataObject
) -> None:
    """The label said these elements; one GS between them got lost."""
    with_separators = "\x1d".join(parts)
    true = read(with_separators.encode(), "]C1")
    assert true.problem is None
    gaps = [place for place, character in enumerate(with_separators) if character == "\x1d"]
    if not gaps:
        return
    lost = data.draw(st.sampled_from(gaps))
    reading = read((with_separators[:lost] + with_separators[lost + 1 :]).encode(), "]C1")
    ways = [*([reading.elements] if reading.elements else []), *reading.splits]
    assert true.elements in ways or len(reading.splits) == splits.MOST_SPLITS


@given(st.binary(max_size=200), st.sampled_from([None, "]C0", "]Q1", "]Z9", *MESSAGES, *TRADE_ITEMS]))
@example(b"https://[/01/1/10/x", None)
@example(b"https://x/01/%D9%A0/10/%00?17=00", "]Q1")
@example("https://x/01/0٩506000134352".encode(), None)
@example(b"10" + b"2110" * 900, "]C1")
@example(b"10L-37", "]C1")
@example(b"3900", "]C1")
@settings(max_examples=500)
def test_nothing_that_a_scanner_sends_is_a_fault(raw: bytes, symbology: str | None) -> None:
    read(raw, symbology)


@given(st.text("0123456789\x1d/%?=:htpsA", max_size=150), st.sampled_from([*MESSAGES, *TRADE_ITEMS]))
@settings(max_examples=500)
def test_nothing_that_looks_like_gs1_is_a_fault(text: str, symbology: str) -> None:
    read(text.encode(), symbology)
    read(f"https://x/01/{text}".encode(), symbology)


@given(st.lists(st.tuples(st.sampled_from(sorted(_GS1_APPLICATION_IDENTIFIERS)), st.text("0123456789A", max_size=20)),
                max_size=4), st.sampled_from(["", "\x1d"]))
@settings(max_examples=1000)
def test_no_ai_with_any_value_is_a_fault(pairs: list[tuple[str, str]], between: str) -> None:
    read(between.join(ai + value for ai, value in pairs).encode(), "]C1")
    query = "&".join(f"{ai}={value}" for ai, value in pairs)
    read(f"https://x/01/{GTIN}?{query}".encode(), None)


@pytest.mark.parametrize(("hri", "format"), [
    (f"(01){GTIN}(10)LOT42(17)271231", zxingcpp.BarcodeFormat.DataMatrix),
    (f"(01){GTIN}(10)LOT42(17)271231", zxingcpp.BarcodeFormat.QRCode),
    (f"(01){GTIN}(17)271231(10)LOT42", zxingcpp.BarcodeFormat.Code128),
    (f"(01){GTIN}(10)LOT42(21)SER9(17)271231", zxingcpp.BarcodeFormat.DataMatrix),
    ("(00)095060001343520017", zxingcpp.BarcodeFormat.Code128),
])  # fmt: skip
def test_a_code_that_was_drawn_is_read_back(hri: str, format: zxingcpp.BarcodeFormat) -> None:
    """With the separators and the symbology id that a real reader makes of a real symbol."""
    drawn = zxingcpp.create_barcode(hri, format, gs1=True)
    (seen,) = zxingcpp.read_barcodes(drawn.to_image(scale=4), text_mode=zxingcpp.TextMode.Plain)
    reading = read(seen.text.encode(), seen.symbology_identifier)
    assert "".join(f"({each.ai}){each.value}" for each in reading.elements) == hri
    assert reading.kind == "gs1" and reading.problem is None


def test_an_ean_that_was_drawn_is_read_back() -> None:
    drawn = zxingcpp.create_barcode("9506000134352", zxingcpp.BarcodeFormat.EAN13)
    (seen,) = zxingcpp.read_barcodes(drawn.to_image(scale=4))
    assert ais(read(seen.text.encode(), seen.symbology_identifier)) == {"01": GTIN}
