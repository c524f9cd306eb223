"""What the office looks at and takes away: figures over all rows of a party, prints that are numbered, audits that ran.

The functions run as the owner and ask once for whom, as those of `0033_overview` do: row-level security asks at each
row, which is right for a page and too slow for a house. A movement's time is found by its block on disk: movements are
written in the order of their times, so a BRIN index of a few pages is enough.
"""

from importlib import import_module

from alembic import op

revision = "0037"
down_revision = "0036"

ACTING = "ANY (nullif(current_setting('lotproof.parties', true), '')::bigint[])"

TIME = "CREATE INDEX movement_by_time ON warehouse.movement USING brin (recorded_at) WITH (autosummarize = on);"

# As in `0033_overview`, and in the same pass by month of expiry, [some of it may be used, wholly on hold]: counted from
# the month that it is at the site, 0 this one, 12 all later ones; what is expired or has no date is in none.
LYING = """
DROP FUNCTION warehouse.lots_lying(bigint, bigint);
CREATE FUNCTION warehouse.lots_lying(party bigint, at bigint) RETURNS TABLE (
    available bigint, partly_hold bigint, hold bigint, expired bigint, recalled bigint, expired_any bigint,
    undated bigint, d30 bigint, d60 bigint, d90 bigint, months jsonb
) LANGUAGE sql STABLE SET search_path = pg_catalog, warehouse AS $$
    WITH here AS MATERIALIZED (
        SELECT l.id, (to_timestamp(at / 1000.0) AT TIME ZONE s.zone)::date AS today
        FROM location l JOIN site s ON s.id = l.site_id WHERE l.party_id = party AND party = <acting>
    ), lying AS (
        SELECT b.lot_id, bool_or(b.status = 'hold') AS held, bool_or(b.status = 'available') AS free,
            max(here.today) AS today
        FROM here JOIN balance b ON b.place = here.id AND b.place > 0 AND b.units > 0 GROUP BY b.lot_id
    ), told AS MATERIALIZED (
        SELECT held, free, lot.recall IS NOT NULL AS recalled, lot.expiry_date, today,
            lot.expiry_date - today AS days, coalesce(lot.expiry_date < today, false) AS expired
        FROM lying JOIN lot ON lot.id = lying.lot_id
    ), day AS (
        SELECT expiry_date, today, count(*) FILTER (WHERE free) AS free, count(*) FILTER (WHERE NOT free) AS held
        FROM told WHERE NOT expired AND expiry_date IS NOT NULL GROUP BY 1, 2
    ), month AS (
        SELECT least(12, (extract(year FROM expiry_date) - extract(year FROM today)) * 12
            + extract(month FROM expiry_date) - extract(month FROM today))::int AS month,
            sum(free)::bigint AS free, sum(held)::bigint AS held FROM day GROUP BY 1
    )
    SELECT count(*) FILTER (WHERE free AND NOT held AND NOT expired AND NOT recalled),
        count(*) FILTER (WHERE held AND free AND NOT expired AND NOT recalled),
        count(*) FILTER (WHERE held AND NOT free AND NOT expired AND NOT recalled),
        count(*) FILTER (WHERE expired AND NOT recalled), count(*) FILTER (WHERE recalled),
        count(*) FILTER (WHERE expired), count(*) FILTER (WHERE undated),
        count(*) FILTER (WHERE NOT expired AND days <= 30), count(*) FILTER (WHERE days BETWEEN 31 AND 60),
        count(*) FILTER (WHERE days BETWEEN 61 AND 90),
        (SELECT coalesce(jsonb_object_agg(m.month, jsonb_build_array(m.free, m.held)), '{}') FROM month m)
    FROM (SELECT *, expiry_date IS NULL AS undated FROM told) AS told
$$;
"""

# How many lots were on hold at the end of each of so many days, the last of them at `at`.
HELD_DAYS = """
CREATE FUNCTION warehouse.lots_held_then(party bigint, at bigint, days int) RETURNS TABLE (ends bigint, lots bigint)
LANGUAGE sql STABLE SET search_path = pg_catalog, warehouse AS $$
    WITH step AS MATERIALIZED (
        SELECT leg.lot_id, m.recorded_at, sum(leg.units) AS net FROM lot
        JOIN leg ON leg.lot_id = lot.id AND leg.status = 'hold' AND leg.place > 0
        JOIN movement m ON m.number = leg.movement
        WHERE lot.party_id = party AND party = <acting> GROUP BY leg.lot_id, m.number
    ), day AS (SELECT at - 86400000::bigint * n AS ends FROM generate_series(0, days - 1) n), held AS (
        SELECT day.ends, step.lot_id FROM day JOIN step ON step.recorded_at <= day.ends
        GROUP BY 1, 2 HAVING sum(step.net) > 0
    )
    SELECT day.ends, count(held.lot_id) FROM day LEFT JOIN held ON held.ends = day.ends
    WHERE party = <acting> GROUP BY 1 ORDER BY 1
$$;
"""

