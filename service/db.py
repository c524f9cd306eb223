"""The database: an engine for a URL, and the migrations.

A migration runs wholly or not at all (PostgreSQL's DDL is transactional), and two that start at the same moment take
turns.
"""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, create_engine, make_url, text

MIGRATIONS = Path(__file__).parent / "migrations"

# Any constant: everyone who migrates a Lotproof database takes this advisory lock first.
_MIGRATION_LOCK = 0x6C6F7470_726F6F66

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


def migrate(url: str) -> list[str]:
    """Bring the database at `url` to the newest schema; return the revisions that were applied, oldest first."""
    engine = engine_for(url)
    try:
        with engine.begin() as connection:
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _MIGRATION_LOCK})
            config = Config()
            config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
            applied: list[str] = []
            config.attributes |= {"connection": connection, "applied": applied}
            command.upgrade(config, "heads")
            return applied
    finally:
        engine.dispose()
