"""Who sees whose EPCIS events, in which order events arrived, named queries, subscriptions, exchange with partners.

    epcis_event -- note_epcis_named ---> epcis_sight      parties that the event names
    epcis_event_epcs -- note_epcis_lots -> epcis_sight    parties to which a lot of the event was handed
    handoff accepted -- note_epcis_handed -> epcis_sight  and what was said of the lot before
    epcis_event -- note_epcis_arriving -> epcis_arriving -- place_epcis_arrivals(), one at a time --> epcis_arrival

Numbers of events are drawn before a commit and become visible in another order; places of arrivals are given to what
is committed, so whoever has read to a place has missed nothing before it.
"""

from alembic import op

revision = "0034"
down_revision = "0033"

# A time of an event's extension, or null: it may be any text.
TIME = """
CREATE FUNCTION warehouse.epcis_time(said text) RETURNS timestamptz LANGUAGE plpgsql STABLE STRICT
    SET search_path = pg_catalog AS $$
BEGIN
    IF said ~ '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d{1,9})?(Z|[+-]\\d\\d:\\d\\d)$' THEN
        RETURN said::timestamptz;
    END IF;
    RETURN NULL;
EXCEPTION WHEN data_exception THEN
    RETURN NULL;
END $$;
"""

# `lots` null: the whole event is shown, because it names the party. Else only what everybody may be told of these lots.
# Whoever has captured an event of this id himself sees that one: the same event once.
SIGHT = """
CREATE TABLE warehouse.epcis_sight (
    party_id bigint NOT NULL,
    event    bigint NOT NULL REFERENCES warehouse.epcis_event ON DELETE CASCADE,
    lots     text[],
    PRIMARY KEY (party_id, event)
);
CREATE INDEX epcis_sight_of_event ON warehouse.epcis_sight (event);
CREATE INDEX epcis_event_epcs_found ON warehouse.epcis_event_epcs (value, event);
CREATE INDEX epcis_event_by_id ON warehouse.epcis_event (event_id);
CREATE INDEX epcis_event_type ON warehouse.epcis_event (party_id, type, event_time);
CREATE INDEX epcis_event_disposition ON warehouse.epcis_event (party_id, disposition, event_time);
CREATE INDEX lot_by_uri ON warehouse.lot (uri);

CREATE FUNCTION warehouse.note_epcis_named() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, warehouse AS $$
BEGIN
    INSERT INTO epcis_sight (party_id, event)
        SELECT DISTINCT p.id, f.number FROM fresh f
            CROSS JOIN jsonb_array_elements(
                coalesce(f.body -> 'sourceList', '[]') || coalesce(f.body -> 'destinationList', '[]')) m
            JOIN party p ON p.uri = coalesce(m ->> 'source', m ->> 'destination')
        WHERE p.id <> f.party_id AND NOT EXISTS (SELECT FROM epcis_event own WHERE own.party_id = p.id
            AND own.event_id = f.event_id AND own.declares_error = f.declares_error)
    ON CONFLICT (party_id, event) DO UPDATE SET lots = NULL;
    DELETE FROM epcis_sight s USING fresh f, epcis_event e
        WHERE e.event_id = f.event_id AND e.declares_error = f.declares_error AND e.number <> f.number
            AND s.event = e.number AND s.party_id = f.party_id;
    RETURN NULL;
END $$;
CREATE TRIGGER note_epcis_named AFTER INSERT ON warehouse.epcis_event REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION warehouse.note_epcis_named();

CREATE FUNCTION warehouse.note_epcis_lots() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, warehouse AS $$
BEGIN
    INSERT INTO epcis_sight AS known (party_id, event, lots)
        SELECT h.receiver_id, f.event, array_agg(DISTINCT f.value) FROM fresh f
            JOIN lot t ON t.uri = f.value
            JOIN handoff_line l ON l.lot_id = t.id
            JOIN handoff h ON h.movement = l.movement AND h.state = 'accepted'
        WHERE h.receiver_id <> f.party_id AND NOT EXISTS (
            SELECT FROM epcis_event e JOIN epcis_event own ON own.event_id = e.event_id
                AND own.declares_error = e.declares_error WHERE e.number = f.event AND own.party_id = h.receiver_id)
        GROUP BY h.receiver_id, f.event
    ON CONFLICT (party_id, event) DO UPDATE SET lots = ARRAY(
        SELECT DISTINCT unnest(known.lots || excluded.lots) ORDER BY 1) WHERE known.lots IS NOT NULL;
    RETURN NULL;
END $$;
CREATE TRIGGER note_epcis_lots AFTER INSERT ON warehouse.epcis_event_epcs REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION warehouse.note_epcis_lots();

CREATE FUNCTION warehouse.note_epcis_handed() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, warehouse AS $$
BEGIN
    INSERT INTO epcis_sight AS known (party_id, event, lots)
        SELECT NEW.receiver_id, x.event, array_agg(DISTINCT x.value)
            FROM handoff_line l JOIN lot t ON t.id = l.lot_id JOIN epcis_event_epcs x ON x.value = t.uri
        WHERE l.movement = NEW.movement AND x.party_id <> NEW.receiver_id AND NOT EXISTS (
            SELECT FROM epcis_event e JOIN epcis_event own ON own.event_id = e.event_id
                AND own.declares_error = e.declares_error WHERE e.number = x.event AND own.party_id = NEW.receiver_id)
        GROUP BY x.event
    ON CONFLICT (party_id, event) DO UPDATE SET lots = ARRAY(
        SELECT DISTINCT unnest(known.lots || excluded.lots) ORDER BY 1) WHERE known.lots IS NOT NULL;
    RETURN NULL;
END $$;
CREATE TRIGGER note_epcis_handed AFTER UPDATE ON warehouse.handoff FOR EACH ROW
    WHEN (NEW.state = 'accepted' AND OLD.state <> 'accepted') EXECUTE FUNCTION warehouse.note_epcis_handed();
"""

