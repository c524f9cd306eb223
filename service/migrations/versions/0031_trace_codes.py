"""Codes of single packages (药品追溯码, unique identifiers): which lot they belong to, how they are packed, and what was
done with each. A code is sold once; what comes a second time is flagged.
"""

from alembic import op

revision = "0031b"
down_revision = "0031"

TABLES = """
CREATE TABLE warehouse.trace_code (
    party_id    bigint NOT NULL REFERENCES warehouse.party,
    code        text   NOT NULL,
    level       text   NOT NULL CHECK (level IN ('unit', 'inner', 'case', 'pallet')),
    parent      text,
    lot_id      bigint NOT NULL REFERENCES warehouse.lot,
    PRIMARY KEY (party_id, code),
    FOREIGN KEY (party_id, parent) REFERENCES warehouse.trace_code,
    CHECK (parent <> code)
);
CREATE INDEX trace_code_within ON warehouse.trace_code (party_id, parent) WHERE parent IS NOT NULL;
CREATE INDEX trace_code_of_lot ON warehouse.trace_code (lot_id, code);

CREATE TABLE warehouse.trace_act (
    number       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    party_id     bigint NOT NULL REFERENCES warehouse.party,
    id           uuid   NOT NULL,
    content_hash bytea  NOT NULL,
    code         text   NOT NULL,
    act          text   NOT NULL
        CHECK (act IN ('captured', 'verified', 'sold', 'returned', 'decommissioned', 'reversed')),
    movement     bigint,
    result       text,
    alert        text,
    reason       text,
    flag         text,
    who          text   NOT NULL,
    at           timestamptz NOT NULL,
    UNIQUE (party_id, id, code)
);
CREATE INDEX trace_act_of_code ON warehouse.trace_act (party_id, code, number);
CREATE INDEX trace_act_flagged ON warehouse.trace_act (party_id, number) WHERE flag IS NOT NULL;
"""


def upgrade() -> None:
    op.execute(TABLES)
    for name, event, level in (("row", "UPDATE OR DELETE", "ROW"), ("statement", "TRUNCATE", "STATEMENT")):
        op.execute(f"CREATE TRIGGER trace_act_{name}_refuse BEFORE {event} ON warehouse.trace_act FOR EACH {level}"
                   " EXECUTE FUNCTION warehouse.refuse()")
        op.execute(f"ALTER TABLE warehouse.trace_act ENABLE ALWAYS TRIGGER trace_act_{name}_refuse")


def downgrade() -> None:
    op.execute("DROP TABLE warehouse.trace_act, warehouse.trace_code")
