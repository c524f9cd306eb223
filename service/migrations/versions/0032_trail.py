"""The audit trail and electronic signatures are held by the log: sheets, and the gate that keeps their order.

A sheet holds rows of all parties. A party may ask on which notice of the log a number is, and see nothing of the sheet.

Who adds a row holds the gate until he commits; who makes a sheet shuts it. So what is not on a sheet has larger numbers
than all that is.
"""

from alembic import op

revision = "0032"
down_revision = "0031b"

SHEETS = """
CREATE TABLE warehouse.trail_sheet (
    number         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    statement_hash bytea  NOT NULL UNIQUE,
    content        text   NOT NULL,
    changes_to     bigint NOT NULL,
    signatures_to  bigint NOT NULL
);
CREATE INDEX trail_sheet_changes ON warehouse.trail_sheet (changes_to, number);
CREATE INDEX trail_sheet_signatures ON warehouse.trail_sheet (signatures_to, number);
CREATE FUNCTION warehouse.change_sheet(change bigint) RETURNS bytea STABLE SECURITY DEFINER LANGUAGE sql
    SET search_path = pg_catalog, pg_temp
    RETURN (SELECT t.statement_hash FROM warehouse.trail_sheet t WHERE t.changes_to >= change
        ORDER BY t.changes_to, t.number LIMIT 1);
CREATE FUNCTION warehouse.signature_sheet(signature bigint) RETURNS bytea STABLE SECURITY DEFINER LANGUAGE sql
    SET search_path = pg_catalog, pg_temp
    RETURN (SELECT t.statement_hash FROM warehouse.trail_sheet t WHERE t.signatures_to >= signature
        ORDER BY t.signatures_to, t.number LIMIT 1);
CREATE FUNCTION warehouse.trail_gate() RETURNS bigint IMMUTABLE PARALLEL SAFE LANGUAGE sql
    SET search_path = pg_catalog, pg_temp RETURN 7813566940127;
CREATE FUNCTION warehouse.hold_trail_gate() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(warehouse.trail_gate());
    RETURN NULL;
END $$;
"""


def upgrade() -> None:
    op.execute(SHEETS)
    for table in ("change", "signature"):
        op.execute(f"CREATE TRIGGER {table}_holds_the_gate BEFORE INSERT ON warehouse.{table} FOR EACH STATEMENT"
                   " EXECUTE FUNCTION warehouse.hold_trail_gate()")
        op.execute(f"ALTER TABLE warehouse.{table} ENABLE ALWAYS TRIGGER {table}_holds_the_gate")
    for name, event, level in (("row", "UPDATE OR DELETE", "ROW"), ("statement", "TRUNCATE", "STATEMENT")):
        op.execute(f"CREATE TRIGGER trail_sheet_{name}_refuse BEFORE {event} ON warehouse.trail_sheet"
                   f" FOR EACH {level} EXECUTE FUNCTION warehouse.refuse()")
        op.execute(f"ALTER TABLE warehouse.trail_sheet ENABLE ALWAYS TRIGGER trail_sheet_{name}_refuse")


def downgrade() -> None:
    for table in ("change", "signature"):
        op.execute(f"DROP TRIGGER {table}_holds_the_gate ON warehouse.{table}")
    op.execute("DROP FUNCTION warehouse.change_sheet(bigint), warehouse.signature_sheet(bigint)")
    op.execute("DROP TABLE warehouse.trail_sheet")
    op.execute("DROP FUNCTION warehouse.hold_trail_gate()")
    op.execute("DROP FUNCTION warehouse.trail_gate()")
