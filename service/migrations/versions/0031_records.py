"""What the records of the law ask for beside the ledger: where companies and sites are, what a product is, and what was
added to a movement or a lot later. A supplement never changes what was recorded, and no supplement is ever changed.
"""

from alembic import op

revision = "0031"
down_revision = "0029"

TABLES = """
CREATE TABLE warehouse.card (
    party_id       bigint  NOT NULL REFERENCES warehouse.party,
    kind           text    NOT NULL CHECK (kind IN ('party', 'site', 'partner')),
    code           text    NOT NULL,
    name           text    NOT NULL,
    phone          text,
    street         text,
    city           text,
    region         text,
    postal_code    text,
    country        text    CHECK (country ~ '^[A-Z]{2}$'),
    gln            text    CHECK (gln ~ '^[0-9]{13}$'),
    coordinates    text,
    licence        text,
    natural_person boolean NOT NULL,  -- the trail then tells that a field changed, not what it was
    consumer       boolean NOT NULL,
    PRIMARY KEY (party_id, kind, code)
);
COMMENT ON COLUMN warehouse.card.code IS 'of the party, of the site, or of a partner the name as movements spell it';

CREATE TABLE warehouse.product (
    item_id         bigint  PRIMARY KEY REFERENCES warehouse.item,
    regimes         text[]  NOT NULL
        CHECK (regimes <@ '{fsma,dscsa,gsp,fmd}'::text[]),  -- by which rules its records are kept
    raw             boolean NOT NULL,  -- a raw agricultural commodity
    brand           text,
    commodity       text,
    variety         text,
    pack_size       text,
    pack_style      text,
    generic_name    text,
    trade_name      text,
    dosage_form     text,
    strength        text,
    ndc             text,
    container_size  text,
    manufacturer    text,
    approval_number text,
    holder          text
);

CREATE TABLE warehouse.supplement (
    number   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    party_id bigint NOT NULL REFERENCES warehouse.party,
    id       uuid   NOT NULL,
    movement bigint,
    lot_id   bigint REFERENCES warehouse.lot,
    field    text   NOT NULL,
    value    text   NOT NULL,
    reason   text   NOT NULL,
    who      text   NOT NULL,
    at       timestamptz NOT NULL,
    UNIQUE (party_id, id),
    CHECK (movement IS NOT NULL OR lot_id IS NOT NULL)
);
CREATE INDEX supplement_of_movement ON warehouse.supplement (movement) WHERE movement IS NOT NULL;
CREATE INDEX supplement_of_lot ON warehouse.supplement (lot_id) WHERE movement IS NULL;
CREATE INDEX lot_by_traceability_code ON warehouse.lot (party_id, traceability_lot_code);
"""


def upgrade() -> None:
    op.execute(TABLES)
    for name, event, level in (("row", "UPDATE OR DELETE", "ROW"), ("statement", "TRUNCATE", "STATEMENT")):
        op.execute(f"CREATE TRIGGER supplement_{name}_refuse BEFORE {event} ON warehouse.supplement FOR EACH {level}"
                   " EXECUTE FUNCTION warehouse.refuse()")
        op.execute(f"ALTER TABLE warehouse.supplement ENABLE ALWAYS TRIGGER supplement_{name}_refuse")


def downgrade() -> None:
    op.execute("DROP TABLE warehouse.supplement, warehouse.product, warehouse.card;"
               " DROP INDEX warehouse.lot_by_traceability_code")
