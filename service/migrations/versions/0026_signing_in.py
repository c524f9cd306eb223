"""People sign in: passwords, second factors, sessions, invitations."""

from alembic import op

revision = "0026"
down_revision = "0025"

PEOPLE = """
CREATE TABLE warehouse.person_password (
    person_id bigint      PRIMARY KEY REFERENCES warehouse.person,
    hash      text        NOT NULL,  -- argon2id, with its parameters and salt
    set_at    timestamptz NOT NULL
);

-- With which a person sets the password; the secret is 256 random bits.
CREATE TABLE warehouse.invitation (
    id            uuid        PRIMARY KEY,
    person_id     bigint      NOT NULL REFERENCES warehouse.person,
    secret_hash   bytea       NOT NULL UNIQUE CHECK (octet_length(secret_hash) = 32),
    resets_factor boolean     NOT NULL,
    made_at       timestamptz NOT NULL,
    expires_at    timestamptz NOT NULL,
    used_at       timestamptz,
    ended_at      timestamptz
);
CREATE INDEX invitation_of_person ON warehouse.invitation (person_id);

CREATE TABLE warehouse.second_factor (
    person_id    bigint      PRIMARY KEY REFERENCES warehouse.person,
    sealed       bytea       NOT NULL,  -- the TOTP secret under the KEK
    made_at      timestamptz NOT NULL,
    confirmed_at timestamptz,
    last_step    bigint      NOT NULL   -- of the newest code that counted: no code counts twice
);

CREATE TABLE warehouse.recovery_code (
    person_id bigint      NOT NULL REFERENCES warehouse.person,
    code_hash bytea       NOT NULL CHECK (octet_length(code_hash) = 32),
    used_at   timestamptz,
    PRIMARY KEY (person_id, code_hash)
);

-- No row: as the service's default is.
CREATE TABLE warehouse.sign_in_rule (
    party_id  bigint  PRIMARY KEY REFERENCES warehouse.party,
    factor    text    NOT NULL CHECK (factor IN ('roles', 'everyone')),
    only_oidc boolean NOT NULL
);
"""

# Companies that sign their people in themselves (OpenID Connect).
OPENID = """
CREATE TABLE warehouse.oidc_provider (
    id        uuid        PRIMARY KEY,
    party_id  bigint      NOT NULL REFERENCES warehouse.party,
    label     text        NOT NULL,
    issuer    text        NOT NULL,
    client_id text        NOT NULL,
    sealed    bytea       NOT NULL,  -- the client's secret under the KEK
    made_at   timestamptz NOT NULL,
    ended_at  timestamptz
);
CREATE INDEX oidc_provider_of_party ON warehouse.oidc_provider (party_id, made_at);

-- Who somebody of the provider is here; an e-mail address never says it.
CREATE TABLE warehouse.oidc_subject (
    provider_id uuid        NOT NULL REFERENCES warehouse.oidc_provider,
    subject     text        NOT NULL,
    person_id   bigint      NOT NULL REFERENCES warehouse.person,
    bound_at    timestamptz NOT NULL,
    PRIMARY KEY (provider_id, subject),
    UNIQUE (provider_id, person_id)
);
CREATE INDEX oidc_subject_of_person ON warehouse.oidc_subject (person_id);

-- Of ten minutes: what came back from a provider once comes back no second time.
CREATE TABLE warehouse.oidc_used (
    state_hash bytea       PRIMARY KEY CHECK (octet_length(state_hash) = 32),
    expires_at timestamptz NOT NULL
);
CREATE INDEX oidc_used_over ON warehouse.oidc_used (expires_at);
"""

SESSIONS = """
CREATE TABLE warehouse.session (
    id          uuid        PRIMARY KEY,  -- stands in the ledger as the actor, and says nothing
    person_id   bigint      NOT NULL REFERENCES warehouse.person,
    secret_hash bytea       NOT NULL UNIQUE CHECK (octet_length(secret_hash) = 32),
    method      text        NOT NULL,
    code_due    boolean     NOT NULL,  -- the password was right, the second factor is awaited
    address     text        NOT NULL,
    made_at     timestamptz NOT NULL,
    seen_at     timestamptz NOT NULL,
    expires_at  timestamptz NOT NULL,
    proven_at   timestamptz,
    ended_at    timestamptz,
    provider_id uuid        REFERENCES warehouse.oidc_provider  -- who signed the person in; NULL: we did
);
CREATE INDEX session_of_person ON warehouse.session (person_id, made_at);
CREATE INDEX session_over ON warehouse.session (expires_at);

-- Of one day; who tries is hashed.
CREATE TABLE warehouse.sign_in_try (
    subject  bytea       PRIMARY KEY CHECK (octet_length(subject) = 32),
    failures integer     NOT NULL,
    last_at  timestamptz NOT NULL
);
CREATE INDEX sign_in_try_over ON warehouse.sign_in_try (last_at);
"""


def upgrade() -> None:
    op.execute(PEOPLE)
    op.execute(OPENID)
    op.execute(SESSIONS)


def downgrade() -> None:
    op.execute(
        "DROP TABLE warehouse.sign_in_try, warehouse.session, warehouse.oidc_used, warehouse.oidc_subject,"
        " warehouse.oidc_provider, warehouse.sign_in_rule, warehouse.recovery_code, warehouse.second_factor,"
        " warehouse.invitation, warehouse.person_password"
    )
