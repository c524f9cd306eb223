"""What is done to the schema from outside stands on record: DDL that is no migration writes a row, and warns.

The roles themselves, what they own and what is granted to them follow after every migration (`service.roles.settling`).
"""

from alembic import op

revision = "0016"
down_revision = "0015"

TABLE = """
-- `at`: when the transaction began. A transaction that begins with a row of a migration may change the schema quietly.
CREATE TABLE ledger.ddl (
    id        uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
    at        timestamptz NOT NULL DEFAULT transaction_timestamp(),
    pid       integer     NOT NULL DEFAULT pg_backend_pid(),
    login     text        NOT NULL DEFAULT session_user,
    role      text        NOT NULL DEFAULT current_setting('role'),
    client    text        NOT NULL,  -- program and address, as they name themselves
    tag       text        NOT NULL,  -- ALTER TABLE, DROP TRIGGER …, or MIGRATION
    object    text        NOT NULL,
    statement text        NOT NULL
);
CREATE INDEX ddl_at ON ledger.ddl (at);

CREATE TRIGGER keep_rows BEFORE UPDATE OR DELETE ON ledger.ddl
    FOR EACH ROW EXECUTE FUNCTION ledger.keep_facts();
CREATE TRIGGER keep_table BEFORE TRUNCATE ON ledger.ddl
    FOR EACH STATEMENT EXECUTE FUNCTION ledger.keep_facts();
ALTER TABLE ledger.ddl ENABLE ALWAYS TRIGGER keep_rows;
ALTER TABLE ledger.ddl ENABLE ALWAYS TRIGGER keep_table;
"""

# GRANT and ALTER DEFAULT PRIVILEGES tell no object; what moves to another schema is named by the statement only.
NOTES = r"""
CREATE FUNCTION ledger.keep_ddl(tag text, object text) RETURNS void LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE WARNING 'the schema is changed from outside a migration: % %', tag, object;
    IF to_regclass('ledger.ddl') IS NOT NULL THEN
        INSERT INTO ledger.ddl (client, tag, object, statement)
            VALUES (concat_ws(' ', nullif(current_setting('application_name'), ''), host(inet_client_addr())),
                    tag, object, left(coalesce(current_query(), ''), 2000));
    END IF;
END $$;

CREATE FUNCTION ledger.is_migrating() RETURNS boolean LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN to_regclass('ledger.ddl') IS NOT NULL AND EXISTS (
        SELECT FROM ledger.ddl d
        WHERE d.at = transaction_timestamp() AND d.pid = pg_backend_pid() AND d.tag = 'MIGRATION');
END $$;

CREATE FUNCTION ledger.note_ddl() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    made record;
BEGIN
    IF ledger.is_migrating() THEN
        RETURN;
    END IF;
    FOR made IN
        SELECT c.command_tag AS tag, coalesce(c.object_identity, lower(c.object_type), '') AS object
            FROM pg_event_trigger_ddl_commands() c
            WHERE NOT c.in_extension AND coalesce(c.schema_name, '') <> 'pg_temp' AND (
                c.schema_name IN ('ledger', 'warehouse') OR c.object_identity IS NULL
                OR c.object_identity ~ '\m(ledger|warehouse)\M' OR current_query() ~ '\m(ledger|warehouse)\M')
    LOOP
        PERFORM ledger.keep_ddl(made.tag, made.object);
    END LOOP;
END $$;

CREATE FUNCTION ledger.note_drop() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    gone record;
BEGIN
    IF ledger.is_migrating() THEN
        RETURN;
    END IF;
    FOR gone IN
        SELECT d.object_type, d.object_identity AS object FROM pg_event_trigger_dropped_objects() d
            WHERE d.original AND NOT d.is_temporary AND (
                d.schema_name IN ('ledger', 'warehouse') OR d.object_identity ~ '\m(ledger|warehouse)\M')
    LOOP
        PERFORM ledger.keep_ddl('DROP ' || upper(gone.object_type), gone.object);
    END LOOP;
END $$;
"""


def upgrade() -> None:
    op.execute(TABLE)
    op.execute(NOTES)


def downgrade() -> None:
    op.execute(
        "DROP EVENT TRIGGER IF EXISTS lotproof_ddl; DROP EVENT TRIGGER IF EXISTS lotproof_drop;"
        " DROP FUNCTION ledger.note_ddl(); DROP FUNCTION ledger.note_drop(); DROP FUNCTION ledger.is_migrating();"
        " DROP FUNCTION ledger.keep_ddl(text, text); DROP TABLE ledger.ddl"
    )
