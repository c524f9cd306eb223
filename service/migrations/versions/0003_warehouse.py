"""The warehouse: parties and their keys, items, places, lots, movements, legs, balances, handoffs, statements."""

from alembic import op

revision = "0003"
down_revision = "0002"

THINGS = """
CREATE SCHEMA warehouse;

CREATE TYPE warehouse.stock_status AS ENUM ('available', 'hold');

CREATE TABLE warehouse.party (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code text NOT NULL UNIQUE,
    name text NOT NULL,
    uri text NOT NULL UNIQUE,
    gln text CHECK (gln ~ '^[0-9]{13}$'),
    created_at bigint NOT NULL
);

-- One row for each key statement of a party; the newest names the key that signs. `sealed` opens under the KEK only.
CREATE TABLE warehouse.party_key (
    party_id bigint NOT NULL REFERENCES warehouse.party,
    sequence bigint NOT NULL CHECK (sequence >= 1),
    kid text NOT NULL,
    public bytea NOT NULL CHECK (octet_length(public) = 32),
    sealed bytea NOT NULL,
    statement_hash bytea NOT NULL CHECK (octet_length(statement_hash) = 32),
    PRIMARY KEY (party_id, sequence)
);

CREATE TABLE warehouse.item (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    party_id bigint NOT NULL REFERENCES warehouse.party,
    code text NOT NULL,
    name text NOT NULL,
    spec text,
    gtin text CHECK (gtin ~ '^[0-9]{14}$'),
    unit text NOT NULL CHECK (unit ~ '^[A-Z0-9]{2,3}$'),
    decimals smallint NOT NULL CHECK (decimals BETWEEN 0 AND 9),
    shelf_life_days integer CHECK (shelf_life_days > 0),
    storage_min numeric(5, 1),
    storage_max numeric(5, 1) CHECK (storage_max >= storage_min),
    needs_expiry boolean NOT NULL,
    needs_manufacturer_lot boolean NOT NULL,
    held_on_arrival boolean NOT NULL,
    needs_production_date boolean NOT NULL DEFAULT false,
    count_tolerance integer NOT NULL DEFAULT 0 CHECK (count_tolerance BETWEEN 0 AND 1000),
    content numeric(18, 9) CHECK (content > 0),
    content_unit text CHECK (content_unit ~ '^[A-Z0-9]{2,3}$'),
    CHECK ((content IS NULL) = (content_unit IS NULL)),
    UNIQUE (party_id, code),
    UNIQUE (party_id, gtin)
);

CREATE TABLE warehouse.site (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    party_id bigint NOT NULL REFERENCES warehouse.party,
    code text NOT NULL,
    name text NOT NULL,
    zone text NOT NULL,
    gln text CHECK (gln ~ '^[0-9]{13}$'),
    UNIQUE (party_id, code)
);

-- Ids are positive: the virtual places of service.domain.places have negative ones. A pallet stands `within` a place.
CREATE TABLE warehouse.location (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY CHECK (id > 0),
    party_id bigint NOT NULL REFERENCES warehouse.party,
    site_id bigint NOT NULL REFERENCES warehouse.site,
    code text NOT NULL,
    name text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('storage', 'quarantine', 'staging', 'dock', 'pallet')),
    within bigint REFERENCES warehouse.location CHECK ((within IS NULL) = (kind <> 'pallet')),
    UNIQUE (site_id, code)
);
CREATE UNIQUE INDEX location_pallet ON warehouse.location (party_id, code) WHERE kind = 'pallet';
CREATE INDEX location_within ON warehouse.location (within) WHERE within IS NOT NULL;

CREATE SEQUENCE warehouse.lot_id;

CREATE TABLE warehouse.lot (
    id bigint PRIMARY KEY,
    party_id bigint NOT NULL REFERENCES warehouse.party,
    item_id bigint NOT NULL REFERENCES warehouse.item,
    number text NOT NULL,
    uri text NOT NULL,
    production_date date,
    expiry_date date,
    retest_date date,
    manufacturer_lot text,
    supplier text,
    traceability_lot_code text,
    traceability_source text,
    recall bigint,
    UNIQUE (item_id, number),
    UNIQUE (party_id, uri)
);
"""

