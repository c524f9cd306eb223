"""The rules of stock over all rows (`service.ledger.audit`), as findings that name table and row."""

import re
from collections.abc import Iterator

from sqlalchemy import Connection

from anchoring import Finding
from service.audit.differ import PROOF
from service.ledger.audit import Check
from service.ledger.audit import Finding as Broken

_TABLES = {
    "balance is the fold of legs": "warehouse.balance",
    "open offers are in transit": "warehouse.balance",
    "missing goods are disputed": "warehouse.discrepancy",
    "goods of cases are held": "warehouse.case_cover",
    "children are younger": "warehouse.lot_descent",
    "no movement without legs": "warehouse.movement",
    "every statement has its cause": "warehouse.statement",
}
_BALANCE = re.compile(r"lot (\d+) at place (-?\d+) \((\w+)\)")


def rules(connection: Connection, checks: tuple[Check, ...]) -> Iterator[Finding]:
    for check in checks:
        for broken in check(connection):
            yield _finding(broken)


def _finding(broken: Broken) -> Finding:
    table = _TABLES.get(broken.check, "warehouse.leg")
    row, field = broken.where, ""
    if broken.check == "balance is the fold of legs":
        row = _BALANCE.sub(r"lot_id=\1, place=\2, status=\3", broken.where)
        field = "units"
    return Finding(broken.check, table, row, field, broken.expected, broken.seen, None, PROOF)
