"""What the chain was told and what it holds: deployments, intents, signed bytes, anchors, epochs, alarms.

Facts never change. The few columns that may (a state, where a thing was seen) are named at each trigger; everything else of a
row, and the row itself, stays for ever. A reorg therefore shows: the anchor it took away remains as a row that is `lost`.
"""

from alembic import op

revision = "0002"
down_revision = "0001"

TABLES = """
CREATE SCHEMA IF NOT EXISTS ledger;

-- One row for each contract this log ever had; the newest is the one in use. Written with the signed bytes before they are
-- sent: the contract's address follows from sender and nonce, its code from the artifact.
CREATE TABLE ledger.deployment (
    id          integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    chain_id    bigint  NOT NULL,
    genesis     bytea   NOT NULL CHECK (octet_length(genesis) = 32),
    contract    bytea   NOT NULL CHECK (octet_length(contract) = 20),
    code_hash   bytea   NOT NULL CHECK (octet_length(code_hash) = 32),  -- SHA-256 of the runtime code
    anchorer    bytea   NOT NULL CHECK (octet_length(anchorer) = 20),
    guardian    bytea   NOT NULL CHECK (octet_length(guardian) = 20),
    legacy_fees boolean NOT NULL,                                       -- decided once: the chain is older than London
    nonce       bigint  NOT NULL,
    tx_hash     bytea   NOT NULL UNIQUE CHECK (octet_length(tx_hash) = 32),
    max_fee     numeric(30) NOT NULL,                                   -- wei for each gas
    tip         numeric(30) NOT NULL,
    raw         bytea   NOT NULL,
    reason      text    NOT NULL,                                       -- why there is another one
    signed_at   bigint  NOT NULL,
    state       text    NOT NULL CHECK (state IN ('signed', 'mined', 'final')),
    block       bigint,
    block_hash  bytea CHECK (octet_length(block_hash) = 32),
    CHECK ((state = 'signed') = (block IS NULL) AND (block IS NULL) = (block_hash IS NULL))
);

-- One row for each wish to anchor a checkpoint.
CREATE TABLE ledger.intent (
    id         bigint  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    deployment integer NOT NULL REFERENCES ledger.deployment,
    old_size   bigint  NOT NULL CHECK (old_size >= 0),
    size       bigint  NOT NULL CHECK (size > old_size),
    log_root   bytea   NOT NULL CHECK (octet_length(log_root) = 32),
    map_root   bytea   NOT NULL CHECK (octet_length(map_root) = 32),
    sender     bytea   NOT NULL CHECK (octet_length(sender) = 20),
    nonce      bigint  NOT NULL CHECK (nonce >= 0),
    signed_at  bigint  NOT NULL,
    state      text    NOT NULL CHECK (state IN ('signed', 'mined', 'final', 'superseded', 'failed'))
);
CREATE INDEX intent_unresolved ON ledger.intent (deployment, nonce) WHERE state = 'signed';
CREATE INDEX intent_signed_at ON ledger.intent (deployment, signed_at);

-- Every byte string that was ever signed to reach the chain, written before it is sent. Replacements share intent and nonce.
CREATE TABLE ledger.signed_transaction (
    tx_hash   bytea  PRIMARY KEY CHECK (octet_length(tx_hash) = 32),
    intent    bigint NOT NULL REFERENCES ledger.intent,
    chain_id  bigint NOT NULL,
    contract  bytea  NOT NULL,
    sender    bytea  NOT NULL,
    nonce     bigint NOT NULL,
    gas       bigint NOT NULL,
    max_fee   numeric(30) NOT NULL,  -- wei for each gas; the gas price on a chain older than London
    tip       numeric(30) NOT NULL,
    raw       bytea  NOT NULL,
    signed_at bigint NOT NULL
);
CREATE INDEX signed_transaction_intent ON ledger.signed_transaction (intent);
CREATE INDEX signed_transaction_nonce ON ledger.signed_transaction (sender, nonce);

-- What happened to an intent, step by step.
CREATE TABLE ledger.attempt (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    intent  bigint NOT NULL REFERENCES ledger.intent,
    step    text   NOT NULL CHECK (step IN ('signed', 'pushed', 'refused', 'unanswered', 'mined', 'reorged', 'final',
                                            'superseded', 'failed')),
    tx_hash bytea,
    detail  text   NOT NULL,
    at      bigint NOT NULL
);
CREATE INDEX attempt_intent ON ledger.attempt (intent, id);

-- The anchors of the contract as the chain shows them, whoever made them. `nodes`: the accumulator's hashes that this leaf
-- completes, lowest first, the leaf itself being the first.
CREATE TABLE ledger.anchor (
    id         bigint  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    deployment integer NOT NULL REFERENCES ledger.deployment,
    index      bigint  NOT NULL CHECK (index >= 0),
    epoch      bigint  NOT NULL,
    size       bigint  NOT NULL CHECK (size > 0),
    log_root   bytea   NOT NULL CHECK (octet_length(log_root) = 32),
    map_root   bytea   NOT NULL CHECK (octet_length(map_root) = 32),
    block      bigint  NOT NULL,
    block_hash bytea   NOT NULL CHECK (octet_length(block_hash) = 32),
    time       bigint  NOT NULL,  -- of the block, in seconds, as in the leaf
    tx_hash    bytea   NOT NULL CHECK (octet_length(tx_hash) = 32),
    nodes      bytea   NOT NULL CHECK (octet_length(nodes) % 32 = 0 AND octet_length(nodes) >= 32),
    intent     bigint  REFERENCES ledger.intent,  -- NULL: not sent by this log's worker
    seen_at    bigint  NOT NULL,
    state      text    NOT NULL CHECK (state IN ('mined', 'final', 'lost')),
    settled_at bigint  -- when it became final or lost
);
CREATE UNIQUE INDEX anchor_live ON ledger.anchor (deployment, index) WHERE state <> 'lost';
CREATE INDEX anchor_size ON ledger.anchor (deployment, size, index) WHERE state <> 'lost';
CREATE INDEX anchor_mined ON ledger.anchor (deployment, index) WHERE state = 'mined';
CREATE INDEX anchor_intent ON ledger.anchor (intent);

-- The epochs that the guardian opened: anchors keep to first - 1 are void.
CREATE TABLE ledger.epoch (
    id         bigint  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    deployment integer NOT NULL REFERENCES ledger.deployment,
    number     bigint  NOT NULL CHECK (number > 0),
    first      bigint  NOT NULL,
    keep       bigint  NOT NULL,
    opened_at  bigint  NOT NULL,
    reason     bytea   NOT NULL,
    seen_at    bigint  NOT NULL,
    lost       boolean NOT NULL DEFAULT false,
    CHECK (0 < keep AND keep < first)
);
CREATE UNIQUE INDEX epoch_live ON ledger.epoch (deployment, number) WHERE NOT lost;

-- The anchors of the contract in use that the chain still shows; `void`: an epoch restarted the log before them.
CREATE VIEW ledger.live_anchor WITH (security_invoker = true) AS
    SELECT a.*, EXISTS (
        SELECT 1 FROM ledger.epoch e
        WHERE e.deployment = a.deployment AND NOT e.lost AND e.keep <= a.index AND a.index < e.first) AS void
    FROM ledger.anchor a
    WHERE a.deployment = (SELECT max(id) FROM ledger.deployment) AND a.state <> 'lost';

-- The roots that the contract keeps for ever, as read at a final block.
CREATE TABLE ledger.sealed_group (
    deployment integer NOT NULL REFERENCES ledger.deployment,
    number     bigint  NOT NULL,
    root       bytea   NOT NULL CHECK (octet_length(root) = 32),
    PRIMARY KEY (deployment, number)
);

-- What a person must look at. One open alarm of a kind; a halting one stops signing and anchoring until someone clears it.
CREATE TABLE ledger.alarm (
    id         bigint  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind       text    NOT NULL,
    halts      boolean NOT NULL,
    detail     text    NOT NULL,
    raised_at  bigint  NOT NULL,
    cleared_at bigint,
    cleared_by text,
    CHECK ((cleared_at IS NULL) = (cleared_by IS NULL))
);
CREATE UNIQUE INDEX alarm_open ON ledger.alarm (kind) WHERE cleared_at IS NULL;
"""

