"""The tables of what records need beside the ledger: address cards, product data, supplements, codes."""

from sqlalchemy import BigInteger, Boolean, Column, DateTime, Identity, LargeBinary, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY

from service.models.tables import _required, metadata

CARD_FACTS = ("name", "phone", "street", "city", "region", "postal_code", "country", "gln", "coordinates", "licence")
PRODUCT_FACTS = (
    "brand", "commodity", "variety", "pack_size", "pack_style", "generic_name", "trade_name", "dosage_form", "strength",
    "ndc", "container_size", "manufacturer", "approval_number", "holder",
)  # fmt: skip

card = Table(
    "card", metadata,
    Column("party_id", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", Text, primary_key=True),
    Column("code", Text, primary_key=True),
    *(Column(name, Text, nullable=name != "name") for name in CARD_FACTS),
    _required("natural_person", Boolean),
    _required("consumer", Boolean),
)

product = Table(
    "product", metadata,
    Column("item_id", BigInteger, primary_key=True, autoincrement=False),
    _required("regimes", ARRAY(Text)),
    _required("raw", Boolean),
    *(Column(name, Text) for name in PRODUCT_FACTS),
)

supplement = Table(
    "supplement", metadata,
    Column("number", BigInteger, Identity(always=True), primary_key=True),
    _required("party_id", BigInteger),
    _required("id", Uuid),
    Column("movement", BigInteger),
    Column("lot_id", BigInteger),
    _required("field", Text),
    _required("value", Text),
    _required("reason", Text),
    _required("who", Text),
    _required("at", DateTime(timezone=True)),
)

trace_code = Table(
    "trace_code", metadata,
    Column("party_id", BigInteger, primary_key=True, autoincrement=False),
    Column("code", Text, primary_key=True),
    _required("level", Text),
    Column("parent", Text),
    _required("lot_id", BigInteger),
)

trace_act = Table(
    "trace_act", metadata,
    Column("number", BigInteger, Identity(always=True), primary_key=True),
    _required("party_id", BigInteger),
    _required("id", Uuid),
    _required("content_hash", LargeBinary),
    _required("code", Text),
    _required("act", Text),
    Column("movement", BigInteger),
    Column("result", Text),
    Column("alert", Text),
    Column("reason", Text),
    Column("flag", Text),
    _required("who", Text),
    _required("at", DateTime(timezone=True)),
)
