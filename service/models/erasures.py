"""The tables of erasures: what is asked to be erased, and who approved it. See `service.erasing`."""

from sqlalchemy import BigInteger, Column, Identity, LargeBinary, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY

from service.models.tables import _required, metadata

erasure = Table(
    "erasure", metadata,
    Column("number", BigInteger, Identity(always=True), primary_key=True),
    _required("party_id", BigInteger),
    _required("id", Uuid),
    Column("movement", BigInteger),
    _required("statement_hash", LargeBinary),
    _required("property", Text),
    _required("digest", Text),
    _required("parts", ARRAY(Text)),
    _required("legal_basis", Text),
    _required("requested_by", Text),
    _required("requested_at", BigInteger),
    _required("state", Text, server_default="asked"),
    Column("notice", LargeBinary),
    Column("ended_at", BigInteger),
)

erasure_approval = Table(
    "erasure_approval", metadata,
    Column("erasure", BigInteger, primary_key=True, autoincrement=False),
    Column("person", Text, primary_key=True),
    _required("decision", Text),
    _required("shown", Text),
    _required("at", BigInteger),
)
