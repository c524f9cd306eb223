"""How web and worker call themselves at the database, and what they say at start of a login that may do too much."""

import contextlib
import logging
import os


def called(program: str, url: str) -> None:
    """Connect as `program` from here on, children too; warn once if the login could do more than its process needs.

    A database that does not answer yet is no reason to end: whoever needs it says so.
    """
    from sqlalchemy.exc import OperationalError

    from service import db
    from service.roles import standing

    os.environ["PGAPPNAME"] = program
    engine = db.engine_for(url)
    try:
        with contextlib.suppress(OperationalError), engine.connect() as connection:
            if excess := standing.own_excess(connection):
                logging.getLogger("lotproof").warning("%s", excess)
    finally:
        engine.dispose()
