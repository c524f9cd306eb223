"""The tables of quarantine cases, count sheets and recalls; see `tables` for the rest of the schema.

    quarantine_case --< case_act        what people did in it, in order
    quarantine_case --< case_cover      how much of what is held is under it, by lot and place
    count_sheet --< count_place         count_sheet --< count_line
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Identity,
    Integer,
    LargeBinary,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from service.models.tables import metadata, stock_status


def _required(name: str, type_: object, *rest: object, **options: object) -> Column[object]:
    return Column(name, type_, *rest, nullable=False, **options)  # type: ignore[arg-type]


quarantine_case = Table(
    "quarantine_case", metadata,
    Column("number", BigInteger, Identity(always=True), primary_key=True),
    _required("party_id", BigInteger),
    _required("id", Uuid),
    _required("scope", Text),
    _required("cause", Text),
    _required("words", Text),
    _required("state", Text, server_default="open"),
    _required("round", Integer, server_default="0"),
    Column("ruling", Text),
    _required("opened_by", Text),
    _required("opened_at", BigInteger),
    _required("content_hash", LargeBinary),
)

case_act = Table(
    "case_act", metadata,
    Column("case_number", BigInteger, primary_key=True, autoincrement=False),
    Column("sequence", Integer, primary_key=True, autoincrement=False),
    _required("act", Text),
    _required("round", Integer),
    _required("person", Text),
    _required("at", BigInteger),
    _required("words", Text),
    _required("detail", JSONB),
)

case_movement = Table(
    "case_movement", metadata,
    Column("case_number", BigInteger, primary_key=True, autoincrement=False),
    Column("movement", BigInteger, primary_key=True, autoincrement=False),
)

case_cover = Table(
    "case_cover", metadata,
    Column("lot_id", BigInteger, primary_key=True, autoincrement=False),
    Column("place", BigInteger, primary_key=True, autoincrement=False),
    Column("case_number", BigInteger, primary_key=True, autoincrement=False),
    _required("units", BigInteger),
)

count_sheet = Table(
    "count_sheet", metadata,
    Column("number", BigInteger, Identity(always=True), primary_key=True),
    _required("party_id", BigInteger),
    _required("id", Uuid),
    _required("about", Text),
    _required("blind", Boolean),
    _required("state", Text, server_default="open"),
    _required("created_by", Text),
    _required("created_at", BigInteger),
    Column("approved_by", Text),
    Column("posted_at", BigInteger),
    _required("acts", JSONB, server_default="[]"),
    _required("content_hash", LargeBinary),
)

count_place = Table(
    "count_place", metadata,
    Column("sheet", BigInteger, primary_key=True, autoincrement=False),
    Column("place", BigInteger, primary_key=True, autoincrement=False),
)

count_line = Table(
    "count_line", metadata,
    Column("sheet", BigInteger, primary_key=True, autoincrement=False),
    Column("lot_id", BigInteger, primary_key=True, autoincrement=False),
    Column("place", BigInteger, primary_key=True, autoincrement=False),
    Column("status", stock_status, primary_key=True),
    _required("booked", BigInteger),
    Column("counted", BigInteger),
    Column("book_then", BigInteger),
    Column("counted_by", Text),
    Column("counted_at", BigInteger),
    _required("recounts", Integer, server_default="0"),
    Column("posted", BigInteger),
    Column("movement", BigInteger),
)

recall = Table(
    "recall", metadata,
    Column("number", BigInteger, Identity(always=True), primary_key=True),
    _required("party_id", BigInteger),
    _required("id", Uuid),
    _required("lot_id", BigInteger),
    _required("class", Text),
    _required("reason", Text),
    _required("started_by", Text),
    _required("started_at", BigInteger),
    _required("took_ms", BigInteger),
    _required("movements", ARRAY(BigInteger)),
    _required("lots", Integer),
    _required("places", Integer),
    _required("held", JSONB),
    Column("lifted_at", BigInteger),
    Column("lifted_by", ARRAY(Text)),
    Column("lift_movements", ARRAY(BigInteger)),
    _required("content_hash", LargeBinary),
)
