"""Bring a database to what `grants` and `policies` say: whose everything is, what each role may do and which rows it
sees, and the event triggers.

It runs in the transaction of every migration, and does nothing where the list was granted before. What a login may not
do (a managed PostgreSQL gives no superuser) is left out and told.
"""

from collections.abc import Iterator

from sqlalchemy import Connection, text

from service.roles import grants, policies
from service.roles.grants import AUDITOR, DEFINERS, OWNER, SCHEMAS, WEB, WORKER
from service.roles.mark import GRANTED, mark

EVENTS = {"lotproof_ddl": ("ddl_command_end", "note_ddl"), "lotproof_drop": ("sql_drop", "note_drop")}


def settle(connection: Connection) -> list[str]:
    """Own, grant and listen; what could not be done, in words. The roles must exist (`making`)."""
    left: list[str] = []
    for statement in (*_closed(), *_functions(connection), *_grants(connection)):
        connection.exec_driver_sql(statement)
    if connection.scalar(text("SELECT pg_has_role(:owner, 'USAGE')"), {"owner": OWNER}):
        _own(connection)
        _watch_rows(connection)
    else:
        left.append(f"this login is no member of {OWNER}: it stays the owner of the tables, and each sees all rows")
    left += _listen(connection)
    connection.exec_driver_sql(f"COMMENT ON SCHEMA ledger IS '{mark()}'")
    return left


def settled(connection: Connection) -> bool:
    """Whether this list was granted here; whether somebody changed that since, `service.audit.catalogue` tells."""
    return bool(connection.scalar(text(GRANTED)) == mark())


def announce(connection: Connection, what: str) -> bool:
    """Put a migration on record, so that this transaction may change the schema quietly; False: there is none yet."""
    if connection.scalar(text("SELECT to_regclass('ledger.ddl')")) is None:
        return False
    row = "INSERT INTO ledger.ddl (client, tag, object, statement) VALUES ('lotproof', 'MIGRATION', :what, '')"
    connection.execute(text(row), {"what": what})
    return True


def _closed() -> Iterator[str]:
    """Nothing for everybody, now and in what is made later."""
    for schema in SCHEMAS:
        yield f"REVOKE ALL ON SCHEMA {schema} FROM PUBLIC, {WEB}, {WORKER}, {AUDITOR}"
        for kind in ("TABLES", "SEQUENCES", "FUNCTIONS"):
            yield f"REVOKE ALL ON ALL {kind} IN SCHEMA {schema} FROM PUBLIC, {WEB}, {WORKER}, {AUDITOR}"
        yield f"GRANT USAGE ON SCHEMA {schema} TO {WEB}, {WORKER}, {AUDITOR}"


def _grants(connection: Connection) -> Iterator[str]:
    """A table of a later migration may not be there yet: a database may stop on the way."""
    for kind, listed, found in (
        ("TABLE", grants.TABLES, "regclass"),
        ("SEQUENCE", grants.SEQUENCES, "regclass"),
        ("FUNCTION", grants.FUNCTIONS, "regprocedure"),
    ):
        for name, (web, worker) in listed.items():
            if connection.scalar(text(f"SELECT to_{found}(:name)"), {"name": quoted(name)}) is None:
                continue
            auditor = "EXECUTE" if kind == "FUNCTION" else "SELECT"
            for role, what in ((WEB, web), (WORKER, worker), (AUDITOR, auditor)):
                if what:
                    yield f"GRANT {what} ON {kind} {quoted(name)} TO {role}"


def quoted(name: str) -> str:
    """`import` is a word of SQL; the argument types of a function are not to be quoted."""
    schema, _, thing = name.partition(".")
    bare, bracket, types = thing.partition("(")
    return f'{schema}."{bare}"{bracket}{types}'


def _functions(connection: Connection) -> Iterator[str]:
    """Definers run as the owner; and whoever makes a temporary table of our names deceives no function with it."""
    for name in DEFINERS:
        if connection.scalar(text("SELECT to_regprocedure(:name)"), {"name": name}) is not None:
            yield f"ALTER FUNCTION {name} SECURITY DEFINER"
    for name, path in connection.execute(text(_PATHS), {"schemas": list(SCHEMAS)}):
        yield f"ALTER FUNCTION {name} SET search_path = {path}, pg_temp"


