"""The audit of what the ledger keeps: every stored byte derived again, and every lie named.

LEDGER_CHECKS       the list of checks, in the order in which they are worth asking
Finding, Audited    what comes out, and what goes in
"""

from __future__ import annotations

from anchoring.audit.finding import Audited, Check, Finding

LEDGER_CHECKS: tuple[tuple[str, Check], ...] = ()

__all__ = ["LEDGER_CHECKS", "Audited", "Check", "Finding"]
