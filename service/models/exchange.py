"""The tables of webhooks and imports."""

from sqlalchemy import BigInteger, Column, DateTime, Integer, LargeBinary, SmallInteger, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from service.models.tables import _required, metadata

webhook = Table(
    "webhook", metadata,
    Column("id", Uuid, primary_key=True),
    _required("party_id", BigInteger),
    _required("url", Text),
    Column("types", ARRAY(Text)),
    _required("sealed", LargeBinary),
    _required("created_at", DateTime(timezone=True)),
    Column("ended_at", DateTime(timezone=True)),
)

delivery = Table(
    "delivery", metadata,
    Column("webhook_id", Uuid, primary_key=True),
    Column("movement", BigInteger, primary_key=True),
    _required("state", Text, server_default="waiting"),
    _required("attempts", Integer, server_default="0"),
    Column("next_at", DateTime(timezone=True)),
    Column("tried_at", DateTime(timezone=True)),
    Column("answer", SmallInteger),
    Column("fault", Text),
)

import_ = Table(
    "import", metadata,
    Column("id", Uuid, primary_key=True),
    _required("party_id", BigInteger),
    _required("kind", Text),
    _required("name", Text),
    _required("format", Text),
    _required("sha256", LargeBinary),
    Column("content", LargeBinary),
    _required("state", Text),
    _required("rows", Integer),
    _required("bad", Integer),
    _required("summary", JSONB),
    _required("done", Integer, server_default="0"),
    _required("actor", Text),
    _required("created_at", DateTime(timezone=True)),
    Column("finished_at", DateTime(timezone=True)),
)

import_problem = Table(
    "import_problem", metadata,
    Column("import_id", Uuid, primary_key=True),
    Column("number", Integer, primary_key=True),
    _required("row", Integer),
    Column("column", Text),
    _required("stage", Text),
    _required("problem", Text),
    Column("expected", Text),
    Column("seen", Text),
)
