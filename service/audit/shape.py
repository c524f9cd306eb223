"""What the database promises of its rows, asked once more: keys are unique, required values are there, rows fit others.

An administrator can take a constraint away, change rows and put it back where they let him; and he can pretend that it
is there. So nothing here relies on one.
"""

from collections.abc import Iterator

from sqlalchemy import Connection, text

from anchoring import Finding
from service.audit.columns import Columns, columns
from service.audit.differ import PROOF, Table, absent

_ALONE = {
    ("warehouse.handoff", "state"): "(state = 'offered') <> (answer IS NULL)",
    ("warehouse.discrepancy", "outcome"): "(outcome IS NULL) <> (settled IS NULL)",
    ("warehouse.location", "within"): "(kind = 'pallet') <> (within IS NOT NULL)",
    ("warehouse.balance", ""): """NOT EXISTS (SELECT FROM warehouse.leg l WHERE
        (l.lot_id, l.place, l.status) = (each.lot_id, each.place, each.status))""",
}

_REFERS = (
    ("ledger.anchor", "deployment", "ledger.deployment"),
    ("ledger.epoch", "deployment", "ledger.deployment"),
    ("ledger.intent", "deployment", "ledger.deployment"),
    ("ledger.signed_transaction", "intent", "ledger.intent"),
    ("ledger.checkpoint", "map_page", "ledger.map_page"),
    ("warehouse.leg", "lot_id", "warehouse.lot"),
    ("warehouse.lot", "item_id", "warehouse.item"),
    ("warehouse.location", "site_id", "warehouse.site"),
)
"""Column by column: the `id` of which table it holds."""

_ALIKE = {
    "ledger.deployment": ("tx_hash",),
    "ledger.epoch": ("deployment", "number"),
    "ledger.submission": ("statement_hash", "kind"),
    "warehouse.movement": ("party_id", "id"),
    "warehouse.statement": ("party_id", "id", "kind"),
    "warehouse.lot": ("party_id", "uri"),
    "warehouse.party": ("uri",),
    "warehouse.handoff": ("receiver_id", "id"),
}
"""What, beside the key, only one row can say."""


def rows_are_whole(connection: Connection) -> Iterator[Finding]:
    """No required value is missing, and no key stands twice."""
    for name, known in columns().items():
        if known.checked:
            yield from _missing(connection, Table(name, tuple(known.key)), known)
            yield from _twice(connection, name, tuple(known.key))
    for name, columns_alike in _ALIKE.items():
        yield from _twice(connection, name, columns_alike)
    for name, column, referred in _REFERS:
        yield from _gone(connection, name, column, referred)


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


def _twice(connection: Connection, name: str, alike: tuple[str, ...]) -> Iterator[Finding]:
    table, columns = Table(name, alike), ", ".join(f'"{column}"' for column in alike)
    query = f"SELECT {columns}, count(*) AS times FROM {name} GROUP BY {columns} HAVING count(*) > 1"  # noqa: S608
    for *values, times in connection.execute(text(query)):
        row, seen = table.row(tuple(values)), f"{times} rows"
        yield Finding("a key stands for one row", name, row, "", "one row", seen, None, PROOF)


def _gone(connection: Connection, name: str, column: str, referred: str) -> Iterator[Finding]:
    """Rows of `referred` that `name` speaks of and that are not there."""
    query = f"""SELECT DISTINCT {column} AS id FROM {name} WHERE {column} IS NOT NULL
        AND NOT EXISTS (SELECT FROM {referred} r WHERE r.id = {name}.{column})"""  # noqa: S608 - our own names
    for row in connection.execute(text(query)):
        yield absent(f"what {name} speaks of is there", Table(referred, ("id",)), f"id={row.id}", "a row", None, PROOF)


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
