"""Bring the database to the newest schema. Does nothing if it is there already."""

import argparse

from service.local import embedded


def arguments(parser: argparse.ArgumentParser) -> None:
    pass


def run(_: argparse.Namespace) -> None:
    from service import db  # loads Alembic

    applied = db.migrate(embedded.load(["database_url"]).database_url)
    if applied:
        print(f"migrated the database: {', '.join(applied)}")
