"""Strict text encodings: one spelling of each value is legal.

Python's ``int()``, ``b64decode()`` and ``json.loads()`` accept far more than a format should:
white space, unused bits, duplicate members, NaN. Everything is therefore decoded, encoded again
and compared, or decoded with every liberty closed. Evidence: `tests/verifier/test_encoding.py`.

JSON: member order and white space are free; refused are duplicate members, a byte order mark,
text after the end, lone surrogates and nesting deeper than 16. A whole number 0...2^53-1 becomes
an ``int``; any other number must match ``-?(0|[1-9][0-9]{0,14})(.[0-9]{1,9})?`` and becomes a
``Decimal``, never a float.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode, urlsafe_b64encode
from binascii import Error as Base64Error
from binascii import a2b_base64
from collections import Counter
from decimal import Decimal
from typing import Any, NoReturn

from verifier.errors import Refuted

MAX_INTEGER = 2**53 - 1
MAX_DEPTH = 16
MAX_BRACKETS = 100_000  # a full lot proof has about 45,000 lists and objects
MAX_COMMAS = 400_000  # and at most 180,000 hashes of 47 bytes in 8 MiB

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,9})?")
_DECIMAL = re.compile(r"0|[1-9][0-9]{0,15}")
# Possessive and with an optional last quote: linear also on a string that never ends.
_BRACKETS = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|([\[{])|([\]}])', re.DOTALL)
_TO_STANDARD = bytes.maketrans(b"-_+/", b"+/**")  # the standard letters are wrong in base64url


def b64(raw: bytes) -> str:
    """Standard base64 with padding."""
    return b64encode(raw).decode("ascii")


def unb64(text: str) -> bytes:
    """The bytes of padded standard base64; raises Refuted for any other spelling of them."""
    try:
        raw = a2b_base64(text.encode("ascii"))
    except (Base64Error, UnicodeEncodeError):
        raise Refuted("base64", "standard base64 with padding", text) from None
    if b64encode(raw).decode("ascii") != text:
        raise Refuted("base64 not canonical", b64(raw), text)
    return raw


def unb64_hash(text: object) -> bytes:
    """The 32 bytes of a hash in padded standard base64."""
    if not isinstance(text, str):
        raise Refuted("hash", "base64 text", type(text).__name__)
    raw = unb64(text)
    if len(raw) != 32:
        raise Refuted("hash", "32 bytes", f"{len(raw)} bytes")
    return raw


def b64url(raw: bytes) -> str:
    """base64url without padding, as in JOSE."""
    return urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def unb64url(text: str) -> bytes:
    """The bytes of unpadded base64url; raises Refuted for any other spelling of them."""
    try:
        spelled = text.encode("ascii")
        raw = a2b_base64(spelled.translate(_TO_STANDARD) + b"==")  # as many as may be missing
    except (Base64Error, UnicodeEncodeError):
        raise Refuted("base64url", "base64url without padding", text) from None
    if urlsafe_b64encode(raw).rstrip(b"=") != spelled:
        raise Refuted("base64url not canonical", b64url(raw), text)
    return raw


def unb64url_hash(text: object) -> bytes:
    """The 32 bytes of a hash in unpadded base64url."""
    if not isinstance(text, str) or len(text) != 43:
        raise Refuted("digest", "43 characters of base64url", text)
    return unb64url(text)


def parse_decimal(text: str) -> int:
    """A whole number 0...2^53-1 in its shortest decimal spelling."""
    if not _DECIMAL.fullmatch(text) or int(text) > MAX_INTEGER:
        raise Refuted("number", "0 to 2^53-1 in decimal without leading zeros", text)
    return int(text)


def integer(value: object, what: str = "integer") -> int:
    """`value` as an integer 0...2^53-1 of a JSON document; a bool is none."""
    if type(value) is not int or not 0 <= value <= MAX_INTEGER:
        raise Refuted(what, "an integer 0 to 2^53-1", value)
    return value


def string(value: object, what: str, limit: int = 65536) -> str:
    """`value` as a text of at most `limit` characters."""
    if type(value) is not str or len(value) > limit:
        raise Refuted(what, f"a text of at most {limit} characters", type(value).__name__)
    return value


def array(value: object, what: str, limit: int) -> list[Any]:
    """`value` as a list of at most `limit` members."""
    if type(value) is not list:
        raise Refuted(what, "a list", type(value).__name__)
    if len(value) > limit:
        raise Refuted(what, f"at most {limit} members", len(value))
    return value


def members(
    value: object, what: str, required: frozenset[str], optional: frozenset[str] = frozenset()
) -> dict[str, Any]:
    """`value` as an object that has every required member and no unknown one."""
    if type(value) is not dict:
        raise Refuted(what, "an object", type(value).__name__)
    if not required <= value.keys() <= required | optional:
        raise Refuted(f"members of {what}", sorted(required), sorted(value)[:32])
    return value


def load_json(text: bytes | str) -> Any:
    """The value of one JSON text under the rules above; raises Refuted."""
    return _load(text, _DECODER)


def load_document(data: bytes, limit: int) -> Any:
    """The value of a whole file of at most `limit` bytes, in which all numbers are integers 0...2^53-1.

    Numbers of brackets and of values are bounded too: a small file must not grow large in memory.
    """
    if len(data) > limit:
        raise Refuted("file", f"at most {limit} bytes", len(data))
    if data.count(b"[") + data.count(b"{") > MAX_BRACKETS or data.count(b",") > MAX_COMMAS:
        raise Refuted("file", f"at most {MAX_BRACKETS} lists and objects and {MAX_COMMAS} commas", "more")
    return _load(data, _DOCUMENT_DECODER)


def _load(text: bytes | str, decoder: json.JSONDecoder) -> Any:
    decoded = _utf8(text)
    check_depth(decoded)
    try:
        value = decoder.decode(decoded)
    except (ValueError, RecursionError) as problem:
        raise Refuted("JSON", "one JSON value", problem) from None
    if "\\u" in decoded:
        _check_surrogates(value)
    return value


def _utf8(text: bytes | str) -> str:
    try:
        if isinstance(text, str):
            text.encode("utf-8")
            return text
        return text.decode("utf-8")
    except UnicodeError:
        raise Refuted("JSON", "UTF-8 without surrogates", "other bytes") from None


def check_depth(text: str) -> None:
    """Raises Refuted for JSON that nests deeper than MAX_DEPTH.

    To be asked before parsing: where some library has raised the recursion limit of the process, Python's own parser
    does not stop at a depth that it survives.
    """
    # Counting all brackets over-counts (strings, siblings), so few of them need no closer look.
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return
    depth = 0
    for match in _BRACKETS.finditer(text):
        if match.lastindex == 1:
            depth += 1
            if depth > MAX_DEPTH:
                raise Refuted("JSON too deep", f"at most {MAX_DEPTH} levels", "more")
        elif match.lastindex == 2:
            depth -= 1


def _check_surrogates(value: Any) -> None:
    # The decoder joins escaped pairs, so what is left is alone; encoding it is the test.
    try:
        json.dumps(value, ensure_ascii=False, default=str).encode("utf-8")
    except UnicodeEncodeError:
        raise Refuted("JSON", "no lone surrogates", "a lone surrogate") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = Counter(name for name, _ in pairs)
        raise Refuted("JSON", "each member once", names.most_common(1)[0][0])
    return found


def _whole(text: str) -> int | Decimal:
    if len(text) <= 16 and text[0] != "-" and (number := int(text)) <= MAX_INTEGER:
        return number
    return _other(text)


def _only_whole(text: str) -> int:
    number = _whole(text)
    if type(number) is not int:
        raise Refuted("JSON number", "an integer 0 to 2^53-1", text)
    return number


def _other(text: str) -> Decimal:
    if not _NUMBER.fullmatch(text):
        raise Refuted("JSON number", _NUMBER.pattern, text)
    return Decimal(text)


def _none(text: str) -> NoReturn:
    raise Refuted("JSON number", "an integer", text)


def _constant(text: str) -> NoReturn:
    raise Refuted("JSON number", "a number", text)


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_int=_whole, parse_float=_other, parse_constant=_constant)
_DOCUMENT_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_only_whole, parse_float=_none, parse_constant=_constant
)
