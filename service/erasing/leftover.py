"""What an erasure took is in no row any more, and still in the files of the database: rows that went lie in their pages
until something is written over them. VACUUM lets that happen and does not do it (tried: the words were there after it).

`rewrite` copies the rows that are left into new files and gives up the old ones. Write-ahead files are used again under
other names, with what stood in them until something is written over it (tried): `write_over` does that. Backups,
archived logs and replicas have a retention of their own.
"""

from collections.abc import Iterator

import psycopg
from psycopg import sql

TABLES = (
    "movement", "disclosure", "epcis_event", "refusal", "customer", "orders", "import", "import_problem", "person_name",
    "card",
)  # fmt: skip
"""Of the schema `warehouse`: whatever an erasure, or the removal of a name, changes or deletes."""


def rewrite(connection: psycopg.Connection) -> Iterator[tuple[str, int]]:
    """Each table and its bytes afterwards; `connection` commits by itself and may do that to tables. Each is locked
    meanwhile, and takes twice its room.
    """
    for table in TABLES:
        named = sql.Identifier("warehouse", table)
        connection.execute(sql.SQL("VACUUM (FULL, ANALYZE) {}").format(named))
        size = connection.execute("SELECT pg_total_relation_size(%s::regclass)", [named.as_string()]).fetchone()
        yield table, int(size[0]) if size else 0
    connection.execute("CHECKPOINT")  # now the old files are gone from the disk


def write_over(connection: psycopg.Connection, most: int = 1_000) -> int:
    """Begin a new write-ahead file as often as there are such files, which fills each with nothing; how many. The login
    must be allowed to (`pg_switch_wal`, `CHECKPOINT`, `pg_ls_waldir`); each costs its size (16 MB) in writing.
    """
    found = connection.execute("SELECT count(*) FROM pg_ls_waldir() WHERE name ~ '^[0-9A-F]{24}$'").fetchone()
    files = min(most, int(found[0]) + 1 if found else 0)
    for _ in range(files):
        connection.execute("SELECT pg_switch_wal()")
        connection.execute("CHECKPOINT")
    return files
