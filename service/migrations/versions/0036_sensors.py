"""Sensors, where they hang, what they measured; excursions, and whom they are told; how lots have aged.

    sensor --< sensor_point          where it measures, since when
    sensor --< reading >-- reading_batch    one value; what came in one request
    reading ~~ reading_sheet >-- reading_cover ~~ a notice of the log

Readings are many: no foreign keys. Who adds some holds the gate until he commits; who seals shuts it for a moment and
looks how far they go. So what is not sealed has larger numbers than all that is. A cover holds sheets of all parties; a
party may ask on which notice a number is, and sees nothing of the cover.
"""

from alembic import op

revision = "0036"
down_revision = "0035"

SENSORS = """
CREATE TYPE warehouse.reading_kind AS ENUM ('temperature', 'humidity');

CREATE TABLE warehouse.sensor (
    id              bigint  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    party_id        bigint  NOT NULL REFERENCES warehouse.party,
    code            text    NOT NULL,
    name            text    NOT NULL,
    kinds           warehouse.reading_kind[] NOT NULL CHECK (cardinality(kinds) > 0),
    interval_s      integer NOT NULL CHECK (interval_s BETWEEN 1 AND 86400),
    calibration_due date,
    uri             text,
    created_at      timestamptz NOT NULL,
    retired_at      timestamptz,
    UNIQUE (party_id, code),
    UNIQUE (party_id, uri)
);
COMMENT ON COLUMN warehouse.sensor.uri IS 'by which EPCIS events name the device';

CREATE TABLE warehouse.sensor_point (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    party_id    bigint NOT NULL REFERENCES warehouse.party,
    sensor_id   bigint NOT NULL REFERENCES warehouse.sensor,
    since       bigint NOT NULL,
    location_id bigint REFERENCES warehouse.location,
    site_id     bigint REFERENCES warehouse.site,
    vehicle     text,
    CHECK (num_nonnulls(location_id, site_id, vehicle) = 1),
    UNIQUE (sensor_id, since)
);
CREATE INDEX sensor_point_at_location ON warehouse.sensor_point (location_id) WHERE location_id IS NOT NULL;
CREATE INDEX sensor_point_at_site ON warehouse.sensor_point (site_id) WHERE site_id IS NOT NULL;

CREATE TABLE warehouse.reading_batch (
    number      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    party_id    bigint NOT NULL,
    who         text   NOT NULL,
    source      text   NOT NULL CHECK (source IN ('api', 'csv', 'epcis')),
    received_at bigint NOT NULL
);

CREATE TABLE warehouse.reading (
    number    bigint  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    party_id  bigint  NOT NULL,
    sensor_id bigint  NOT NULL,
    at        bigint  NOT NULL,
    value     integer NOT NULL,
    kind      warehouse.reading_kind NOT NULL,
    batch     bigint  NOT NULL,
    UNIQUE (sensor_id, kind, at)
);
COMMENT ON COLUMN warehouse.reading.value IS 'thousandths of a degree Celsius or of a percent of relative humidity';

CREATE TABLE warehouse.sensor_due (
    sensor_id bigint PRIMARY KEY,
    party_id  bigint NOT NULL,
    since     bigint NOT NULL  -- the earliest reading that nobody has looked at
);
"""

SEALS = """
CREATE TABLE warehouse.reading_cover (
    number         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    statement_hash bytea  NOT NULL UNIQUE,
    content        text   NOT NULL,
    readings_to    bigint NOT NULL
);
CREATE INDEX reading_cover_to ON warehouse.reading_cover (readings_to, number);
CREATE TABLE warehouse.reading_sheet (
    cover    bigint  NOT NULL,
    position integer NOT NULL,
    content  text    NOT NULL,
    PRIMARY KEY (cover, position)
);
CREATE FUNCTION warehouse.reading_notice(reading bigint) RETURNS bytea STABLE SECURITY DEFINER LANGUAGE sql
    SET search_path = pg_catalog, pg_temp
    RETURN (SELECT c.statement_hash FROM warehouse.reading_cover c WHERE c.readings_to >= reading
        ORDER BY c.readings_to, c.number LIMIT 1);
CREATE FUNCTION warehouse.readings_sealed_to() RETURNS bigint STABLE SECURITY DEFINER LANGUAGE sql
    SET search_path = pg_catalog, pg_temp
    RETURN (SELECT coalesce(max(c.readings_to), 0) FROM warehouse.reading_cover c);
CREATE FUNCTION warehouse.reading_gate() RETURNS bigint IMMUTABLE PARALLEL SAFE LANGUAGE sql
    SET search_path = pg_catalog, pg_temp RETURN 7813566940128;
CREATE FUNCTION warehouse.hold_reading_gate() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(warehouse.reading_gate());
    RETURN NULL;
END $$;
CREATE TRIGGER reading_holds_the_gate BEFORE INSERT ON warehouse.reading FOR EACH STATEMENT
    EXECUTE FUNCTION warehouse.hold_reading_gate();
ALTER TABLE warehouse.reading ENABLE ALWAYS TRIGGER reading_holds_the_gate;
"""

