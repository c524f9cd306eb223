"""Movements, their statements and disclosures, and what the log holds of them, against each other.

The hash of a statement is in the log, so a statement in the log cannot have been changed; what is asked here is whether
the rows around it still belong to it, and whether all that was disclosed to the ledger is still there.
"""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Row, text

from anchoring import Finding
from service.audit.block import Block
from service.audit.differ import RECEIPT, Table, absent, shown
from service.audit.erasures import excused
from service.audit.told import Told, Unreadable, told
from verifier import uri

MOVEMENT = Table("warehouse.movement", ("number",))
STATEMENT = Table("warehouse.statement", ("statement_hash",))
DISCLOSURE = Table("warehouse.disclosure", ("statement_hash",))
SUBMISSION = Table("ledger.submission", ("id",))
ENTRY = Table("ledger.entry", ("index",))
_KINDS = {1: "movement+sd-jwt", 2: "key+sd-jwt"}

Found = Iterator[Finding]


def statements_of(block: Block) -> tuple[dict[int, Told], list[Finding]]:
    """The statements of a block that can be read, by movement, and what is wrong with the others."""
    read: dict[int, Told] = {}
    wrong: list[Finding] = []
    for row in block.movements:
        wrong += _stored(block, row)
        if row.jwt is not None:
            try:
                read[row.number] = told(row.jwt, row.disclosures or "~")
            except Unreadable as error:
                wrong.append(
                    _of(
                        STATEMENT if _broken(row) else DISCLOSURE,
                        block,
                        row,
                        "a statement can be read",
                        "jwt" if _broken(row) else "disclosures",
                        "a statement",
                        str(error),
                    )
                )
    return read, wrong


def _broken(row: Row[Any]) -> bool:
    return bool(row.jwt_hashed != row.statement_hash)


def _of(table: Table, block: Block, row: Row[Any], check: str, field: str, expected: object, seen: object) -> Finding:
    key = row.number if table is MOVEMENT else shown(row.statement_hash)
    return Finding(check, table.name, table.row((key,)), field, expected, seen, block.index(row.number), RECEIPT)


def _stored(block: Block, row: Row[Any]) -> Found:
    """Statement and disclosures are there, and the bytes are those whose hash is in the log."""
    if row.jwt is None:
        yield from _without(block, row)
    elif _broken(row):
        entered = row.statement_hash in block.entries or row.statement_hash in block.waiting
        field = "jwt" if entered else "statement_hash"
        yield _of(
            STATEMENT,
            block,
            row,
            "a statement is kept as it was signed",
            field,
            shown(row.statement_hash),
            shown(row.jwt_hashed),
        )
    if row.jwt is not None and row.disclosures is None:
        yield _of(DISCLOSURE, block, row, "disclosures are kept", "", "the disclosures of this statement", None)


def _without(block: Block, row: Row[Any]) -> Found:
    """The movement points at no statement: either it was made to, or the statement is gone or renamed."""
    query = text(
        "SELECT statement_hash, sha256(convert_to(jwt, 'UTF8')) AS hashed FROM warehouse.statement"
        " WHERE party_id = :party AND id = :id AND kind = 1"
    )
    other = block.connection.execute(query, {"party": row.party_id, "id": row.id}).first()
    check = "every movement has its statement"
    if other is None:
        yield _of(STATEMENT, block, row, check, "", shown(row.statement_hash), "no such row")
    elif other.hashed == other.statement_hash:
        yield _of(MOVEMENT, block, row, check, "statement_hash", shown(other.statement_hash), shown(row.statement_hash))
    else:
        yield Finding(
            check,
            STATEMENT.name,
            STATEMENT.row((shown(other.statement_hash),)),
            "statement_hash",
            shown(other.hashed),
            shown(other.statement_hash),
            block.index(row.number),
            RECEIPT,
        )


def movements_fit_their_statements(block: Block, read: dict[int, Told], issuers: dict[int, str], origin: str) -> Found:
    """The columns that repeat what the statement says. `issuers`: the URI by which each party signs."""
    for row in block.movements:
        said = read.get(row.number)
        if said is None or _broken(row):
            continue
        if said.id != row.id:
            field = "statement_hash" if block.journals.get(row.number, {}).get("id") == row.id else "id"
            yield _of(MOVEMENT, block, row, "a movement points at its own statement", field, row.id, said.id)
            continue
        yield from _repeated(block, row, said, issuers)
        yield from _complete(block, row, said)
        if said.audience != origin:
            yield _of(STATEMENT, block, row, "statements are made for this log", "jwt", origin, said.audience)


def _repeated(block: Block, row: Row[Any], said: Told, issuers: dict[int, str]) -> Found:
    check = "rows repeat what their statement says"
    if row.statement_id != said.id:
        yield _of(STATEMENT, block, row, check, "id", said.id, row.statement_id)
    if _KINDS.get(row.kind) != said.kind:
        yield _of(STATEMENT, block, row, check, "kind", said.kind, row.kind)
    if issuers.get(row.statement_party) != said.issuer:
        yield _of(STATEMENT, block, row, check, "party_id", said.issuer, issuers.get(row.statement_party))
    if issuers.get(row.party_id) != said.issuer:
        yield _of(MOVEMENT, block, row, check, "party_id", said.issuer, issuers.get(row.party_id))
    if (row.recorded_at or 0) // 1000 != said.issued_at:
        yield _of(MOVEMENT, block, row, check, "recorded_at", f"{said.issued_at} seconds", row.recorded_at)
    if None not in said.lots and tuple(row.lots or ()) != said.lots:
        yield _of(MOVEMENT, block, row, check, "lots", list(said.lots), list(row.lots or ()))


