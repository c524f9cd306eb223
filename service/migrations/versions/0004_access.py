"""API keys. They change (last a revocation), so they are no part of the ledger; the secret itself is never stored."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE warehouse.api_key (
            id          uuid        PRIMARY KEY,
            role        text        NOT NULL CHECK (role IN ('party', 'operator', 'auditor', 'regulator')),
            party_id    bigint      REFERENCES warehouse.party,
            label       text        NOT NULL,
            shown       text        NOT NULL,
            secret_hash bytea       NOT NULL UNIQUE CHECK (octet_length(secret_hash) = 32),
            created_at  timestamptz NOT NULL,
            expires_at  timestamptz,
            revoked_at  timestamptz,
            CHECK ((role = 'party') = (party_id IS NOT NULL))
        );
        CREATE INDEX api_key_party ON warehouse.api_key (party_id);
        """
    )


def downgrade() -> None:
    op.execute("DROP TABLE warehouse.api_key")