# An event that was erased in part and read anew has not arrived again: the name of an event arrives once.
ARRIVALS = """
CREATE TABLE warehouse.epcis_arriving (
    event bigint PRIMARY KEY REFERENCES warehouse.epcis_event ON DELETE CASCADE
);
CREATE TABLE warehouse.epcis_arrival (
    place          bigint  PRIMARY KEY,
    party_id       bigint  NOT NULL,
    event_id       text    NOT NULL,
    declares_error boolean NOT NULL,
    UNIQUE (party_id, event_id, declares_error)
);

CREATE FUNCTION warehouse.note_epcis_arriving() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, warehouse AS $$
BEGIN
    INSERT INTO epcis_arriving (event) SELECT number FROM fresh;
    RETURN NULL;
END $$;
CREATE TRIGGER note_epcis_arriving AFTER INSERT ON warehouse.epcis_event REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION warehouse.note_epcis_arriving();
"""

QUERIES = """
CREATE TABLE warehouse.epcis_query (
    number   bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    party_id bigint      NOT NULL REFERENCES warehouse.party,
    name     text        NOT NULL,
    query    jsonb       NOT NULL,
    names    jsonb       NOT NULL,  -- prefixes of extensions, with what they stand for
    made_by  text        NOT NULL,
    made_at  timestamptz NOT NULL,
    UNIQUE (party_id, name)
);

-- All before `place` was told. `until`: what is on its way now ends there; `goal`: where this round of a schedule ends.
CREATE TABLE warehouse.epcis_subscription (
    id               uuid        PRIMARY KEY,
    party_id         bigint      NOT NULL REFERENCES warehouse.party,
    query            bigint      NOT NULL REFERENCES warehouse.epcis_query ON DELETE CASCADE,
    url              text        NOT NULL,
    sealed           bytea,      -- the signature token, opens under LOTPROOF_WEBHOOK_KEY only
    schedule         jsonb,      -- null: at once
    report_if_empty  boolean     NOT NULL,
    initial_time     timestamptz NOT NULL,
    epc_format       text        NOT NULL,
    media_type       text        NOT NULL,
    created_at       timestamptz NOT NULL,
    place            bigint      NOT NULL,
    until            bigint,
    goal             bigint,
    next_at          timestamptz,
    executed_at      timestamptz,
    last_notified_at timestamptz,
    attempts         integer     NOT NULL DEFAULT 0,
    answer           smallint,
    fault            text        CHECK (length(fault) <= 200)
);
CREATE INDEX epcis_subscription_of_query ON warehouse.epcis_subscription (query);
CREATE INDEX epcis_subscription_of_party ON warehouse.epcis_subscription (party_id);

CREATE TABLE warehouse.epcis_page_ended (
    party_id   bigint      NOT NULL REFERENCES warehouse.party,
    token_hash bytea       NOT NULL CHECK (octet_length(token_hash) = 32),
    until      timestamptz NOT NULL,
    PRIMARY KEY (party_id, token_hash)
);
"""

