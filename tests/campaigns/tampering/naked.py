"""A database in which nothing stands in an administrator's way: no constraint, no trigger, no rule of identity.

He could put all of it back afterwards, so none of it counts as a defence here; `service.audit.catalogue` is tried by
itself. Ordinary indexes stay: they hinder nobody.
"""

from sqlalchemy import Connection, text

_CONSTRAINTS = text("""
    SELECT conrelid::regclass::text AS table, quote_ident(conname) AS name FROM pg_constraint
    WHERE connamespace IN ('ledger'::regnamespace, 'warehouse'::regnamespace) AND conrelid <> 0
        AND contype IN ('f', 'c', 'p', 'u', 'x')
    ORDER BY contype <> 'f', 1, 2
""")
_UNIQUE = text("""
    SELECT indexrelid::regclass::text AS name FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
    WHERE indisunique AND relnamespace IN ('ledger'::regnamespace, 'warehouse'::regnamespace)
""")
_COLUMNS = text("""
    SELECT format('%I.%I', table_schema, table_name) AS table, quote_ident(column_name) AS column,
        is_nullable = 'NO' AS required, is_identity = 'YES' AS identity
    FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
    WHERE table_schema IN ('ledger', 'warehouse') AND table_type = 'BASE TABLE'
""")
_TABLES = text("""SELECT format('%I.%I', schemaname, tablename) AS table FROM pg_tables
    WHERE schemaname IN ('ledger', 'warehouse')""")
_EVENTS = text("SELECT evtname AS name FROM pg_event_trigger")


def strip(connection: Connection) -> None:
    """For good; the audit must not need what is taken away."""
    for row in connection.execute(_EVENTS).all():
        _do(connection, f'ALTER EVENT TRIGGER "{row.name}" DISABLE')
    for row in connection.execute(_TABLES).all():
        _do(connection, f"ALTER TABLE {row.table} DISABLE TRIGGER ALL")
    for row in connection.execute(_CONSTRAINTS).all():
        _do(connection, f"ALTER TABLE {row.table} DROP CONSTRAINT IF EXISTS {row.name} CASCADE")
    for row in connection.execute(_UNIQUE).all():
        _do(connection, f"DROP INDEX {row.name}")
    for row in connection.execute(_COLUMNS).all():
        if row.identity:
            _do(connection, f"ALTER TABLE {row.table} ALTER {row.column} DROP IDENTITY")
        if row.required:
            _do(connection, f"ALTER TABLE {row.table} ALTER {row.column} DROP NOT NULL")


def _do(connection: Connection, statement: str) -> None:
    connection.execute(text(statement))
