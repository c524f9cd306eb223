"""What a line of a production order is: made, made beside it, or used up."""

from alembic import op

revision = "0013"
down_revision = "0012"

ROLE = """
ALTER TABLE warehouse.order_line ADD COLUMN role text NOT NULL DEFAULT 'main'
    CHECK (role IN ('main', 'co_product', 'by_product', 'component'));
"""


def upgrade() -> None:
    op.execute(ROLE)


def downgrade() -> None:
    op.execute("ALTER TABLE warehouse.order_line DROP COLUMN role")
