"""The rows that the journals of a block of movements ask for, and those that are there: one pair for each table.

What a table holds is asked for by the numbers of the block, never by what the journals name: a row too many is found
as well as a row too few.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any, NamedTuple

from service.audit.block import Block
from service.audit.differ import Rows, Table

LEG = Table("warehouse.leg", ("lot_id", "movement", "line"))
DESCENT = Table("warehouse.lot_descent", ("child_id", "parent_id", "movement"))
LOT = Table("warehouse.lot", ("id",))
HANDOFF = Table("warehouse.handoff", ("movement",))
HANDOFF_LINE = Table("warehouse.handoff_line", ("movement", "line"))
DISCREPANCY = Table("warehouse.discrepancy", ("handoff", "line"))

LOT_COLUMNS = (
    "id",
    "party_id",
    "item_id",
    "number",
    "uri",
    "production_date",
    "expiry_date",
    "retest_date",
    "manufacturer_lot",
    "supplier",
    "traceability_lot_code",
    "traceability_source",
)
_DATES = ("production_date", "expiry_date", "retest_date")

_LEGS = """SELECT lot_id, movement, line, place, status::text AS status, units FROM warehouse.leg
    WHERE movement > :after AND movement <= :last"""
_DESCENTS = """SELECT child_id, parent_id, movement, units FROM warehouse.lot_descent
    WHERE movement > :after AND movement <= :last"""
# A lot begins with its first leg.
_LOTS = f"""SELECT first.movement, {", ".join(f"l.{name}" for name in LOT_COLUMNS)} FROM warehouse.lot l
    CROSS JOIN LATERAL (SELECT min(movement) AS movement FROM warehouse.leg WHERE lot_id = l.id) first
    WHERE l.id IN (SELECT lot_id FROM warehouse.leg WHERE movement > :after AND movement <= :last)
        AND first.movement > :after"""  # noqa: S608
_HANDOFFS = """SELECT movement, id::text AS id, sender_id, receiver_id, from_location_id, statement_hash, expires_at,
    to_site_id FROM warehouse.handoff WHERE movement > :after AND movement <= :last"""
_ANSWERS = """SELECT movement, id::text AS id, receiver_id, state, answer FROM warehouse.handoff
    WHERE (answer > :after AND answer <= :last) OR movement = ANY(CAST(:offers AS bigint[]))"""
_LINES = """SELECT movement, line, lot_id, units, status::text AS status FROM warehouse.handoff_line
    WHERE movement > :after AND movement <= :last"""
_SHORT = """SELECT handoff, line, lot_id, units, refused, answer FROM warehouse.discrepancy
    WHERE (answer > :after AND answer <= :last) OR handoff = ANY(CAST(:offers AS bigint[]))"""
_SETTLED = """SELECT handoff, line, settled, outcome FROM warehouse.discrepancy
    WHERE (settled > :after AND settled <= :last)
        OR (handoff, line) IN (SELECT * FROM unnest(CAST(:offers AS bigint[]), CAST(:lines AS smallint[])))"""
_OF_PARTIES = """SELECT h.movement, h.receiver_id, h.id::text AS id FROM warehouse.handoff h
    JOIN unnest(CAST(:receivers AS bigint[]), CAST(:handoffs AS uuid[])) AS k (receiver_id, id)
        USING (receiver_id, id)"""


class Pair(NamedTuple):
    """What should be in a table, what is, and for each key the movement that answers for it."""

    table: Table
    expected: Rows
    seen: Rows
    movement: dict[tuple[Any, ...], int]


def pairs(block: Block) -> Iterator[Pair]:
    yield _pair(block, LEG, _LEGS, _legs)
    yield _pair(block, DESCENT, _DESCENTS, _descents)
    yield _pair(block, LOT, _LOTS, _lots)
    yield _pair(block, HANDOFF, _HANDOFFS, _offers(block))
    yield _pair(block, HANDOFF_LINE, _LINES, _offered)
    offers = _named_offers(block)
    answered = _of(offers, block, "answer")
    yield _pair(block, HANDOFF, _ANSWERS, _answers(offers), "answer", offers=answered)
    yield _pair(block, DISCREPANCY, _SHORT, _short(offers), "answer", offers=answered)
    yield _pair(
        block,
        DISCREPANCY,
        _SETTLED,
        _settlements(offers),
        "settled",
        offers=_of(offers, block, "settled"),
        lines=[journal["settled"][3] for journal in block.journals.values() if "settled" in journal],
    )


def _pair(block: Block, table: Table, query: str, told: Any, by: str = "movement", **more: object) -> Pair:
    """`by` is the column that names the movement which wrote the row."""
    expected: dict[tuple[Any, ...], dict[str, Any]] = {}
    movement: dict[tuple[Any, ...], int] = {}
    for number, journal in block.journals.items():
        for key, row in told(number, journal):
            expected[key], movement[key] = row, number
    seen = {}
    for found in block.rows(query, **more):
        row = dict(found._mapping)
        key = tuple(row[column] for column in table.key)
        if key in expected or row[by] is not None:
            movement.setdefault(key, row[by])
            seen[key] = row
    return Pair(table, expected, _without_journal(block, seen, movement), movement)


def _without_journal(block: Block, seen: Rows, movement: dict[tuple[Any, ...], int]) -> Rows:
    """Without the rows of movements that were recorded before there were journals: nothing is said about those."""
    silent = {row.number for row in block.movements if row.journal is None}
    return {key: row for key, row in seen.items() if movement[key] not in silent}


def _legs(number: int, journal: dict[str, Any]) -> Iterator[tuple[Any, dict[str, Any]]]:
    for lot, line, place, status, units in journal.get("legs", ()):
        yield (lot, number, line), {"place": place, "status": status, "units": units}


def _descents(number: int, journal: dict[str, Any]) -> Iterator[tuple[Any, dict[str, Any]]]:
    for child, parent, units in journal.get("descents", ()):
        yield (child, parent, number), {"units": units}


def _lots(number: int, journal: dict[str, Any]) -> Iterator[tuple[Any, dict[str, Any]]]:
    for values in journal.get("lots", ()):
        row = dict(zip(LOT_COLUMNS, values, strict=False))
        for name in _DATES:
            row[name] = None if row[name] is None else date.fromisoformat(row[name])
        yield (row.pop("id"),), row


def _offers(block: Block) -> Any:
    hashes = {row.number: row.statement_hash for row in block.movements}

    def told(number: int, journal: dict[str, Any]) -> Iterator[tuple[Any, dict[str, Any]]]:
        if "offer" in journal:
            id, sender, receiver, place, until, site = journal["offer"]
            yield (
                (number,),
                {
                    "id": id,
                    "sender_id": sender,
                    "receiver_id": receiver,
                    "from_location_id": place,
                    "expires_at": until,
                    "to_site_id": site,
                    "statement_hash": hashes[number],
                },
            )

    return told


def _offered(number: int, journal: dict[str, Any]) -> Iterator[tuple[Any, dict[str, Any]]]:
    for line, lot, units, status in journal.get("offered", ()):
        yield (number, line), {"lot_id": lot, "units": units, "status": status}


def _named_offers(block: Block) -> dict[tuple[int, str], int]:
    """The numbers of the offers that answers of this block name, by receiver and id."""
    asked = [journal[name] for journal in block.journals.values() for name in ("answer", "settled") if name in journal]
    if not asked:
        return {}
    values = {"receivers": [each[2] for each in asked], "handoffs": [each[0] for each in asked]}
    return {(row.receiver_id, row.id): row.movement for row in block.rows(_OF_PARTIES, **values)}


def _of(offers: dict[tuple[int, str], int], block: Block, what: str) -> list[int]:
    """The offers that the journals of this block answer, or settle, in order."""
    told = (journal[what] for journal in block.journals.values() if what in journal)
    return [offers.get((each[2], each[0]), 0) for each in told]


def _answers(offers: dict[tuple[int, str], int]) -> Any:
    def told(number: int, journal: dict[str, Any]) -> Iterator[tuple[Any, dict[str, Any]]]:
        if "answer" in journal:
            id, _, receiver, state = journal["answer"]
            yield (offers.get((receiver, id), 0),), {"state": state, "answer": number}

    return told


def _short(offers: dict[tuple[int, str], int]) -> Any:
    def told(number: int, journal: dict[str, Any]) -> Iterator[tuple[Any, dict[str, Any]]]:
        for line, lot, missing, refused in journal.get("short", ()):
            id, _, receiver, _ = journal["answer"]
            row = {"lot_id": lot, "units": missing, "refused": refused, "answer": number}
            yield (offers.get((receiver, id), 0), line), row

    return told


def _settlements(offers: dict[tuple[int, str], int]) -> Any:
    def told(number: int, journal: dict[str, Any]) -> Iterator[tuple[Any, dict[str, Any]]]:
        if "settled" in journal:
            id, _, receiver, line, outcome = journal["settled"]
            yield (offers.get((receiver, id), 0), line), {"settled": number, "outcome": outcome}

    return told
