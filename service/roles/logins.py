"""The logins of the processes, as the URLs name them that web and worker are given."""

from dataclasses import dataclass

from sqlalchemy import make_url

from service.roles.grants import WEB, WORKER

WEB_LOGIN, WORKER_LOGIN = f"{WEB}_login", f"{WORKER}_login"


@dataclass(frozen=True, slots=True)
class Login:
    """Who logs in, as a member of which role; no password where the server knows its users otherwise."""

    name: str
    role: str
    password: str | None


def named(web_url: str | None, worker_url: str | None, admin_url: str) -> list[Login]:
    """Whom the processes log in as; not who migrates, for he is there already."""
    admin = make_url(admin_url).username
    parsed = [(make_url(url), role) for url, role in ((web_url, WEB), (worker_url, WORKER)) if url]
    return [Login(url.username, role, url.password) for url, role in parsed if url.username and url.username != admin]
