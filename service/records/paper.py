"""A record on paper: its own columns, and the whole proof of a row in one cell that wraps."""

from service.records.proof import FIELDS as PROOF
from service.records.record import Record
from service.reports.report import Column, Row, column

_WHOLE = column("proof", "Record hash, log index, checkpoint, anchor", "记录哈希、日志序号、检查点、上链", width=34)
_LATER = column("added_later", "Added later", "后补内容", width=16)
_PROVING = {field.key for field in PROOF}


def columns(record: Record) -> tuple[Column, ...]:
    return (*(field.column for field in record.fields if field.key not in _PROVING), _LATER, _WHOLE)


def row(row: Row) -> Row:
    anchor = f"size {row.get('checkpoint_size')}, tx {row.get('anchor_tx')}, block {row.get('anchor_block')}"
    told = (row["record_hash"], f"index {row['log_index']}" if row.get("log_index") is not None else None,
            anchor if row.get("anchor_block") is not None else None, row["record_status"])  # fmt: skip
    return row | {"proof": " · ".join(each for each in told if each)}
