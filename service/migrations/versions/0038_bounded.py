"""What a hostile caller can fill is bounded, and what an erasure leaves behind says nothing.

Refusals are kept word for word up to a number a day; beyond it they are counted, by whom and why. An order's hash, by which
a retry is recognised, covers the partner's name: whoever guesses the name could have the guess confirmed after the name
itself was erased. It goes with the name; what was erased is not compared any more.
"""

from alembic import op

revision = "0038"
down_revision = "0037"

# `party_id` 0: of who has no party, or did not come in.
TALLY = """
CREATE TABLE warehouse.refusal_tally (
    party_id bigint NOT NULL,
    day date NOT NULL,
    who text NOT NULL,
    operation text NOT NULL,
    problem text NOT NULL,
    kept bigint NOT NULL CHECK (kept >= 0),
    more bigint NOT NULL CHECK (more >= 0),
    last_at timestamptz NOT NULL,
    PRIMARY KEY (party_id, day, who, operation, problem)
);

-- Counts `refused` refusals, and says how many of them are to be kept: as many as are left for this one and for the party.
CREATE FUNCTION warehouse.tally_refusals(party bigint, at timestamptz, by_whom text, of_operation text, of_problem text,
    refused bigint, most_of_one bigint, most_of_party bigint) RETURNS bigint LANGUAGE plpgsql
    SET search_path = pg_catalog, warehouse AS $$
DECLARE
    today date := (at AT TIME ZONE 'UTC')::date;
    left_over bigint;
BEGIN
    IF party <> 0 AND NOT coalesce(party = ANY (nullif(current_setting('lotproof.parties', true), '')::bigint[]), false) THEN
        RAISE EXCEPTION 'refusals of party % counted by who does not stand for it', party
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    SELECT least(most_of_party - coalesce(sum(kept), 0), most_of_one - coalesce(sum(kept) FILTER (WHERE who = by_whom), 0))
        INTO left_over FROM refusal_tally WHERE party_id = party AND day = today;
    left_over := greatest(0, least(refused, left_over));
    INSERT INTO refusal_tally AS t (party_id, day, who, operation, problem, kept, more, last_at)
        VALUES (party, today, by_whom, of_operation, of_problem, left_over, refused - left_over, at)
        ON CONFLICT (party_id, day, who, operation, problem) DO UPDATE
        SET kept = t.kept + excluded.kept, more = t.more + excluded.more, last_at = greatest(t.last_at, excluded.last_at);
    RETURN left_over;
END $$;
"""

# As in 0025, and an order's hash goes with its partner's name.
ERASE = """
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
        UPDATE orders SET partner = 'erased'<hash> WHERE party_id = ended.party_id AND partner = ANY (words);
    END IF;
END $$;
"""
NO_HASH = ", content_hash = decode(repeat('00', 32), 'hex')"

# Orders whose partner was erased before.
ERASED_BEFORE = f"UPDATE warehouse.orders SET {NO_HASH[2:]} WHERE partner = 'erased'"  # noqa: S608 - a constant

KEPT = (("row", "DELETE", "ROW"), ("statement", "TRUNCATE", "STATEMENT"))


def upgrade() -> None:
    op.execute(TALLY)
    op.execute(ERASE.replace("<hash>", NO_HASH))
    op.execute(ERASED_BEFORE)
    for name, event, level in KEPT:
        op.execute(f"CREATE TRIGGER refusal_tally_{name}_refuse BEFORE {event} ON warehouse.refusal_tally"
                   f" FOR EACH {level} EXECUTE FUNCTION warehouse.refuse()")
        op.execute(f"ALTER TABLE warehouse.refusal_tally ENABLE ALWAYS TRIGGER refusal_tally_{name}_refuse")


def downgrade() -> None:
    op.execute(ERASE.replace("<hash>", ""))
    op.execute("DROP FUNCTION warehouse.tally_refusals")
    op.execute("DROP TABLE warehouse.refusal_tally")
