"""What whoever administers the database can do in it: everything. The triggers are put to sleep first.

Grants stop the application and triggers stop accidents; a superuser is stopped by neither. What he cannot reach is the
signature under the statement, the receipts in other hands, and the chain.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, text

from service.demo.lies.forgery import shown_otherwise
from service.statements.sdjwt import Statement


@contextmanager
def triggers_asleep(connection: Connection, *tables: str) -> Iterator[None]:
    """No trigger and no foreign key watches these tables meanwhile; afterwards nobody can tell."""
    always = connection.execute(_ALWAYS, {"tables": list(tables)}).all()
    for table in tables:
        connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER ALL"))
    yield
    for table in tables:
        connection.execute(text(f"ALTER TABLE {table} ENABLE TRIGGER ALL"))
    for table, trigger in always:
        connection.execute(text(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {trigger}"))


_ALWAYS = text("""
    SELECT tgrelid::regclass::text, quote_ident(tgname) FROM pg_trigger
    WHERE tgrelid = ANY(CAST(:tables AS text[])::regclass[]) AND tgenabled = 'A' ORDER BY tgname
""")


def change_quantity(connection: Connection, movement: str, lot: str, old: str, new: str) -> None:
    """Another quantity in all that is stored of a movement of one lot: request, legs, balances, and what is shown.

    Afterwards the warehouse agrees with itself; only the signed statement still says otherwise.
    """
    tables = ("warehouse.movement", "warehouse.leg", "warehouse.balance", "warehouse.disclosure")
    values = {"id": movement, "old": int(old), "new": int(new), "was": f'"{old}"', "becomes": f'"{new}"'}
    with triggers_asleep(connection, *tables):
        for statement in _CHANGES:
            connection.execute(text(statement), values)
        row = connection.execute(text(_DISCLOSED), values).one()
        shown = shown_otherwise(row.disclosures, lot, int(new))
        connection.execute(text(_SHOW), {"shown": shown, "hash": row.statement_hash})


def replace_statement(connection: Connection, old: bytes, new: Statement) -> None:
    """Put another signed statement in the place of a stored one, and make the movement point to it."""
    values = {"old": old, "new": new.statement_hash, "jwt": new.jwt, "shown": new.disclosures}
    with triggers_asleep(connection, "warehouse.movement", "warehouse.statement", "warehouse.disclosure"):
        for statement in _REPLACEMENTS:
            connection.execute(text(statement), values)


def forget_the_log(connection: Connection) -> None:
    """Throw the log away, tree, map and checkpoints, as if it had never been signed."""
    tables = ("ledger.unaccounted", "ledger.entry", "ledger.tile", "ledger.map_page", "ledger.checkpoint")
    tables += ("ledger.submission",)
    with triggers_asleep(connection, *tables):
        connection.execute(text(f"TRUNCATE {', '.join(tables)}"))


def claim_an_anchor(connection: Connection, index: int) -> None:
    """Say of the newest checkpoint that the chain holds it as anchor `index`; of later anchors, that there are none."""
    with triggers_asleep(connection, "ledger.anchor"):
        connection.execute(text("DELETE FROM ledger.anchor WHERE index > :index"), {"index": index})
        connection.execute(text(_CLAIM), {"index": index})


_CHANGES = (
    "UPDATE warehouse.movement SET content = replace(content, :was, :becomes) WHERE id = :id",
    """UPDATE warehouse.balance b SET units = b.units + sign(l.units) * (:new - :old)
         FROM warehouse.leg l JOIN warehouse.movement m ON m.number = l.movement
        WHERE m.id = :id AND (b.lot_id, b.place, b.status) = (l.lot_id, l.place, l.status) AND abs(l.units) = :old""",
    """UPDATE warehouse.leg l SET units = sign(l.units) * :new
         FROM warehouse.movement m WHERE m.number = l.movement AND m.id = :id AND abs(l.units) = :old""",
)

_DISCLOSED = """
SELECT d.statement_hash, d.disclosures FROM warehouse.disclosure d
JOIN warehouse.movement m ON m.statement_hash = d.statement_hash WHERE m.id = :id
"""

_SHOW = "UPDATE warehouse.disclosure SET disclosures = :shown WHERE statement_hash = :hash"

_REPLACEMENTS = (
    "UPDATE warehouse.movement SET statement_hash = :new WHERE statement_hash = :old",
    "UPDATE warehouse.statement SET statement_hash = :new, jwt = :jwt WHERE statement_hash = :old",
    "UPDATE warehouse.disclosure SET statement_hash = :new, disclosures = :shown WHERE statement_hash = :old",
)

_CLAIM = """
UPDATE ledger.anchor a SET size = c.size, log_root = c.log_root, map_root = c.map_root, state = 'final'
FROM (SELECT * FROM ledger.checkpoint ORDER BY size DESC LIMIT 1) c WHERE a.index = :index
"""
