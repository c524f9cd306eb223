"""Quarantine cases and what they cover, count sheets, recalls as acts of people."""

from alembic import op

revision = "0008"
down_revision = "0007"

CASES = """
CREATE TABLE warehouse.quarantine_case (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    party_id bigint NOT NULL REFERENCES warehouse.party,
    id uuid NOT NULL,
    scope text NOT NULL CHECK (scope IN ('lot', 'place', 'quantity')),
    cause text NOT NULL
        CHECK (cause IN ('damaged', 'contaminated', 'expired', 'suspect', 'temperature', 'recall', 'other')),
    words text NOT NULL,
    state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'under_review', 'decided', 'closed')),
    round integer NOT NULL DEFAULT 0,
    ruling text CHECK (ruling IN ('release', 'partial_release', 'rework', 'return_to_supplier', 'destroy',
        'keep_on_hold')),
    opened_by text NOT NULL,
    opened_at bigint NOT NULL,
    content_hash bytea NOT NULL CHECK (octet_length(content_hash) = 32),
    UNIQUE (party_id, id)
);
CREATE INDEX quarantine_case_of_party ON warehouse.quarantine_case (party_id, number);

-- Everything that people did in a case, in order. `detail` is what the act said: measured values, the decision, what an
-- approver was shown, a file's hash.
CREATE TABLE warehouse.case_act (
    case_number bigint NOT NULL REFERENCES warehouse.quarantine_case,
    sequence integer NOT NULL,
    act text NOT NULL,
    round integer NOT NULL,
    person text NOT NULL,
    at bigint NOT NULL,
    words text NOT NULL,
    detail jsonb NOT NULL,
    PRIMARY KEY (case_number, sequence)
);
CREATE UNIQUE INDEX case_act_approved_once ON warehouse.case_act (case_number, round, person)
    WHERE act IN ('approve', 'reject');
CREATE INDEX case_act_attached ON warehouse.case_act ((detail ->> 'sha256')) WHERE act = 'attach';

CREATE TABLE warehouse.case_movement (
    case_number bigint NOT NULL REFERENCES warehouse.quarantine_case,
    movement bigint NOT NULL,
    PRIMARY KEY (case_number, movement)
);

-- How much of what is held of a lot at a place is under which case. Changed only by those who hold the lot's lock.
CREATE TABLE warehouse.case_cover (
    lot_id bigint NOT NULL,
    place bigint NOT NULL,
    case_number bigint NOT NULL,
    units bigint NOT NULL CHECK (units >= 0),
    PRIMARY KEY (lot_id, place, case_number)
);
CREATE INDEX case_cover_of_case ON warehouse.case_cover (case_number);
"""

# Once for each INSERT of legs, after post_legs has moved the balances (triggers fire in the order of their names): what
# is under open cases is still held. -10 (disputed) knows no status, and what stands at -9 (adjustment) was not found.
COVERED = """
CREATE FUNCTION warehouse.held_for_cases(lot bigint, at bigint) RETURNS bigint LANGUAGE sql STABLE
    AS $$ SELECT coalesce(sum(units), 0)::bigint FROM warehouse.balance
          WHERE lot_id = lot AND place = at AND status = CASE WHEN at = -10 THEN 'available' ELSE 'hold'
          END::warehouse.stock_status $$;

CREATE FUNCTION warehouse.stay_under_case() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, warehouse AS $$
DECLARE
    bad record;
BEGIN
    SELECT c.lot_id, c.place, min(c.case_number) AS number, sum(c.units) AS covered,
            held_for_cases(c.lot_id, c.place) AS held INTO bad
        FROM case_cover c JOIN (SELECT DISTINCT lot_id, place FROM fresh) AS touched USING (lot_id, place)
        WHERE c.units > 0 AND c.place <> -9
        GROUP BY c.lot_id, c.place HAVING sum(c.units) > held_for_cases(c.lot_id, c.place) LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'lot % at place %: % on hold, but % are under open cases (case number %)',
            bad.lot_id, bad.place, bad.held, bad.covered, bad.number
            USING ERRCODE = 'check_violation', CONSTRAINT = 'under_case';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER post_legs_under_case AFTER INSERT ON warehouse.leg REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION warehouse.stay_under_case();
ALTER TABLE warehouse.leg ENABLE ALWAYS TRIGGER post_legs_under_case;
CREATE TRIGGER cover_what_is_held AFTER INSERT ON warehouse.case_cover REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION warehouse.stay_under_case();
ALTER TABLE warehouse.case_cover ENABLE ALWAYS TRIGGER cover_what_is_held;
CREATE TRIGGER cover_no_more_than_is_held AFTER UPDATE ON warehouse.case_cover REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION warehouse.stay_under_case();
ALTER TABLE warehouse.case_cover ENABLE ALWAYS TRIGGER cover_no_more_than_is_held;
"""

