"""The genealogy of a lot for GMP: every way on which goods came into it and out of what was made of it.

The edges are those of a trace (`service.trace.edges`), both ways and any depth, each with the proof of its movement.
"""

from collections.abc import Iterator, Mapping
from itertools import groupby, islice
from typing import Any

from sqlalchemy import Connection

from service.papers.words import Words
from service.records.proof import FIELDS as PROOF
from service.records.proof import Proofs
from service.records.record import RECORDING, Field, Record, always, field
from service.reports.report import Asked, Row
from service.trace import edges, trace

BLOCK = 1000
_BEGINS_AT_LOT = ("shipped", "returned", "destroyed", "handed_over")


def rows(connection: Connection, asked: Asked) -> Iterator[Row]:
    """Nothing where the party has no such lot."""
    found = trace.find(connection, asked.party_id, asked.values["lot"])
    if found is not None:
        yield from _after(_told(connection, asked.origin, found), asked)


def _told(connection: Connection, origin: str, found: trace.Traced) -> Iterator[Row]:
    ways = edges.every(connection, found.ends)
    while block := list(islice(ways, BLOCK)):
        proofs = Proofs(connection, origin, {bytes(way["statement_hash"]) for way in block})
        yield from (_row(way, found, proofs) for way in block)


def _row(way: Mapping[str, Any], found: trace.Traced, proofs: Proofs) -> Row:
    lot = str(way["from"] if way["kind"] in _BEGINS_AT_LOT else way["to"])
    return trace.edge(way) | {
        "relation": found.relation(way["lot_id"]), "added_later": None, "_lot": lot, "_item": way["item"],
        **proofs.of(bytes(way["statement_hash"]), lot),
    }  # fmt: skip


def _after(rows: Iterator[Row], asked: Asked) -> Iterator[Row]:
    """Rows of the first so many movements, beginning behind the one that is named."""
    taken, begun = 0, asked.after is None
    for movement, group in groupby(rows, key=lambda row: row["movement"]):
        if begun and asked.limit is not None and taken == asked.limit:
            return
        if begun:
            yield from group
            taken += 1
        begun = begun or movement == asked.after


FIELDS: tuple[Field, ...] = (
    field("relation", "Relation", "关系", "itself, ancestor or descendant of the lot asked for", always, RECORDING),
    field("kind", "Way", "方式", "arrival, taken_over, descent, shipped, handed_over, returned or destroyed", always,
          RECORDING, width=10),
    field("from", "From", "从", "lot, supplier or party", always, RECORDING, width=26),
    field("to", "To", "到", "lot, customer, party or certificate", always, RECORDING, width=26),
    field("item", "Item", "物料", "item", always, RECORDING),
    field("lot", "Lot", "批号", "lot", always, RECORDING, width=14),
    field("quantity", "Quantity", "数量", "movement; of a descent what of the parent went into it", always, RECORDING,
          kind="quantity"),
    field("unit", "Unit", "单位", "item", always, RECORDING, width=5),
    field("type", "Movement", "类型", "movement", always, RECORDING, width=9),
    field("state", "State of the handoff", "交接状态", "handoff to a party of this ledger", width=9),
    *PROOF,
)  # fmt: skip

GENEALOGY = Record(
    "gmp-genealogy", Words("GMP lot genealogy", "GMP 批次谱系"),
    "EU GMP chapters 4 and 5; 21 CFR 211.188: traceability of a batch from its materials to its distribution",
    FIELDS, rows, ("csv", "xlsx", "pdf"),
    unconfirmed=Words("the paragraphs name the subject; no list of fields was compared with their text",
                      "条款仅指明主题，字段清单未与原文比对"),
)  # fmt: skip
