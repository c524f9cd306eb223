"""What was brought back from others after a restore, and what the warehouse does not know of it."""

from alembic import op

revision = "0017"
down_revision = "0016"

TABLES = """
-- One row for each time that entries came back: first to size - 1, up to the root that had been signed or anchored.
CREATE TABLE ledger.recovery (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    first    bigint NOT NULL CHECK (first >= 0),
    size     bigint NOT NULL CHECK (size > first),
    log_root bytea  NOT NULL CHECK (octet_length(log_root) = 32),
    by       text   NOT NULL,  -- who did it, and from what
    at       bigint NOT NULL
);

-- Entries that came back whose statements this warehouse has no rows of. Until settled, their subjects are closed.
CREATE TABLE ledger.unaccounted (
    index          bigint   PRIMARY KEY REFERENCES ledger.entry,
    recovery       bigint   NOT NULL REFERENCES ledger.recovery,
    kind           smallint NOT NULL,
    subject        bytea    NOT NULL CHECK (octet_length(subject) = 32),
    statement_hash bytea    NOT NULL CHECK (octet_length(statement_hash) = 32),
    settled_at     bigint,
    settled_by     text,  -- who said that the warehouse is right again, and why
    CHECK ((settled_at IS NULL) = (settled_by IS NULL))
);
CREATE INDEX unaccounted_open ON ledger.unaccounted (subject) WHERE settled_at IS NULL;
"""

# The arguments of the trigger are the columns that may change.
KEPT = {"recovery": (), "unaccounted": ("settled_at", "settled_by")}

# A copy into the queue is one statement, however many rows it has; mostly nothing is closed, and then this is one look.
REFUSE = """
CREATE FUNCTION ledger.refuse_closed() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    closed bytea;
BEGIN
    IF NOT EXISTS (SELECT FROM ledger.unaccounted WHERE settled_at IS NULL) THEN
        RETURN NULL;
    END IF;
    SELECT u.subject INTO closed
      FROM fresh CROSS JOIN LATERAL generate_series(0, octet_length(fresh.subjects) / 32 - 1) AS part (number)
      JOIN ledger.unaccounted u ON u.subject = substring(fresh.subjects FROM 32 * part.number + 1 FOR 32)
     WHERE u.settled_at IS NULL LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'nothing is recorded about subject %: entries of it came back whose statements are not here',
            encode(closed, 'hex') USING ERRCODE = 'restrict_violation', HINT = 'See lotproof recover --list.';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER refuse_closed AFTER INSERT ON ledger.submission REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_closed();
"""


def upgrade() -> None:
    op.execute(TABLES)
    for table, columns in KEPT.items():
        arguments = ", ".join(f"'{column}'" for column in columns)
        op.execute(
            f"""
            CREATE TRIGGER keep_rows BEFORE UPDATE OR DELETE ON ledger.{table}
                FOR EACH ROW EXECUTE FUNCTION ledger.keep_facts({arguments});
            CREATE TRIGGER keep_table BEFORE TRUNCATE ON ledger.{table}
                FOR EACH STATEMENT EXECUTE FUNCTION ledger.keep_facts();
            ALTER TABLE ledger.{table} ENABLE ALWAYS TRIGGER keep_rows;
            ALTER TABLE ledger.{table} ENABLE ALWAYS TRIGGER keep_table;
            """
        )
    op.execute(REFUSE)


def downgrade() -> None:
    op.execute(
        "DROP TRIGGER refuse_closed ON ledger.submission; DROP FUNCTION ledger.refuse_closed();"
        " DROP TABLE ledger.unaccounted; DROP TABLE ledger.recovery"
    )
