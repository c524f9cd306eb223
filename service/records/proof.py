"""The proof of a row: the hash of its statement, where it stands in the log, and the anchor that holds it.

What the hash covers is what the statement says. What a row has from master data, address cards and supplements it
does not; supplements are named in `added_later`.
"""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection

import anchoring
from anchoring import Standing
from service.records.record import Field, field
from service.reports.report import Row
from verifier.encoding import b64url
from verifier.hashing import StatementHash, Subject
from verifier.uri import LOG, LOT, log_uri, subject

FIELDS: tuple[Field, ...] = (
    field("movement", "Movement id", "移动编号", "movement", width=20),
    field("recorded_at", "Recorded", "记录时间", "movement", kind="moment", width=15),
    field("record_hash", "Record hash", "记录哈希", "SHA-256 of the signed statement, base64url", width=22),
    field("record_status", "Record status", "记录状态", "recorded, sequenced, anchored or final", width=10),
    field("log_index", "Log index", "日志序号", "log", kind="whole", width=9),
    field("checkpoint_size", "Checkpoint size", "检查点大小", "the first anchored checkpoint that holds it",
          kind="whole", width=9),
    field("anchor_tx", "Anchor transaction", "上链交易", "chain", width=30),
    field("anchor_block", "Anchor block", "上链区块", "chain", kind="whole", width=8),
    field("anchored_at", "Anchored", "上链时间", "time of the block", kind="moment", width=15),
    field("final", "Final", "已终局", "yes once the chain says so", width=5),
    field("added_later", "Added later", "后补内容", "which fields are supplements, by whom, when", width=24),
)  # fmt: skip


class Proofs:
    """The standings of the statements of one block, asked for at once."""

    def __init__(self, connection: Connection, origin: str, statement_hashes: Collection[bytes]) -> None:
        self._origin = origin
        wanted = {StatementHash(each) for each in statement_hashes}
        self._standings = anchoring.standings(connection, wanted)

    def of(self, statement_hash: bytes, lot: str) -> Row:
        """The entry of this statement in this lot's chain, as members of a row."""
        return self._in_chain_of(subject(LOT, self._origin, lot), statement_hash)

    def of_notice(self, statement_hash: bytes) -> Row:
        """The entry of this notice in the log's own chain, as members of a row."""
        return self._in_chain_of(subject(LOG, self._origin, log_uri(self._origin)), statement_hash)

    def _in_chain_of(self, mine: Subject, statement_hash: bytes) -> Row:
        found = self._standings.get(StatementHash(statement_hash), ())
        return {"record_hash": b64url(statement_hash), **_told(next((e for e in found if e.subject == mine), None))}


def _told(entry: Standing | None) -> dict[str, Any]:
    return {
        "record_status": _word(entry), "log_index": entry and entry.index, "checkpoint_size": entry and entry.size,
        "anchor_tx": f"0x{entry.transaction.hex()}" if entry and entry.transaction is not None else None,
        "anchor_block": entry and entry.block,
        "anchored_at": datetime.fromtimestamp(entry.time, UTC) if entry and entry.time is not None else None,
        "final": None if entry is None or entry.block is None else "yes" if entry.final else "no",
    }  # fmt: skip


def _word(entry: Standing | None) -> str:
    if entry is None:
        return "recorded"
    if entry.block is None:
        return "sequenced"
    return "final" if entry.final else "anchored"
