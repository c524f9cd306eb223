"""Rewrite the tables from which erasures took something, so that no file of the database holds it.

Each table is locked while it is copied: choose a quiet hour. Run it as a login that may do that, as `migrate`. With
`--logs` the server's write-ahead files are written over too. What is left then are backups, archived logs and replicas,
until they end.
"""

import argparse

from service.local import embedded


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--logs", action="store_true", help="write over the write-ahead files too, 16 MB for each")


def run(options: argparse.Namespace) -> None:
    from service import db, migrating
    from service.erasing.leftover import rewrite, write_over

    engine = db.engine_for(embedded.load(["database_url"]).database_url)
    try:
        with migrating.autocommit(engine) as connection:
            for table, size in rewrite(connection):
                print(f"rewritten: {table}, {size:,} bytes")
            if options.logs:
                print(f"written over: {write_over(connection)} write-ahead files")
    finally:
        engine.dispose()
