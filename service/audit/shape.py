"""What the database promises of its rows, asked once more: keys are unique, required values are there, rows fit others.

An administrator can take a constraint away, change rows and put it back where they let him; and he can pretend that it
is there. So nothing here relies on one.
"""

from collections.abc import Iterator

from sqlalchemy import Connection, text

from anchoring import Finding
from service.audit.columns import Columns, columns
from service.audit.differ import PROOF, Table

_ALONE = {
    ("warehouse.handoff", "state"): "(state = 'offered') <> (answer IS NULL)",
    ("warehouse.discrepancy", "outcome"): "(outcome IS NULL) <> (settled IS NULL)",
    ("warehouse.location", "within"): "(kind = 'pallet') <> (within IS NOT NULL)",
    ("warehouse.balance", ""): """NOT EXISTS (SELECT FROM warehouse.leg l WHERE
        (l.lot_id, l.place, l.status) = (each.lot_id, each.place, each.status))""",
}


def rows_are_whole(connection: Connection) -> Iterator[Finding]:
    """No required value is missing, and no key stands twice."""
    for name, known in columns().items():
        if known.checked:
            yield from _missing(connection, Table(name, tuple(known.key)), known)
            yield from _twice(connection, Table(name, tuple(known.key)))


def _missing(connection: Connection, table: Table, known: Columns) -> Iterator[Finding]:
    required = [column for column in known.checked if column not in known.optional]
    lacking = " OR ".join(f'"{column}" IS NULL' for column in required)
    for row in connection.execute(text(f"SELECT * FROM {table.name} WHERE {lacking}")):  # noqa: S608 - our own names
        values = row._mapping
        for column in required:
            if values[column] is None:
                yield Finding(
                    "a required value is there",
                    table.name,
                    table.row(tuple(values[k] for k in table.key)),
                    column,
                    "a value",
                    "none",
                    None,
                    PROOF,
                )


def _twice(connection: Connection, table: Table) -> Iterator[Finding]:
    key = ", ".join(f'"{column}"' for column in table.key)
    query = f"SELECT {key}, count(*) AS times FROM {table.name} GROUP BY {key} HAVING count(*) > 1"  # noqa: S608
    for *values, times in connection.execute(text(query)):
        yield Finding(
            "a key stands for one row",
            table.name,
            table.row(tuple(values)),
            "",
            "one row",
            f"{times} rows",
            None,
            PROOF,
        )


def rows_fit_each_other(connection: Connection) -> Iterator[Finding]:
    """Columns of one row that contradict each other, and rows that nothing made."""
    for (name, column), contradiction in _ALONE.items():
        table = Table(name, tuple(columns()[name].key))
        query = f"SELECT * FROM {name} each WHERE {contradiction}"  # noqa: S608 - our own words
        for row in connection.execute(text(query)):
            values = row._mapping
            yield Finding(
                "columns of a row agree",
                name,
                table.row(tuple(values[k] for k in table.key)),
                column,
                "not " + contradiction.split("\n")[0],
                values[column] if column else "a row",
                None,
                PROOF,
            )
