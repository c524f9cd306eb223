"""A connection that belongs to one thread for long and never goes back to the pool: for locks, settings and LISTEN."""

from __future__ import annotations

from contextlib import suppress

import psycopg
from sqlalchemy import Connection, Engine
from sqlalchemy.engine.interfaces import IsolationLevel
from sqlalchemy.exc import SQLAlchemyError

from anchoring.copying import driver

LOST = (SQLAlchemyError, psycopg.Error, OSError)
"""What a connection that is gone may raise, at whatever layer it is noticed."""


def dedicated(engine: Engine, isolation_level: IsolationLevel = "READ COMMITTED") -> Connection:
    """A new connection outside the pool."""
    connection = engine.connect().execution_options(isolation_level=isolation_level)
    connection.detach()
    return connection


def abandon(connection: Connection) -> None:
    """Close it in whatever state it is; the server rolls back and frees its locks."""
    with suppress(*LOST):
        driver(connection).close()
    with suppress(*LOST):
        connection.invalidate()
        connection.close()
