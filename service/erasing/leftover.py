"""What an erasure took is in no row any more, and still in the files of the database: rows that went lie in their pages
until something is written over them. VACUUM lets that happen and does not do it (tried: the words were there after it).

`rewrite` copies the rows that are left into new files and gives up the old ones. Write-ahead logs and backups have a
retention of their own.
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
