"""What was added to a movement or a lot later is held by the log like changes and signatures: it goes on the same sheets.
And goods that were on their way during an excursion are held when they arrive.

Who adds a supplement holds the gate of the trail until he commits. Those of before go on the next sheet.

`moving`: how many units of the lot were on their way when it was last looked at; another number is a reason to look.
"""

from alembic import op

revision = "0041"
down_revision = "0038"


def upgrade() -> None:
    op.execute("ALTER TABLE warehouse.trail_sheet ADD COLUMN supplements_to bigint NOT NULL DEFAULT 0")
    op.execute("ALTER TABLE warehouse.trail_sheet ALTER COLUMN supplements_to DROP DEFAULT")
    op.execute("CREATE INDEX trail_sheet_supplements ON warehouse.trail_sheet (supplements_to, number)")
    op.execute("CREATE TRIGGER supplement_holds_the_gate BEFORE INSERT ON warehouse.supplement FOR EACH STATEMENT"
               " EXECUTE FUNCTION warehouse.hold_trail_gate()")
    op.execute("ALTER TABLE warehouse.supplement ENABLE ALWAYS TRIGGER supplement_holds_the_gate")
    op.execute("ALTER TABLE warehouse.excursion_lot ADD COLUMN moving bigint")


def downgrade() -> None:
    op.execute("ALTER TABLE warehouse.excursion_lot DROP COLUMN moving")
    op.execute("DROP TRIGGER supplement_holds_the_gate ON warehouse.supplement")
    op.execute("ALTER TABLE warehouse.trail_sheet DROP COLUMN supplements_to")