# No foreign keys on the rows that come by the thousand: post_legs checks all legs of a statement at once, and
# ledger_audit checks the rest.
STOCK = """
CREATE SEQUENCE warehouse.movement_number;

CREATE TABLE warehouse.movement (
    number bigint PRIMARY KEY,
    party_id bigint NOT NULL,
    id uuid NOT NULL,
    type text NOT NULL,
    actor text NOT NULL,
    recorded_at bigint NOT NULL,
    statement_hash bytea NOT NULL CHECK (octet_length(statement_hash) = 32),
    content_hash bytea NOT NULL CHECK (octet_length(content_hash) = 32),
    content text NOT NULL,
    lots text[] NOT NULL,
    UNIQUE (party_id, id)
);
CREATE INDEX movement_of_party ON warehouse.movement (party_id, number);

CREATE TABLE warehouse.leg (
    lot_id bigint NOT NULL,
    movement bigint NOT NULL,
    line smallint NOT NULL,
    place bigint NOT NULL CHECK (place > 0 OR place BETWEEN -11 AND -1),
    status warehouse.stock_status NOT NULL,
    units bigint NOT NULL CHECK (units <> 0 AND abs(units) <= 9007199254740991),
    PRIMARY KEY (lot_id, movement, line)
);

-- Legs are appended in the order of movements, so a few bytes for each range of pages find those of a movement.
CREATE INDEX leg_by_movement ON warehouse.leg USING brin (movement) WITH (pages_per_range = 16, autosummarize = on);

-- INV-S1. -1 (supply) and -5 (produced) are the sources and always below zero; -9 (adjustment) may be on either side.
CREATE TABLE warehouse.balance (
    lot_id bigint NOT NULL,
    place bigint NOT NULL,
    status warehouse.stock_status NOT NULL,
    units bigint NOT NULL,
    PRIMARY KEY (lot_id, place, status),
    CONSTRAINT never_below_zero CHECK (CASE WHEN place IN (-1, -5) THEN units <= 0 ELSE place = -9 OR units >= 0 END)
) WITH (fillfactor = 70);
CREATE INDEX balance_at_place ON warehouse.balance (place) WHERE place > 0;

CREATE TABLE warehouse.lot_descent (
    child_id bigint NOT NULL,
    parent_id bigint NOT NULL,
    movement bigint NOT NULL,
    units bigint NOT NULL CHECK (units > 0),
    PRIMARY KEY (child_id, parent_id, movement),
    CHECK (child_id > parent_id)
);
CREATE INDEX lot_descent_of_parent ON warehouse.lot_descent (parent_id);

CREATE TABLE warehouse.handoff (
    movement bigint PRIMARY KEY,
    id uuid NOT NULL,
    sender_id bigint NOT NULL,
    receiver_id bigint NOT NULL,
    from_location_id bigint NOT NULL,
    statement_hash bytea NOT NULL CHECK (octet_length(statement_hash) = 32),
    expires_at bigint,
    to_site_id bigint CHECK ((to_site_id IS NULL) = (sender_id <> receiver_id)),
    state text NOT NULL DEFAULT 'offered' CHECK (state IN ('offered', 'accepted', 'refused', 'withdrawn')),
    answer bigint CHECK ((answer IS NULL) = (state = 'offered')),
    UNIQUE (receiver_id, id)
);
CREATE INDEX handoff_of_sender ON warehouse.handoff (sender_id, movement);

CREATE TABLE warehouse.handoff_line (
    movement bigint NOT NULL,
    line smallint NOT NULL,
    lot_id bigint NOT NULL,
    units bigint NOT NULL CHECK (units > 0),
    status warehouse.stock_status NOT NULL,
    PRIMARY KEY (movement, line)
);
CREATE INDEX handoff_line_of_lot ON warehouse.handoff_line (lot_id);

-- Where an answer fell short of the offer: `units` were not found and stand with the sender as disputed until the sender
-- settles them; `refused` went back.
CREATE TABLE warehouse.discrepancy (
    handoff bigint NOT NULL,
    line smallint NOT NULL,
    lot_id bigint NOT NULL,
    units bigint NOT NULL CHECK (units >= 0),
    refused bigint NOT NULL CHECK (refused >= 0),
    answer bigint NOT NULL,
    settled bigint CHECK (settled IS NULL OR units > 0),
    outcome text CHECK (outcome IN ('found', 'lost')),
    CHECK ((settled IS NULL) = (outcome IS NULL)),
    CHECK (units + refused > 0),
    PRIMARY KEY (handoff, line)
);
CREATE INDEX discrepancy_open ON warehouse.discrepancy (handoff) WHERE settled IS NULL AND units > 0;

-- A recall or its end, told to a party that was handed the lot; it answers when somebody there has read it.
CREATE TABLE warehouse.notice (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('recall', 'lift')),
    from_party_id bigint NOT NULL,
    to_party_id bigint NOT NULL,
    lot_uri text NOT NULL,
    movement bigint NOT NULL,
    created_at bigint NOT NULL,
    acknowledged_at bigint,
    acknowledged_by text,
    CHECK ((acknowledged_at IS NULL) = (acknowledged_by IS NULL))
);
CREATE INDEX notice_of_party ON warehouse.notice (to_party_id, id);
CREATE INDEX notice_from_party ON warehouse.notice (from_party_id, id);
"""

