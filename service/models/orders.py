"""The tables of orders, reservations and picking; `service/migrations/versions/0007_orders.py` and
`0013_production.py` make them.

    orders --< order_line --< fulfilment      what a movement did for a line; only ever added to
                         --< reservation      until `expires_at`, or (null) picked and waiting to be shipped
    orders --< pick_list --< pick_line --< pick
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Identity,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    Uuid,
)

from service.models.tables import metadata


def _required(name: str, type_: object, *rest: object, **options: object) -> Column[object]:
    return Column(name, type_, *rest, nullable=False, **options)  # type: ignore[arg-type]


def _id() -> Column[object]:
    return Column("id", BigInteger, Identity(always=True), primary_key=True)


_MOMENT = DateTime(timezone=True)

issue_rule = Table(
    "issue_rule", metadata,
    Column("item_id", BigInteger, primary_key=True, autoincrement=False),
    _required("policy", Text),
)

customer = Table(
    "customer", metadata,
    _id(),
    _required("party_id", BigInteger),
    _required("code", Text),
    _required("name", Text),
    Column("as_party_id", BigInteger),
    Column("policy", Text),
    Column("min_days", Integer),
    Column("min_percent", Integer),
)

orders = Table(
    "orders", metadata,
    _id(),
    _required("party_id", BigInteger),
    _required("uuid", Uuid),
    _required("kind", Text),
    _required("number", Text),
    _required("site_id", BigInteger),
    Column("partner", Text),
    Column("partner_id", BigInteger),
    Column("customer_id", BigInteger),
    Column("requested_on", Date),
    Column("policy", Text),
    Column("min_days", Integer),
    Column("min_percent", Integer),
    _required("whole_pallets", Boolean),
    _required("content_hash", LargeBinary),
    _required("made_at", _MOMENT),
    _required("made_by", Text),
    Column("ended", Text),
    Column("ended_at", _MOMENT),
    Column("ended_by", Text),
    Column("ended_reason", Text),
)

order_line = Table(
    "order_line", metadata,
    Column("order_id", BigInteger, primary_key=True),
    Column("line", SmallInteger, primary_key=True),
    _required("item_id", BigInteger),
    _required("units", BigInteger),
    Column("lot", Text),
    _required("tolerance", SmallInteger),
    _required("role", Text),
)

fulfilment = Table(
    "fulfilment", metadata,
    Column("order_id", BigInteger, primary_key=True),
    Column("line", SmallInteger, primary_key=True),
    Column("movement", BigInteger, primary_key=True),
    Column("part", SmallInteger, primary_key=True),
    _required("lot_id", BigInteger),
    _required("place", BigInteger),
    _required("units", BigInteger),
    _required("damaged", BigInteger),
)

reservation = Table(
    "reservation", metadata,
    _id(),
    _required("order_id", BigInteger),
    _required("line", SmallInteger),
    _required("lot_id", BigInteger),
    _required("place", BigInteger),
    _required("units", BigInteger),
    Column("expires_at", _MOMENT),
    _required("code", Text),
    _required("reason", Text),
)

pick_list = Table(
    "pick_list", metadata,
    _id(),
    _required("party_id", BigInteger),
    _required("uuid", Uuid),
    _required("order_id", BigInteger),
    _required("place", BigInteger),
    _required("made_at", _MOMENT),
)

pick_line = Table(
    "pick_line", metadata,
    Column("list_id", BigInteger, primary_key=True),
    Column("number", Integer, primary_key=True),
    _required("line", SmallInteger),
    _required("lot_id", BigInteger),
    _required("place", BigInteger),
    _required("units", BigInteger),
    _required("reservation_id", BigInteger),
    _required("reason", Text),
    Column("ended", Text),
)

pick = Table(
    "pick", metadata,
    Column("list_id", BigInteger, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("id", Uuid, primary_key=True),
    _required("units", BigInteger),
    Column("short_reason", Text),
    Column("movement", BigInteger),
    _required("picked_at", _MOMENT),
    _required("picked_by", Text),
)