# What goes out to partners. A document is named before it is sent, and sent again as it is until it was answered.
EXCHANGE = """
CREATE TABLE warehouse.epcis_channel (
    id         uuid        PRIMARY KEY,
    party_id   bigint      NOT NULL REFERENCES warehouse.party,
    partner    text        NOT NULL,  -- the partner's URI, as events name it
    url        text        NOT NULL,
    sealed     bytea,      -- what its Authorization header says, opens under LOTPROOF_WEBHOOK_KEY only
    epc_format text        NOT NULL,
    media_type text        NOT NULL,
    created_at timestamptz NOT NULL,
    since      timestamptz NOT NULL,
    ended_at   timestamptz,
    place      bigint      NOT NULL
);
CREATE INDEX epcis_channel_of_party ON warehouse.epcis_channel (party_id);

CREATE TABLE warehouse.epcis_transmission (
    number     bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    channel    uuid        NOT NULL REFERENCES warehouse.epcis_channel,
    document   uuid        NOT NULL UNIQUE,
    events     integer     NOT NULL,
    made_at    timestamptz NOT NULL,
    state      text        NOT NULL CHECK (state IN ('waiting', 'sent', 'accepted', 'refused', 'dead')),
    attempts   integer     NOT NULL DEFAULT 0,
    next_at    timestamptz,
    sent_at    timestamptz,
    body_hash  bytea       CHECK (octet_length(body_hash) = 32),
    answer     smallint,
    receipt    text,       -- where the partner keeps its capture job, or what it said
    settled_at timestamptz,
    fault      text        CHECK (length(fault) <= 200)
);
CREATE INDEX epcis_transmission_of_channel ON warehouse.epcis_transmission (channel, number);
CREATE INDEX epcis_transmission_open ON warehouse.epcis_transmission (channel, number)
    WHERE state IN ('waiting', 'sent');

CREATE TABLE warehouse.epcis_transmitted (
    channel        uuid    NOT NULL REFERENCES warehouse.epcis_channel,
    event_id       text    NOT NULL,
    declares_error boolean NOT NULL,
    transmission   bigint  NOT NULL REFERENCES warehouse.epcis_transmission,
    PRIMARY KEY (channel, event_id, declares_error)
);
CREATE INDEX epcis_transmitted_with ON warehouse.epcis_transmitted (transmission);
"""

ALWAYS = (
    ("epcis_event", "note_epcis_named"), ("epcis_event_epcs", "note_epcis_lots"), ("handoff", "note_epcis_handed"),
    ("epcis_event", "note_epcis_arriving"),
)  # fmt: skip


def upgrade() -> None:
    for statements in (TIME, SIGHT, ARRIVALS, QUERIES, EXCHANGE):
        op.execute(statements)
    for table, trigger in ALWAYS:
        op.execute(f"ALTER TABLE warehouse.{table} ENABLE ALWAYS TRIGGER {trigger}")


def downgrade() -> None:
    op.execute(
        "DROP TABLE warehouse.epcis_transmitted, warehouse.epcis_transmission, warehouse.epcis_channel,"
        " warehouse.epcis_page_ended, warehouse.epcis_subscription, warehouse.epcis_query"
    )
    for table, trigger in ALWAYS:
        op.execute(f"DROP TRIGGER {trigger} ON warehouse.{table}")
        op.execute(f"DROP FUNCTION warehouse.{trigger}")
    op.execute("DROP TABLE warehouse.epcis_arrival, warehouse.epcis_arriving, warehouse.epcis_sight")
    op.execute("DROP INDEX warehouse.epcis_event_epcs_found, warehouse.epcis_event_by_id,"
               " warehouse.epcis_event_type, warehouse.epcis_event_disposition, warehouse.lot_by_uri")
    op.execute("DROP FUNCTION warehouse.epcis_time")
