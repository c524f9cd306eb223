"""What can be done to one column of one row, and to one row: the classes of lies.

    bit      the smallest change that the type allows
    other    a value that could be right
    null     nothing
    swap     two rows exchange their values
    copy     the value of another row

    delete   the row is gone         insert    a row like it under another key
    twice    the row once more
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from random import Random
from typing import Any
from uuid import UUID

Row = Mapping[str, Any]
COLUMN_CLASSES = ("bit", "other", "null", "swap", "copy")
ROW_CLASSES = ("delete", "insert", "twice")


@dataclass(frozen=True, slots=True)
class Lie:
    """`column` is None where it concerns a whole row."""

    table: str
    kind: str
    column: str | None = None

    def __str__(self) -> str:
        return f"{self.table}.{self.column or '*'}: {self.kind}"


def bit(value: Any, dice: Random) -> Any:
    """One bit, or the smallest step there is."""
    if isinstance(value, bytes | memoryview):
        raw = bytearray(value)
        raw[dice.randrange(len(raw))] ^= 1 << dice.randrange(8)
        return bytes(raw)
    if isinstance(value, str):
        at = dice.randrange(len(value))
        return value[:at] + (chr(ord(value[at]) ^ 1) if value[at] > " " else "x") + value[at + 1 :]
    return _stepped(value, 1)


def other(value: Any, dice: Random) -> Any:
    """What an inspector would not stumble over."""
    if isinstance(value, bytes | memoryview):
        return sha256(bytes(value)).digest()[: len(value)] if len(value) <= 32 else bytes(value[:-1]) + b"\0"
    if isinstance(value, str):
        return _words(value, dice)
    return _stepped(value, dice.randrange(2, 1000))


def _words(value: str, dice: Random) -> str:
    digits = [at for at, letter in enumerate(value) if letter.isdigit()]
    if digits:
        at = dice.choice(digits)
        return value[:at] + str((int(value[at]) + dice.randrange(1, 10)) % 10) + value[at + 1 :]
    return value + "a" if value != "a" else "b"


def _stepped(value: Any, by: int) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, date):
        return value + timedelta(days=by)
    if isinstance(value, UUID):
        return UUID(int=value.int ^ by)
    if isinstance(value, list):
        return [bit(value[0], Random(by)), *value[1:]] if value else ["x"]
    return value + by


VALUES: Mapping[str, Callable[[Any, Random], Any]] = {"bit": bit, "other": other, "null": lambda value, dice: None}
"""The classes that need one row only."""
