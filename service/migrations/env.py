"""What Alembic runs: the migrations of `versions/`, in the connection and transaction of `service.db.migrate`."""

from alembic import context

attributes = context.config.attributes


def note_applied(step, **_):  # type: ignore[no-untyped-def]
    attributes["applied"].append(step.up_revision_id)


context.configure(connection=attributes["connection"], on_version_apply=note_applied)
context.run_migrations()
