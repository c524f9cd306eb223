"""Databases for tests: a copy of another one, admitted as the worker admits it after its comparison."""

import time

import psycopg
from sqlalchemy import make_url

from service.local import postgres
from service.local.postgres import Cluster

_ADMIT = """
    INSERT INTO ledger.admission (cluster, started, database, relation, size, log_root, by, at)
    SELECT system_identifier, pg_postmaster_start_time(), oid, 'ledger.checkpoint'::regclass, COALESCE(size, 0),
           log_root, %s, %s
      FROM pg_control_system(), pg_database
      LEFT JOIN LATERAL (SELECT size, log_root FROM ledger.checkpoint ORDER BY size DESC LIMIT 1) newest ON true
     WHERE datname = current_database()
        ON CONFLICT DO NOTHING
"""
"""What `anchoring.admit` writes, in one statement: most tests begin with it, and it must not cost them an engine."""


def admit(url: str, by: str = "test") -> None:
    """What the worker does when it finds that chain and database agree; tests that have no worker call it."""
    given = make_url(url)
    place = {"host": given.query.get("host", given.host), "dbname": given.database, "user": given.username}
    with psycopg.connect(**place, autocommit=True) as connection:  # type: ignore[arg-type]
        connection.execute(_ADMIT, (by, time.time_ns() // 1_000_000))


def copy(pg: Cluster, name: str, source: str) -> str:
    """A copy of the database `source`, admitted; its URL."""
    postgres.create_database(pg, name, source)
    admit(pg.url(name))
    return pg.url(name)
