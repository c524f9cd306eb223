"""Events about others' goods can be erased like movements: such an erasure names no movement, only the statement.

What may go is read anew from what the statement still discloses: deleting and adding of an event's row was there before.
"""

from alembic import op

revision = "0035"
down_revision = "0034"


def upgrade() -> None:
    op.execute("ALTER TABLE warehouse.erasure ALTER COLUMN movement DROP NOT NULL")


def downgrade() -> None:
    op.execute("ALTER TABLE warehouse.erasure ALTER COLUMN movement SET NOT NULL")
