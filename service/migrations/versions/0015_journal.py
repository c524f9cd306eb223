"""What binds a movement's rows to its statement; and the rest of what may never change.

A movement keeps its journal (`service.ledger.journal`): the bytes whose hash the statement says. Movements that were
recorded before have none, and an audit says how many they are.
"""

from alembic import op

revision = "0015"
down_revision = "0014"

JOURNAL = "ALTER TABLE warehouse.movement ADD COLUMN journal text"

# What names a thing to the world is in statements that were signed: it stays. Names and settings may change.
IDENTITIES = {
    "party": "id, code, uri",
    "site": "id, party_id, code",
    "location": "id, party_id, site_id, code, kind",
    "item": "id, party_id, code",
}

KEEP = """
CREATE FUNCTION warehouse.keep_named() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    RAISE EXCEPTION '%.% % keeps what names it: signed statements speak of it', TG_TABLE_SCHEMA, TG_TABLE_NAME, OLD.id
        USING ERRCODE = 'check_violation', CONSTRAINT = 'named_for_ever';
END $$;
"""

# The unit and the GTIN of an item are in the statements of its lots; without a lot they may still be mended.
KEEP_ITEM = """
CREATE FUNCTION warehouse.keep_item() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF EXISTS (SELECT FROM warehouse.lot WHERE item_id = OLD.id) THEN
        RAISE EXCEPTION 'item % has lots, and keeps its GTIN, unit and decimals', OLD.code
            USING ERRCODE = 'check_violation', CONSTRAINT = 'named_for_ever';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER keep_item BEFORE UPDATE ON warehouse.item FOR EACH ROW
    WHEN ((NEW.gtin, NEW.unit, NEW.decimals) IS DISTINCT FROM (OLD.gtin, OLD.unit, OLD.decimals))
    EXECUTE FUNCTION warehouse.keep_item();
ALTER TABLE warehouse.item ENABLE ALWAYS TRIGGER keep_item;
"""

# A master date of a lot is in the journal of the movement that began it. Only a recall may be noted at it.
KEEP_LOT = """
DROP TRIGGER keep_identity ON warehouse.lot;
CREATE TRIGGER keep_identity BEFORE UPDATE ON warehouse.lot FOR EACH ROW
    WHEN ((NEW.id, NEW.party_id, NEW.item_id, NEW.number, NEW.uri, NEW.production_date, NEW.expiry_date,
           NEW.retest_date, NEW.manufacturer_lot, NEW.supplier, NEW.traceability_lot_code, NEW.traceability_source)
          IS DISTINCT FROM
          (OLD.id, OLD.party_id, OLD.item_id, OLD.number, OLD.uri, OLD.production_date, OLD.expiry_date,
           OLD.retest_date, OLD.manufacturer_lot, OLD.supplier, OLD.traceability_lot_code, OLD.traceability_source))
    EXECUTE FUNCTION warehouse.keep_identity();
ALTER TABLE warehouse.lot ENABLE ALWAYS TRIGGER keep_identity;
"""

# Disclosures that come back from a backup or a partner may be added to those that are there; none goes.
DISCLOSED = """
CREATE FUNCTION warehouse.disclose_more() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF NEW.statement_hash <> OLD.statement_hash
        OR NOT string_to_array(NEW.disclosures, '~') @> string_to_array(OLD.disclosures, '~')
    THEN
        RAISE EXCEPTION 'UPDATE on warehouse.disclosure refused: what is recorded is never changed'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER disclose_more BEFORE UPDATE ON warehouse.disclosure
    FOR EACH ROW EXECUTE FUNCTION warehouse.disclose_more();
ALTER TABLE warehouse.disclosure ENABLE ALWAYS TRIGGER disclose_more;
CREATE TRIGGER disclosure_row_refuse BEFORE DELETE ON warehouse.disclosure
    FOR EACH ROW EXECUTE FUNCTION warehouse.refuse();
ALTER TABLE warehouse.disclosure ENABLE ALWAYS TRIGGER disclosure_row_refuse;
"""


def upgrade() -> None:
    op.execute(JOURNAL)
    op.execute(KEEP)
    op.execute(KEEP_ITEM)
    op.execute(KEEP_LOT)
    for table, columns in IDENTITIES.items():
        keep(table, columns.split(", "))
    op.execute(DISCLOSED)


def keep(table: str, columns: list[str]) -> None:
    new, old = (", ".join(f"{row}.{column}" for column in columns) for row in ("NEW", "OLD"))
    op.execute(
        f"CREATE TRIGGER keep_named BEFORE UPDATE ON warehouse.{table} FOR EACH ROW"
        f" WHEN (({new}) IS DISTINCT FROM ({old})) EXECUTE FUNCTION warehouse.keep_named()"
    )
    op.execute(f"ALTER TABLE warehouse.{table} ENABLE ALWAYS TRIGGER keep_named")
