"""The table of recall drills; `service/migrations` makes it.

`quantities` is JSON text: by item, what a recall at that moment would have had to find.
"""

from sqlalchemy import BigInteger, Column, Table, Text, Uuid

from service.models.tables import metadata

recall_drill = Table(
    "recall_drill",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("party_id", BigInteger, nullable=False),
    Column("lot_id", BigInteger, nullable=False),
    Column("actor", Text, nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("took_ms", BigInteger, nullable=False),
    Column("lots", BigInteger, nullable=False),
    Column("places", BigInteger, nullable=False),
    Column("parties", BigInteger, nullable=False),
    Column("customers", BigInteger, nullable=False),
    Column("quantities", Text, nullable=False),
)
