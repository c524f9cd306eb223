"""The table of scans: what was read, for what, and what came of it; error rates are counted from it."""

from sqlalchemy import BigInteger, Column, DateTime, LargeBinary, Table, Text, Uuid

from service.models.tables import metadata

scan = Table(
    "scan", metadata,
    Column("party_id", BigInteger, primary_key=True),
    Column("id", Uuid, primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("site_id", BigInteger),
    Column("item_id", BigInteger),
    Column("lot_id", BigInteger),
    Column("purpose", Text),
    Column("expected", Text),
    Column("outcome", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("symbology", Text),
    Column("raw", LargeBinary, nullable=False),
    Column("answer", Text, nullable=False),
)