# The one rule of expiry in the database's words; service.domain.expiry has it in Python's.
EXPIRED = """
CREATE FUNCTION warehouse.expired(expiry date, at bigint, zone text) RETURNS boolean LANGUAGE sql STABLE
    AS $$ SELECT coalesce(expiry < (to_timestamp(at / 1000.0) AT TIME ZONE zone)::date, false) $$;
"""

# A statement is what was signed and stays for ever. Its disclosures lie apart: they may shrink (erasure).
STATEMENTS = """
CREATE TABLE warehouse.statement (
    statement_hash bytea PRIMARY KEY CHECK (octet_length(statement_hash) = 32),
    party_id bigint NOT NULL,
    id uuid NOT NULL,
    kind smallint NOT NULL CHECK (kind BETWEEN 1 AND 4),
    jwt text NOT NULL
);

CREATE TABLE warehouse.disclosure (
    statement_hash bytea PRIMARY KEY,
    disclosures text NOT NULL
);

-- Signed and hashed text hardly compresses, and 2 to 4 kB are read whole: keep them uncompressed and in the row.
ALTER TABLE warehouse.statement ALTER jwt SET STORAGE EXTERNAL, SET (toast_tuple_target = 8160);
ALTER TABLE warehouse.disclosure ALTER disclosures SET STORAGE EXTERNAL, SET (toast_tuple_target = 8160);
"""

# Once for each INSERT, whoever wrote it: what the legs may not do, then the balances that follow from them.
# Expiry is judged at the place the goods leave, on the day the movement was recorded. UPDATE and INSERT are two steps
# because a CHECK looks at the row proposed to INSERT before ON CONFLICT is considered: a change of -5 would fail.
POST_LEGS = """
CREATE FUNCTION warehouse.post_legs() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, warehouse AS $$
DECLARE
    bad record;
BEGIN
    SELECT movement, lot_id, sum(units) AS units INTO bad
        FROM fresh GROUP BY movement, lot_id HAVING sum(units) <> 0 LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'INV-S2: legs of lot % in movement % sum to %, expected 0', bad.lot_id, bad.movement, bad.units
            USING ERRCODE = 'check_violation', CONSTRAINT = 'legs_balance';
    END IF;

    SELECT leg.*, CASE
            WHEN m.number IS NULL THEN 'INV-S6: no such movement'
            WHEN l.id IS NULL THEN 'INV-S6: no such lot'
            WHEN leg.place > 0 AND p.party_id IS DISTINCT FROM l.party_id THEN 'INV-P2: no place of this lot''s party'
            WHEN NOT leg.leaves OR leg.place < 0 OR leg.units > 0 THEN NULL
            WHEN leg.status = 'hold' THEN 'INV-S5: stock on hold cannot leave'
            WHEN l.recall IS NOT NULL THEN 'INV-S5: recalled stock cannot leave'
            WHEN expired(l.expiry_date, m.recorded_at, s.zone) THEN 'INV-S5: expired stock cannot leave'
        END AS fault INTO bad
        FROM (SELECT *, bool_or(place IN (-2, -3, -11) AND units > 0) OVER (PARTITION BY movement, lot_id) AS leaves
              FROM fresh) AS leg
        LEFT JOIN movement m ON m.number = leg.movement
        LEFT JOIN lot l ON l.id = leg.lot_id
        LEFT JOIN location p ON p.id = leg.place
        LEFT JOIN site s ON s.id = p.site_id
        WHERE m.number IS NULL OR l.id IS NULL OR (leg.place > 0 AND p.party_id IS DISTINCT FROM l.party_id)
            OR (leg.leaves AND leg.place > 0 AND leg.units < 0 AND (leg.status = 'hold' OR l.recall IS NOT NULL
                OR expired(l.expiry_date, m.recorded_at, s.zone)))
        LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION '% (lot %, place %, movement %)', bad.fault, bad.lot_id, bad.place, bad.movement
            USING ERRCODE = 'check_violation', CONSTRAINT = 'legs_allowed';
    END IF;

    WITH change AS (
        SELECT lot_id, place, status, sum(units)::bigint AS units FROM fresh GROUP BY lot_id, place, status
    ), known AS (
        UPDATE balance b SET units = b.units + change.units FROM change
        WHERE (b.lot_id, b.place, b.status) = (change.lot_id, change.place, change.status)
        RETURNING b.lot_id, b.place, b.status
    )
    INSERT INTO balance (lot_id, place, status, units)
        SELECT lot_id, place, status, units FROM change
        WHERE NOT EXISTS (SELECT FROM known
                          WHERE (known.lot_id, known.place, known.status) = (change.lot_id, change.place, change.status));
    RETURN NULL;
END $$;

CREATE TRIGGER post_legs AFTER INSERT ON warehouse.leg REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION warehouse.post_legs();
ALTER TABLE warehouse.leg ENABLE ALWAYS TRIGGER post_legs;
"""

