"""The ledger: queue, entries, tiles, pages of the lot map, checkpoints."""

from alembic import op

revision = "0001"
down_revision = None

TABLES = """
CREATE SCHEMA ledger;

CREATE TABLE ledger.submission (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind smallint NOT NULL CHECK (kind BETWEEN 1 AND 4),
    statement_hash bytea NOT NULL CHECK (octet_length(statement_hash) = 32),
    recorded_at bigint NOT NULL CHECK (recorded_at BETWEEN 0 AND 9007199254740991),
    subjects bytea NOT NULL CHECK (octet_length(subjects) > 0 AND octet_length(subjects) % 32 = 0)
);

CREATE TABLE ledger.entry (
    index bigint PRIMARY KEY CHECK (index >= 0),
    kind smallint NOT NULL,
    subject bytea NOT NULL,
    sequence bigint NOT NULL CHECK (sequence >= 1),
    previous bytea NOT NULL,
    statement_hash bytea NOT NULL,
    recorded_at bigint NOT NULL,
    leaf_hash bytea NOT NULL,
    CONSTRAINT entry_subject_sequence UNIQUE (subject, sequence),
    CONSTRAINT entry_statement_subject UNIQUE (statement_hash, subject)
);

CREATE TABLE ledger.tile (
    level smallint NOT NULL,
    number bigint NOT NULL,
    nodes bytea NOT NULL CHECK (octet_length(nodes) = 16352),
    root bytea NOT NULL,
    PRIMARY KEY (level, number)
);

CREATE TABLE ledger.map_page (
    id bigint PRIMARY KEY,
    page bytea NOT NULL
);

CREATE TABLE ledger.checkpoint (
    size bigint PRIMARY KEY CHECK (size >= 1),
    log_root bytea NOT NULL,
    map_root bytea NOT NULL,
    map_page bigint NOT NULL REFERENCES ledger.map_page,
    note text NOT NULL,
    signed_at bigint NOT NULL
);
"""

# Hashes do not compress: without this PostgreSQL tries for every tile, and gives up.
STORAGE = """
ALTER TABLE ledger.tile ALTER nodes SET STORAGE EXTERNAL;
ALTER TABLE ledger.map_page ALTER page SET STORAGE EXTERNAL;
"""

# A queue that empties all day long leaves dead rows at its head; vacuum by their number, not by a share of the table.
QUEUE = """
ALTER TABLE ledger.submission SET (
    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_insert_scale_factor = 0
);
"""

REFUSE = """
CREATE FUNCTION ledger.refuse() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    RAISE EXCEPTION '% on %.% refused: rows of the ledger are added and never changed', TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END $$;
"""

APPEND_ONLY = ("entry", "tile", "map_page", "checkpoint")


def upgrade() -> None:
    for statements in (TABLES, STORAGE, QUEUE, REFUSE):
        op.execute(statements)
    for table in APPEND_ONLY:
        refuse(table, "BEFORE UPDATE OR DELETE", "ROW")
        refuse(table, "BEFORE TRUNCATE", "STATEMENT")
    refuse("submission", "BEFORE UPDATE", "ROW")
    refuse("submission", "BEFORE TRUNCATE", "STATEMENT")


def refuse(table: str, event: str, level: str) -> None:
    """ENABLE ALWAYS: an ordinary trigger sleeps while session_replication_role is 'replica'."""
    name = f"{table}_{level.lower()}_refuse"
    op.execute(f"CREATE TRIGGER {name} {event} ON ledger.{table} FOR EACH {level} EXECUTE FUNCTION ledger.refuse()")
    op.execute(f"ALTER TABLE ledger.{table} ENABLE ALWAYS TRIGGER {name}")
