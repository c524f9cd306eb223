"""What the overview counts, in the time that a page may take: one look at all balances of a party.

Row-level security asks for each balance and each leg whose lot it is, which is right for a page and too slow for a
house. These functions run as the owner and ask once: whoever does not stand for the party counts nothing of it.
"""

from alembic import op

revision = "0033"
down_revision = "0032"

ACTING = "ANY (nullif(current_setting('lotproof.parties', true), '')::bigint[])"

# A lot stands under what holds for any of its stock; days are counted at the site, as `warehouse.expired` counts them.
LYING = """
CREATE FUNCTION warehouse.lots_lying(party bigint, at bigint) RETURNS TABLE (
    available bigint, partly_hold bigint, hold bigint, expired bigint, recalled bigint, expired_any bigint,
    undated bigint, d30 bigint, d60 bigint, d90 bigint
) LANGUAGE sql STABLE SET search_path = pg_catalog, warehouse AS $$
    WITH here AS MATERIALIZED (
        SELECT l.id, (to_timestamp(at / 1000.0) AT TIME ZONE s.zone)::date AS today
        FROM location l JOIN site s ON s.id = l.site_id WHERE l.party_id = party AND party = <acting>
    ), lying AS (
        SELECT b.lot_id, bool_or(b.status = 'hold') AS held, bool_or(b.status = 'available') AS free,
            max(here.today) AS today
        FROM here JOIN balance b ON b.place = here.id AND b.place > 0 AND b.units > 0 GROUP BY b.lot_id
    ), told AS (
        SELECT held, free, lot.recall IS NOT NULL AS recalled, lot.expiry_date IS NULL AS undated,
            lot.expiry_date - today AS days, coalesce(lot.expiry_date < today, false) AS expired
        FROM lying JOIN lot ON lot.id = lying.lot_id
    )
    SELECT count(*) FILTER (WHERE free AND NOT held AND NOT expired AND NOT recalled),
        count(*) FILTER (WHERE held AND free AND NOT expired AND NOT recalled),
        count(*) FILTER (WHERE held AND NOT free AND NOT expired AND NOT recalled),
        count(*) FILTER (WHERE expired AND NOT recalled), count(*) FILTER (WHERE recalled),
        count(*) FILTER (WHERE expired), count(*) FILTER (WHERE undated),
        count(*) FILTER (WHERE NOT expired AND days <= 30), count(*) FILTER (WHERE days BETWEEN 31 AND 60),
        count(*) FILTER (WHERE days BETWEEN 61 AND 90)
    FROM told
$$;
"""

# Days since the movement that put goods on hold which are still there: the first after the hold was last empty.
HELD = """
CREATE FUNCTION warehouse.lots_held(party bigint, at bigint) RETURNS TABLE (lot_id bigint, days bigint)
LANGUAGE sql STABLE SET search_path = pg_catalog, warehouse AS $$
    WITH lying AS MATERIALIZED (
        SELECT DISTINCT b.lot_id FROM location l
        JOIN balance b ON b.place = l.id AND b.place > 0 AND b.units > 0 AND b.status = 'hold'
        WHERE l.party_id = party AND party = <acting>
    ), step AS MATERIALIZED (
        SELECT leg.lot_id, movement, sum(units) AS net,
            sum(sum(units)) OVER (PARTITION BY leg.lot_id ORDER BY movement) AS held
        FROM lying JOIN leg ON leg.lot_id = lying.lot_id AND leg.status = 'hold' AND leg.place > 0
        GROUP BY leg.lot_id, movement
    ), began AS (
        SELECT step.lot_id, coalesce(max(movement) FILTER (WHERE held = 0), 0) AS after FROM step GROUP BY 1
    )
    SELECT step.lot_id, (at - min(m.recorded_at)) / 86400000 FROM step JOIN began ON began.lot_id = step.lot_id
    JOIN movement m ON m.number = step.movement WHERE step.movement > began.after AND step.net > 0 GROUP BY 1
$$;

CREATE INDEX leg_on_hold ON warehouse.leg (lot_id, movement) WHERE status = 'hold' AND place > 0;
"""


def upgrade() -> None:
    for statements in (LYING, HELD):
        op.execute(statements.replace("<acting>", ACTING))


def downgrade() -> None:
    op.execute("DROP INDEX warehouse.leg_on_hold")
    op.execute("DROP FUNCTION warehouse.lots_held, warehouse.lots_lying")
