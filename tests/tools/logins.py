"""The product's own logins on a test's cluster: what the processes may not do, a test as superuser would not notice."""

from service.local.postgres import Cluster
from service.roles import making
from service.roles.grants import WEB, WORKER
from service.roles.logins import WEB_LOGIN, WORKER_LOGIN


def made(pg: Cluster) -> None:
    """The two logins, as `migrate` makes them for the embedded stack; the roles must be there."""
    with pg.connect() as connection:
        for login, role in ((WEB_LOGIN, WEB), (WORKER_LOGIN, WORKER)):
            making.make_login(connection, login, role, None)


def web_url(pg: Cluster, database: str) -> str:
    return pg.url(database, WEB_LOGIN)


def worker_url(pg: Cluster, database: str) -> str:
    return pg.url(database, WORKER_LOGIN)
