"""The tables of the schema `warehouse`, for queries; `service/migrations` makes them and a test compares the two.

    movement --< leg >-- lot          balance = fold of leg, kept by the trigger post_legs
    party --< party_key               one row for each key in each key statement
    statement -- disclosure           signed for ever -- shown as long as it is not erased
    handoff --< handoff_line          `movement` is the offer's number, `answer` that of what closed it
    handoff_line -- discrepancy       what the answer did not find

`place` is a location's id, or negative: a place of `service.domain.places.Virtual`. `number` orders movements for
lists; the order that counts is the log's.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Identity,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    SmallInteger,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import ARRAY, ENUM

metadata = MetaData(schema="warehouse")

stock_status = ENUM("available", "hold", name="stock_status", schema="warehouse", create_type=False)


def _required(name: str, type_: object, *rest: object, **options: object) -> Column[object]:
    return Column(name, type_, *rest, nullable=False, **options)  # type: ignore[arg-type]


party = Table(
    "party", metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    _required("code", Text),
    _required("name", Text),
    _required("uri", Text),
    Column("gln", Text),
    _required("created_at", BigInteger),
)

party_key = Table(
    "party_key", metadata,
    Column("party_id", BigInteger, primary_key=True),
    Column("sequence", BigInteger, primary_key=True),
    Column("kid", Text, primary_key=True),
    _required("public", LargeBinary),
    Column("sealed", LargeBinary),
    _required("statement_hash", LargeBinary),
    Column("recovery", Text),
)

key_change = Table(
    "key_change", metadata,
    Column("number", BigInteger, Identity(always=True), primary_key=True),
    _required("party_id", BigInteger),
    _required("id", Uuid),
    _required("own", ARRAY(LargeBinary)),
    _required("kept_here", Text),
    Column("recovery", Text),
    _required("reason", Text),
    _required("asked_by", Text),
    _required("asked_at", BigInteger),
    _required("state", Text, server_default="asked"),
    Column("closed_by", Text),
    Column("closed_at", BigInteger),
    Column("sequence", BigInteger),
)

share = Table(
    "share", metadata,
    Column("number", BigInteger, Identity(always=True), primary_key=True),
    _required("party_id", BigInteger),
    _required("id", Uuid),
    _required("secret_hash", LargeBinary),
    _required("lot_uri", Text),
    _required("groups", ARRAY(Text)),
    _required("label", Text),
    _required("made_by", Text),
    _required("made_at", BigInteger),
    Column("expires_at", BigInteger),
    Column("ended_at", BigInteger),
)

item = Table(
    "item", metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    _required("party_id", BigInteger),
    _required("code", Text),
    _required("name", Text),
    Column("spec", Text),
    Column("gtin", Text),
    _required("unit", Text),
    _required("decimals", SmallInteger),
    Column("shelf_life_days", Integer),
    Column("storage_min", Numeric(5, 1)),
    Column("storage_max", Numeric(5, 1)),
    _required("needs_expiry", Boolean),
    _required("needs_manufacturer_lot", Boolean),
    _required("held_on_arrival", Boolean),
    _required("needs_production_date", Boolean, server_default="false"),
    _required("count_tolerance", Integer, server_default="0"),
    Column("content", Numeric(18, 9)),
    Column("content_unit", Text),
)

site = Table(
    "site", metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    _required("party_id", BigInteger),
    _required("code", Text),
    _required("name", Text),
    _required("zone", Text),
    Column("gln", Text),
)

location = Table(
    "location", metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    _required("party_id", BigInteger),
    _required("site_id", BigInteger),
    _required("code", Text),
    _required("name", Text),
    _required("kind", Text),
    Column("within", BigInteger),
)

lot = Table(
    "lot", metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    _required("party_id", BigInteger),
    _required("item_id", BigInteger),
    _required("number", Text),
    _required("uri", Text),
    Column("production_date", Date),
    Column("expiry_date", Date),
    Column("retest_date", Date),
    Column("manufacturer_lot", Text),
    Column("supplier", Text),
    Column("traceability_lot_code", Text),
    Column("traceability_source", Text),
    Column("recall", BigInteger),
)

movement = Table(
    "movement", metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    _required("party_id", BigInteger),
    _required("id", Uuid),
    _required("type", Text),
    _required("actor", Text),
    _required("recorded_at", BigInteger),
    _required("statement_hash", LargeBinary),
    _required("content_hash", LargeBinary),
    _required("content", Text),
    Column("parts", Text),
    Column("journal", Text),
    _required("lots", ARRAY(Text)),
)

leg = Table(
    "leg", metadata,
    Column("lot_id", BigInteger, primary_key=True),
    Column("movement", BigInteger, primary_key=True),
    Column("line", SmallInteger, primary_key=True),
    _required("place", BigInteger),
    _required("status", stock_status),
    _required("units", BigInteger),
)

balance = Table(
    "balance", metadata,
    Column("lot_id", BigInteger, primary_key=True),
    Column("place", BigInteger, primary_key=True),
    Column("status", stock_status, primary_key=True),
    _required("units", BigInteger),
)

lot_descent = Table(
    "lot_descent", metadata,
    Column("child_id", BigInteger, primary_key=True),
    Column("parent_id", BigInteger, primary_key=True),
    Column("movement", BigInteger, primary_key=True),
    _required("units", BigInteger),
)

handoff = Table(
    "handoff", metadata,
    Column("movement", BigInteger, primary_key=True, autoincrement=False),
    _required("id", Uuid),
    _required("sender_id", BigInteger),
    _required("receiver_id", BigInteger),
    _required("from_location_id", BigInteger),
    _required("statement_hash", LargeBinary),
    Column("expires_at", BigInteger),
    Column("to_site_id", BigInteger),
    _required("state", Text, server_default="offered"),
    Column("answer", BigInteger),
)

handoff_line = Table(
    "handoff_line", metadata,
    Column("movement", BigInteger, primary_key=True),
    Column("line", SmallInteger, primary_key=True),
    _required("lot_id", BigInteger),
    _required("units", BigInteger),
    _required("status", stock_status),
)

discrepancy = Table(
    "discrepancy", metadata,
    Column("handoff", BigInteger, primary_key=True, autoincrement=False),
    Column("line", SmallInteger, primary_key=True, autoincrement=False),
    _required("lot_id", BigInteger),
    _required("units", BigInteger),
    _required("refused", BigInteger),
    _required("answer", BigInteger),
    Column("settled", BigInteger),
    Column("outcome", Text),
)

notice = Table(
    "notice", metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    _required("kind", Text),
    _required("from_party_id", BigInteger),
    _required("to_party_id", BigInteger),
    _required("lot_uri", Text),
    _required("movement", BigInteger),
    _required("created_at", BigInteger),
    Column("acknowledged_at", BigInteger),
    Column("acknowledged_by", Text),
)

statement = Table(
    "statement", metadata,
    Column("statement_hash", LargeBinary, primary_key=True),
    _required("party_id", BigInteger),
    _required("id", Uuid),
    _required("kind", SmallInteger),
    _required("jwt", Text),
)

disclosure = Table(
    "disclosure", metadata,
    Column("statement_hash", LargeBinary, primary_key=True),
    _required("disclosures", Text),
)
