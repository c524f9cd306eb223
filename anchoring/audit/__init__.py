"""The audit of what the ledger keeps: every stored byte derived again, and every lie named.

    LEDGER_CHECKS       the list of checks, in the order in which they are worth asking
    ledger_steps        the same, with what takes long in parts; the longest is named LONGEST
    Finding, Audited    what comes out, and what goes in

An auditor is a checker: hashes, roots and proofs come from `verifier`, rows are parsed here. Of the maker's code it
uses the spelling of calls (`contract`) and the reader that publishes tiles; never the code that built what it judges.
Evidence: tests/anchoring/audit/, a lie of every class in every column.
"""

from __future__ import annotations

from sqlalchemy import Connection

from anchoring.audit.anchors import check_anchors
from anchoring.audit.chain import check_chain
from anchoring.audit.checkpoints import check_checkpoints
from anchoring.audit.finding import Audited, Check, Finding
from anchoring.audit.kept import check_queue, check_recovered
from anchoring.audit.log import check_log, check_maps, map_parts
from anchoring.audit.signed import check_signed
from anchoring.audit.stranger import check_as_stranger

LONGEST = "the log as a stranger reads it"
LEDGER_CHECKS: tuple[tuple[str, Check], ...] = (
    ("entries and tiles", check_log),
    ("lot maps", check_maps),
    ("checkpoints", check_checkpoints),
    ("the queue", check_queue),
    ("what was signed for the chain", check_signed),
    ("anchors, epochs and sealed groups", check_anchors),
    ("what came back, and what was compared", check_recovered),
    ("the chain", check_chain),
    (LONGEST, check_as_stranger),
)


def ledger_steps(connection: Connection) -> list[tuple[str, Check]]:
    """Steps of their own, each of which may run beside the others; together they are LEDGER_CHECKS."""
    return [step for name, check in LEDGER_CHECKS for step in _parts(connection, name, check)]


def _parts(connection: Connection, name: str, check: Check) -> list[tuple[str, Check]]:
    return map_parts(connection) if check is check_maps else [(name, check)]


__all__ = ["LEDGER_CHECKS", "LONGEST", "Audited", "Check", "Finding", "ledger_steps"]