LIMITS = """
CREATE TABLE warehouse.zone_limit (
    id          bigint  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    party_id    bigint  NOT NULL REFERENCES warehouse.party,
    location_id bigint  REFERENCES warehouse.location,
    site_id     bigint  REFERENCES warehouse.site,
    vehicle     text,
    kind        warehouse.reading_kind NOT NULL,
    low         integer,
    high        integer CHECK (high > low),
    allowed_s   integer NOT NULL CHECK (allowed_s BETWEEN 0 AND 604800),
    hysteresis  integer NOT NULL CHECK (hysteresis >= 0),
    CHECK (num_nonnulls(location_id, site_id, vehicle) = 1),
    CHECK (num_nonnulls(low, high) > 0),
    UNIQUE NULLS NOT DISTINCT (party_id, location_id, site_id, vehicle, kind)
);

CREATE TABLE warehouse.stability (
    item_id      bigint  PRIMARY KEY REFERENCES warehouse.item,
    humidity_min integer,
    humidity_max integer CHECK (humidity_max > humidity_min),
    allowed_s    integer NOT NULL CHECK (allowed_s BETWEEN 0 AND 604800),
    hysteresis   integer NOT NULL CHECK (hysteresis >= 0),
    model        text    CHECK (model IN ('arrhenius', 'q10')),
    reference    integer CHECK ((reference IS NULL) = (model IS NULL)),
    energy       integer NOT NULL CHECK (energy BETWEEN 1000 AND 1000000),
    q10          integer NOT NULL CHECK (q10 BETWEEN 1000 AND 20000),
    ages_first   boolean NOT NULL CHECK (NOT ages_first OR model IS NOT NULL)
);

CREATE TABLE warehouse.lot_ageing (
    lot_id      bigint  PRIMARY KEY,
    party_id    bigint  NOT NULL,
    usable_to   date,
    consumed    integer,  -- millionths of the shelf life
    ahead_ms    bigint  NOT NULL,
    computed_at bigint  NOT NULL
);

CREATE TABLE warehouse.vehicle_load (
    number   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    party_id bigint NOT NULL REFERENCES warehouse.party,
    vehicle  text   NOT NULL,
    movement bigint NOT NULL,
    since    bigint NOT NULL,
    until    bigint CHECK (until > since),
    UNIQUE (movement)
);
CREATE INDEX vehicle_load_of ON warehouse.vehicle_load (party_id, vehicle);
"""

