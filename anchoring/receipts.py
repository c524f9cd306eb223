"""Receipts: the log's signed promise that an entry stands at its index.

A receipt is made under the first checkpoint that covers its entry, so a receipt asked for again, at any time, is the
same bytes. Beside a later checkpoint whose map says less, it is a proof of fraud.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA

from anchoring.entries import stored
from anchoring.prover import inclusion_paths
from verifier.encoding import b64
from verifier.entry import format_entry
from verifier.hashing import NodeHash, StatementHash


@dataclass(frozen=True, slots=True)
class Receipt:
    """An entry, its place, its inclusion path under `checkpoint`, which is a signed note."""

    entry: bytes
    index: int
    path: list[NodeHash]
    checkpoint: str


# The first checkpoint above an index is one step in the primary key's index.
_COVERED = text("""
    SELECT e.*, c.size, c.note
      FROM ledger.entry e
     CROSS JOIN LATERAL (SELECT size, note FROM ledger.checkpoint WHERE size > e.index ORDER BY size LIMIT 1) c
     WHERE e.statement_hash = ANY(:statement_hashes)
     ORDER BY e.index
""").bindparams(bindparam("statement_hashes", type_=ARRAY(BYTEA)))


def receipts_of(
    connection: Connection, statement_hashes: Collection[StatementHash]
) -> dict[StatementHash, list[Receipt]]:
    """The receipts of each statement that is sequenced, one for each subject, in the order submitted."""
    rows = connection.execute(_COVERED, {"statement_hashes": list(statement_hashes)}).all()
    covered = [(stored(row), row.size, row.note) for row in rows]
    paths = inclusion_paths(connection, [(each.index, size) for each, size, _ in covered])
    found: dict[StatementHash, list[Receipt]] = {}
    for (each, _, note), path in zip(covered, paths, strict=True):
        receipt = Receipt(format_entry(each.entry), each.index, path, note)
        found.setdefault(each.entry.statement_hash, []).append(receipt)
    return found


def format_receipt(receipt: Receipt) -> dict[str, object]:
    """The receipt as the members of its file (`lotproof-receipt/1`)."""
    return {
        "format": "lotproof-receipt/1",
        "entry": b64(receipt.entry),
        "index": receipt.index,
        "path": [b64(node) for node in receipt.path],
        "checkpoint": receipt.checkpoint,
    }
