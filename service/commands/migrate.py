"""Bring the database to the newest schema, and to what each role may do there. Does nothing if it is there already.

It also makes the logins that LOTPROOF_WEB_DATABASE_URL and LOTPROOF_WORKER_DATABASE_URL name, with their passwords.
Run it as a login that may do that: a superuser, or on a managed PostgreSQL one with CREATEROLE.
"""

import argparse
import logging

from service.local import embedded
from service.local.errors import SetupError
from service.settings import Settings


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--grants",
        action="store_true",
        help="set owners and grants again, also if nobody is known to have changed them",
    )
    parser.add_argument(
        "--roles", action="store_true", help="make the roles and logins only: a backup can be restored after that"
    )
    parser.add_argument(
        "--snapshot",
        action="store_true",
        help="for developers: write service/audit/catalogue.json from a fresh database",
    )


def run(options: argparse.Namespace) -> None:
    from service import migrating  # loads Alembic

    logging.basicConfig(format="lotproof: %(message)s")
    settings = embedded.load(["database_url"])
    if options.snapshot:
        _snapshot(settings.database_url)
        return
    if not options.roles:
        applied = migrating.migrate(settings.database_url, anew=options.grants)
        if applied:
            print(f"migrated the database: {', '.join(applied)}")
    _roles_and_logins(settings)


def _roles_and_logins(settings: Settings) -> None:
    from service import db, migrating
    from service.roles import logins, making

    known = logins.named(settings.web_database_url, settings.worker_database_url, settings.database_url)
    engine = db.engine_for(settings.database_url)
    try:
        with migrating.autocommit(engine) as connection:
            making.make_roles(connection)
            for login in known:
                making.make_login(connection, login.name, login.role, login.password)
    except making.NotAllowed as refused:
        raise SetupError(str(refused)) from None
    finally:
        engine.dispose()


def _snapshot(url: str) -> None:
    """Of a database of its own beside the one at `url`, dropped afterwards: that one may have been changed."""
    from sqlalchemy import make_url

    from service import db, migrating

    name = "lotproof_snapshot"
    engine = db.engine_for(url)
    fresh = make_url(url).set(database=name).render_as_string(hide_password=False)
    try:
        with migrating.autocommit(engine) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            connection.execute(f"CREATE DATABASE {name} TEMPLATE template0")
            try:
                migrating.migrate(fresh)
                _written(fresh)
            finally:
                connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    finally:
        engine.dispose()


def _written(url: str) -> None:
    from service import db
    from service.audit import catalogue

    engine = db.engine_for(url)
    try:
        with engine.connect() as connection:
            catalogue.write(connection)
    finally:
        engine.dispose()
    print(f"wrote {catalogue.SNAPSHOT}")
