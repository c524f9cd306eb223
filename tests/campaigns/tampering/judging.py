"""One lie in a transaction that is rolled back: is it found, and does a finding name where it was told?"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from sqlalchemy import Connection, text

from anchoring import Finding
from service.audit.columns import columns

from .bends import COLUMN_CLASSES, ROW_CLASSES, VALUES, Lie, Row
from .house import House


@dataclass(frozen=True, slots=True)
class Judged:
    """`told` is what was done, in words; `pinned`: a finding names the table, the row and the field."""

    lie: Lie
    told: str
    found: bool
    pinned: bool
    findings: tuple[Finding, ...]


def lies() -> Iterator[Lie]:
    """One of each class for every column that an audit answers for, and for every table with such a column."""
    for table, classes in columns().items():
        for column in classes.checked:
            yield from (Lie(table, kind, column) for kind in COLUMN_CLASSES)
        if classes.checked:
            yield from (Lie(table, kind) for kind in ROW_CLASSES if kind != "insert" or not classes.named)


_NODES = ("node", "leaf", "page")


class Court:
    """The house without its constraints."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.keys = {table: list(known.key) for table, known in columns().items()}

    def judge(self, lie: Lie, dice: Random) -> Judged | None:
        """None if the world has no row that this could be done to."""
        with self.house.engine.connect() as connection:
            connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
            done = self._tell(connection, lie, dice)
            if done is None:
                return None
            rows, words = done
            findings = tuple(self.house.audit(connection, lie.table))
            connection.rollback()
        return Judged(lie, words, bool(findings), self._names(lie, rows, findings), findings)

    def _tell(self, connection: Connection, lie: Lie, dice: Random) -> tuple[Sequence[Row], str] | None:
        """Do it; the rows concerned, as they were and as they are."""
        classes = columns()[lie.table]
        named = f"WHERE {classes.key[0]} IN ({classes.named})" if classes.named else ""
        rows = [dict(row._mapping) for row in connection.execute(text(
            f"SELECT ctid::text AS ctid, * FROM {lie.table} {named}"))]  # fmt: skip
        dice.shuffle(rows)
        if lie.column is None:
            return self._row(connection, lie, rows, dice)
        for row in rows:
            for mate in rows if lie.kind in ("swap", "copy") else (row,):
                new = self._value(lie, row, mate, dice)
                if lie.kind == "swap" and self._twins(lie, row, mate):
                    continue  # they would only have changed places
                if new is not None and not _same(new[0], row[lie.column]):
                    return self._change(connection, lie, row, mate, new[0])
        return None

    def _twins(self, lie: Lie, row: Row, mate: Row) -> bool:
        """Whether two rows say the same but for the column of the lie."""
        others = {*columns()[lie.table].checked, *self.keys[lie.table]} - {lie.column}
        return all(_same(row[name], mate[name]) for name in others)

    def _value(self, lie: Lie, row: Row, mate: Row, dice: Random) -> tuple[Any] | None:
        assert lie.column is not None
        value = row[lie.column]
        if lie.kind in ("swap", "copy"):
            return (mate[lie.column],)
        if value is None:
            return None
        if lie.column == "status":
            return ("hold" if value == "available" else "available",) if lie.kind != "null" else (None,)
        if (lie.table, lie.column) == ("warehouse.reading", "kind"):
            return ("humidity" if value == "temperature" else "temperature",) if lie.kind != "null" else (None,)
        if value in ("", b"", []):
            return None
        return (VALUES[lie.kind](value, dice),)

    def _change(
        self, connection: Connection, lie: Lie, row: Row, mate: Row, value: Any
    ) -> tuple[Sequence[Row], str]:
        assert lie.column is not None
        changed = [self._set(connection, lie, row, value)]
        if lie.kind == "swap":
            changed.append(self._set(connection, lie, mate, row[lie.column]))
        words = f"{lie} at {self._key(lie.table, row)}: {_short(row[lie.column])} -> {_short(value)}"
        return [row, mate, *changed], words

    def _set(self, connection: Connection, lie: Lie, row: Row, value: Any) -> Row:
        assert lie.column is not None
        mark = _mark(lie.column, "value")
        statement = f'UPDATE {lie.table} SET "{lie.column}" = {mark} WHERE ctid = CAST(:ctid AS tid)'
        connection.execute(text(statement), {"value": _told(lie.column, value), "ctid": row["ctid"]})
        return {**row, lie.column: value}

    def _row(self, connection: Connection, lie: Lie, rows: Sequence[Row], dice: Random) -> Any:
        if not rows:
            return None
        row = rows[0]
        if lie.kind == "delete":
            connection.execute(text(f"DELETE FROM {lie.table} WHERE ctid = CAST(:ctid AS tid)"), {"ctid": row["ctid"]})
            return [row], f"{lie} at {self._key(lie.table, row)}"
        copy = dict(row)
        if lie.kind == "insert":
            column = next((c for c in self.keys[lie.table] if c not in ("status",)), self.keys[lie.table][0])
            copy[column] = VALUES["other"](row[column], dice)
        names = [name for name in copy if name != "ctid"]
        marks = [_mark(name, name) for name in names]
        listed = ", ".join(f'"{name}"' for name in names)
        connection.execute(text(f"INSERT INTO {lie.table} ({listed}) VALUES ({', '.join(marks)})"),
                           {name: _told(name, copy[name]) for name in names})  # fmt: skip
        return [row, copy], f"{lie} of {self._key(lie.table, row)} as {self._key(lie.table, copy)}"

    def _names(self, lie: Lie, rows: Sequence[Row], findings: Sequence[Finding]) -> bool:
        only = [column for column in columns()[lie.table].checked if column not in self.keys[lie.table]]
        in_key = lie.column is None or lie.column in self.keys[lie.table] or only == [lie.column]
        return any(
            finding.table == lie.table
            and any(_concerns(finding.row, row) for row in rows)
            and (in_key or f"{lie.column}=" in finding.row or lie.column in finding.field
                 or finding.field.startswith(_NODES))
            for finding in findings
        )

    def _key(self, table: str, row: Row) -> str:
        return ", ".join(f"{name}={_shown(row[name])}" for name in self.keys[table])


_CASTS = {"status": "::warehouse.stock_status", "old": "::jsonb", "new": "::jsonb"}


def _mark(column: str, value: str) -> str:
    return f"(:{value}){_CASTS[column]}" if column in _CASTS else f":{value}"


def _told(column: str, value: Any) -> Any:
    """A JSON value as its text; no value stays none."""
    return json.dumps(value) if _CASTS.get(column) == "::jsonb" and value is not None else value


def _concerns(said: str, row: Row) -> bool:
    """Whether `deployment=1, index=0` are values of this row: its primary key, or another that tells it from others."""
    parts = [part.partition("=") for part in said.split(", ")]
    return all(sign and name in row and str(_shown(row[name])) == value for name, sign, value in parts)


def _same(one: Any, other: Any) -> bool:
    one, other = (bytes(each) if isinstance(each, memoryview) else each for each in (one, other))
    return bool(one == other)


def _shown(value: Any) -> Any:
    return bytes(value).hex() if isinstance(value, bytes | memoryview) else value


def _short(value: Any) -> str:
    return str(_shown(value))[:60]
