"""The tables of EPCIS queries: who sees which events, their arrival, named queries, subscriptions, exchange."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Identity,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from service.models.tables import _required, metadata

_MOMENT = DateTime(timezone=True)

epcis_sight = Table(
    "epcis_sight", metadata,
    Column("party_id", BigInteger, primary_key=True),
    Column("event", BigInteger, primary_key=True),
    Column("lots", ARRAY(Text)),
)

epcis_arriving = Table("epcis_arriving", metadata, Column("event", BigInteger, primary_key=True, autoincrement=False))

epcis_arrival = Table(
    "epcis_arrival", metadata,
    Column("place", BigInteger, primary_key=True, autoincrement=False),
    _required("party_id", BigInteger),
    _required("event_id", Text),
    _required("declares_error", Boolean),
)

epcis_query = Table(
    "epcis_query", metadata,
    Column("number", BigInteger, Identity(always=True), primary_key=True),
    _required("party_id", BigInteger),
    _required("name", Text),
    _required("query", JSONB),
    _required("names", JSONB),
    _required("made_by", Text),
    _required("made_at", _MOMENT),
)

epcis_subscription = Table(
    "epcis_subscription", metadata,
    Column("id", Uuid, primary_key=True),
    _required("party_id", BigInteger),
    _required("query", BigInteger),
    _required("url", Text),
    Column("sealed", LargeBinary),
    Column("schedule", JSONB),
    _required("report_if_empty", Boolean),
    _required("initial_time", _MOMENT),
    _required("epc_format", Text),
    _required("media_type", Text),
    _required("created_at", _MOMENT),
    _required("place", BigInteger),
    Column("until", BigInteger),
    Column("goal", BigInteger),
    Column("next_at", _MOMENT),
    Column("executed_at", _MOMENT),
    Column("last_notified_at", _MOMENT),
    _required("attempts", Integer, server_default="0"),
    Column("answer", SmallInteger),
    Column("fault", Text),
)

epcis_page_ended = Table(
    "epcis_page_ended", metadata,
    Column("party_id", BigInteger, primary_key=True),
    Column("token_hash", LargeBinary, primary_key=True),
    _required("until", _MOMENT),
)

epcis_channel = Table(
    "epcis_channel", metadata,
    Column("id", Uuid, primary_key=True),
    _required("party_id", BigInteger),
    _required("partner", Text),
    _required("url", Text),
    Column("sealed", LargeBinary),
    _required("epc_format", Text),
    _required("media_type", Text),
    _required("created_at", _MOMENT),
    _required("since", _MOMENT),
    Column("ended_at", _MOMENT),
    _required("place", BigInteger),
)

epcis_transmission = Table(
    "epcis_transmission", metadata,
    Column("number", BigInteger, Identity(always=True), primary_key=True),
    _required("channel", Uuid),
    _required("document", Uuid),
    _required("events", Integer),
    _required("made_at", _MOMENT),
    _required("state", Text),
    _required("attempts", Integer, server_default="0"),
    Column("next_at", _MOMENT),
    Column("sent_at", _MOMENT),
    Column("body_hash", LargeBinary),
    Column("answer", SmallInteger),
    Column("receipt", Text),
    Column("settled_at", _MOMENT),
    Column("fault", Text),
)

epcis_transmitted = Table(
    "epcis_transmitted", metadata,
    Column("channel", Uuid, primary_key=True),
    Column("event_id", Text, primary_key=True),
    Column("declares_error", Boolean, primary_key=True),
    _required("transmission", BigInteger),
)
