"""The tables of numbering: rules and what they gave, company prefixes and their SSCCs. See `service.models.tables`."""

from sqlalchemy import BigInteger, Boolean, Column, Date, DateTime, Identity, Integer, SmallInteger, Table, Text, Uuid

from service.models.tables import metadata


def _required(name: str, type_: object, *rest: object, **options: object) -> Column[object]:
    return Column(name, type_, *rest, nullable=False, **options)  # type: ignore[arg-type]


item_category = Table(
    "item_category", metadata,
    Column("item_id", BigInteger, primary_key=True),
    _required("party_id", BigInteger),
    _required("category", Text),
)

lot_number_rule = Table(
    "lot_number_rule", metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    _required("party_id", BigInteger),
    _required("code", Text),
    _required("name", Text),
    _required("pattern", Text),
    _required("reset", Text),
    _required("per", Text),
    _required("start", BigInteger),
    Column("item_id", BigInteger),
    Column("category", Text),
)

lot_number_counter = Table(
    "lot_number_counter", metadata,
    Column("rule_id", BigInteger, primary_key=True),
    Column("period", Text, primary_key=True),
    Column("item_id", BigInteger, primary_key=True),
    Column("site_id", BigInteger, primary_key=True),
    _required("next", BigInteger),
)

lot_number_taking = Table(
    "lot_number_taking", metadata,
    Column("party_id", BigInteger, primary_key=True),
    Column("id", Uuid, primary_key=True),
    _required("rule_id", BigInteger),
    _required("item_id", BigInteger),
    _required("site_id", BigInteger),
    _required("chosen", Boolean),
    _required("day", Date),
    _required("count", Integer),
    _required("actor", Text),
    _required("taken_at", DateTime(timezone=True)),
)

lot_number_taken = Table(
    "lot_number_taken", metadata,
    Column("item_id", BigInteger, primary_key=True),
    Column("number", Text, primary_key=True),
    _required("party_id", BigInteger),
    _required("taking", Uuid),
    _required("position", SmallInteger),
)

gs1_prefix = Table(
    "gs1_prefix", metadata,
    Column("prefix", Text, primary_key=True),
    _required("party_id", BigInteger),
    _required("start", BigInteger),
)

sscc_counter = Table(
    "sscc_counter", metadata,
    Column("prefix", Text, primary_key=True),
    Column("extension", SmallInteger, primary_key=True),
    _required("next", BigInteger),
)

sscc_taking = Table(
    "sscc_taking", metadata,
    Column("party_id", BigInteger, primary_key=True),
    Column("id", Uuid, primary_key=True),
    _required("prefix", Text),
    _required("extension", SmallInteger),
    _required("first", BigInteger),
    _required("count", Integer),
    _required("chosen", Boolean),
    _required("actor", Text),
    _required("taken_at", DateTime(timezone=True)),
)
