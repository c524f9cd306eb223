"""Orders, what was recorded against them, reservations and pick lists; who wants which lots first."""

from alembic import op

revision = "0007"
down_revision = "0006"

WANTS = """
CREATE INDEX lot_by_expiry ON warehouse.lot (item_id, expiry_date, id);
CREATE INDEX lot_by_arrival ON warehouse.lot (item_id, id);

CREATE TABLE warehouse.issue_rule (
    item_id bigint PRIMARY KEY REFERENCES warehouse.item,
    policy text NOT NULL CHECK (policy IN ('FEFO', 'FIFO', 'LIFO'))
);

CREATE TABLE warehouse.customer (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    party_id bigint NOT NULL REFERENCES warehouse.party,
    code text NOT NULL,
    name text NOT NULL,
    as_party_id bigint REFERENCES warehouse.party CHECK (as_party_id <> party_id),
    policy text CHECK (policy IN ('FEFO', 'FIFO', 'LIFO')),
    min_days integer CHECK (min_days >= 0),
    min_percent integer CHECK (min_percent BETWEEN 0 AND 100),
    UNIQUE (party_id, code)
);
"""

ORDERS = """
CREATE TABLE warehouse.orders (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    party_id bigint NOT NULL REFERENCES warehouse.party,
    uuid uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('purchase', 'notice', 'production', 'sales')),
    number text NOT NULL,
    site_id bigint NOT NULL REFERENCES warehouse.site,
    partner text,
    partner_id bigint REFERENCES warehouse.party CHECK (partner_id <> party_id),
    customer_id bigint REFERENCES warehouse.customer CHECK (customer_id IS NULL OR kind = 'sales'),
    requested_on date,
    policy text CHECK (policy IN ('FEFO', 'FIFO', 'LIFO')),
    min_days integer CHECK (min_days >= 0),
    min_percent integer CHECK (min_percent BETWEEN 0 AND 100),
    whole_pallets boolean NOT NULL,
    content_hash bytea NOT NULL CHECK (octet_length(content_hash) = 32),
    made_at timestamptz NOT NULL,
    made_by text NOT NULL,
    ended text CHECK (ended IN ('closed', 'cancelled')),
    ended_at timestamptz CHECK ((ended_at IS NULL) = (ended IS NULL)),
    ended_by text CHECK ((ended_by IS NULL) = (ended IS NULL)),
    ended_reason text,
    UNIQUE (party_id, uuid),
    UNIQUE (party_id, kind, number)
);
CREATE INDEX orders_of_party ON warehouse.orders (party_id, id);

CREATE TABLE warehouse.order_line (
    order_id bigint NOT NULL REFERENCES warehouse.orders,
    line smallint NOT NULL CHECK (line > 0),
    item_id bigint NOT NULL REFERENCES warehouse.item,
    units bigint NOT NULL CHECK (units > 0 AND units <= 9007199254740991),
    lot text,
    tolerance smallint NOT NULL CHECK (tolerance BETWEEN 0 AND 100),
    PRIMARY KEY (order_id, line)
);

-- What a movement did for a line of an order. `place`: where the goods came to, or where they left from.
CREATE TABLE warehouse.fulfilment (
    order_id bigint NOT NULL,
    line smallint NOT NULL,
    movement bigint NOT NULL,
    lot_id bigint NOT NULL REFERENCES warehouse.lot,
    place bigint NOT NULL,
    part smallint NOT NULL,
    units bigint NOT NULL CHECK (units > 0),
    damaged bigint NOT NULL CHECK (damaged BETWEEN 0 AND units),
    PRIMARY KEY (order_id, line, movement, part),
    FOREIGN KEY (order_id, line) REFERENCES warehouse.order_line
);
CREATE INDEX fulfilment_by_movement ON warehouse.fulfilment (movement);
"""

# `expires_at` is compared with now wherever reservations are read; no process has to clean up for it to hold.
PICKING = """
CREATE TABLE warehouse.reservation (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id bigint NOT NULL,
    line smallint NOT NULL,
    lot_id bigint NOT NULL REFERENCES warehouse.lot,
    place bigint NOT NULL REFERENCES warehouse.location,
    units bigint NOT NULL CHECK (units > 0),
    expires_at timestamptz,
    code text NOT NULL,
    reason text NOT NULL,
    FOREIGN KEY (order_id, line) REFERENCES warehouse.order_line
);
CREATE INDEX reservation_of_stock ON warehouse.reservation (lot_id, place);
CREATE INDEX reservation_of_order ON warehouse.reservation (order_id, line);

CREATE TABLE warehouse.pick_list (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    party_id bigint NOT NULL REFERENCES warehouse.party,
    uuid uuid NOT NULL,
    order_id bigint NOT NULL REFERENCES warehouse.orders,
    place bigint NOT NULL REFERENCES warehouse.location,
    made_at timestamptz NOT NULL,
    UNIQUE (party_id, uuid)
);
CREATE INDEX pick_list_of_order ON warehouse.pick_list (order_id);

CREATE TABLE warehouse.pick_line (
    list_id bigint NOT NULL REFERENCES warehouse.pick_list,
    number integer NOT NULL CHECK (number > 0),
    line smallint NOT NULL,
    lot_id bigint NOT NULL REFERENCES warehouse.lot,
    place bigint NOT NULL REFERENCES warehouse.location,
    units bigint NOT NULL CHECK (units > 0),
    reservation_id bigint NOT NULL,
    reason text NOT NULL,
    ended text,
    PRIMARY KEY (list_id, number)
);
CREATE INDEX pick_line_of_reservation ON warehouse.pick_line (reservation_id);

-- `movement` is null where nothing was to be moved: nothing was found, or the goods stood at the staging place.
CREATE TABLE warehouse.pick (
    list_id bigint NOT NULL,
    number integer NOT NULL,
    id uuid NOT NULL,
    units bigint NOT NULL CHECK (units >= 0),
    short_reason text,
    movement bigint,
    picked_at timestamptz NOT NULL,
    picked_by text NOT NULL,
    PRIMARY KEY (list_id, number, id),
    FOREIGN KEY (list_id, number) REFERENCES warehouse.pick_line
);
"""

APPEND_ONLY = ("order_line", "fulfilment", "pick")
NEVER_DELETED = ("orders", "customer", "pick_list", "pick_line")


def upgrade() -> None:
    for statements in (WANTS, ORDERS, PICKING):
        op.execute(statements)
    for table in APPEND_ONLY:
        refuse(table, "BEFORE UPDATE OR DELETE", "ROW")
        refuse(table, "BEFORE TRUNCATE", "STATEMENT")
    for table in NEVER_DELETED:
        refuse(table, "BEFORE DELETE", "ROW")
        refuse(table, "BEFORE TRUNCATE", "STATEMENT")


def refuse(table: str, event: str, level: str) -> None:
    """ENABLE ALWAYS: an ordinary trigger sleeps while session_replication_role is 'replica'."""
    name = f"{table}_{level.lower()}_refuse"
    op.execute(f"CREATE TRIGGER {name} {event} ON warehouse.{table} FOR EACH {level} EXECUTE FUNCTION warehouse.refuse()")
    op.execute(f"ALTER TABLE warehouse.{table} ENABLE ALWAYS TRIGGER {name}")
