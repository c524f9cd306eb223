"""Personal data in what was recorded can be erased, on the record: asked for, approved by two, and nothing else.

`movement.parts` holds the salts under which the erasable parts of a request are hashed (`service.ledger.commitments`);
movements that were recorded before have none, and nothing of them can be erased. What is recorded still never changes,
but for what an erasure covers that two others than its asker approved: triggers look at that, whoever writes.
"""

from alembic import op

revision = "0022"
down_revision = "0024"

TABLES = """
ALTER TABLE warehouse.movement ADD COLUMN parts text;

-- `digest` is that of the disclosure which goes, `parts` what goes of the request; `notice` is the statement that says so.
CREATE TABLE warehouse.erasure (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    party_id bigint NOT NULL REFERENCES warehouse.party,
    id uuid NOT NULL,
    movement bigint NOT NULL,
    statement_hash bytea NOT NULL CHECK (octet_length(statement_hash) = 32),
    property text NOT NULL,
    digest text NOT NULL CHECK (length(digest) = 43),
    parts text[] NOT NULL CHECK (cardinality(parts) > 0),
    legal_basis text NOT NULL CHECK (length(legal_basis) <= 200),
    requested_by text NOT NULL,
    requested_at bigint NOT NULL,
    state text NOT NULL DEFAULT 'asked' CHECK (state IN ('asked', 'erased', 'rejected')),
    notice bytea CHECK (octet_length(notice) = 32),
    ended_at bigint,
    CHECK ((state = 'asked') = (ended_at IS NULL) AND (state = 'erased') = (notice IS NOT NULL)),
    UNIQUE (party_id, id)
);
CREATE UNIQUE INDEX erasure_once ON warehouse.erasure (statement_hash, digest) WHERE state = 'erased';
CREATE INDEX erasure_of_movement ON warehouse.erasure (movement);

CREATE TABLE warehouse.erasure_approval (
    erasure bigint NOT NULL REFERENCES warehouse.erasure,
    person text NOT NULL,
    decision text NOT NULL CHECK (decision IN ('approve', 'reject')),
    shown text NOT NULL CHECK (length(shown) = 43),
    at bigint NOT NULL,
    PRIMARY KEY (erasure, person)
);
"""

# An erasure ends once, and as erased only if two others than its asker approved.
ENDS_ONCE = """
CREATE FUNCTION warehouse.erasure_ends_once() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, warehouse AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'asked' THEN
            RAISE EXCEPTION 'erasure %: expected it to begin as asked, got %', NEW.id, NEW.state
                USING ERRCODE = 'check_violation', CONSTRAINT = 'erasure_approved';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.state <> 'asked' OR to_jsonb(NEW) - '{state,notice,ended_at}'::text[]
        IS DISTINCT FROM to_jsonb(OLD) - '{state,notice,ended_at}'::text[]
    THEN
        RAISE EXCEPTION 'UPDATE on warehouse.erasure refused: what is recorded is never changed'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF NEW.state = 'erased' AND 2 > (SELECT count(*) FROM erasure_approval a
        WHERE a.erasure = NEW.number AND a.decision = 'approve' AND a.person <> NEW.requested_by)
    THEN
        RAISE EXCEPTION 'erasure %: expected two approvals by others than %', NEW.id, NEW.requested_by
            USING ERRCODE = 'check_violation', CONSTRAINT = 'erasure_approved';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER erasure_ends_once BEFORE INSERT OR UPDATE ON warehouse.erasure
    FOR EACH ROW EXECUTE FUNCTION warehouse.erasure_ends_once();
ALTER TABLE warehouse.erasure ENABLE ALWAYS TRIGGER erasure_ends_once;
"""

# Disclosures may be added to those that are there (from a backup or a partner), and go by an erasure only; what was
# erased does not come back.
DISCLOSED = """
CREATE FUNCTION warehouse.erased_digest(statement bytea, disclosure text) RETURNS boolean LANGUAGE sql STABLE
    SET search_path = pg_catalog, warehouse
    AS $$ SELECT EXISTS (SELECT FROM erasure e WHERE e.statement_hash = statement AND e.state = 'erased'
        AND e.digest = translate(encode(sha256(convert_to(disclosure, 'UTF8')), 'base64'), '+/=', '-_')) $$;

CREATE OR REPLACE FUNCTION warehouse.disclose_more() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, warehouse AS $$
BEGIN
    IF NEW.statement_hash <> OLD.statement_hash OR EXISTS (
        SELECT FROM unnest(string_to_array(OLD.disclosures, '~')) AS gone (part)
        WHERE gone.part <> ALL (string_to_array(NEW.disclosures, '~'))
            AND NOT erased_digest(OLD.statement_hash, gone.part))
    THEN
        RAISE EXCEPTION 'UPDATE on warehouse.disclosure refused: what is recorded is never changed'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF EXISTS (SELECT FROM unnest(string_to_array(NEW.disclosures, '~')) AS shown (part)
        WHERE erased_digest(NEW.statement_hash, shown.part))
    THEN
        RAISE EXCEPTION 'UPDATE on warehouse.disclosure refused: what was erased stays so'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
"""

