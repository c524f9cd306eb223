"""The tables of the ledger: what PostgreSQL keeps, in the schema `ledger`.

Rows are added and never changed: triggers that also fire in replica mode stop update, delete and truncate. The one
exception is `submission`, the queue: a row in it is waiting, and sequencing removes it in the transaction that adds
its entries.

Everything else can be made again from `entry`: `tile` holds full tiles only (a partial one is cut from the level
below), `map_page` holds pages that later pages point at, and `checkpoint` names the root page that was current at its
size. The migrations spell the tables out for themselves; a test compares.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Identity,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
)

SCHEMA = "ledger"

metadata = MetaData(schema=SCHEMA)

submission = Table(
    "submission",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("kind", SmallInteger, nullable=False),
    Column("statement_hash", LargeBinary, nullable=False),
    Column("recorded_at", BigInteger, nullable=False),
    Column("subjects", LargeBinary, nullable=False),  # 32 bytes each, of one statement
)

entry = Table(
    "entry",
    metadata,
    Column("index", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", SmallInteger, nullable=False),
    Column("subject", LargeBinary, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("previous", LargeBinary, nullable=False),
    Column("statement_hash", LargeBinary, nullable=False),
    Column("recorded_at", BigInteger, nullable=False),
    Column("leaf_hash", LargeBinary, nullable=False),
    UniqueConstraint("subject", "sequence", name="entry_subject_sequence"),
    UniqueConstraint("statement_hash", "subject", name="entry_statement_subject"),
)

tile = Table(
    "tile",
    metadata,
    Column("level", SmallInteger, primary_key=True, autoincrement=False),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("nodes", LargeBinary, nullable=False),  # its 256 hashes, as published, then 128, 64, … 1 nodes above them
    Column("root", LargeBinary, nullable=False),  # their root: one hash of the level above
)

map_page = Table(
    "map_page",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("page", LargeBinary, nullable=False),
)

checkpoint = Table(
    "checkpoint",
    metadata,
    Column("size", BigInteger, primary_key=True, autoincrement=False),
    Column("log_root", LargeBinary, nullable=False),
    Column("map_root", LargeBinary, nullable=False),
    Column("map_page", BigInteger, ForeignKey("ledger.map_page.id"), nullable=False),  # root of the lot map
    Column("note", Text, nullable=False),
    Column("signed_at", BigInteger, nullable=False),  # milliseconds since 1970
)
