"""Lies that fit together, told with all the keys of the house: nothing inside the database contradicts anything.

    rewritten    one movement says another quantity: its rows, journal and statement, signed by its party; then entries,
                 tree, map and checkpoints anew, signed with the log's own key, at the sizes and times of the true ones
    lying_map    the newest checkpoint once more, with a map in which a lot stands as it stood one entry earlier

What is anchored the chain contradicts. What is not anchored yet only a receipt contradicts; here is that receipt.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, Row, text

import anchoring
from anchoring import Sequencer, Submission
from anchoring.copying import copy_in, driver
from anchoring.lotmap import Change, Growth, find, open_at
from anchoring.mappages import PAGES, PageMemory, StoredPages, packed_pages
from anchoring.page import Place
from anchoring.receipts import format_receipt, receipts_of
from anchoring.signer import LogSigner
from service import db
from service.demo.lies.forgery import decoded, digest, encoded, signed_anew
from service.ledger.commitments import committed
from service.ledger.content import content_hash
from service.ledger.journal import PROPERTY, journal_hash
from service.local import postgres
from service.statements.sdjwt import Statement, seal
from tests.service.ledger.world import ORIGIN
from tests.tools.databases import admit
from verifier import uri
from verifier.encoding import b64
from verifier.hashing import map_value

from .house import LOG_KEY, House

_TABLES = ("warehouse.movement", "warehouse.leg", "warehouse.balance", "warehouse.statement", "warehouse.disclosure",
           "ledger.entry", "ledger.tile", "ledger.map_page", "ledger.checkpoint", "ledger.submission",
           "ledger.admission")  # fmt: skip
_MOVEMENT = """
    SELECT m.*, s.jwt, d.disclosures, p.code, k.kid, k.sealed, l.uri, l.id AS lot FROM warehouse.movement m
    JOIN warehouse.statement s USING (statement_hash) JOIN warehouse.disclosure d USING (statement_hash)
    JOIN warehouse.party p ON p.id = m.party_id JOIN warehouse.lot l ON l.uri = m.lots[1] AND l.party_id = m.party_id
    JOIN LATERAL (SELECT kid, sealed FROM warehouse.party_key WHERE party_id = p.id
                  ORDER BY sequence DESC LIMIT 1) k ON true
    WHERE m.type = :type AND m.number BETWEEN :first AND :last ORDER BY m.number LIMIT 1
"""


@contextmanager
def copied(house: House, name: str) -> Iterator[Engine]:
    """The house's database once more, for a lie of its own."""
    house.engine.dispose()
    postgres.create_database(house.cluster, name, "tampered")
    admit(house.cluster.url(name))
    engine = db.engine_for(house.cluster.url(name))
    try:
        yield engine
    finally:
        engine.dispose()
        postgres.drop_databases(house.cluster, [name])


def rewritten(house: House, engine: Engine, kind: str, first: int, last: int) -> bytes:
    """The first movement of this kind between two numbers says one unit less; the hash of its true statement."""
    with _asleep(engine) as connection:
        row = connection.execute(text(_MOVEMENT), {"type": kind, "first": first, "last": last}).one()
        new = _said_otherwise(house, connection, row)
        entries = connection.execute(text("SELECT * FROM ledger.entry ORDER BY index")).all()
        notes = connection.execute(text("SELECT size, signed_at FROM ledger.checkpoint ORDER BY size")).all()
        waiting = connection.execute(text("SELECT * FROM ledger.submission ORDER BY id")).all()
        for table in ("checkpoint", "map_page", "tile", "entry", "submission"):
            connection.execute(text(f"DELETE FROM ledger.{table}"))
    renamed = {bytes(row.statement_hash): new.statement_hash}
    for size, signed_at in notes:
        _submit(engine, [entry for entry in entries if entry.index < size], renamed)
        entries = [entry for entry in entries if entry.index >= size]
        _sequence(engine, signed_at)
    for each in waiting:
        subjects = [bytes(each.subjects[at : at + 32]) for at in range(0, len(each.subjects), 32)]
        _add(engine, [Submission(each.kind, s, bytes(each.statement_hash), each.recorded_at) for s in subjects])
    with _asleep(engine) as connection:  # what was compared at the start, too, as if it had been compared with this
        connection.execute(text("UPDATE ledger.admission a SET log_root = c.log_root FROM ledger.checkpoint c"
                                " WHERE c.size = a.size"))  # fmt: skip
    return bytes(row.statement_hash)


def receipt(house: House, statement_hash: bytes) -> dict[str, object]:
    """What its party holds of a movement since it was sequenced."""
    with house.engine.connect() as connection:
        return format_receipt(receipts_of(connection, [statement_hash])[statement_hash][0])


def note(engine: Engine, size: int | None = None) -> str:
    """What was signed at a size, or last."""
    query = "SELECT note FROM ledger.checkpoint WHERE size = coalesce(:size, size) ORDER BY size DESC LIMIT 1"
    with engine.connect() as connection:
        return str(connection.scalar(text(query), {"size": size}))


