"""Electronic signatures are those that a signed statement names: the sheet of them, by its hash (RFC 6920).

A statement names the signatures that there were when it was made, so the sheet of some first ones of a subject must
have its hash. Later ones, and those of which no movement came, are held by nothing that is signed.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import orjson
from sqlalchemy import Connection, text

from anchoring import Finding
from service.audit.differ import PROOF, Table
from service.domain.signing import Signature, sheet_of, shown_hash
from service.ledger.signatures import SHEET

SIGNATURE = Table("warehouse.signature", ("subject", "id"))
_CHECK = "signatures are those that the statement names"
_NI = "ni:///sha-256;"


def sheets_are_those_named(connection: Connection) -> Iterator[Finding]:
    signed = _signed(connection)
    for row in connection.execute(_LED_TO):
        named = _named(row.content)
        made = signed.get((row.party_id, row.subject, row.id), [])
        sheets = {shown_hash(sheet_of(made[:count])) for count in range(1, len(made) + 1)}
        if named is not None and named not in sheets:
            seen = f"{len(made)} signatures, none of whose sheets has it"
            key = SIGNATURE.row((row.subject, row.id))
            yield Finding(_CHECK, SIGNATURE.name, key, "shown", f"a sheet with the hash {named}", seen, None, PROOF)


def _signed(connection: Connection) -> dict[tuple[int, str, str], list[Signature]]:
    found: dict[tuple[int, str, str], list[Signature]] = defaultdict(list)
    for row in connection.execute(_SIGNATURES):
        made = Signature(row.person, row.meaning, row.words, row.shown, row.method, row.proven_at, row.at)
        found[row.party_id, row.subject, row.id].append(made)
    return found


def _named(content: Any) -> str | None:
    """The hash of the sheet, if the movement names one."""
    try:
        documents: Sequence[Any] = orjson.loads(content)["documents"]
        ids = [each["id"] for each in documents if each["type"] == SHEET and each["id"].startswith(_NI)]
    except (ValueError, LookupError, TypeError, AttributeError):
        return None  # content that is not as it was signed is found by another check
    return ids[-1].removeprefix(_NI) if ids else None


_SIGNATURES = text("SELECT * FROM warehouse.signature WHERE subject IN ('case', 'count', 'recall') ORDER BY number")
_LED_TO = text("""
    SELECT q.party_id, 'case' AS subject, q.id::text AS id, m.content FROM warehouse.quarantine_case q
        JOIN warehouse.case_movement c ON c.case_number = q.number JOIN warehouse.movement m ON m.number = c.movement
        WHERE m.type IN ('release', 'destroy')
    UNION ALL
    SELECT s.party_id, 'count', s.id::text, m.content FROM warehouse.count_sheet s
        JOIN (SELECT DISTINCT sheet, movement FROM warehouse.count_line WHERE movement IS NOT NULL) l
        ON l.sheet = s.number
        JOIN warehouse.movement m ON m.number = l.movement
    UNION ALL
    SELECT r.party_id, 'recall', r.id::text, m.content FROM warehouse.recall r
        JOIN warehouse.movement m ON m.number = ANY(r.lift_movements)
""")
