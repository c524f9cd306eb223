"""EPCIS events: what was captured, what our own movements are, the identifiers in both, and the jobs of capture.

    epcis_capture --< epcis_event --< epcis_event_epcs
    movement -- trigger note_epcis_due --> epcis_due -- read as an event --> epcis_event

An event has one row, whether it was captured or is a movement of ours. A captured event that became a movement keeps
what was captured, and `movement` says which. `epcis_due` holds the movements that nobody has read as an event yet: it
is filled in the transaction of the movement, so none is forgotten, in whatever order they commit.
"""

from alembic import op

revision = "0029"
down_revision = "0028"

CAPTURES = """
CREATE TABLE warehouse.epcis_capture (
    number      bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    party_id    bigint      NOT NULL REFERENCES warehouse.party,
    id          uuid        NOT NULL UNIQUE,
    sha256      bytea       NOT NULL CHECK (octet_length(sha256) = 32),
    media_type  text        NOT NULL,
    behaviour   text        NOT NULL CHECK (behaviour IN ('rollback', 'proceed')),
    actor       text        NOT NULL,
    grants      jsonb       NOT NULL,  -- of whoever asked, at that moment: what the job may do
    body        bytea,      -- packed, until the job is over
    state       text        NOT NULL CHECK (state IN ('running', 'done', 'failed')),
    events      integer     NOT NULL DEFAULT 0,
    captured    integer     NOT NULL DEFAULT 0,
    known       integer     NOT NULL DEFAULT 0,  -- were there already
    waiting     jsonb       NOT NULL DEFAULT '[]',  -- for what, event by event
    errors      jsonb       NOT NULL DEFAULT '[]',
    tries       integer     NOT NULL DEFAULT 0,
    next_at     timestamptz,
    created_at  timestamptz NOT NULL,
    finished_at timestamptz
);
CREATE INDEX epcis_capture_of_party ON warehouse.epcis_capture (party_id, number);
CREATE INDEX epcis_capture_document ON warehouse.epcis_capture (party_id, sha256);
CREATE INDEX epcis_capture_running ON warehouse.epcis_capture (next_at) WHERE state = 'running';
"""

# `event_id` is as captured, the CBV hash id where the event had none, urn:uuid: and the id of a movement of ours.
# An error declaration has the id of the event that it declares. `body`: the canonical event, with recordTime.
EVENTS = """
CREATE TABLE warehouse.epcis_event (
    number            bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    party_id          bigint      NOT NULL REFERENCES warehouse.party,
    event_id          text        NOT NULL,
    declares_error    boolean     NOT NULL DEFAULT false,
    hash              bytea       NOT NULL CHECK (octet_length(hash) = 32),  -- CBV 2.0
    event_time        timestamptz NOT NULL,
    record_time       timestamptz NOT NULL,
    type              text        NOT NULL,
    action            text,
    biz_step          text,
    disposition       text,
    read_point        text,
    biz_location      text,
    transformation_id text,
    body              jsonb       NOT NULL,
    spelled           jsonb       NOT NULL DEFAULT '{}',  -- canonical identifier: as captured, where that differs
    sha256            bytea       NOT NULL CHECK (octet_length(sha256) = 32),  -- of all that was said
    salt              bytea       CHECK (octet_length(salt) = 16),  -- of the commitment to it in the statement
    history           uuid,       -- which evidence entered; NULL: a movement
    capture           bigint      REFERENCES warehouse.epcis_capture,
    movement          bigint,
    statement_hash    bytea       NOT NULL
);
CREATE UNIQUE INDEX epcis_event_id ON warehouse.epcis_event (party_id, event_id, declares_error);
CREATE UNIQUE INDEX epcis_event_movement ON warehouse.epcis_event (movement) WHERE movement IS NOT NULL;
CREATE INDEX epcis_event_statement ON warehouse.epcis_event (statement_hash);
CREATE INDEX epcis_event_time ON warehouse.epcis_event (party_id, event_time, number);
CREATE INDEX epcis_event_recorded ON warehouse.epcis_event (party_id, record_time, number);
CREATE INDEX epcis_event_step ON warehouse.epcis_event (party_id, biz_step, event_time);
CREATE INDEX epcis_event_place ON warehouse.epcis_event (party_id, biz_location, event_time);
CREATE INDEX epcis_event_read_point ON warehouse.epcis_event (party_id, read_point, event_time);
CREATE INDEX epcis_event_capture ON warehouse.epcis_event (capture) WHERE capture IS NOT NULL;

-- `role` is the property in which the identifier stands; `value` is canonical.
CREATE TABLE warehouse.epcis_event_epcs (
    event      bigint      NOT NULL REFERENCES warehouse.epcis_event ON DELETE CASCADE,
    role       text        NOT NULL CHECK (role IN ('epcList', 'childEPCs', 'parentID', 'inputEPCList', 'outputEPCList',
        'quantityList', 'childQuantityList', 'inputQuantityList', 'outputQuantityList')),
    value      text        NOT NULL,
    party_id   bigint      NOT NULL,
    event_time timestamptz NOT NULL,
    PRIMARY KEY (event, role, value)
);
CREATE INDEX epcis_event_epcs_value ON warehouse.epcis_event_epcs (party_id, value, event_time, event);
"""

DUE = """
CREATE TABLE warehouse.epcis_due (
    movement bigint PRIMARY KEY,
    party_id bigint NOT NULL,
    event_id text  -- under which it was captured, where the statement does not say it
);
CREATE INDEX epcis_due_of_party ON warehouse.epcis_due (party_id, movement);
INSERT INTO warehouse.epcis_due (movement, party_id) SELECT number, party_id FROM warehouse.movement;

CREATE FUNCTION warehouse.note_epcis_due() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, warehouse AS $$
BEGIN
    INSERT INTO epcis_due (movement, party_id) SELECT number, party_id FROM fresh;
    RETURN NULL;
END $$;
CREATE TRIGGER note_epcis_due AFTER INSERT ON warehouse.movement REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION warehouse.note_epcis_due();
ALTER TABLE warehouse.movement ENABLE ALWAYS TRIGGER note_epcis_due;
"""

# What was erased is in no event any more: the movement is read anew, from what is still shown of it.
ERASED = """
CREATE FUNCTION warehouse.forget_epcis_event() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, warehouse AS $$
BEGIN
    WITH gone AS (
        DELETE FROM epcis_event WHERE statement_hash = NEW.statement_hash RETURNING movement, party_id, event_id)
    INSERT INTO epcis_due (movement, party_id, event_id)
        SELECT movement, party_id, event_id FROM gone WHERE movement IS NOT NULL;
    RETURN NULL;
END $$;
CREATE TRIGGER forget_epcis_event AFTER UPDATE ON warehouse.disclosure
    FOR EACH ROW EXECUTE FUNCTION warehouse.forget_epcis_event();
ALTER TABLE warehouse.disclosure ENABLE ALWAYS TRIGGER forget_epcis_event;
"""


def upgrade() -> None:
    for statements in (CAPTURES, EVENTS, DUE, ERASED):
        op.execute(statements)


def downgrade() -> None:
    op.execute("DROP TRIGGER forget_epcis_event ON warehouse.disclosure")
    op.execute("DROP TRIGGER note_epcis_due ON warehouse.movement")
    op.execute("DROP FUNCTION warehouse.forget_epcis_event, warehouse.note_epcis_due")
    op.execute(
        "DROP TABLE warehouse.epcis_due, warehouse.epcis_event_epcs, warehouse.epcis_event, warehouse.epcis_capture"
    )