# Of each item what lies and, since then, what left (shipped, handed over, consumed) and by how much stock changed.
PACE = """
CREATE FUNCTION warehouse.item_pace(party bigint, since bigint, at bigint)
RETURNS TABLE (item_id bigint, stock bigint, gone bigint, net bigint)
LANGUAGE sql STABLE SET search_path = pg_catalog, warehouse AS $$
    WITH lying AS (
        SELECT lot.item_id, sum(b.units)::bigint AS units FROM location l
        JOIN balance b ON b.place = l.id AND b.place > 0 AND b.units > 0 JOIN lot ON lot.id = b.lot_id
        WHERE l.party_id = party AND party = <acting> GROUP BY 1
    ), began AS MATERIALIZED (
        SELECT min(number) AS number FROM movement WHERE recorded_at >= since
    ), moved AS (
        SELECT lot.item_id, sum(leg.units)::bigint AS net, (-coalesce(sum(leg.units) FILTER (
            WHERE m.type IN ('ship', 'take_back', 'offer', 'refuse', 'withdraw')
                OR m.type IN ('produce', 'rework') AND leg.units < 0), 0))::bigint AS gone
        FROM began JOIN movement m ON m.number >= began.number AND m.party_id = party AND m.recorded_at <= at
        JOIN leg ON leg.movement = m.number AND leg.movement >= began.number AND leg.place > 0
        JOIN lot ON lot.id = leg.lot_id AND lot.party_id = party
        WHERE party = <acting> GROUP BY 1
    )
    SELECT coalesce(lying.item_id, moved.item_id), coalesce(lying.units, 0), coalesce(moved.gone, 0),
        coalesce(moved.net, 0) FROM lying FULL JOIN moved ON moved.item_id = lying.item_id
$$;
"""

# How long lots stood at a dock, in staging or in quarantine: from a lot's coming to a place to its next going from
# there, both since then.
STAYS = """
CREATE FUNCTION warehouse.stays(party bigint, since bigint, at bigint)
RETURNS TABLE (kind text, stays bigint, p50 double precision, p95 double precision)
LANGUAGE sql STABLE SET search_path = pg_catalog, warehouse AS $$
    WITH began AS MATERIALIZED (
        SELECT min(number) AS number FROM movement WHERE recorded_at >= since
    ), step AS (
        SELECT leg.lot_id, leg.place, l.kind, m.number, m.recorded_at, sum(leg.units) AS net
        FROM began JOIN leg ON leg.movement >= began.number
        JOIN location l ON l.id = leg.place AND l.party_id = party AND l.kind IN ('dock', 'staging', 'quarantine')
        JOIN movement m ON m.number = leg.movement AND m.recorded_at <= at
        WHERE party = <acting> GROUP BY leg.lot_id, leg.place, l.kind, m.number HAVING sum(leg.units) <> 0
    ), stay AS (
        SELECT step.kind, net, recorded_at, max(recorded_at) FILTER (WHERE net > 0) OVER (
            PARTITION BY lot_id, place ORDER BY number ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS came
        FROM step
    )
    SELECT stay.kind, count(*), percentile_cont(0.5) WITHIN GROUP (ORDER BY recorded_at - came),
        percentile_cont(0.95) WITHIN GROUP (ORDER BY recorded_at - came)
    FROM stay WHERE net < 0 AND came IS NOT NULL GROUP BY 1
$$;
"""

