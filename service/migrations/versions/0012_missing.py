"""What counts and settlements do not find of goods on hold stays on hold, and is found on hold."""

from alembic import op

revision = "0012"
down_revision = "0011"

_NEVER_BELOW_ZERO = """
ALTER TABLE warehouse.balance DROP CONSTRAINT never_below_zero;
ALTER TABLE warehouse.balance ADD CONSTRAINT never_below_zero CHECK (
    CASE WHEN place IN (-1, -5) THEN units <= 0 ELSE {free} OR units >= 0 END);
"""
NEVER_BELOW_ZERO = _NEVER_BELOW_ZERO.format(free="(place = -9 AND status = 'available')")

# Once for each INSERT of legs, after post_legs has moved the balances: nothing else of a lot is found while goods of it are
# missing that were on hold. Of the balance, what later movements of the same INSERT brought there does not count.
FOUND = """
CREATE FUNCTION warehouse.find_on_hold_first() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, warehouse AS $$
DECLARE
    bad record;
BEGIN
    SELECT leg.lot_id, leg.movement INTO bad
        FROM fresh AS leg JOIN balance b ON (b.lot_id, b.place, b.status) = (leg.lot_id, -9, 'hold')
        WHERE leg.place = -9 AND leg.status = 'available' AND leg.units < 0
            AND b.units > (SELECT coalesce(sum(later.units), 0) FROM fresh AS later
                WHERE (later.lot_id, later.place, later.status) = (leg.lot_id, -9, 'hold')
                    AND later.movement > leg.movement)
        LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'INV-S5: goods missing of those on hold are found first (lot %, movement %)',
            bad.lot_id, bad.movement USING ERRCODE = 'check_violation', CONSTRAINT = 'found_on_hold_first';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER post_legs_found AFTER INSERT ON warehouse.leg REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION warehouse.find_on_hold_first();
ALTER TABLE warehouse.leg ENABLE ALWAYS TRIGGER post_legs_found;
"""


def upgrade() -> None:
    op.execute(NEVER_BELOW_ZERO)
    op.execute(FOUND)


def downgrade() -> None:
    op.execute("DROP FUNCTION warehouse.find_on_hold_first CASCADE")
    op.execute(_NEVER_BELOW_ZERO.format(free="place = -9"))
