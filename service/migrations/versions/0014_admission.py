"""Whether this database, as it runs now, was compared with the chain; and that the worker is alive.

Nothing is recorded on a database that was not compared since it came up: the trigger on the queue sees to it, whoever writes.
It does not fire in replica mode, so that a backup can be restored row by row.
"""

from alembic import op

revision = "0014"
down_revision = "0013"

ADMISSION = """
-- One row for each time that this database was found to be no older than what was signed. The first four columns say which
-- database that was: every restore, copy and recreated table differs in at least one of the last three. `cluster` is kept for
-- the reader and not compared: it follows from `started`, and costs the reading of a file.
CREATE TABLE ledger.admission (
    cluster  bigint      NOT NULL,
    started  timestamptz NOT NULL,
    database oid         NOT NULL,
    relation oid         NOT NULL,  -- of ledger.checkpoint
    size     bigint      NOT NULL CHECK (size >= 0),  -- what both held
    log_root bytea       CHECK (octet_length(log_root) = 32),
    by       text        NOT NULL,
    at       bigint      NOT NULL,
    PRIMARY KEY (started, database, relation),
    CHECK ((size = 0) = (log_root IS NULL))
);

CREATE TRIGGER keep_rows BEFORE UPDATE OR DELETE ON ledger.admission
    FOR EACH ROW EXECUTE FUNCTION ledger.keep_facts();
CREATE TRIGGER keep_table BEFORE TRUNCATE ON ledger.admission
    FOR EACH STATEMENT EXECUTE FUNCTION ledger.keep_facts();
ALTER TABLE ledger.admission ENABLE ALWAYS TRIGGER keep_rows;
ALTER TABLE ledger.admission ENABLE ALWAYS TRIGGER keep_table;

CREATE FUNCTION ledger.admitted() RETURNS boolean LANGUAGE plpgsql STABLE SET search_path = pg_catalog AS $$
BEGIN
    RETURN EXISTS (
        SELECT FROM ledger.admission
        WHERE started = pg_postmaster_start_time()
          AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
          AND relation = 'ledger.checkpoint'::regclass);
END $$;

CREATE FUNCTION ledger.demand_admission() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF NOT ledger.admitted() THEN
        RAISE EXCEPTION 'this database was not compared with the chain since it came up: nothing is recorded on it'
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'The worker compares it; see its log.';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER demand_admission BEFORE INSERT ON ledger.submission
    FOR EACH STATEMENT EXECUTE FUNCTION ledger.demand_admission();
"""

HEARTBEAT = """
-- When each duty of the worker last showed itself. Says nothing about the past, so it may change.
CREATE TABLE ledger.heartbeat (
    duty   text   PRIMARY KEY,
    at     bigint NOT NULL,
    detail text   NOT NULL
) WITH (fillfactor = 50);
"""


def upgrade() -> None:
    op.execute(ADMISSION)
    op.execute(HEARTBEAT)


def downgrade() -> None:
    op.execute(
        "DROP TABLE ledger.heartbeat; DROP TRIGGER demand_admission ON ledger.submission;"
        " DROP FUNCTION ledger.demand_admission(); DROP FUNCTION ledger.admitted(); DROP TABLE ledger.admission"
    )
