"""Recall drills on record, and the way from a lot to the handoffs that carried it."""

from alembic import op

revision = "0011"
down_revision = "0010"

# What a drill found is kept as it was found: figures of that moment, never brought up to date.
TABLES = """
CREATE TABLE warehouse.recall_drill (
    id uuid PRIMARY KEY,
    party_id bigint NOT NULL REFERENCES warehouse.party,
    lot_id bigint NOT NULL,
    actor text NOT NULL,
    started_at bigint NOT NULL,
    took_ms bigint NOT NULL CHECK (took_ms >= 0),
    lots bigint NOT NULL CHECK (lots >= 1),
    places bigint NOT NULL CHECK (places >= 0),
    parties bigint NOT NULL CHECK (parties >= 0),
    customers bigint NOT NULL CHECK (customers >= 0),
    quantities text NOT NULL
);
CREATE INDEX recall_drill_of_party ON warehouse.recall_drill (party_id, started_at, id);

CREATE INDEX handoff_of_answer ON warehouse.handoff (answer) WHERE answer IS NOT NULL;
"""


def upgrade() -> None:
    op.execute(TABLES)
    for event, level in (("BEFORE UPDATE OR DELETE", "ROW"), ("BEFORE TRUNCATE", "STATEMENT")):
        name = f"recall_drill_{level.lower()}_refuse"
        op.execute(
            f"CREATE TRIGGER {name} {event} ON warehouse.recall_drill FOR EACH {level} EXECUTE FUNCTION warehouse.refuse()"
        )
        op.execute(f"ALTER TABLE warehouse.recall_drill ENABLE ALWAYS TRIGGER {name}")


def downgrade() -> None:
    op.execute("DROP TABLE warehouse.recall_drill; DROP INDEX warehouse.handoff_line_of_lot, warehouse.handoff_of_answer")