# How long handoffs waited for their answer; the two movements are rows of two parties.
ANSWERED = """
CREATE FUNCTION warehouse.handoffs_answered(party bigint, since bigint, at bigint) RETURNS TABLE (
    partner text, ours boolean, handoffs bigint, p50 double precision, p95 double precision, differing bigint
) LANGUAGE sql STABLE SET search_path = pg_catalog, warehouse AS $$
    SELECT p.code, h.sender_id = party, count(*),
        percentile_cont(0.5) WITHIN GROUP (ORDER BY answer.recorded_at - offer.recorded_at),
        percentile_cont(0.95) WITHIN GROUP (ORDER BY answer.recorded_at - offer.recorded_at),
        count(*) FILTER (WHERE EXISTS (SELECT FROM discrepancy d WHERE d.handoff = h.movement))
    FROM handoff h JOIN movement answer ON answer.number = h.answer JOIN movement offer ON offer.number = h.movement
    JOIN party p ON p.id = CASE WHEN h.sender_id = handoffs_answered.party THEN h.receiver_id ELSE h.sender_id END
    WHERE party IN (h.sender_id, h.receiver_id) AND party = <acting> AND h.sender_id <> h.receiver_id
        AND h.state IN ('accepted', 'refused') AND answer.recorded_at > since AND answer.recorded_at <= at
    GROUP BY 1, 2
$$;
"""

# What a label said and which copies of it there are: `first` to `first + copies - 1` of all of this thing.
LABELS = """
CREATE TABLE warehouse.label_print (
    party_id     bigint NOT NULL REFERENCES warehouse.party,
    id           uuid NOT NULL,
    kind         text NOT NULL CHECK (kind IN ('lot', 'pallet', 'place')),
    about        text NOT NULL,
    first        integer NOT NULL CHECK (first > 0),
    copies       integer NOT NULL CHECK (copies BETWEEN 1 AND 100),
    reason       text CHECK (reason IS NOT NULL OR first = 1),
    size         text NOT NULL,
    code         text NOT NULL,
    says         jsonb NOT NULL,
    printed_by   text NOT NULL,
    printed_at   timestamptz NOT NULL,
    content_hash bytea NOT NULL,
    PRIMARY KEY (party_id, id),
    UNIQUE (party_id, kind, about, first)
);
"""

# A paper about a lot as it was given out. Its words are not kept: they may have to be erased, and this row never is.
# `facts` are counts and states, by which one sees later whether anything changed; `content_hash` stands on the paper.
PAPERS = """
CREATE TABLE warehouse.paper_print (
    id           uuid PRIMARY KEY,
    party_id     bigint NOT NULL REFERENCES warehouse.party,
    lot_uri      text NOT NULL,
    copy         integer NOT NULL CHECK (copy > 0),
    language     text NOT NULL CHECK (language IN ('en', 'zh')),
    facts        jsonb NOT NULL,
    content_hash bytea NOT NULL,
    file_hash    bytea NOT NULL,
    printed_by   text NOT NULL,
    printed_at   timestamptz NOT NULL,
    UNIQUE (party_id, lot_uri, copy)
);
"""

# Integrity reports that ran to their end; without a party: over everything.
AUDITS = """
CREATE TABLE warehouse.audit_run (
    number   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    party_id bigint REFERENCES warehouse.party,
    at       timestamptz NOT NULL,
    findings integer NOT NULL CHECK (findings >= 0),
    took_ms  bigint NOT NULL CHECK (took_ms >= 0)
);
CREATE INDEX audit_run_of_party ON warehouse.audit_run (party_id, at);
"""

FUNCTIONS = (LYING, HELD_DAYS, PACE, STAYS, ANSWERED)
KEPT = ("label_print", "paper_print", "audit_run")


def upgrade() -> None:
    for statements in (TIME, *FUNCTIONS, LABELS, PAPERS, AUDITS):
        op.execute(statements.replace("<acting>", ACTING))
    for table in KEPT:
        for name, event, level in (("row", "UPDATE OR DELETE", "ROW"), ("all", "TRUNCATE", "STATEMENT")):
            op.execute(f"CREATE TRIGGER {table}_{name}_refuse BEFORE {event} ON warehouse.{table} FOR EACH {level}"
                       " EXECUTE FUNCTION warehouse.refuse()")
            op.execute(f"ALTER TABLE warehouse.{table} ENABLE ALWAYS TRIGGER {table}_{name}_refuse")


def downgrade() -> None:
    op.execute("DROP TABLE warehouse.audit_run, warehouse.paper_print, warehouse.label_print")
    op.execute("DROP FUNCTION warehouse.handoffs_answered, warehouse.stays, warehouse.item_pace,"
               " warehouse.lots_held_then, warehouse.lots_lying")
    op.execute(import_module("service.migrations.versions.0033_overview").LYING.replace("<acting>", ACTING))
    op.execute("DROP INDEX warehouse.movement_by_time")
