"""Private copies in which a dishonest operator can try things without harming the demo: a database and a chain.

The database is copied row by row inside one snapshot (CREATE DATABASE … TEMPLATE would need every connection to the
original closed). The chain is a second Anvil that goes on from a dump of the first: same genesis, same contract,
another future.
"""

import gzip
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy import URL, make_url

from service import migrating
from service.local import keeper, node, rpc
from service.local.errors import SetupError
from service.local.node import Node

MOST_BYTES = 500 * 10**6  # some seconds
SCHEMAS = ("ledger", "warehouse")


class NoCopy(Exception):
    """The copy cannot be made here; the text says why, and the lies that need it are not shown."""


@contextmanager
def database_copy(url: str, name: str = "lotproof_lies") -> Iterator[str]:
    """A copy of the database, dropped afterwards; its user must be a superuser, as the lies are those of one."""
    source = make_url(url)
    copy = source.set(database=name)
    with _connect(source) as origin:
        _must_be_superuser(origin)
        _must_be_small(origin)
        _recreate(origin, name)
        try:
            migrating.migrate(copy.render_as_string(hide_password=False))
            with _connect(copy) as target:
                _copy_rows(origin, target)
            yield copy.render_as_string(hide_password=False)
        finally:
            origin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


@contextmanager
def chain_copy(rpc_url: str) -> Iterator[Node]:
    """A second Anvil with the history of the one at `rpc_url`; it ends with the block."""
    try:
        dump = keeper.with_one_genesis(gzip.decompress(bytes.fromhex(rpc.call(rpc_url, "anvil_dumpState")[2:])))
    except (rpc.RpcError, OSError) as refused:
        raise NoCopy(f"the node at {rpc_url} is no Anvil that could be copied") from refused
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder, "state.json")
        state.write_bytes(dump)
        try:
            copy = node.start_anvil(state=state)
        except SetupError as missing:
            raise NoCopy(str(missing)) from missing
        try:
            yield copy
        finally:
            copy.stop()


def _connect(url: URL) -> psycopg.Connection:
    return psycopg.connect(url.set(drivername="postgresql").render_as_string(hide_password=False), autocommit=True)


def _must_be_superuser(connection: psycopg.Connection) -> None:
    answer = connection.execute("SELECT usesuper, usename FROM pg_user WHERE usename = current_user").fetchone()
    if not answer or not answer[0]:
        raise NoCopy(f"the database user {answer and answer[1]} is no superuser; these lies are those of one")


def _must_be_small(connection: psycopg.Connection) -> None:
    size = connection.execute("SELECT pg_database_size(current_database())").fetchone()
    if size and size[0] > MOST_BYTES:
        raise NoCopy(f"the database has {size[0] // 10**6} MB, at most {MOST_BYTES // 10**6} are copied for a demo")


def _recreate(connection: psycopg.Connection, name: str) -> None:
    for statement in ("DROP DATABASE IF EXISTS {} WITH (FORCE)", "CREATE DATABASE {}"):
        connection.execute(sql.SQL(statement).format(sql.Identifier(name)))


def _copy_rows(origin: psycopg.Connection, target: psycopg.Connection) -> None:
    """Every row of every table and every sequence, in one snapshot; triggers must not act on copied rows again."""
    with origin.transaction(), target.transaction():
        origin.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        for schema, table in origin.execute(_TABLES, (list(SCHEMAS),)).fetchall():
            name = sql.Identifier(schema, table)
            target.execute(sql.SQL("ALTER TABLE {} DISABLE TRIGGER ALL").format(name))
            columns = sql.SQL(", ").join(sql.Identifier(c) for (c,) in origin.execute(_COLUMNS, (schema, table)))
            _copy_table(origin, target, sql.SQL("{} ({})").format(name, columns))
            target.execute(sql.SQL("ALTER TABLE {} ENABLE TRIGGER ALL").format(name))
        for schema, sequence, last in origin.execute(_SEQUENCES, (list(SCHEMAS),)).fetchall():
            target.execute("SELECT setval(%s::regclass, %s)", (f'"{schema}"."{sequence}"', last))


def _copy_table(origin: psycopg.Connection, target: psycopg.Connection, what: sql.Composed) -> None:
    with (
        origin.cursor().copy(sql.SQL("COPY {} TO STDOUT (FORMAT binary)").format(what)) as rows,
        target.cursor().copy(sql.SQL("COPY {} FROM STDIN (FORMAT binary)").format(what)) as into,
    ):
        for chunk in rows:
            into.write(chunk)


# ledger.ddl tells what was done to the very database that it is in.
_TABLES = """
SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = ANY(%s) AND c.relkind = 'r' AND (n.nspname, c.relname) <> ('ledger', 'ddl') ORDER BY 1, 2
"""

_COLUMNS = """
SELECT column_name FROM information_schema.columns
WHERE table_schema = %s AND table_name = %s AND is_generated = 'NEVER' ORDER BY ordinal_position
"""

_SEQUENCES = """
SELECT schemaname, sequencename, last_value FROM pg_sequences
WHERE schemaname = ANY(%s) AND last_value IS NOT NULL
"""
