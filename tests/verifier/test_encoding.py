"""One spelling of everything: what Python's own decoders would let pass is refused."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verifier import encoding
from verifier.encoding import b64, b64url, load_json, parse_decimal, unb64, unb64url
from verifier.errors import Refuted


@given(st.binary(max_size=100))
def test_bytes_come_back_from_both_alphabets(raw: bytes) -> None:
    assert unb64(b64(raw)) == raw
    assert unb64url(b64url(raw)) == raw


def test_every_last_byte_comes_back() -> None:
    for raw in (bytes([*bytes(length), last]) for length in range(4) for last in range(256)):
        assert unb64(b64(raw)) == unb64url(b64url(raw)) == raw
        assert "=" not in b64url(raw)


@pytest.mark.parametrize(
    "text", ["AA", "AA=", "AB==", "AA==\n", " AA==", "A A=", "-_==", "AA==AA==", "AA===", "é", "="]
)
def test_base64_has_one_spelling(text: str) -> None:
    with pytest.raises(Refuted):
        unb64(text)


@pytest.mark.parametrize("text", ["AB", "AA==", "AA=", "A", "AA\n", "+/8", "AAé", "A-B_="])
def test_base64url_has_one_spelling(text: str) -> None:
    with pytest.raises(Refuted):
        unb64url(text)


@given(st.text(alphabet="AQgw-_+/=\n é", max_size=12))
def test_whatever_is_decoded_is_spelled_as_it_would_be_encoded(text: str) -> None:
    for decode, encode in ((unb64, b64), (unb64url, b64url)):
        try:
            raw = decode(text)
        except Refuted:
            continue
        assert encode(raw) == text


@pytest.mark.parametrize("text", ["", "01", "+1", "-1", "1 ", " 1", "1_0", "١", "1.0", "9007199254740992", "9" * 5000])
def test_a_number_has_one_spelling(text: str) -> None:
    with pytest.raises(Refuted):
        parse_decimal(text)


def test_numbers_up_to_the_limit_are_read() -> None:
    assert parse_decimal("0") == 0
    assert parse_decimal("9007199254740991") == encoding.MAX_INTEGER


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\ufeff1",
        "1 2",
        "[1,]",
        '{"a":1,"a":1}',
        '{"a":{"b":1,"b":2}}',
        '"\\ud800"',
        '"\\udc00\\ud800"',
        '{"\\ud83d":1}',
        '"\ud800"',
        "NaN",
        "Infinity",
        "-Infinity",
        "1e400",
        "1e2",
        "1E2",
        "01",
        "+1",
        ".5",
        "1.",
        "1.0000000001",
        "1234567890123456.5",
        "9007199254740992",
        "-9007199254740991",
        "99999999999999999999",
        '"\x01"',
        "'a'",
        "[" * 17 + "]" * 17,
        "[" * 100_000,
        '{"a":' * 17 + "1" + "}" * 17,
        b"\xff",
        b"\xef\xbb\xbf1",
        b'"\xed\xa0\x80"',
        "// 1\n1",
    ],
    ids=lambda text: repr(text)[:24],
)
def test_json_that_is_not_ours_is_refused(text: Any) -> None:
    with pytest.raises(Refuted):
        load_json(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("9007199254740991", encoding.MAX_INTEGER),
        ("-1", Decimal(-1)),
        ("1.5", Decimal("1.5")),
        ("1.0", Decimal("1.0")),
        ("999999999999999.999999999", Decimal("999999999999999.999999999")),
        ('"\\ud83d\\ude00"', "\U0001f600"),
        (' { "b" : [ 1 ] , "a" : null } ', {"b": [1], "a": None}),
        ("[" * 16 + "]" * 16, [[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]),
        ('"' + "[" * 100 + '"', "[" * 100),
        ('"' + '\\"[' * 100 + '"', '"[' * 100),
    ],
    ids=lambda text: repr(text)[:24],
)
def test_json_that_is_ours_is_read(text: str, value: Any) -> None:
    read = load_json(text)
    assert read == value
    assert type(read) is type(value)


def test_a_whole_file_knows_no_fractions() -> None:
    for text in (b"[1.5]", b"[-1]", b"[1e1]", b"[9007199254740992]"):
        with pytest.raises(Refuted):
            encoding.load_document(text, 100)
    assert encoding.load_document(b"[1]", 100) == [1]


def test_a_file_may_be_as_long_as_its_limit_and_no_longer() -> None:
    assert encoding.load_document(b"[12]", 4) == [12]
    with pytest.raises(Refuted, match="file"):
        encoding.load_document(b"[123]", 4)


@pytest.mark.parametrize("value", [True, False, 1.0, "1", None, -1, 2**53, Decimal(1)])
def test_an_integer_of_a_file_is_nothing_else(value: Any) -> None:
    with pytest.raises(Refuted):
        encoding.integer(value)
