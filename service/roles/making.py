"""Make the four roles of the cluster, and the logins of the processes.

Roles belong to a whole cluster, and several databases of it may be migrated at the same moment: whoever comes second
finds that they are there. Each statement is a transaction of its own, so that nobody waits for another's migration.
"""

from collections.abc import Iterable

import psycopg
from psycopg import sql

from service.roles.grants import OWNER, ROLES

TRIES = 20


class NotAllowed(Exception):
    """This login may not make roles; the text says which statements somebody else must run."""


def make_roles(connection: psycopg.Connection) -> None:
    """Make what is missing of the roles, and make a login that is no superuser a member of the owner.

    `connection`: in autocommit mode. Raises NotAllowed.
    """
    for statement in _missing(connection):
        _run(connection, statement)


def are_there(connection: psycopg.Connection) -> bool:
    found = connection.execute("SELECT count(*) FROM pg_roles WHERE rolname = ANY(%s)", (list(ROLES),)).fetchone()
    return found == (len(ROLES),)


def make_login(connection: psycopg.Connection, login: str, role: str, password: str | None) -> None:
    """A login that is a member of `role` and of no other of ours, with this password (None: as it is, for a peer).

    The password reaches the server as a SCRAM verifier only, which no log of statements gives away. Raises NotAllowed.
    """
    name = sql.Identifier(login)
    if not connection.execute("SELECT FROM pg_roles WHERE rolname = %s", (login,)).fetchone():
        _run(connection, sql.SQL("CREATE ROLE {} LOGIN INHERIT").format(name))
    if password is not None:
        verifier = connection.pgconn.encrypt_password(password.encode(), login.encode(), b"scram-sha-256").decode()
        _run(connection, sql.SQL("ALTER ROLE {} PASSWORD {}").format(name, sql.Literal(verifier)))
    if not connection.execute(_IS_MEMBER, {"login": login, "role": role}).fetchone():
        _run(connection, sql.SQL("GRANT {} TO {}").format(sql.Identifier(role), name))


_IS_MEMBER = """
SELECT FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.roleid JOIN pg_roles l ON l.oid = m.member
WHERE r.rolname = %(role)s AND l.rolname = %(login)s
"""


def _missing(connection: psycopg.Connection) -> Iterable[sql.Composed]:
    for role in ROLES:
        if not connection.execute("SELECT FROM pg_roles WHERE rolname = %s", (role,)).fetchone():
            yield sql.SQL("CREATE ROLE {} NOLOGIN NOINHERIT").format(sql.Identifier(role))
    if not connection.execute(_MAY_BE_OWNER, (OWNER,)).fetchone():
        yield sql.SQL("GRANT {} TO CURRENT_USER").format(sql.Identifier(OWNER))


# On PostgreSQL 16 and later who made a role may administer it, but is only a member if he says so.
_MAY_BE_OWNER = "SELECT FROM pg_roles WHERE rolname = current_user AND (rolsuper OR pg_has_role(%s, 'USAGE'))"


def _run(connection: psycopg.Connection, statement: sql.Composed) -> None:
    """Run it, also if another does the same just now: then it has done it, or our next try does."""
    for _ in range(TRIES):
        try:
            connection.execute(statement)
            return
        except (psycopg.errors.DuplicateObject, psycopg.errors.UniqueViolation):
            return  # the other was first
        except psycopg.errors.InternalError_:
            continue  # "tuple concurrently updated": the catalogue of roles knows no row locks
        except psycopg.errors.InsufficientPrivilege as refused:
            raise NotAllowed(
                f"this login may not run {statement.as_string(connection)} ({str(refused).strip()}). "
                "Let a superuser, or a login with CREATEROLE, run ./lotproof migrate --roles once"
            ) from None
    raise NotAllowed(f"{statement.as_string(connection)}: others change the roles all the time")
