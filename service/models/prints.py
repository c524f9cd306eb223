"""The tables of what was printed, copy by copy, and of audits that ran."""

from sqlalchemy import BigInteger, Column, DateTime, Identity, Integer, LargeBinary, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from service.models.tables import _required, metadata

label_print = Table(
    "label_print", metadata,
    Column("party_id", BigInteger, primary_key=True, autoincrement=False),
    Column("id", Uuid, primary_key=True),
    _required("kind", Text),
    _required("about", Text),
    _required("first", Integer),
    _required("copies", Integer),
    Column("reason", Text),
    _required("size", Text),
    _required("code", Text),
    _required("says", JSONB),
    _required("printed_by", Text),
    _required("printed_at", DateTime(timezone=True)),
    _required("content_hash", LargeBinary),
)

paper_print = Table(
    "paper_print", metadata,
    Column("id", Uuid, primary_key=True),
    _required("party_id", BigInteger),
    _required("lot_uri", Text),
    _required("copy", Integer),
    _required("language", Text),
    _required("facts", JSONB),
    _required("content_hash", LargeBinary),
    _required("file_hash", LargeBinary),
    _required("printed_by", Text),
    _required("printed_at", DateTime(timezone=True)),
)

audit_run = Table(
    "audit_run", metadata,
    Column("number", BigInteger, Identity(always=True), primary_key=True),
    Column("party_id", BigInteger),
    _required("at", DateTime(timezone=True)),
    _required("findings", Integer),
    _required("took_ms", BigInteger),
)
