"""JSON of EPCIS: every number exact, in both directions, and no text that could be read in two ways."""

import json
import re
from decimal import Decimal
from typing import Any

import orjson

from service.epcis.documents.document import Unreadable

DEEPEST = 40
"""Arrays and objects within each other; PostgreSQL and every parser on the way can do that many."""

LONGEST_NUMBER = 40
_LONE = re.compile("[\0\ud800-\udfff]")


def loads(body: bytes | str) -> Any:
    """The one value in `body`; numbers with a fraction or an exponent as Decimal. Raises Unreadable."""
    try:
        orjson.loads(body)  # it stops at 1,024 levels; Python's own decoder may not, and then ends the process
        value = _DECODER.decode(body.decode() if isinstance(body, bytes) else body)
    except Unreadable:
        raise
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise Unreadable(f"expected JSON in UTF-8, got {_told(error)}") from None
    _check(value, DEEPEST)
    return value


def dumps(value: Any) -> bytes:
    """Decimals as they are spelled, without exponent."""
    return orjson.dumps(value, default=plain)


def trusted(text: str | bytes) -> Any:
    """What `dumps` wrote, read again without the checks."""
    return _TRUSTING.decode(text if isinstance(text, str) else text.decode())


def plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return orjson.Fragment(format(value, "f"))
    raise TypeError(type(value).__name__)


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Unreadable(f"expected each member once, got {twice!r} twice")
    return made


def _number(text: str) -> Decimal:
    value = Decimal(text)
    if len(text) > LONGEST_NUMBER or abs(value.adjusted()) > LONGEST_NUMBER:
        raise Unreadable(f"expected a number of at most {LONGEST_NUMBER} digits, got {text[:60]}")
    return value or value.copy_abs()


def _whole(text: str) -> int | Decimal:
    """What 64 bits cannot hold is a Decimal too."""
    return int(text) if len(text) < 19 else _number(text)


def _constant(text: str) -> Any:
    raise Unreadable(f"expected a number, got {text}")


def _check(value: Any, room: int) -> None:
    if isinstance(value, str):
        if _LONE.search(value):
            raise Unreadable("expected text without NUL and lone surrogates", seen=ascii(value[:60]))
    elif isinstance(value, dict | list):
        if room == 0:
            raise Unreadable(f"expected at most {DEEPEST} levels of nesting, got more")
        for each in value if isinstance(value, list) else (*value.keys(), *value.values()):
            _check(each, room - 1)


def _told(error: Exception) -> str:
    return error.msg + f" at character {error.pos}" if isinstance(error, json.JSONDecodeError) else str(error)[:100]


_DECODER = json.JSONDecoder(
    object_pairs_hook=_members, parse_float=_number, parse_int=_whole, parse_constant=_constant
)
_TRUSTING = json.JSONDecoder(parse_float=Decimal, parse_int=_whole)
