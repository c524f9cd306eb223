"""Machines that sign in with a key of their own (RFC 7523) get short tokens instead of carrying a lasting secret."""

from alembic import op

revision = "0024"
down_revision = "0023"

CLIENTS = """
CREATE TABLE warehouse.oauth_client (
    id         uuid        PRIMARY KEY,
    party_id   bigint      NOT NULL REFERENCES warehouse.party,
    person_id  bigint      REFERENCES warehouse.person,  -- whose roles it has; NULL: the company's
    label      text        NOT NULL,
    jwk        jsonb       NOT NULL,  -- public
    created_at timestamptz NOT NULL,
    ended_at   timestamptz
);
CREATE INDEX oauth_client_of_party ON warehouse.oauth_client (party_id, created_at);

-- Both are of minutes, and deleted when these are over.
CREATE TABLE warehouse.access_token (
    secret_hash bytea       PRIMARY KEY CHECK (octet_length(secret_hash) = 32),
    client_id   uuid        NOT NULL REFERENCES warehouse.oauth_client,
    expires_at  timestamptz NOT NULL
);
CREATE INDEX access_token_over ON warehouse.access_token (expires_at);
CREATE TABLE warehouse.used_assertion (
    client_id  uuid        NOT NULL REFERENCES warehouse.oauth_client,
    jti        text        NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (client_id, jti)
);
CREATE INDEX used_assertion_over ON warehouse.used_assertion (expires_at);
"""


def upgrade() -> None:
    op.execute(CLIENTS)


def downgrade() -> None:
    op.execute("DROP TABLE warehouse.used_assertion, warehouse.access_token, warehouse.oauth_client")