EXCURSIONS = """
CREATE TABLE warehouse.excursion (
    number      bigint  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    party_id    bigint  NOT NULL REFERENCES warehouse.party,
    id          uuid    NOT NULL,
    sensor_id   bigint  NOT NULL,
    point_id    bigint  NOT NULL,
    kind        warehouse.reading_kind NOT NULL,
    of          text    NOT NULL CHECK (of IN ('zone', 'item')),
    low         integer,
    high        integer,
    allowed_s   integer NOT NULL,
    hysteresis  integer NOT NULL,
    began_at    bigint  NOT NULL,
    last_at     bigint  NOT NULL,
    ended_at    bigint,
    worst       integer NOT NULL,
    worst_at    bigint  NOT NULL,
    readings    integer NOT NULL,
    late        jsonb   NOT NULL,  -- gaps longer than two minutes, as [from, to]
    opened_at   bigint  NOT NULL,
    UNIQUE (party_id, id)
);
CREATE INDEX excursion_of_party ON warehouse.excursion (party_id, number);
CREATE INDEX excursion_of_sensor ON warehouse.excursion (sensor_id, kind, began_at);

-- Which lots were there, from when to when; `case_number`: the case under which they are held, `seen_at`: when that was
-- done, or there was nothing to hold. No `seen_at`: it is still to be done.
CREATE TABLE warehouse.excursion_lot (
    excursion   bigint NOT NULL,
    lot_id      bigint NOT NULL,
    since       bigint NOT NULL,
    until       bigint,
    case_number bigint,
    seen_at     bigint,
    PRIMARY KEY (excursion, lot_id)
);
CREATE INDEX excursion_to_hold ON warehouse.excursion_lot (excursion) WHERE seen_at IS NULL;
CREATE INDEX excursion_of_lot ON warehouse.excursion_lot (lot_id);

-- What is told to webhooks of type `sensors`, in order.
CREATE TABLE warehouse.sensor_notice (
    number   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    party_id bigint NOT NULL REFERENCES warehouse.party,
    id       uuid   NOT NULL,
    event    text   NOT NULL
        CHECK (event IN ('excursion.opened', 'excursion.ended', 'sensor.silent', 'sensor.heard')),
    sensor_id bigint NOT NULL,
    at       bigint NOT NULL,
    body     jsonb  NOT NULL,
    UNIQUE (party_id, id)
);
CREATE INDEX sensor_notice_of_sensor ON warehouse.sensor_notice (sensor_id, number);
CREATE TABLE warehouse.sensor_delivery (
    webhook_id uuid   NOT NULL,
    notice     bigint NOT NULL,
    state      text   NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'delivered', 'dead')),
    attempts   integer NOT NULL DEFAULT 0,
    next_at    timestamptz,
    tried_at   timestamptz,
    answer     smallint,
    fault      text CHECK (length(fault) <= 200),
    PRIMARY KEY (webhook_id, notice)
);
CREATE INDEX sensor_delivery_waiting ON warehouse.sensor_delivery (webhook_id, notice) WHERE state = 'waiting';
CREATE INDEX sensor_delivery_done ON warehouse.sensor_delivery (tried_at) WHERE state = 'delivered';
CREATE FUNCTION warehouse.post_sensor_deliveries() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, warehouse AS $$
BEGIN
    INSERT INTO sensor_delivery (webhook_id, notice)
        SELECT w.id, n.number FROM fresh n JOIN webhook w ON w.party_id = n.party_id AND w.ended_at IS NULL
        WHERE 'sensors' = ANY (w.types);
    RETURN NULL;
END $$;
CREATE TRIGGER post_sensor_deliveries AFTER INSERT ON warehouse.sensor_notice REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION warehouse.post_sensor_deliveries();
ALTER TABLE warehouse.sensor_notice ENABLE ALWAYS TRIGGER post_sensor_deliveries;
"""

WORDS = """
ALTER TABLE warehouse.person_role DROP CONSTRAINT person_role_role_check;
ALTER TABLE warehouse.person_role ADD CONSTRAINT person_role_role_check CHECK (role IN ('operator', 'supervisor',
    'quality', 'administrator', 'integrator', 'auditor', 'regulator', 'sensor'));
ALTER TABLE warehouse.quarantine_case DROP CONSTRAINT quarantine_case_scope_check;
ALTER TABLE warehouse.quarantine_case ADD CONSTRAINT quarantine_case_scope_check
    CHECK (scope IN ('lot', 'place', 'quantity', 'goods'));
ALTER TABLE warehouse.quarantine_case DROP CONSTRAINT quarantine_case_cause_check;
ALTER TABLE warehouse.quarantine_case ADD CONSTRAINT quarantine_case_cause_check CHECK (cause IN ('damaged',
    'contaminated', 'expired', 'suspect', 'temperature', 'humidity', 'recall', 'other'));
"""

APPEND_ONLY = ("sensor_point", "reading_batch", "reading", "reading_cover", "reading_sheet", "sensor_notice")
NEVER_DELETED = ("sensor", "excursion", "excursion_lot")


def upgrade() -> None:
    for statements in (SENSORS, SEALS, LIMITS, EXCURSIONS, WORDS):
        op.execute(statements)
    for table in (*APPEND_ONLY, *NEVER_DELETED):
        refuse(table, "BEFORE UPDATE OR DELETE" if table in APPEND_ONLY else "BEFORE DELETE", "ROW")
        refuse(table, "BEFORE TRUNCATE", "STATEMENT")


def refuse(table: str, event: str, level: str) -> None:
    name = f"{table}_{level.lower()}_refuse"
    op.execute(f"CREATE TRIGGER {name} {event} ON warehouse.{table} FOR EACH {level} EXECUTE FUNCTION warehouse.refuse()")
    op.execute(f"ALTER TABLE warehouse.{table} ENABLE ALWAYS TRIGGER {name}")
