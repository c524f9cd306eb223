"""What operating needs: sealed keys can be sealed anew, and the web process can tell how much the anchorer's account holds.

A row of `party_key` stays what it is; only `sealed` may become another value, which opens to the same key or to none: the
public half and the statement that names it never change.
"""

from alembic import op

revision = "0019"
down_revision = "0017"

RESEAL = """
CREATE FUNCTION warehouse.reseal_only() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF NEW.sealed <> OLD.sealed AND to_jsonb(NEW) - 'sealed' = to_jsonb(OLD) - 'sealed' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% on %.% refused: what is recorded is never changed', TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END $$;

DROP TRIGGER party_key_row_refuse ON warehouse.party_key;
CREATE TRIGGER party_key_row_refuse BEFORE DELETE ON warehouse.party_key
    FOR EACH ROW EXECUTE FUNCTION warehouse.refuse();
CREATE TRIGGER party_key_reseal_only BEFORE UPDATE ON warehouse.party_key
    FOR EACH ROW EXECUTE FUNCTION warehouse.reseal_only();
ALTER TABLE warehouse.party_key ENABLE ALWAYS TRIGGER party_key_row_refuse;
ALTER TABLE warehouse.party_key ENABLE ALWAYS TRIGGER party_key_reseal_only;
"""

WALLET = """
-- The anchorer's account as the worker saw it last. Says nothing about the past, so it may change.
CREATE TABLE ledger.wallet (
    account bytea       PRIMARY KEY CHECK (octet_length(account) = 20),
    balance numeric(30) NOT NULL,  -- wei
    anchors bigint      NOT NULL,  -- for how many that is enough at the price of now
    gas     bigint      NOT NULL,  -- used by anchors that became final, and by those that failed
    spent   numeric(30) NOT NULL,  -- wei, for these
    counted bigint      NOT NULL,  -- the last row of ledger.attempt that these two hold
    at      bigint      NOT NULL
);
"""


def upgrade() -> None:
    op.execute(RESEAL)
    op.execute(WALLET)


def downgrade() -> None:
    op.execute(
        "DROP TABLE ledger.wallet; DROP TRIGGER party_key_reseal_only ON warehouse.party_key;"
        " DROP FUNCTION warehouse.reseal_only(); DROP TRIGGER party_key_row_refuse ON warehouse.party_key;"
        " CREATE TRIGGER party_key_row_refuse BEFORE UPDATE OR DELETE ON warehouse.party_key"
        " FOR EACH ROW EXECUTE FUNCTION warehouse.refuse();"
        " ALTER TABLE warehouse.party_key ENABLE ALWAYS TRIGGER party_key_row_refuse"
    )