def lying_map(engine: Engine, lot: str) -> dict[str, Any]:
    """Sign the newest checkpoint with a map in which `lot` lacks its newest entry; the head that it then shows."""
    subject = uri.subject(uri.LOT, ORIGIN, lot)
    with _asleep(engine) as connection:
        newest = connection.execute(text("SELECT * FROM ledger.checkpoint ORDER BY size DESC LIMIT 1")).one()
        entries = connection.execute(text("SELECT index, sequence, leaf_hash FROM ledger.entry WHERE subject = :subject"
                                          " ORDER BY index"), {"subject": subject}).all()  # fmt: skip
        before, last = (map_value(e.sequence, e.index, bytes(e.leaf_hash)) for e in entries[-2:])  # type: ignore[arg-type]
        pages = StoredPages(connection, PageMemory(1 << 20))
        top = Place(newest.map_page, newest.map_root)
        first = int(connection.scalar(text("SELECT max(id) + 1 FROM ledger.map_page")))
        grown = Growth(find(top, [subject], pages), {subject: Change(last, before)}, first).done()
        _keep(connection, newest, grown)
        opening = open_at(grown.root, subject, StoredPages(connection, PageMemory(1 << 20)))
    shown = entries[-2]
    return {"count": shown.sequence, "index": shown.index, "leaf": b64(bytes(shown.leaf_hash)),
            "siblings": [b64(sibling) for sibling in opening.siblings]}  # fmt: skip


def _keep(connection: Connection, newest: Row[Any], grown: Growth) -> None:
    copy_in(driver(connection), PAGES, packed_pages(grown.written))
    note = LogSigner(ORIGIN, LOG_KEY).sign(newest.size, newest.log_root, grown.root.hash)
    connection.execute(
        text("UPDATE ledger.checkpoint SET map_root = :root, map_page = :page, note = :note WHERE size = :size"),
        {"root": grown.root.hash, "page": grown.root.page, "note": note, "size": newest.size})  # fmt: skip


def _said_otherwise(house: House, connection: Connection, row: Row[Any]) -> Statement:
    """Rows, content, journal, disclosures and statement of one movement, with one unit less of its lot."""
    query = text("SELECT * FROM warehouse.leg WHERE movement = :number")
    legs = connection.execute(query, {"number": row.number}).all()
    units = max(leg.units for leg in legs)
    changed = {leg.line: leg.units - (1 if leg.units > 0 else -1) for leg in legs if abs(leg.units) == units}
    content = row.content.replace(f'"{units}"', f'"{units - 1}"')
    journal = json.loads(row.journal)
    hashed = content_hash(committed(content.encode(), journal.get("parts", {})))
    journal["content"] = hashed.hex()
    journal["legs"] = [[*leg[:4], changed.get(leg[1], leg[4])] for leg in journal["legs"]]
    written = json.dumps(journal, separators=(",", ":"))
    key = house.world.scribe.keyring.unseal(row.code, row.kid, row.sealed)
    said = signed_anew(row.jwt, row.disclosures, key, row.uri, units - 1)
    new = _with_journal(said, key, journal_hash(written.encode()))
    values = {"number": row.number, "old": row.statement_hash, "new": new.statement_hash, "jwt": new.jwt,
              "shown": new.disclosures, "content": content, "hashed": hashed, "journal": written,
              "units": units}  # fmt: skip
    for statement in _CHANGES:
        connection.execute(text(statement), values)
    return new


_CHANGES = (
    """UPDATE warehouse.balance b SET units = b.units - sign(l.units) FROM warehouse.leg l WHERE l.movement = :number
        AND (b.lot_id, b.place, b.status) = (l.lot_id, l.place, l.status) AND abs(l.units) = :units""",
    "UPDATE warehouse.leg SET units = units - sign(units) WHERE movement = :number AND abs(units) = :units",
    """UPDATE warehouse.movement SET content = :content, content_hash = :hashed,
        journal = :journal, statement_hash = :new WHERE number = :number""",
    "UPDATE warehouse.statement SET statement_hash = :new, jwt = :jwt WHERE statement_hash = :old",
    "UPDATE warehouse.disclosure SET statement_hash = :new, disclosures = :shown WHERE statement_hash = :old",
)


def _with_journal(statement: Statement, key: Any, hashed: str) -> Statement:
    payload, parts = decoded(statement.jwt.split(".")[1]), [p for p in statement.disclosures.split("~") if p]
    at = next(at for at, part in enumerate(parts) if decoded(part)[1] == PROPERTY)
    new = encoded([*decoded(parts[at])[:2], hashed])
    payload["_sd"] = sorted({*payload["_sd"], digest(new)} - {digest(parts[at])})
    parts[at] = new
    shown = "~" + "~".join(parts) + "~"
    return seal(key, "movement+sd-jwt", json.dumps(payload, separators=(",", ":")).encode(), shown.encode())


def _submit(engine: Engine, entries: list[Row[Any]], renamed: dict[bytes, bytes]) -> None:
    _add(engine, [Submission(e.kind, bytes(e.subject), renamed.get(bytes(e.statement_hash), bytes(e.statement_hash)),
                             e.recorded_at) for e in entries])  # fmt: skip


def _add(engine: Engine, submissions: list[Submission]) -> None:
    """Statement after statement, as they were."""
    with engine.begin() as connection:
        statements: dict[bytes, list[Submission]] = {}
        for each in submissions:
            statements.setdefault(each.statement_hash, []).append(each)
        for several in statements.values():
            anchoring.submit(connection, several)


def _sequence(engine: Engine, at: int) -> None:
    sequencer = Sequencer(engine, ORIGIN, LOG_KEY, lambda: at)
    while sequencer.step():
        pass
    sequencer.close()


@contextmanager
def _asleep(engine: Engine) -> Iterator[Connection]:
    """A transaction in which the triggers sleep, as only a superuser can have it."""
    with engine.begin() as connection:
        for table in _TABLES:
            connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER ALL"))
        yield connection
        for table in _TABLES:
            connection.execute(text(f"ALTER TABLE {table} ENABLE TRIGGER ALL"))
