"""Bytes of a request to a JSON value, with no room for two readings.

It is the verifier's own parser: duplicate members, NaN, a byte order mark, text after the end, lone surrogates,
nesting over 16 and numbers that nobody writes are refused here exactly as in a proof file. Two parsers that disagree
are how a forged document passes one and fools the other.
"""

from typing import Any

from service.api.problem import Problem, shown
from verifier import encoding
from verifier.errors import Refuted


def load(body: bytes) -> Any:
    """The one value in `body`; raises Problem 400 naming what was expected and seen."""
    try:
        return encoding.load_json(body)
    except Refuted as refuted:
        expected, seen = shown(str(refuted.expected)), shown(str(refuted.seen))
        raise Problem(
            400, "not-strict-json", f"{refuted.what}: expected {expected}, got {seen}", expected=expected, seen=seen
        ) from None
