"""What goes out and comes in beside the API: webhooks with their outbox, imports of history."""

from alembic import op

revision = "0010"
down_revision = "0009"

WEBHOOKS = """
-- `types` null: every movement of the party. `sealed`: the signing secret, opens under LOTPROOF_WEBHOOK_KEY only.
CREATE TABLE warehouse.webhook (
    id uuid PRIMARY KEY,
    party_id bigint NOT NULL REFERENCES warehouse.party,
    url text NOT NULL,
    types text[],
    sealed bytea NOT NULL,
    created_at timestamptz NOT NULL,
    ended_at timestamptz
);
CREATE INDEX webhook_of_party ON warehouse.webhook (party_id) WHERE ended_at IS NULL;

-- The outbox. `movement` is the movement's number; no `next_at`: at once.
CREATE TABLE warehouse.delivery (
    webhook_id uuid NOT NULL,
    movement bigint NOT NULL,
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'delivered', 'dead')),
    attempts integer NOT NULL DEFAULT 0,
    next_at timestamptz,
    tried_at timestamptz,
    answer smallint,
    fault text CHECK (length(fault) <= 200),
    PRIMARY KEY (webhook_id, movement)
);
CREATE INDEX delivery_waiting ON warehouse.delivery (webhook_id, movement) WHERE state = 'waiting';
CREATE INDEX delivery_dead ON warehouse.delivery (webhook_id, movement) WHERE state = 'dead';
CREATE INDEX delivery_done ON warehouse.delivery (tried_at) WHERE state = 'delivered';
"""

# In the transaction of the movement and whoever writes it: there is no movement without its rows, and no row without
# its movement.
OUTBOX = """
CREATE FUNCTION warehouse.post_deliveries() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, warehouse AS $$
BEGIN
    INSERT INTO delivery (webhook_id, movement)
        SELECT w.id, m.number FROM fresh m JOIN webhook w ON w.party_id = m.party_id AND w.ended_at IS NULL
        WHERE w.types IS NULL OR m.type = ANY (w.types);
    RETURN NULL;
END $$;

CREATE TRIGGER post_deliveries AFTER INSERT ON warehouse.movement REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION warehouse.post_deliveries();
ALTER TABLE warehouse.movement ENABLE ALWAYS TRIGGER post_deliveries;
"""

# `content` is the file, until it is recorded; `rows` and `bad` as the dry run counted them.
IMPORTS = """
CREATE TABLE warehouse.import (
    id uuid PRIMARY KEY,
    party_id bigint NOT NULL REFERENCES warehouse.party,
    kind text NOT NULL CHECK (kind IN ('lots', 'stock', 'movements')),
    name text NOT NULL,
    format text NOT NULL CHECK (format IN ('csv', 'xlsx')),
    sha256 bytea NOT NULL CHECK (octet_length(sha256) = 32),
    content bytea,
    state text NOT NULL CHECK (state IN ('bad', 'ready', 'running', 'done')),
    rows integer NOT NULL,
    bad integer NOT NULL,
    summary jsonb NOT NULL,
    done integer NOT NULL DEFAULT 0,
    actor text NOT NULL,
    created_at timestamptz NOT NULL,
    finished_at timestamptz
);
CREATE INDEX import_of_party ON warehouse.import (party_id, created_at);

-- What is wrong, by row and column; `stage`: found by the dry run, or refused when it was recorded.
CREATE TABLE warehouse.import_problem (
    import_id uuid NOT NULL REFERENCES warehouse.import,
    number integer NOT NULL,
    row integer NOT NULL,
    "column" text,
    stage text NOT NULL CHECK (stage IN ('check', 'record')),
    problem text NOT NULL,
    expected text,
    seen text,
    PRIMARY KEY (import_id, number)
);
"""


def upgrade() -> None:
    for statements in (WEBHOOKS, OUTBOX, IMPORTS):
        op.execute(statements)
