"""Whether a login can do more than its process needs; such an installation works, and is told so."""

from dataclasses import dataclass

from sqlalchemy import Connection, text

PROGRAMS = ("lotproof web", "lotproof worker")  # as they name themselves to the server
REMEDY = "give it a login of its own: docs/operations.md, Database roles"


@dataclass(frozen=True, slots=True)
class Excess:
    """`program` (empty: we ourselves) is connected as `login`, which may do `what`."""

    program: str
    login: str
    what: str

    def __str__(self) -> str:
        return f"{self.program or 'this process'} is connected as {self.login}, which {self.what}; {REMEDY}"


def own_excess(connection: Connection) -> Excess | None:
    """What our own login could do to the ledger beyond its task; None also where there is no ledger yet."""
    row = connection.execute(text(_OWN)).one_or_none()
    return None if row is None else _excess(*row)


def seen_excess(connection: Connection) -> list[Excess]:
    """The same of the web processes and workers that are connected just now."""
    rows = connection.execute(text(_SEEN), {"programs": list(PROGRAMS)}).all()
    return [found for found in (_excess(*row) for row in rows) if found]


def _excess(program: str, login: str, superuser: bool, owner: bool, changes: bool) -> Excess | None:
    for holds, what in (
        (superuser, "is a superuser"),
        (owner, "owns the tables of the ledger"),
        (changes, "may change what is recorded"),
    ):
        if holds:
            return Excess(program, login, what)
    return None


_MAY = """
r.rolname, r.rolsuper, pg_has_role(r.oid, c.relowner, 'MEMBER'),
    has_table_privilege(r.oid, c.oid, 'UPDATE, DELETE, TRUNCATE')
"""
_OWN = f"""
SELECT '', {_MAY} FROM pg_roles r, pg_class c
WHERE r.rolname = current_user AND c.oid = to_regclass('ledger.entry')
"""  # noqa: S608
_SEEN = f"""
SELECT DISTINCT a.application_name, {_MAY}
FROM pg_stat_activity a JOIN pg_roles r ON r.oid = a.usesysid, pg_class c
WHERE a.datname = current_database() AND a.application_name = ANY(:programs) AND c.oid = to_regclass('ledger.entry')
ORDER BY 1, 2
"""  # noqa: S608


UNNOTICED = "changes of the schema are not noted as they happen: the event triggers are absent or asleep"


def unnoticed(connection: Connection) -> bool:
    """Whether nobody writes down what is done to the schema from outside: the event triggers are absent or asleep."""
    awake = "SELECT count(*) FROM pg_event_trigger WHERE evtname LIKE 'lotproof\\_%' AND evtenabled = 'A'"
    return bool(connection.scalar(text(awake)) != 2)