_PATHS = """
SELECT p.oid::regprocedure::text, substring(setting FROM '^search_path=(.*)$')
FROM pg_proc p, unnest(p.proconfig) AS setting
WHERE p.pronamespace::regnamespace::text = ANY(:schemas) AND setting ~ '^search_path=' AND setting !~ 'pg_temp'
"""


def _own(connection: Connection) -> None:
    """The schemas first: who owns a table must be able to make one there."""
    for (statement,) in connection.execute(text(_FOREIGN), {"schemas": list(SCHEMAS), "owner": OWNER}).all():
        connection.exec_driver_sql(statement)
    connection.exec_driver_sql(f"ALTER DEFAULT PRIVILEGES FOR ROLE {OWNER} REVOKE ALL ON FUNCTIONS FROM PUBLIC")


# A sequence of an identity column follows its table.
_FOREIGN = """
WITH ours AS (SELECT oid, nspname, nspowner FROM pg_namespace WHERE nspname = ANY(:schemas)),
wanted AS (SELECT oid FROM pg_roles WHERE rolname = :owner)
SELECT statement FROM (
    SELECT 1 AS turn, format('ALTER SCHEMA %I OWNER TO %I', nspname, :owner) AS statement
        FROM ours WHERE nspowner <> (TABLE wanted)
    UNION ALL
    SELECT 2, format('ALTER %s %I.%I OWNER TO %I', CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'S' THEN 'SEQUENCE'
            ELSE 'TABLE' END, nspname, c.relname, :owner)
        FROM pg_class c JOIN ours ON ours.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p', 'v', 'S') AND c.relowner <> (TABLE wanted) AND NOT EXISTS (
            SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.classid = 'pg_class'::regclass AND d.deptype = 'i'
                AND c.relkind = 'S')
    UNION ALL
    SELECT 3, format('ALTER ROUTINE %s OWNER TO %I', p.oid::regprocedure, :owner)
        FROM pg_proc p JOIN ours ON ours.oid = p.pronamespace WHERE p.proowner <> (TABLE wanted)
    UNION ALL
    SELECT 4, format('ALTER TYPE %I.%I OWNER TO %I', nspname, t.typname, :owner)
        FROM pg_type t JOIN ours ON ours.oid = t.typnamespace
        WHERE t.typtype IN ('e', 'd') AND t.typowner <> (TABLE wanted)
) AS changes ORDER BY turn
"""


def _watch_rows(connection: Connection) -> None:
    """Which rows each role sees, set anew as a whole; not in a database that stopped before 0025, which has not what
    the policies ask."""
    if connection.scalar(text("SELECT to_regprocedure('warehouse.offered_lot(bigint)')")) is None:
        return
    for name, table in connection.execute(text(_POLICIES)).all():
        connection.exec_driver_sql(f"DROP POLICY {name} ON {table}")
    for table in policies.OWN:
        for statement in policies.statements(table):
            connection.exec_driver_sql(statement)


_POLICIES = """
SELECT quote_ident(polname), polrelid::regclass::text FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid
WHERE c.relnamespace = 'warehouse'::regnamespace
"""


def _listen(connection: Connection) -> list[str]:
    """The event triggers, ENABLE ALWAYS: an ordinary one sleeps while session_replication_role is 'replica'."""
    have = set(connection.scalars(text("SELECT evtname FROM pg_event_trigger WHERE evtenabled = 'A'")))
    if have >= EVENTS.keys() or connection.scalar(text("SELECT to_regprocedure('ledger.note_ddl()')")) is None:
        return []
    if not connection.scalar(text("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")):
        return ["event triggers need a superuser: changes of the schema from outside are not noted as they happen"]
    for name, (event, function) in EVENTS.items():
        connection.exec_driver_sql(f"DROP EVENT TRIGGER IF EXISTS {name}")
        connection.exec_driver_sql(f"CREATE EVENT TRIGGER {name} ON {event} EXECUTE FUNCTION ledger.{function}()")
        connection.exec_driver_sql(f"ALTER EVENT TRIGGER {name} ENABLE ALWAYS")
    return []
