"""Does everything that is stored follow from what was recorded, and is what is scanned what was moved?

    findings    of the ledger's own audit (balance = fold, orphans, signatures' bytes), of the log (gaps, entries
                without statement), named by lot and movement so that a supervisor can go and look
    scans       see `scans`

A party gets the findings that concern its lots and movements, and those of the log, which is everybody's.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, Connection, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA

import anchoring
from service.ledger.audit import Finding, ledger_audit
from service.papers.words import Words
from service.reports.report import Row, column

_LOCK = 0x6C6F745F61756474
_NAMED = re.compile(r"\b(lot|movement) (\d+)|\b([0-9a-f]{64})\b")


class AuditRunning(Exception):
    """An audit reads everything; one at a time is enough."""


@dataclass(frozen=True, slots=True)
class Things:
    """What a finding speaks of: lots and movements by number, statements by hash."""

    lots: frozenset[int]
    movements: frozenset[int]
    statements: frozenset[bytes]


def findings(connection: Connection, party_id: int | None) -> list[Row]:
    """All findings that concern the party; with None, all there are. Use a snapshot (REPEATABLE READ).

    Raises AuditRunning.
    """
    if not connection.scalar(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": _LOCK}):
        raise AuditRunning
    found = [*ledger_audit(connection), *entries_have_their_statement(connection)]
    named = [(finding, _things(finding)) for finding in found]
    known = _Known(connection, [things for _, things in named])
    rows = [known.row(finding, things) for finding, things in named if known.concern(things, party_id)]
    return rows + [_row(finding) for finding in log_has_no_gap(connection)]


def log_has_no_gap(connection: Connection) -> Iterator[Finding]:
    for first, last in anchoring.gaps(connection):
        yield Finding("the log has no gap", f"index {first} to {last}", f"{last - first + 1} entries", None)


def entries_have_their_statement(connection: Connection) -> Iterator[Finding]:
    """Movements and keys that the log holds and the warehouse does not know."""
    query = """SELECT index AS at, statement_hash FROM ledger.entry e WHERE kind IN (1, 2, 3)
        AND NOT EXISTS (SELECT FROM warehouse.statement s WHERE s.statement_hash = e.statement_hash) ORDER BY index"""
    for row in connection.execute(text(query)):
        yield Finding("every entry has its movement", f"index {row.at}", row.statement_hash.hex(), None)


def _things(finding: Finding) -> Things:
    """Read out of the finding's own words; a hash that is checked against itself stands in `expected`."""
    said = f"{finding.where} {finding.expected if finding.where == 'statement' else ''}"
    lots, movements, statements = set[int](), set[int](), set[bytes]()
    for what, number, hexed in _NAMED.findall(said):
        if hexed:
            statements.add(bytes.fromhex(hexed))
        else:
            (lots if what == "lot" else movements).add(int(number))
    return Things(frozenset(lots), frozenset(movements), frozenset(statements))


class _Known:
    """The names and owners of everything that the findings speak of, looked up at once."""

    def __init__(self, connection: Connection, things: Sequence[Things]) -> None:
        lots = {each for one in things for each in one.lots}
        movements = {each for one in things for each in one.movements}
        statements = {each for one in things for each in one.statements}
        self._lots = _by_key(connection, _LOTS, ARRAY(BigInteger), lots)
        self._movements = _by_key(connection, _MOVEMENTS, ARRAY(BigInteger), movements)
        self._statements = _by_key(connection, _STATEMENTS, ARRAY(BYTEA), statements)

    def concern(self, things: Things, party_id: int | None) -> bool:
        return party_id is None or any(row.party_id == party_id for row in self._rows(things))

    def row(self, finding: Finding, things: Things) -> Row:
        lot = next((self._lots[each].name for each in sorted(things.lots) if each in self._lots), None)
        movement = next((row.name for row in self._rows(things) if row.name != lot), None)
        return _row(finding) | {"lot": lot, "movement": movement}

    def _rows(self, things: Things) -> list[Any]:
        found = [self._movements.get(each) for each in sorted(things.movements)]
        found += [self._statements.get(bytes(each)) for each in sorted(things.statements)]
        found += [self._lots.get(each) for each in sorted(things.lots)]
        return [row for row in found if row is not None]


_LOTS = "SELECT id AS key, party_id, uri AS name FROM warehouse.lot WHERE id = ANY(:keys)"
_MOVEMENTS = "SELECT number AS key, party_id, id::text AS name FROM warehouse.movement WHERE number = ANY(:keys)"
_STATEMENTS = """SELECT statement_hash AS key, party_id, id::text AS name FROM warehouse.statement
    WHERE statement_hash = ANY(:keys)"""


def _by_key(connection: Connection, query: str, kind: Any, keys: set[Any]) -> dict[Any, Any]:
    if not keys:
        return {}
    bound = text(query).bindparams(bindparam("keys", type_=kind))
    return {row.key: row for row in connection.execute(bound, {"keys": sorted(keys)})}


def _row(finding: Finding) -> Row:
    return {
        "check": finding.check, "where": finding.where, "lot": None, "movement": None,
        "expected": _said(finding.expected), "seen": _said(finding.seen),
    }  # fmt: skip


def _said(value: object) -> str:
    return "nothing" if value is None else str(value)[:1000]


TITLE = Words("Integrity", "完整性检查")
COLUMNS = (
    column("check", "Check", "检查项", width=22), column("where", "Where", "位置", width=22),
    column("lot", "Lot URI", "批次标识", width=26), column("movement", "Movement", "移动编号", width=20),
    column("expected", "Expected", "应为", width=16), column("seen", "Found", "实为", width=16),
)  # fmt: skip
