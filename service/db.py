"""The database: an engine for a URL, and the migrations.

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
from sqlalchemy import Connection, Engine, create_engine, make_url, text

from service.roles import making, settling

MIGRATIONS = Path(__file__).parent / "migrations"

# Any constant: everyone who migrates a Lotproof database takes this advisory lock first.
_MIGRATION_LOCK = 0x6C6F7470_726F6F66

_log = logging.getLogger(__name__)

_BY_KEY = "-c enable_seqscan=off -c plan_cache_mode=force_generic_plan"


def engine_for(url: str, *, pool_size: int = 5, max_overflow: int = 10, by_key: bool = False) -> Engine:
    """An engine with the driver we use, whatever spelling of the URL people are used to.

    `by_key` is for connections that only look things up by their keys, again and again: each question is planned once,
    and by key, also while the tables are empty. (Left to choose, PostgreSQL would plan them anew each time: that was a
    fifth of the cost of a movement.)
    """
    return create_engine(
        driver_url(url),
        pool_size=pool_size,
        max_overflow=max_overflow,
        connect_args={"options": _BY_KEY} if by_key else {},
        hide_parameters=True,  # a failed statement is logged; what it wrote (sealed keys, names) is not
        pool_pre_ping=True,  # a connection that died with a restarted server is replaced, not handed out
    )


def driver_url(url: str) -> str:
    """`url` naming our driver; people write postgres:// and postgresql://."""
    parsed = make_url(url.replace("postgres://", "postgresql://", 1))
    return parsed.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)


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