# Of a movement only that changes: a part that an erasure covers becomes null, its salt becomes its commitment.
MOVEMENT = """
CREATE FUNCTION warehouse.erase_only() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, warehouse AS $$
DECLARE
    wanted jsonb := OLD.content::jsonb;
    part record;
BEGIN
    FOR part IN SELECT key, value FROM jsonb_each_text(coalesce(NEW.parts, '{}')::jsonb)
        WHERE value IS DISTINCT FROM OLD.parts::jsonb ->> key
    LOOP
        IF length(part.value) <> 43 OR NOT EXISTS (SELECT FROM erasure e
            WHERE e.movement = OLD.number AND e.state = 'erased' AND part.key = ANY (e.parts))
        THEN
            wanted := NULL;
        END IF;
        wanted := jsonb_set(wanted, CASE WHEN part.key LIKE 'documents/%'
            THEN ARRAY['documents', substr(part.key, 11), 'id'] ELSE ARRAY[part.key] END, 'null');
    END LOOP;
    IF wanted IS DISTINCT FROM NEW.content::jsonb OR NEW.parts IS NOT DISTINCT FROM OLD.parts
        OR to_jsonb(NEW) - '{content,parts}'::text[] IS DISTINCT FROM to_jsonb(OLD) - '{content,parts}'::text[]
    THEN
        RAISE EXCEPTION 'UPDATE on warehouse.movement refused: what is recorded is never changed'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
DROP TRIGGER movement_row_refuse ON warehouse.movement;
CREATE TRIGGER movement_row_refuse BEFORE DELETE ON warehouse.movement
    FOR EACH ROW EXECUTE FUNCTION warehouse.refuse();
CREATE TRIGGER movement_erase_only BEFORE UPDATE ON warehouse.movement
    FOR EACH ROW EXECUTE FUNCTION warehouse.erase_only();
ALTER TABLE warehouse.movement ENABLE ALWAYS TRIGGER movement_row_refuse;
ALTER TABLE warehouse.movement ENABLE ALWAYS TRIGGER movement_erase_only;
"""

# A refusal repeats what a caller sent. Of a movement of which something was erased, its words go too.
REFUSALS = """
CREATE FUNCTION warehouse.erase_detail_only() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, warehouse AS $$
BEGIN
    IF NEW.detail = 'erased' AND to_jsonb(NEW) - 'detail' = to_jsonb(OLD) - 'detail' AND EXISTS (
        SELECT FROM erasure e JOIN movement m ON m.number = e.movement
        WHERE e.state = 'erased' AND m.id = OLD.movement AND m.party_id = OLD.party_id)
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'UPDATE on warehouse.refusal refused: what is recorded is never changed'
        USING ERRCODE = 'insufficient_privilege';
END $$;
DROP TRIGGER refusal_row_refuse ON warehouse.refusal;
CREATE TRIGGER refusal_row_refuse BEFORE DELETE ON warehouse.refusal
    FOR EACH ROW EXECUTE FUNCTION warehouse.refuse();
CREATE TRIGGER refusal_erase_only BEFORE UPDATE ON warehouse.refusal
    FOR EACH ROW EXECUTE FUNCTION warehouse.erase_detail_only();
ALTER TABLE warehouse.refusal ENABLE ALWAYS TRIGGER refusal_row_refuse;
ALTER TABLE warehouse.refusal ENABLE ALWAYS TRIGGER refusal_erase_only;
"""

# What web itself may not write, it writes by this, as the owner; the triggers above say what may become of it.
CARRIED_OUT = """
CREATE FUNCTION warehouse.carry_out_erasure(erasure_number bigint, shown text, new_content text, new_parts text,
    words text[]) RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, warehouse AS $$
DECLARE
    ended erasure;
BEGIN
    SELECT * INTO STRICT ended FROM erasure WHERE number = erasure_number AND state = 'erased';
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

KEPT = (("erasure", "DELETE"), ("erasure_approval", "UPDATE OR DELETE"))


def upgrade() -> None:
    for statements in (TABLES, ENDS_ONCE, DISCLOSED, MOVEMENT, REFUSALS, CARRIED_OUT):
        op.execute(statements)
    for table, events in KEPT:
        for level, event in (("row", events), ("statement", "TRUNCATE")):
            name = f"{table}_{level}_refuse"
            op.execute(f"CREATE TRIGGER {name} BEFORE {event} ON warehouse.{table} FOR EACH {level.upper()}"
                       " EXECUTE FUNCTION warehouse.refuse()")
            op.execute(f"ALTER TABLE warehouse.{table} ENABLE ALWAYS TRIGGER {name}")
