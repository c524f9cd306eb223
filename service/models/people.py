"""The tables of people, their roles, what was refused and changed, and what they signed."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Identity,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB

from service.models.tables import _required, metadata

person = Table(
    "person", metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    _required("party_id", BigInteger),
    _required("code", Text),
    _required("active", Boolean),
    _required("created_at", DateTime(timezone=True)),
)

person_name = Table(
    "person_name", metadata,
    Column("person_id", BigInteger, primary_key=True),
    _required("name", Text),
)

person_role = Table(
    "person_role", metadata,
    _required("person_id", BigInteger),
    _required("role", Text),
    Column("site_id", BigInteger),
)

refusal = Table(
    "refusal", metadata,
    Column("number", BigInteger, Identity(always=True), primary_key=True),
    Column("party_id", BigInteger),
    _required("key", Text),
    Column("person", Text),
    _required("operation", Text),
    Column("movement_type", Text),
    Column("movement", Uuid),
    _required("status", SmallInteger),
    _required("problem", Text),
    _required("detail", Text),
    _required("at", DateTime(timezone=True)),
)

refusal_tally = Table(
    "refusal_tally", metadata,
    Column("party_id", BigInteger, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("who", Text, primary_key=True),
    Column("operation", Text, primary_key=True),
    Column("problem", Text, primary_key=True),
    _required("kept", BigInteger),
    _required("more", BigInteger),
    _required("last_at", DateTime(timezone=True)),
)

change = Table(
    "change", metadata,
    Column("number", BigInteger, Identity(always=True), primary_key=True),
    _required("party_id", BigInteger),
    _required("kind", Text),
    _required("code", Text),
    _required("field", Text),
    Column("old", JSONB(none_as_null=True)),
    Column("new", JSONB(none_as_null=True)),
    _required("who", Text),
    Column("reason", Text),
    _required("at", DateTime(timezone=True)),
)

signature = Table(
    "signature", metadata,
    Column("number", BigInteger, Identity(always=True), primary_key=True),
    _required("party_id", BigInteger),
    _required("subject", Text),
    _required("id", Text),
    _required("person", Text),
    _required("meaning", Text),
    Column("words", Text),
    _required("shown", Text),
    _required("method", Text),
    Column("proven_at", BigInteger),
    _required("key", Text),
    _required("at", BigInteger),
)

trail_sheet = Table(
    "trail_sheet", metadata,
    Column("number", BigInteger, Identity(always=True), primary_key=True),
    _required("statement_hash", LargeBinary),
    _required("content", Text),
    _required("changes_to", BigInteger),
    _required("signatures_to", BigInteger),
    _required("supplements_to", BigInteger),
)
