"""Lot-number rules and SSCCs with their counters, the look-alike index of lots, and scans."""

from alembic import op

revision = "0006"
down_revision = "0004"

RULES = """
CREATE TABLE warehouse.item_category (
    item_id bigint PRIMARY KEY REFERENCES warehouse.item,
    party_id bigint NOT NULL REFERENCES warehouse.party,
    category text NOT NULL
);
CREATE INDEX item_category_of_party ON warehouse.item_category (party_id, category, item_id);

-- For one item, for the items of a category, or for all.
CREATE TABLE warehouse.lot_number_rule (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    party_id bigint NOT NULL REFERENCES warehouse.party,
    code text NOT NULL,
    name text NOT NULL,
    pattern text NOT NULL,
    reset text NOT NULL CHECK (reset IN ('never', 'year', 'month', 'week', 'day')),
    per text NOT NULL CHECK (per IN ('rule', 'item', 'site', 'item_and_site')),
    start bigint NOT NULL CHECK (start >= 0),
    item_id bigint REFERENCES warehouse.item,
    category text,
    UNIQUE (party_id, code),
    CHECK (item_id IS NULL OR category IS NULL)
);

-- item_id and site_id are 0 where the rule counts for all of them together.
CREATE TABLE warehouse.lot_number_counter (
    rule_id bigint NOT NULL REFERENCES warehouse.lot_number_rule,
    period text NOT NULL,
    item_id bigint NOT NULL,
    site_id bigint NOT NULL,
    next bigint NOT NULL CHECK (next >= 0),
    PRIMARY KEY (rule_id, period, item_id, site_id)
) WITH (fillfactor = 70);

CREATE TABLE warehouse.lot_number_taking (
    party_id bigint NOT NULL REFERENCES warehouse.party,
    id uuid NOT NULL,
    rule_id bigint NOT NULL REFERENCES warehouse.lot_number_rule,
    item_id bigint NOT NULL REFERENCES warehouse.item,
    site_id bigint NOT NULL REFERENCES warehouse.site,
    chosen boolean NOT NULL,
    day date NOT NULL,
    count integer NOT NULL CHECK (count BETWEEN 1 AND 1000),
    actor text NOT NULL,
    taken_at timestamptz NOT NULL,
    PRIMARY KEY (party_id, id)
);

CREATE TABLE warehouse.lot_number_taken (
    item_id bigint NOT NULL,
    number text NOT NULL,
    party_id bigint NOT NULL,
    taking uuid NOT NULL,
    position smallint NOT NULL,
    PRIMARY KEY (item_id, number),
    UNIQUE (party_id, taking, position)
);
"""

SSCC = """
CREATE TABLE warehouse.gs1_prefix (
    prefix text PRIMARY KEY CHECK (prefix ~ '^[0-9]{7,12}$'),
    party_id bigint NOT NULL REFERENCES warehouse.party,
    start bigint NOT NULL CHECK (start >= 0)
);
CREATE INDEX gs1_prefix_of_party ON warehouse.gs1_prefix (party_id);

CREATE TABLE warehouse.sscc_counter (
    prefix text NOT NULL REFERENCES warehouse.gs1_prefix,
    extension smallint NOT NULL CHECK (extension BETWEEN 0 AND 9),
    next bigint NOT NULL CHECK (next >= 0),
    PRIMARY KEY (prefix, extension)
) WITH (fillfactor = 70);

-- The codes follow from the first serial and the count.
CREATE TABLE warehouse.sscc_taking (
    party_id bigint NOT NULL REFERENCES warehouse.party,
    id uuid NOT NULL,
    prefix text NOT NULL REFERENCES warehouse.gs1_prefix,
    extension smallint NOT NULL,
    first bigint NOT NULL,
    count integer NOT NULL CHECK (count BETWEEN 1 AND 1000),
    chosen boolean NOT NULL,
    actor text NOT NULL,
    taken_at timestamptz NOT NULL,
    PRIMARY KEY (party_id, id),
    UNIQUE (prefix, extension, first)
);
"""

# A counter that fell would give numbers a second time.
COUNTS_UP = """
CREATE FUNCTION warehouse.counts_up() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF NEW.next < OLD.next OR to_jsonb(NEW) - 'next' <> to_jsonb(OLD) - 'next' THEN
        RAISE EXCEPTION '% counts up only: % cannot become %', TG_TABLE_NAME, OLD.next, NEW.next
            USING ERRCODE = 'check_violation', CONSTRAINT = 'counts_up';
    END IF;
    RETURN NEW;
END $$;
"""

# The key is service.domain.lookalikes.look_alike_key. An index of an expression holds lots whoever writes them, also
# by COPY, and needs no column. Exact numbers are found by it too: what is equal looks alike.
LOOK_ALIKE = """
CREATE FUNCTION warehouse.lot_skeleton(number text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN translate(upper(number COLLATE "C"), 'OILSBZG_.', '0115826--');

CREATE INDEX lot_look_alike ON warehouse.lot (party_id, warehouse.lot_skeleton(number), item_id);
CREATE INDEX lot_look_alike_on_label ON warehouse.lot (party_id, warehouse.lot_skeleton(manufacturer_lot), item_id)
    WHERE manufacturer_lot <> number;
"""

SCANS = """
CREATE TABLE warehouse.scan (
    party_id bigint NOT NULL REFERENCES warehouse.party,
    id uuid NOT NULL,
    at timestamptz NOT NULL,
    site_id bigint REFERENCES warehouse.site,
    item_id bigint,
    lot_id bigint,
    purpose text CHECK (purpose IN ('item', 'lot', 'location', 'pallet')),
    expected text,
    outcome text NOT NULL CHECK (outcome IN ('ok', 'mismatch', 'unreadable', 'unknown', 'ambiguous', 'conflict')),
    actor text NOT NULL,
    symbology text,
    raw bytea NOT NULL,
    answer text NOT NULL,
    PRIMARY KEY (party_id, id)
);
CREATE INDEX scan_at ON warehouse.scan (party_id, at);
"""

APPEND_ONLY = ("lot_number_rule", "lot_number_taking", "lot_number_taken", "gs1_prefix", "sscc_taking", "scan")
COUNTERS = ("lot_number_counter", "sscc_counter")


def upgrade() -> None:
    for statements in (RULES, SSCC, COUNTS_UP, LOOK_ALIKE, SCANS):
        op.execute(statements)
    for table in APPEND_ONLY:
        trigger(table, "BEFORE UPDATE OR DELETE", "ROW", "refuse")
        trigger(table, "BEFORE TRUNCATE", "STATEMENT", "refuse")
    for table in COUNTERS:
        trigger(table, "BEFORE DELETE", "ROW", "refuse")
        trigger(table, "BEFORE TRUNCATE", "STATEMENT", "refuse")
        trigger(table, "BEFORE UPDATE", "ROW", "counts_up")


def trigger(table: str, event: str, level: str, function: str) -> None:
    """ENABLE ALWAYS: an ordinary trigger sleeps while session_replication_role is 'replica'."""
    name = f"{table}_{level.lower()}_{function}"
    op.execute(f"CREATE TRIGGER {name} {event} ON warehouse.{table} FOR EACH {level} EXECUTE FUNCTION warehouse.{function}()")
    op.execute(f"ALTER TABLE warehouse.{table} ENABLE ALWAYS TRIGGER {name}")
