"""A party shows a lot to whoever has a link, as much of it as it chose, for as long as it chose."""

from alembic import op

revision = "0023"
down_revision = "0020"

SHARE = """
CREATE TABLE warehouse.share (
    number      bigint  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    party_id    bigint  NOT NULL REFERENCES warehouse.party,
    id          uuid    NOT NULL,
    secret_hash bytea   NOT NULL UNIQUE CHECK (octet_length(secret_hash) = 32),
    lot_uri     text    NOT NULL,
    groups      text[]  NOT NULL,
    label       text    NOT NULL,
    made_by     text    NOT NULL,
    made_at     bigint  NOT NULL,
    expires_at  bigint,
    ended_at    bigint,
    UNIQUE (party_id, id)
);

CREATE FUNCTION warehouse.end_once() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF OLD.ended_at IS NULL AND NEW.ended_at IS NOT NULL AND
        to_jsonb(NEW) - 'ended_at' = to_jsonb(OLD) - 'ended_at' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% on %.% refused: what is recorded is never changed', TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER share_end_once BEFORE UPDATE ON warehouse.share
    FOR EACH ROW EXECUTE FUNCTION warehouse.end_once();
CREATE TRIGGER share_row_refuse BEFORE DELETE ON warehouse.share
    FOR EACH ROW EXECUTE FUNCTION warehouse.refuse();
CREATE TRIGGER share_statement_refuse BEFORE TRUNCATE ON warehouse.share
    FOR EACH STATEMENT EXECUTE FUNCTION warehouse.refuse();
ALTER TABLE warehouse.share ENABLE ALWAYS TRIGGER share_end_once;
ALTER TABLE warehouse.share ENABLE ALWAYS TRIGGER share_row_refuse;
ALTER TABLE warehouse.share ENABLE ALWAYS TRIGGER share_statement_refuse;
"""


def upgrade() -> None:
    op.execute(SHARE)


def downgrade() -> None:
    op.execute("DROP TABLE warehouse.share; DROP FUNCTION warehouse.end_once()")
