"""The schema of a database, brought to the newest.

A migration runs wholly or not at all (PostgreSQL's DDL is transactional), and two that start at the same moment take
turns. Only the roles that it needs belong to the whole cluster: they are made before, and stay.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from service.db import engine_for
from service.roles import making, settling

MIGRATIONS = Path(__file__).parent / "migrations"

# Any constant: everyone who migrates a Lotproof database takes this advisory lock first.
_MIGRATION_LOCK = 0x6C6F7470_726F6F66

_log = logging.getLogger(__name__)


def migrate(url: str, *, anew: bool = False) -> list[str]:
    """Bring the database at `url` to the newest schema; return the revisions that were applied, oldest first.

    What each role owns and may do follows from `service.roles.grants`, and is set again where that list changed
    (`anew`: in any case). What the login may not do of that is left out and logged.
    """
    engine = engine_for(url)
    try:
        roles = make_roles(engine)
        with engine.begin() as connection:
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _MIGRATION_LOCK})
            return _upgraded(connection, roles, anew)
    finally:
        engine.dispose()


def make_roles(engine: Engine) -> bool:
    """Whether the roles of the cluster are there, made now if need be; a login that may not make them is told so."""
    with autocommit(engine) as connection:
        try:
            making.make_roles(connection)
        except making.NotAllowed as refused:
            _log.warning("%s", refused)
        return making.are_there(connection)


@contextmanager
def autocommit(engine: Engine) -> Iterator[psycopg.Connection]:
    """The driver's own connection, in which each statement is a transaction."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        driver = connection.connection.driver_connection
        assert isinstance(driver, psycopg.Connection)
        yield driver


def _upgraded(connection: Connection, roles: bool, anew: bool) -> list[str]:
    config, applied = Config(), list[str]()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes |= {"connection": connection, "applied": applied}
    before, newest = MigrationContext.configure(connection).get_current_heads(), _newest(config)
    settle = roles and (anew or not settling.settled(connection))
    what = f"{', '.join(before) or 'nothing'} to {', '.join(newest)}"
    quiet = (set(before) != set(newest) or settle) and settling.announce(connection, what)
    command.upgrade(config, "heads")
    if roles and (applied or settle):
        quiet or settling.announce(connection, what)
        for left in settling.settle(connection):
            _log.warning("%s", left)
    return applied


def _newest(config: Config) -> list[str]:
    return sorted(ScriptDirectory.from_config(config).get_heads())