# The arguments of the trigger are the columns that may change.
GUARD = """
CREATE FUNCTION ledger.keep_facts() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    mutable text[] := COALESCE(TG_ARGV, ARRAY[]::text[]);
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF to_jsonb(OLD) - mutable = to_jsonb(NEW) - mutable THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'ledger.% keeps its rows: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$;

CREATE FUNCTION ledger.keep_settled() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF OLD.state = 'lost' OR (OLD.state = 'final' AND NEW.state <> 'lost') THEN
        RAISE EXCEPTION 'anchor % is %: it cannot become %', OLD.index, OLD.state, NEW.state
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
"""

MUTABLE = {
    "deployment": ("state", "block", "block_hash"),
    "intent": ("state",),
    "signed_transaction": (),
    "attempt": (),
    "anchor": ("state", "settled_at"),
    "epoch": ("lost",),
    "sealed_group": (),
    "alarm": ("cleared_at", "cleared_by"),
}


def upgrade() -> None:
    op.execute(TABLES)
    op.execute(GUARD)
    for table, columns in MUTABLE.items():
        arguments = ", ".join(f"'{column}'" for column in columns)
        op.execute(
            f"""
            CREATE TRIGGER keep_rows BEFORE UPDATE OR DELETE ON ledger.{table}
                FOR EACH ROW EXECUTE FUNCTION ledger.keep_facts({arguments});
            CREATE TRIGGER keep_table BEFORE TRUNCATE ON ledger.{table}
                FOR EACH STATEMENT EXECUTE FUNCTION ledger.keep_facts();
            ALTER TABLE ledger.{table} ENABLE ALWAYS TRIGGER keep_rows;
            ALTER TABLE ledger.{table} ENABLE ALWAYS TRIGGER keep_table;
            """
        )
    op.execute(
        """
        CREATE TRIGGER keep_settled BEFORE UPDATE ON ledger.anchor
            FOR EACH ROW EXECUTE FUNCTION ledger.keep_settled();
        ALTER TABLE ledger.anchor ENABLE ALWAYS TRIGGER keep_settled;
        """
    )


def downgrade() -> None:
    tables = ", ".join(f"ledger.{table}" for table in reversed(MUTABLE))
    op.execute(f"DROP VIEW ledger.live_anchor; DROP TABLE {tables}; DROP FUNCTION ledger.keep_facts(); DROP FUNCTION ledger.keep_settled();")
