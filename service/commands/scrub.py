"""Rewrite the tables from which erasures took something, so that no file of the database holds it.

Each table is locked while it is copied: choose a quiet hour. Run it as a login that may do that, as `migrate`. What
is left then are write-ahead logs and backups, until they end.
"""

import argparse

from service.local import embedded


def arguments(parser: argparse.ArgumentParser) -> None:
    pass


def run(_: argparse.Namespace) -> None:
    from service import db, migrating
    from service.erasing.leftover import rewrite

    engine = db.engine_for(embedded.load(["database_url"]).database_url)
    try:
        with migrating.autocommit(engine) as connection:
            for table, size in rewrite(connection):
                print(f"rewritten: {table}, {size:,} bytes")
    finally:
        engine.dispose()