# INV-S4: an offered handoff is answered once, and nothing else of it ever changes.
ANSWER_ONCE = """
CREATE FUNCTION warehouse.answer_once() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF OLD.state <> 'offered' OR NEW.state = 'offered'
        OR (NEW.movement, NEW.id, NEW.sender_id, NEW.receiver_id, NEW.from_location_id, NEW.statement_hash,
            NEW.expires_at, NEW.to_site_id)
        IS DISTINCT FROM (OLD.movement, OLD.id, OLD.sender_id, OLD.receiver_id, OLD.from_location_id, OLD.statement_hash,
            OLD.expires_at, OLD.to_site_id)
    THEN
        RAISE EXCEPTION 'INV-S4: handoff % is %, it cannot become %', OLD.id, OLD.state, NEW.state
            USING ERRCODE = 'check_violation', CONSTRAINT = 'answered_once';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER answer_once BEFORE UPDATE ON warehouse.handoff
    FOR EACH ROW EXECUTE FUNCTION warehouse.answer_once();
ALTER TABLE warehouse.handoff ENABLE ALWAYS TRIGGER answer_once;
"""

# What was missing is settled once, and nothing else of it ever changes.
SETTLE_ONCE = """
CREATE FUNCTION warehouse.settle_once() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF OLD.settled IS NOT NULL OR NEW.settled IS NULL
        OR (NEW.handoff, NEW.line, NEW.lot_id, NEW.units, NEW.refused, NEW.answer)
        IS DISTINCT FROM (OLD.handoff, OLD.line, OLD.lot_id, OLD.units, OLD.refused, OLD.answer)
    THEN
        RAISE EXCEPTION 'INV-S4: line % of handoff % is settled once', OLD.line, OLD.handoff
            USING ERRCODE = 'check_violation', CONSTRAINT = 'settled_once';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER settle_once BEFORE UPDATE ON warehouse.discrepancy
    FOR EACH ROW EXECUTE FUNCTION warehouse.settle_once();
ALTER TABLE warehouse.discrepancy ENABLE ALWAYS TRIGGER settle_once;
"""

# A lot keeps the URI of its first entry, its party and its item for ever.
KEEP_IDENTITY = """
CREATE FUNCTION warehouse.keep_identity() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    RAISE EXCEPTION 'lot % is named %, and keeps its name, item and party', OLD.id, OLD.uri
        USING ERRCODE = 'check_violation', CONSTRAINT = 'lot_identity';
END $$;

CREATE TRIGGER keep_identity BEFORE UPDATE ON warehouse.lot FOR EACH ROW
    WHEN ((NEW.id, NEW.party_id, NEW.item_id, NEW.number, NEW.uri)
          IS DISTINCT FROM (OLD.id, OLD.party_id, OLD.item_id, OLD.number, OLD.uri))
    EXECUTE FUNCTION warehouse.keep_identity();
ALTER TABLE warehouse.lot ENABLE ALWAYS TRIGGER keep_identity;
"""

REFUSE = """
CREATE FUNCTION warehouse.refuse() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    RAISE EXCEPTION '% on %.% refused: what is recorded is never changed', TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END $$;
"""

APPEND_ONLY = ("party_key", "movement", "leg", "lot_descent", "handoff_line", "statement")
NEVER_DELETED = ("party", "item", "site", "location", "lot", "handoff", "balance", "discrepancy", "notice")


def upgrade() -> None:
    for statements in (THINGS, STOCK, EXPIRED, STATEMENTS, POST_LEGS, ANSWER_ONCE, SETTLE_ONCE, KEEP_IDENTITY, REFUSE):
        op.execute(statements)
    for table in APPEND_ONLY:
        refuse(table, "BEFORE UPDATE OR DELETE", "ROW")
        refuse(table, "BEFORE TRUNCATE", "STATEMENT")
    for table in NEVER_DELETED:
        refuse(table, "BEFORE DELETE", "ROW")
        refuse(table, "BEFORE TRUNCATE", "STATEMENT")
    refuse("disclosure", "BEFORE TRUNCATE", "STATEMENT")


def refuse(table: str, event: str, level: str) -> None:
    """ENABLE ALWAYS: an ordinary trigger sleeps while session_replication_role is 'replica'."""
    name = f"{table}_{level.lower()}_refuse"
    op.execute(f"CREATE TRIGGER {name} {event} ON warehouse.{table} FOR EACH {level} EXECUTE FUNCTION warehouse.refuse()")
    op.execute(f"ALTER TABLE warehouse.{table} ENABLE ALWAYS TRIGGER {name}")
