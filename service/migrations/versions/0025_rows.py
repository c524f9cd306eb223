"""What row-level security asks: which of another party's rows concern a party that it was offered goods.

The policies themselves follow after every migration (`service.roles.policies`), as grants do. Each function says yes or
no about one row, for the parties of the transaction, and is asked about rows of others only. They run as the owner
(`service.roles.grants`), or an answer would depend on what the asker sees.
"""

from alembic import op

revision = "0025"
down_revision = "0022"

ACTING = "ANY (nullif(current_setting('lotproof.parties', true), '')::bigint[])"

# Of an offer, also one that was answered: a list of handoffs shows what it was.
OFFERED = """
CREATE FUNCTION warehouse.offered_lot(lot bigint) RETURNS boolean LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, warehouse AS $$
BEGIN
    RETURN EXISTS (SELECT FROM handoff_line l JOIN handoff h ON h.movement = l.movement
                   WHERE l.lot_id = lot AND h.receiver_id = <acting>);
END $$;

CREATE FUNCTION warehouse.offered_item(item bigint) RETURNS boolean LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, warehouse AS $$
BEGIN
    RETURN EXISTS (SELECT FROM lot JOIN handoff_line l ON l.lot_id = lot.id JOIN handoff h ON h.movement = l.movement
                   WHERE lot.item_id = item AND h.receiver_id = <acting>);
END $$;

-- A pallet is offered from the place where it stands.
CREATE FUNCTION warehouse.offered_from(place bigint) RETURNS boolean LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, warehouse AS $$
BEGIN
    RETURN EXISTS (SELECT FROM handoff h WHERE h.from_location_id = place AND h.receiver_id = <acting>)
        OR EXISTS (SELECT FROM location l JOIN handoff h ON h.from_location_id = l.id
                   WHERE l.within = place AND h.receiver_id = <acting>);
END $$;

CREATE FUNCTION warehouse.offered_from_site(site bigint) RETURNS boolean LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, warehouse AS $$
BEGIN
    RETURN EXISTS (SELECT FROM location l JOIN handoff h ON h.from_location_id = l.id
                   WHERE l.site_id = site AND h.receiver_id = <acting>);
END $$;

CREATE INDEX handoff_from_location ON warehouse.handoff (from_location_id, receiver_id);
"""

# The legs of an answer are written before the handoff is marked as answered.
ANSWERED = """
CREATE FUNCTION warehouse.answered_lot(lot bigint, answer bigint) RETURNS boolean LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, warehouse AS $$
BEGIN
    RETURN EXISTS (SELECT FROM handoff_line l JOIN handoff h ON h.movement = l.movement
                   WHERE l.lot_id = lot AND h.receiver_id = <acting> AND h.state = 'offered')
        AND EXISTS (SELECT FROM movement m WHERE m.number = answer AND m.party_id = <acting>);
END $$;

CREATE FUNCTION warehouse.answered_us(answer bigint) RETURNS boolean LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, warehouse AS $$
BEGIN
    RETURN EXISTS (SELECT FROM handoff h WHERE h.answer = answered_us.answer AND h.sender_id = <acting>);
END $$;
"""

# Names that are unique among parties. A handoff's id is random, and a GS1 prefix is public: who asks knows them.
TAKEN = """
CREATE FUNCTION warehouse.handoff_ids_taken(receivers bigint[], ids uuid[]) RETURNS TABLE (receiver bigint, taken uuid)
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, warehouse AS $$
BEGIN
    RETURN QUERY SELECT h.receiver_id, h.id FROM unnest(receivers, ids) AS asked (receiver_id, id)
        JOIN handoff h ON (h.receiver_id, h.id) = (asked.receiver_id, asked.id);
END $$;

-- One that begins with another would make the same codes.
CREATE FUNCTION warehouse.gs1_prefix_taken(asked text) RETURNS boolean LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, warehouse AS $$
BEGIN
    RETURN EXISTS (SELECT FROM gs1_prefix g WHERE starts_with(asked, g.prefix) OR starts_with(g.prefix, asked));
END $$;
"""

# As in 0022, but of a party's own erasures only. Who acts for no party (a recovery) must be one who may do all of it
# without this function.
ERASE_OWN = """
CREATE OR REPLACE FUNCTION warehouse.carry_out_erasure(erasure_number bigint, shown text, new_content text,
    new_parts text, words text[]) RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, warehouse AS $$
DECLARE
    ended erasure;
    acting bigint[] := nullif(current_setting('lotproof.parties', true), '')::bigint[];
BEGIN
    SELECT * INTO STRICT ended FROM erasure WHERE number = erasure_number AND state = 'erased'
        AND CASE WHEN acting IS NOT NULL THEN party_id = ANY (acting)
            ELSE to_regrole('lotproof_owner') IS NULL
                OR pg_has_role(session_user, to_regrole('lotproof_owner')::oid, 'USAGE') END;
    UPDATE disclosure SET disclosures = shown WHERE statement_hash = ended.statement_hash;
    UPDATE movement SET content = new_content, parts = new_parts WHERE number = ended.movement;
    UPDATE refusal r SET detail = 'erased' FROM movement m
        WHERE m.number = ended.movement AND r.movement = m.id AND r.party_id = m.party_id;
    IF ended.property = 'lotproof:customer' THEN
        UPDATE customer SET name = 'erased' WHERE party_id = ended.party_id AND name = ANY (words);
        UPDATE orders SET partner = 'erased' WHERE party_id = ended.party_id AND partner = ANY (words);
    END IF;
END $$;
"""

# An index of an expression is used under a policy only if the expression tells nothing about what it is given; it
# never fails and says nothing. With a fixed path it is not spelled out within queries, where the promise would be lost.
# Only a superuser may make that promise; without it the lots of a party are looked through one by one.
LOOK_ALIKE = """
ALTER FUNCTION warehouse.lot_skeleton(text) SET search_path = pg_catalog, pg_temp;
DO $$ BEGIN
    IF (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
        ALTER FUNCTION warehouse.lot_skeleton(text) LEAKPROOF;
    END IF;
END $$;
"""


def upgrade() -> None:
    for statements in (OFFERED, ANSWERED, TAKEN, ERASE_OWN, LOOK_ALIKE):
        op.execute(statements.replace("<acting>", ACTING))


UNWATCHED = """
DO $$ DECLARE
    found record;
BEGIN
    FOR found IN SELECT polname AS name, polrelid::regclass AS relation FROM pg_policy JOIN pg_class c ON c.oid = polrelid
        WHERE c.relnamespace = 'warehouse'::regnamespace
    LOOP
        EXECUTE format('DROP POLICY %I ON %s', found.name, found.relation);
        EXECUTE format('ALTER TABLE %s DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY', found.relation);
    END LOOP;
END $$;
"""


def downgrade() -> None:
    op.execute(UNWATCHED)
    op.execute(
        "DROP FUNCTION warehouse.offered_lot, warehouse.offered_item, warehouse.offered_from,"
        " warehouse.offered_from_site, warehouse.answered_lot, warehouse.answered_us, warehouse.handoff_ids_taken,"
        " warehouse.gs1_prefix_taken; DROP INDEX warehouse.handoff_from_location;"
        " ALTER FUNCTION warehouse.lot_skeleton(text) NOT LEAKPROOF RESET ALL"
    )
