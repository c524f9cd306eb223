"""Texts that notices of the log name by their hashes: sheets of the audit trail, covers of readings.

Each text is the one that its notice names, and each notice has its text.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection, text

from anchoring import Finding
from service.audit.differ import Table, absent, shown
from verifier import entry
from verifier.encoding import unb64url
from verifier.errors import Refuted


@dataclass(frozen=True, slots=True)
class Bound:
    """`table` has statement_hash, number and content; a notice with the word `notice` says `hash_of(content)` under
    `says`. `called` is what a missing one was."""

    table: Table
    notice: str
    says: str
    hash_of: Callable[[str], str]
    called: str
    check: str
    noticed: str

    def where(self, row: Any) -> str:
        return self.table.row((shown(row.statement_hash),))


def those_named(connection: Connection, bound: Bound) -> Iterator[Finding]:
    query = text(_NOTICES.format(table=bound.table.name))
    for row in connection.execute(query, {"kind": entry.NOTICE}):
        said = _said(row.disclosures)
        if row.there is None and said.get("lotproof:notice") == bound.notice:
            yield absent(bound.check, bound.table, bound.where(row), bound.called, row.index, bound.noticed)
        elif row.there is not None and said.get(bound.says) != bound.hash_of(row.content):
            named = bound.hash_of(row.content)
            yield Finding(bound.check, bound.table.name, bound.where(row), "content", said.get(bound.says), named,
                          row.index, bound.noticed)  # fmt: skip


def _said(disclosures: str | None) -> dict[str, Any]:
    """What a notice says; nothing of what cannot be read: other checks say so."""
    found = {}
    for each in (disclosures or "").split("~"):
        try:
            _, name, value = orjson.loads(unb64url(each))
            found[name] = value
        except (ValueError, TypeError, Refuted):
            continue
    return found


_NOTICES = """
    SELECT statement_hash, d.disclosures, t.content, t.number AS there, min(e.index) AS index
    FROM warehouse.statement s FULL JOIN {table} t USING (statement_hash)
    LEFT JOIN warehouse.disclosure d USING (statement_hash) LEFT JOIN ledger.entry e USING (statement_hash)
    WHERE s.kind = :kind OR t.number IS NOT NULL GROUP BY 1, 2, 3, 4
"""
