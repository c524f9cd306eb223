"""The tables of EPCIS: jobs of capture, events, the identifiers in them, movements not yet read as events."""

from sqlalchemy import BigInteger, Boolean, Column, DateTime, Identity, Integer, LargeBinary, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from service.models.tables import _required, metadata

epcis_capture = Table(
    "epcis_capture", metadata,
    Column("number", BigInteger, Identity(always=True), primary_key=True),
    _required("party_id", BigInteger),
    _required("id", Uuid),
    _required("sha256", LargeBinary),
    _required("media_type", Text),
    _required("behaviour", Text),
    _required("actor", Text),
    _required("grants", JSONB),
    Column("body", LargeBinary),
    _required("state", Text),
    _required("events", Integer, server_default="0"),
    _required("captured", Integer, server_default="0"),
    _required("known", Integer, server_default="0"),
    _required("waiting", JSONB, server_default="[]"),
    _required("errors", JSONB, server_default="[]"),
    _required("tries", Integer, server_default="0"),
    Column("next_at", DateTime(timezone=True)),
    _required("created_at", DateTime(timezone=True)),
    Column("finished_at", DateTime(timezone=True)),
)

epcis_event = Table(
    "epcis_event", metadata,
    Column("number", BigInteger, Identity(always=True), primary_key=True),
    _required("party_id", BigInteger),
    _required("event_id", Text),
    _required("declares_error", Boolean, server_default="false"),
    _required("hash", LargeBinary),
    _required("event_time", DateTime(timezone=True)),
    _required("record_time", DateTime(timezone=True)),
    _required("type", Text),
    Column("action", Text),
    Column("biz_step", Text),
    Column("disposition", Text),
    Column("read_point", Text),
    Column("biz_location", Text),
    Column("transformation_id", Text),
    _required("body", JSONB),
    _required("spelled", JSONB, server_default="{}"),
    _required("sha256", LargeBinary),
    Column("salt", LargeBinary),
    Column("history", Uuid),
    Column("capture", BigInteger),
    Column("movement", BigInteger),
    _required("statement_hash", LargeBinary),
)

epcis_event_epcs = Table(
    "epcis_event_epcs", metadata,
    Column("event", BigInteger, primary_key=True),
    Column("role", Text, primary_key=True),
    Column("value", Text, primary_key=True),
    _required("party_id", BigInteger),
    _required("event_time", DateTime(timezone=True)),
)

epcis_due = Table(
    "epcis_due", metadata,
    Column("movement", BigInteger, primary_key=True),
    _required("party_id", BigInteger),
    Column("event_id", Text),
)
