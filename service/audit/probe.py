"""Put a row into each table to which rows are only added, look whether it is there, and take everything back.

The catalogue tells of a rule, a trigger or a policy that swallows rows; this tells of one that was overlooked there.
"""

from collections.abc import Iterable, Iterator

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from service.audit.canaries import CANARY, LEDGER, WAREHOUSE, Canary
from service.roles.grants import WEB, WORKER
from service.standpoint import Standpoint, stand

FOUND = "a row that is added is there"


def probe(connection: Connection) -> Iterator[tuple[str, str, str]]:
    """(table, expected, seen) of every table that does not keep what is added to it; nothing stays.

    `connection` must be in a transaction that may write, for which the audit's own is no use. The rows are those of a
    party that there is not; web adds a party and its rows from the standpoints that may. A superuser tries it as
    the web process and the worker; another login with its own rights, and only where it may add rows. The queue refuses
    rows while the database was not compared with the chain, and is left out then.
    """
    for role, canaries in ((WORKER, LEDGER), (WEB, WAREHOUSE)):
        with connection.begin_nested() as taken_back:
            stand(connection, Standpoint(frozenset({CANARY}), "operator"))
            if connection.scalar(text("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")):
                connection.exec_driver_sql(f"SET LOCAL ROLE {role}")
                told = list(_missing(connection, canaries))
            else:
                told = list(_missing(connection, [each for each in canaries if _may(connection, each[0])]))
            taken_back.rollback()
        yield from told


def _missing(connection: Connection, canaries: Iterable[Canary]) -> Iterator[tuple[str, str, str]]:
    """Once a row is missing, others may be refused because they refer to it: that is not told."""
    missing = False
    for table, row, where in canaries:
        if table == "ledger.submission" and not connection.scalar(text("SELECT ledger.admitted()")):
            continue
        try:
            with connection.begin_nested():
                connection.execute(text(f"INSERT INTO {table} {row}"), {"n": CANARY})
        except DBAPIError as refused:
            if not missing:
                yield table, FOUND, f"refused: {str(refused.orig).splitlines()[0]}"
            missing = True
            continue
        seen = connection.scalar(text(f"SELECT count(*) FROM {table} WHERE {where}"), {"n": CANARY})  # noqa: S608
        if seen != 1:
            missing = True
            yield table, FOUND, f"{seen} rows"


def _may(connection: Connection, table: str) -> bool:
    return bool(connection.scalar(text("SELECT has_table_privilege(:table, 'INSERT')"), {"table": table}))