# What post_legs demands of goods that leave, of goods that are picked or put into a product too: whoever wrote the legs.
USABLE = """
CREATE FUNCTION warehouse.take_what_is_usable() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, warehouse AS $$
DECLARE
    bad record;
BEGIN
    SELECT leg.lot_id, leg.place, leg.movement, m.type, CASE
            WHEN leg.status = 'hold' THEN 'INV-S5: stock on hold cannot leave'
            WHEN l.recall IS NOT NULL THEN 'INV-S5: recalled stock cannot leave'
            ELSE 'INV-S5: expired stock cannot leave'
        END AS fault INTO bad
        FROM fresh AS leg JOIN movement m ON m.number = leg.movement JOIN lot l ON l.id = leg.lot_id
        JOIN location p ON p.id = leg.place JOIN site s ON s.id = p.site_id
        WHERE m.type IN ('pick', 'produce') AND leg.units < 0
            AND (leg.status = 'hold' OR l.recall IS NOT NULL OR expired(l.expiry_date, m.recorded_at, s.zone))
        LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION '% (lot %, place %, % movement %)', bad.fault, bad.lot_id, bad.place, bad.type, bad.movement
            USING ERRCODE = 'check_violation', CONSTRAINT = 'legs_usable';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER post_legs_usable AFTER INSERT ON warehouse.leg REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION warehouse.take_what_is_usable();
ALTER TABLE warehouse.leg ENABLE ALWAYS TRIGGER post_legs_usable;
"""

COUNTS = """
CREATE TABLE warehouse.count_sheet (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    party_id bigint NOT NULL REFERENCES warehouse.party,
    id uuid NOT NULL,
    about text NOT NULL CHECK (about IN ('places', 'item', 'sample')),
    blind boolean NOT NULL,
    state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'counted', 'approved', 'posted', 'cancelled')),
    created_by text NOT NULL,
    created_at bigint NOT NULL,
    approved_by text,
    posted_at bigint,
    acts jsonb NOT NULL DEFAULT '[]',
    content_hash bytea NOT NULL CHECK (octet_length(content_hash) = 32),
    UNIQUE (party_id, id)
);
CREATE INDEX count_sheet_of_party ON warehouse.count_sheet (party_id, number);

-- The places that a sheet goes through, also empty ones.
CREATE TABLE warehouse.count_place (
    sheet bigint NOT NULL REFERENCES warehouse.count_sheet,
    place bigint NOT NULL,
    PRIMARY KEY (sheet, place)
);
CREATE INDEX count_place_counted ON warehouse.count_place (place);

-- `booked` is what the book said when the sheet was made, `book_then` when the line was counted: their difference moved
-- meanwhile. `posted` is what was written off or on.
CREATE TABLE warehouse.count_line (
    sheet bigint NOT NULL REFERENCES warehouse.count_sheet,
    lot_id bigint NOT NULL,
    place bigint NOT NULL,
    status warehouse.stock_status NOT NULL,
    booked bigint NOT NULL CHECK (booked >= 0),
    counted bigint CHECK (counted >= 0),
    book_then bigint CHECK ((book_then IS NULL) = (counted IS NULL)),
    counted_by text CHECK ((counted_by IS NULL) = (counted IS NULL)),
    counted_at bigint CHECK ((counted_at IS NULL) = (counted IS NULL)),
    recounts integer NOT NULL DEFAULT 0,
    posted bigint,
    movement bigint,
    PRIMARY KEY (sheet, place, lot_id, status)
);
"""

RECALLS = """
CREATE TABLE warehouse.recall (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    party_id bigint NOT NULL REFERENCES warehouse.party,
    id uuid NOT NULL,
    lot_id bigint NOT NULL,
    class text NOT NULL CHECK (class IN ('I', 'II', 'III')),
    reason text NOT NULL,
    started_by text NOT NULL,
    started_at bigint NOT NULL,
    took_ms bigint NOT NULL CHECK (took_ms >= 0),
    movements bigint[] NOT NULL,
    lots integer NOT NULL,
    places integer NOT NULL,
    held jsonb NOT NULL,
    lifted_at bigint,
    lifted_by text[],
    lift_movements bigint[],
    content_hash bytea NOT NULL CHECK (octet_length(content_hash) = 32),
    CHECK ((lifted_at IS NULL) = (lifted_by IS NULL) AND (lifted_at IS NULL) = (lift_movements IS NULL)),
    UNIQUE (party_id, id)
);
CREATE INDEX recall_of_party ON warehouse.recall (party_id, number);
CREATE INDEX lot_recalled ON warehouse.lot (recall) WHERE recall IS NOT NULL;
CREATE INDEX notice_of_movement ON warehouse.notice (movement);
"""

APPEND_ONLY = ("case_act", "case_movement", "count_place")
NEVER_DELETED = ("quarantine_case", "case_cover", "count_sheet", "count_line", "recall")


def upgrade() -> None:
    for statements in (CASES, COVERED, USABLE, COUNTS, RECALLS):
        op.execute(statements)
    for table in (*APPEND_ONLY, *NEVER_DELETED):
        refuse(table, "BEFORE UPDATE OR DELETE" if table in APPEND_ONLY else "BEFORE DELETE", "ROW")
        refuse(table, "BEFORE TRUNCATE", "STATEMENT")


def refuse(table: str, event: str, level: str) -> None:
    """As in 0003: ENABLE ALWAYS, for an ordinary trigger sleeps while session_replication_role is 'replica'."""
    name = f"{table}_{level.lower()}_refuse"
    op.execute(f"CREATE TRIGGER {name} {event} ON warehouse.{table} FOR EACH {level} EXECUTE FUNCTION warehouse.refuse()")
    op.execute(f"ALTER TABLE warehouse.{table} ENABLE ALWAYS TRIGGER {name}")
