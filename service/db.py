"""The database: an engine for a URL."""

from sqlalchemy import Engine, create_engine, make_url

from service import standpoint

_BY_KEY = "-c enable_seqscan=off -c plan_cache_mode=force_generic_plan"


def engine_for(url: str, *, pool_size: int = 5, max_overflow: int = 10, by_key: bool = False) -> Engine:
    """An engine with the driver we use, whatever spelling of the URL people are used to.

    `by_key` is for connections that only look things up by their keys, again and again: each question is planned once,
    and by key, also while the tables are empty. (Left to choose, PostgreSQL would plan them anew each time: that was a
    fifth of the cost of a movement.)
    """
    engine = create_engine(
        driver_url(url),
        pool_size=pool_size,
        max_overflow=max_overflow,
        connect_args={"options": _BY_KEY} if by_key else {},
        hide_parameters=True,  # a failed statement is logged; what it wrote (sealed keys, names) is not
        pool_pre_ping=True,  # a connection that died with a restarted server is replaced, not handed out
    )
    standpoint.watch(engine)
    return engine


def driver_url(url: str) -> str:
    """`url` naming our driver; people write postgres:// and postgresql://."""
    parsed = make_url(url.replace("postgres://", "postgresql://", 1))
    return parsed.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
