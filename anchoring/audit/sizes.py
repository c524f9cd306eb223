"""The checkpoints in their order, also where a size was changed: then the note says which size was signed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from anchoring.audit.checkpoints import wrong_signature
from anchoring.audit.finding import Audited
from anchoring.audit.rows import rows
from verifier.checkpoint import parse_checkpoint
from verifier.errors import Refuted
from verifier.note import parse_note

_ODD = r"""
    SELECT ctid::text, log_root, note FROM ledger.checkpoint
     WHERE note NOT LIKE '%%' || chr(10) || size || chr(10) || '%%' OR size IS NULL OR note IS NULL"""
_PLAIN = "(SELECT size, log_root, map_root, map_page, note FROM ledger.checkpoint WHERE size > 0) AS c"
_MENDED = """
    (SELECT coalesce(o.size, k.size) AS size, log_root, map_root, map_page, note FROM ledger.checkpoint k
       LEFT JOIN unnest(%b::text[], %b::bigint[]) AS o (at, size) ON o.at = k.ctid::text) AS c"""


@dataclass(frozen=True, slots=True)
class Source:
    """What to select from, and the parameters of that."""

    table: str
    values: tuple[object, ...]


def signed_sizes(connection: Connection, audited: Audited) -> Source:
    """All checkpoints as (size, log_root, map_root, map_page, note), each with the size that was signed."""
    told: Mapping[str, int] = {
        at: size for at, root, note in rows(connection, _ODD) if (size := _size(note, root, audited))
    }
    return Source(_MENDED, (list(told), list(told.values()))) if told else Source(_PLAIN, ())


def _size(note: str | None, root: bytes | None, audited: Audited) -> int | None:
    """The size in a note that the log signed, if it is that of this root."""
    try:
        parsed = parse_note(note or "")
        told = parse_checkpoint(parsed.body)
        return told.size if told.log_root == root and wrong_signature(parsed, audited) is None else None
    except Refuted:
        return None
