"""People of a party and their roles; whose a key is; refusals and changes of master data on record."""

from alembic import op

revision = "0009"
down_revision = "0008"

PEOPLE = """
-- `code` is opaque and stands in the ledger as the actor; the name lies apart and may be erased.
CREATE TABLE warehouse.person (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    party_id bigint NOT NULL REFERENCES warehouse.party,
    code text NOT NULL,
    active boolean NOT NULL,
    created_at timestamptz NOT NULL,
    UNIQUE (party_id, code)
);

CREATE TABLE warehouse.person_name (
    person_id bigint PRIMARY KEY REFERENCES warehouse.person,
    name text NOT NULL
);

-- No site: for the whole party.
CREATE TABLE warehouse.person_role (
    person_id bigint NOT NULL REFERENCES warehouse.person,
    role text NOT NULL CHECK (role IN ('operator', 'supervisor', 'quality', 'administrator', 'integrator', 'auditor',
                                       'regulator')),
    site_id bigint REFERENCES warehouse.site,
    UNIQUE NULLS NOT DISTINCT (person_id, role, site_id)
);

ALTER TABLE warehouse.api_key ADD person_id bigint REFERENCES warehouse.person,
    ADD CHECK (person_id IS NULL OR role = 'party');
"""

# Neither has a foreign key to what it speaks of: what was refused need not exist.
RECORD = """
CREATE TABLE warehouse.refusal (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    party_id bigint,
    key text NOT NULL,
    person text,
    operation text NOT NULL,
    movement_type text,
    movement uuid,
    status smallint NOT NULL,
    problem text NOT NULL,
    detail text NOT NULL CHECK (length(detail) <= 500),
    at timestamptz NOT NULL
);
CREATE INDEX refusal_of_party ON warehouse.refusal (party_id, number);

CREATE TABLE warehouse.change (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    party_id bigint NOT NULL,
    kind text NOT NULL,
    code text NOT NULL,
    field text NOT NULL,
    old jsonb,
    new jsonb,
    who text NOT NULL,
    reason text,
    at timestamptz NOT NULL
);
CREATE INDEX change_of_party ON warehouse.change (party_id, number);
"""


def upgrade() -> None:
    op.execute(PEOPLE)
    op.execute(RECORD)
    for table in ("refusal", "change"):
        for name, event, level in (("row", "UPDATE OR DELETE", "ROW"), ("statement", "TRUNCATE", "STATEMENT")):
            op.execute(f"CREATE TRIGGER {table}_{name}_refuse BEFORE {event} ON warehouse.{table} FOR EACH {level}"
                       " EXECUTE FUNCTION warehouse.refuse()")
            op.execute(f"ALTER TABLE warehouse.{table} ENABLE ALWAYS TRIGGER {table}_{name}_refuse")
