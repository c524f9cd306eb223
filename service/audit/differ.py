"""Rows as they should be and rows as they are: what is missing, what is too much, which field differs."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from anchoring import Finding

Key = tuple[Any, ...]
Rows = Mapping[Key, Mapping[str, Any]]

PROOF = "whoever compares what the service shows of a lot with that lot's proof"
RECEIPT = "whoever holds a receipt or proof of this movement; once anchored, any auditor of the log"
NOBODY = "nobody else: no statement speaks of it to the world"


class Table(NamedTuple):
    """A table and its primary key."""

    name: str
    key: tuple[str, ...]

    def row(self, key: Key) -> str:
        """A primary key in words: `lot_id=4, movement=17`."""
        return ", ".join(f"{column}={shown(value)}" for column, value in zip(self.key, key, strict=True))


def shown(value: Any) -> Any:
    """Bytes in hexadecimal, everything else as it is."""
    return value.hex() if isinstance(value, bytes | memoryview) else value


def differences(
    check: str, table: Table, expected: Rows, seen: Rows, index: Callable[[Key], int | None], noticed: str = PROOF
) -> Iterator[Finding]:
    """A finding for each row that is not as expected; `index` tells the first log index that a row concerns."""
    for key in sorted(expected.keys() | seen.keys(), key=repr):
        should, has = expected.get(key), seen.get(key)
        if should is None or has is None:
            yield Finding(check, table.name, table.row(key), "", _row(should), _row(has), index(key), noticed)
            continue
        for field, value in should.items():
            if has[field] != value:
                yield Finding(
                    check, table.name, table.row(key), field, shown(value), shown(has[field]), index(key), noticed
                )


def unequal(
    check: str, table: Table, row: str, index: int | None, noticed: str, *said: tuple[str, object, object]
) -> Iterator[Finding]:
    """A finding for each (field, expected, seen) that differs."""
    for field, expected, seen in said:
        if expected != seen:
            yield Finding(check, table.name, row, field, shown(expected), shown(seen), index, noticed)


def absent(check: str, table: Table, row: str, expected: object, index: int | None, noticed: str) -> Finding:
    """A row that should be there."""
    return Finding(check, table.name, row, "", shown(expected), "no such row", index, noticed)


def _row(row: Mapping[str, Any] | None) -> object:
    return "no such row" if row is None else {field: shown(value) for field, value in row.items()}
