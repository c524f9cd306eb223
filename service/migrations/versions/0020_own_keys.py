"""A party may have several keys, some of them its own: of those no secret half is here. A change of keys is asked for,
approved by another person, and then entered into the log.
"""

from alembic import op

revision = "0020"
down_revision = "0019"

KEYS = """
ALTER TABLE warehouse.party_key
    DROP CONSTRAINT party_key_pkey,
    ALTER COLUMN sealed DROP NOT NULL,
    ADD COLUMN recovery text,  -- thumbprint of the offline key that may sign the next statement, as this one names it
    ADD PRIMARY KEY (party_id, sequence, kid);
COMMENT ON COLUMN warehouse.party_key.sealed IS 'NULL: the party keeps the secret half itself';
"""

CHANGES = """
CREATE TABLE warehouse.key_change (
    number     bigint  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    party_id   bigint  NOT NULL REFERENCES warehouse.party,
    id         uuid    NOT NULL,
    own        bytea[] NOT NULL,  -- public keys whose secret halves the party keeps
    kept_here  text    NOT NULL CHECK (kept_here IN ('as it is', 'new', 'none')),
    recovery   text,
    reason     text    NOT NULL,
    asked_by   text    NOT NULL,
    asked_at   bigint  NOT NULL,
    state      text    NOT NULL DEFAULT 'asked' CHECK (state IN ('asked', 'done', 'withdrawn')),
    closed_by  text,
    closed_at  bigint,
    sequence   bigint,  -- of the key statement that came of it
    UNIQUE (party_id, id),
    CHECK ((state = 'asked') = (closed_by IS NULL) AND (state = 'asked') = (closed_at IS NULL)),
    CHECK ((state = 'done') = (sequence IS NOT NULL)),
    CHECK (state <> 'done' OR asked_by <> closed_by)
);

CREATE FUNCTION warehouse.close_once() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF OLD.state = 'asked' AND NEW.state <> 'asked' AND
        to_jsonb(NEW) - '{state,closed_by,closed_at,sequence}'::text[] =
        to_jsonb(OLD) - '{state,closed_by,closed_at,sequence}'::text[] THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% on %.% refused: what is recorded is never changed', TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER key_change_close_once BEFORE UPDATE ON warehouse.key_change
    FOR EACH ROW EXECUTE FUNCTION warehouse.close_once();
CREATE TRIGGER key_change_row_refuse BEFORE DELETE ON warehouse.key_change
    FOR EACH ROW EXECUTE FUNCTION warehouse.refuse();
CREATE TRIGGER key_change_statement_refuse BEFORE TRUNCATE ON warehouse.key_change
    FOR EACH STATEMENT EXECUTE FUNCTION warehouse.refuse();
ALTER TABLE warehouse.key_change ENABLE ALWAYS TRIGGER key_change_close_once;
ALTER TABLE warehouse.key_change ENABLE ALWAYS TRIGGER key_change_row_refuse;
ALTER TABLE warehouse.key_change ENABLE ALWAYS TRIGGER key_change_statement_refuse;
"""


def upgrade() -> None:
    op.execute(KEYS)
    op.execute(CHANGES)


def downgrade() -> None:
    op.execute(
        "DROP TABLE warehouse.key_change; DROP FUNCTION warehouse.close_once();"
        " ALTER TABLE warehouse.party_key DROP CONSTRAINT party_key_pkey, DROP COLUMN recovery,"
        " ALTER COLUMN sealed SET NOT NULL, ADD PRIMARY KEY (party_id, sequence)"
    )
