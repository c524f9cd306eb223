"""What the door reads as JSON, and the many things it does not."""

from time import process_time

import pytest

from service.api import strict_json
from service.api.problem import Problem

REFUSED = {
    "a member twice": b'{"a":1,"a":1}',
    "a member twice, once escaped": b'{"a":1,"\\u0061":2}',
    "NaN": b'{"a":NaN}',
    "Infinity": b"[-Infinity]",
    "an exponent": b"[1e400]",
    "a small exponent": b"[1e3]",
    "an integer above 2^53-1": b"[9007199254740992]",
    "5,000 digits": b"[" + b"9" * 5000 + b"]",
    "leading zero": b"[01]",
    "plus sign": b"[+1]",
    "hexadecimal": b"[0x10]",
    "nesting of 17": b"[" * 17 + b"]" * 17,
    "nesting of 500,000": b"[" * 500_000,
    "a lone surrogate": b'["\\ud800"]',
    "a lone surrogate as a name": b'{"\\udfff":1}',
    "surrogates in UTF-8": b'["\xed\xa0\x80"]',
    "bytes that are not UTF-8": b'["\xff"]',
    "UTF-16": '{"a":1}'.encode("utf-16"),
    "a byte order mark": b'\xef\xbb\xbf{"a":1}',
    "text after the end": b"{} x",
    "two values": b"1 2",
    "nothing": b"",
    "white space only": b"  \n",
    "single quotes": b"{'a':1}",
    "a comment": b"[1 /* one */]",
    "a trailing comma": b"[1,]",
    "a raw control character": b'["a\x01"]',
    "an open string": b'["a',
    "a bare word": b"[true1]",
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_has_two_readings_is_refused_quickly(name: str) -> None:
    began = process_time()
    with pytest.raises(Problem) as refusal:
        strict_json.load(REFUSED[name])
    assert refusal.value.status == 400
    assert process_time() - began < 0.5
    document = refusal.value.document()
    assert document["expected"] and document["seen"]
    assert len(document["detail"]) < 600


def test_honest_json_is_read() -> None:
    text = '{"a": [1, "澄和", "\\ud83d\\ude00", true, null, {}], "b": 9007199254740991}'
    assert strict_json.load(text.encode()) == {"a": [1, "澄和", "😀", True, None, {}], "b": 2**53 - 1}


def test_nesting_of_sixteen_is_read() -> None:
    assert strict_json.load(b"[" * 16 + b"]" * 16)
