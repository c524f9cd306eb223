"""Every row of the warehouse against the journal of the movement that wrote it, and the journal against the statement.

What a later movement may change (a recall noted at a lot, the place where a pallet stands) is compared with the last
journal that speaks of it. Of items and places, what names them to the world is compared with what was signed. Nothing
is said about movements that were recorded before there were journals; `unbound` counts them.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, text

from anchoring import Finding
from service.audit.block import Block
from service.audit.differ import NOBODY, PROOF, RECEIPT, Table, differences
from service.audit.expected import pairs
from service.audit.told import Told
from service.ledger.journal import journal_hash

MOVEMENT = Table("warehouse.movement", ("number",))
LOT = Table("warehouse.lot", ("id",))
LOCATION = Table("warehouse.location", ("id",))
_CHECK = "rows are as their movement's journal says"
_COLUMNS = ("number", "party_id", "id", "type", "actor", "recorded_at")
_MEMBERS = ("number", "party", "id", "type", "actor", "at")


def unbound(connection: Connection) -> int:
    """How many movements have no journal, because they were recorded before there were any."""
    return int(connection.execute(text("SELECT count(*) FROM warehouse.movement WHERE journal IS NULL")).scalar_one())


def journals_fit_their_statements(block: Block, told: dict[int, Told]) -> Iterator[Finding]:
    """The bytes that the statement holds the hash of are the bytes that are stored, and the row says what they say."""
    check = "a movement is as its journal says"
    for row in block.movements:
        said = told.get(row.number)
        if said is not None and said.id == row.id:
            kept = None if row.journal is None else journal_hash(row.journal.encode())
            if said.journal != kept:
                yield Finding(
                    check,
                    MOVEMENT.name,
                    MOVEMENT.row((row.number,)),
                    "journal",
                    said.journal,
                    kept,
                    block.index(row.number),
                    PROOF,
                )
        journal = block.journals.get(row.number)
        if journal is not None:
            should = {
                (row.number,): {c: journal.get(m) for c, m in zip(_COLUMNS, _MEMBERS, strict=True)}
                | {"content_hash": bytes.fromhex(journal.get("content", ""))}
            }
            seen = {(row.number,): dict(row._mapping)}
            yield from differences(check, MOVEMENT, should, seen, lambda key: block.index(key[0]))


def rows_fit_their_journals(block: Block) -> Iterator[Finding]:
    """Rows that name a movement which is not there say that it is gone."""
    here, gone = {row.number for row in block.movements}, set[int]()
    for pair in pairs(block):
        movement = pair.movement
        gone |= {movement[key] for key in pair.seen if movement[key] is not None} - here
        yield from differences(
            _CHECK, pair.table, pair.expected, pair.seen, lambda key, of=movement: block.index(of.get(key, 0))
        )  # type: ignore[misc]

    for number in sorted(gone):
        yield Finding(
            "every row has its cause",
            MOVEMENT.name,
            MOVEMENT.row((number,)),
            "",
            "a movement",
            "no such row",
            None,
            RECEIPT,
        )


Last = dict[int, tuple[dict[str, Any], int]]
"""By id: the columns that the last journal decides, and the number of its movement."""


@dataclass
class Lasting:
    """What the last of several journals decides: `take` each block in order, then ask `left`.

    Only what a later journal must still explain is remembered, so memory does not grow with the warehouse.
    """

    open: dict[Table, dict[int, tuple[dict[str, Any], int | None]]] = field(default_factory=dict)
    touched: dict[Table, set[int]] = field(default_factory=dict)
    """What was there before and was changed; what began is not in it."""

    def take(self, block: Block) -> None:
        self._note(block, LOT, _recalled(block), "SELECT id, recall FROM warehouse.lot WHERE id = ANY(:ids)")
        self._note(
            block,
            LOCATION,
            _standing(block),
            "SELECT id, party_id, site_id, code, within FROM warehouse.location WHERE id = ANY(:ids)",
        )

    def then(self, later: "Lasting") -> None:
        """Take in what came to light in later movements."""
        for table, touched in later.touched.items():
            open = self.open.setdefault(table, {})
            for id in touched:
                open.pop(id, None)
        for table, found in later.open.items():
            self.open.setdefault(table, {}).update(found)

    def left(self, connection: Connection) -> Iterator[Finding]:
        for table, open in self.open.items():
            now = text(f"SELECT * FROM {table.name} WHERE id = :id")  # noqa: S608 - our own names
            for id, (wanted, index) in open.items():
                row = connection.execute(now, {"id": id}).first()
                seen = {} if row is None else {(id,): dict(row._mapping)}
                yield from differences(_CHECK, table, {(id,): wanted}, seen, lambda _, at=index: at)  # type: ignore[misc]

    def _note(self, block: Block, table: Table, last: Last, query: str) -> None:
        if not last:
            return
        open = self.open.setdefault(table, {})
        seen = {row.id: row._mapping for row in block.by_id(query, list(last))}
        self.touched.setdefault(table, set()).update(_changed(block, table))
        for id, (wanted, number) in last.items():
            open.pop(id, None)
            if id not in seen or any(seen[id][column] != value for column, value in wanted.items()):
                open[id] = (wanted, block.index(number))


def _changed(block: Block, table: Table) -> set[int]:
    if table == LOCATION:
        return set(_standing(block))
    begun = {lot[0] for journal in block.journals.values() for lot in journal.get("lots", ())}
    return set(_recalled(block)) - begun


def _recalled(block: Block) -> Last:
    """The recall that each lot is under after this block, as far as its journals change it."""
    last: Last = {}
    for number, journal in block.journals.items():
        last |= {lot[0]: ({"recall": lot[12]}, number) for lot in journal.get("lots", ())}
        last |= {lot: ({"recall": number}, number) for lot in journal.get("recalled", ())}
        last |= {lot: ({"recall": None}, number) for lot in journal.get("lifted", ())}
        last |= {lot: ({"recall": recall}, number) for lot, recall in journal.get("still", ())}
    return last


def _standing(block: Block) -> Last:
    """What each pallet is called and where it stands after this block."""
    told = ((journal["pallet"], number) for number, journal in block.journals.items() if "pallet" in journal)
    names = ("party_id", "site_id", "code", "within")
    return {row[0]: (dict(zip(names, row[1:5], strict=True)), number) for row, number in told}


def journal_reads(block: Block) -> Iterator[Finding]:
    for row in block.movements:
        if row.journal is not None and row.number not in block.journals:
            yield Finding(
                "a journal can be read",
                MOVEMENT.name,
                MOVEMENT.row((row.number,)),
                "journal",
                "JSON",
                row.journal[:80],
                block.index(row.number),
                NOBODY,
            )