def _complete(block: Block, row: Row[Any], said: Told) -> Found:
    """Every digest that was not erased has its disclosure, and every disclosure its digest."""
    missing = said.hidden and said.hidden - excused(block, row.number)
    if row.disclosures is not None and (missing or said.unknown):
        hidden = sorted(digest.decode() for digest in missing)
        yield _of(
            DISCLOSURE,
            block,
            row,
            "disclosures are complete",
            "disclosures",
            hidden or "a digest that was signed",
            "not disclosed" if hidden else list(said.unknown),
        )


def the_log_has_the_movements(block: Block, origin: str) -> Found:
    """One entry for each lot of each movement, in their order, or a submission that waits."""
    for row in block.movements:
        entry, waiting = block.entries.get(row.statement_hash), block.waiting.get(row.statement_hash, [])
        subjects = [bytes(uri.subject(uri.LOT, origin, lot)) for lot in row.lots or ()]
        if entry is None and not waiting:
            where, noticed = f"statement_hash={shown(row.statement_hash)}", "whoever recorded it: no receipt comes"
            yield absent("every movement is in the log or on its way", SUBMISSION, where, "a submission", None, noticed)
        if entry is not None:
            yield from _entered(block, row, entry, subjects)
        for each in waiting:
            yield from _submitted(block, row, each, subjects, entry is not None)


def _entered(block: Block, row: Row[Any], entry: Row[Any], subjects: list[bytes]) -> Found:
    check, noticed = (
        "entries are those of their movement",
        "whoever holds a receipt of the entry; any auditor of the log",
    )
    for field, expected, seen in (
        ("subject", [s.hex() for s in subjects], [bytes(s).hex() for s in entry.subjects]),
        ("recorded_at", row.recorded_at, entry.recorded_at),
        ("recorded_at", row.recorded_at, entry.latest),
        ("kind", 1, entry.kind),
        ("kind", 1, entry.other),
    ):
        if expected != seen:
            yield Finding(check, ENTRY.name, ENTRY.row((entry.index,)), field, expected, seen, entry.index, noticed)


def _submitted(block: Block, row: Row[Any], waiting: Row[Any], subjects: list[bytes], entered: bool) -> Found:
    check, noticed = "what waits is what was recorded", "whoever recorded it: no receipt comes, or one of another lot"
    key = SUBMISSION.row((waiting.id,))
    if entered:
        yield Finding(check, SUBMISSION.name, key, "", "nothing: it is in the log", "a submission", None, noticed)
    for field, expected, seen in (
        ("kind", 1, waiting.kind),
        ("recorded_at", row.recorded_at, waiting.recorded_at),
        ("subjects", b"".join(subjects).hex(), bytes(waiting.subjects).hex()),
    ):
        if expected != seen:
            yield Finding(check, SUBMISSION.name, key, field, expected, seen, None, noticed)


_STRAY = {
    "warehouse.statement": """SELECT encode(s.statement_hash, 'hex') AS key FROM warehouse.statement s
        WHERE NOT EXISTS (SELECT FROM warehouse.movement m WHERE m.statement_hash = s.statement_hash)
        AND NOT EXISTS (SELECT FROM warehouse.party_key k WHERE k.statement_hash = s.statement_hash)
        AND NOT EXISTS (SELECT FROM warehouse.erasure e WHERE e.notice = s.statement_hash AND e.state = 'erased')
        AND NOT EXISTS (SELECT FROM warehouse.epcis_event v WHERE v.statement_hash = s.statement_hash)
        AND kind IN (1, 2, 3)""",
    "warehouse.erasure": """SELECT number AS key FROM warehouse.erasure e WHERE e.state = 'erased'
        AND NOT EXISTS (SELECT FROM warehouse.movement m WHERE m.number = e.movement)
        AND NOT EXISTS (SELECT FROM warehouse.epcis_event v
            WHERE e.movement IS NULL AND v.movement IS NULL AND v.statement_hash = e.statement_hash)""",
    "warehouse.disclosure": """SELECT encode(d.statement_hash, 'hex') AS key FROM warehouse.disclosure d
        WHERE NOT EXISTS (SELECT FROM warehouse.statement s WHERE s.statement_hash = d.statement_hash)""",
    "ledger.submission": """SELECT id AS key FROM ledger.submission q WHERE kind IN (1, 2, 3, 4) AND NOT EXISTS
        (SELECT FROM warehouse.statement s WHERE (s.statement_hash, s.kind) = (q.statement_hash, q.kind))""",
    "ledger.entry": """SELECT index AS key FROM ledger.entry e WHERE kind IN (1, 2, 3, 4) AND NOT EXISTS
        (SELECT FROM warehouse.statement s WHERE (s.statement_hash, s.kind) = (e.statement_hash, e.kind))
        AND index NOT IN (SELECT index FROM ledger.unaccounted)""",
    "warehouse.lot": """SELECT id AS key FROM warehouse.lot
        WHERE NOT EXISTS (SELECT FROM warehouse.leg WHERE lot_id = lot.id)""",
}
_KEYS = {"ledger.submission": "id", "ledger.entry": "index", "warehouse.lot": "id", "warehouse.erasure": "number"}


def nothing_stands_alone(connection: Connection) -> Found:
    """Rows that belong to no movement, key, erasure or event."""
    check, expected = "every row has its cause", "that of a movement, a key, an erasure or a captured event"
    for table, query in _STRAY.items():
        column = _KEYS.get(table, "statement_hash")
        field = "statement_hash" if table.startswith("ledger.") else ""
        for row in connection.execute(text(query)):
            index = int(row.key) if table == "ledger.entry" else None
            yield Finding(check, table, f"{column}={row.key}", field, expected, "of none", index, RECEIPT)
