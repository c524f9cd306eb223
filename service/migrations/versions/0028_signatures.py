"""Electronic signatures of people: who, when, what it means, what was on the screen, how the person was known.

A row is never changed. The statement that came of signatures names their sheet by its hash.
"""

from alembic import op

revision = "0028"
down_revision = "0026"

SIGNATURES = """
CREATE TABLE warehouse.signature (
    number    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    party_id  bigint NOT NULL REFERENCES warehouse.party,
    subject   text   NOT NULL CHECK (subject IN ('case', 'count', 'recall', 'signing-keys', 'erasure', 'changes')),
    id        text   NOT NULL,
    person    text   NOT NULL,
    meaning   text   NOT NULL CHECK (meaning IN ('authorship', 'review', 'approval', 'rejection')),
    words     text,
    shown     text   NOT NULL CHECK (shown ~ '^[A-Za-z0-9_-]{43}$'),
    method    text   NOT NULL,
    proven_at bigint,
    key       text   NOT NULL,
    at        bigint NOT NULL
);
CREATE INDEX signature_of ON warehouse.signature (party_id, subject, id);
"""


def upgrade() -> None:
    op.execute(SIGNATURES)
    for name, event, level in (("row", "UPDATE OR DELETE", "ROW"), ("statement", "TRUNCATE", "STATEMENT")):
        op.execute(f"CREATE TRIGGER signature_{name}_refuse BEFORE {event} ON warehouse.signature FOR EACH {level}"
                   " EXECUTE FUNCTION warehouse.refuse()")
        op.execute(f"ALTER TABLE warehouse.signature ENABLE ALWAYS TRIGGER signature_{name}_refuse")


def downgrade() -> None:
    op.execute("DROP TABLE warehouse.signature")
