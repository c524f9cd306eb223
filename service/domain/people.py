"""People of a party: what they are called in the ledger, and their roles, each for the whole party or for one site."""

from typing import Literal, NamedTuple, get_args

from service.domain.errors import DomainError
from service.domain.identifiers import check_code, check_text

Role = Literal["operator", "supervisor", "quality", "administrator", "integrator", "auditor", "regulator", "sensor"]
ROLES: tuple[Role, ...] = get_args(Role)

COMPANY: tuple[Role, ...] = ("operator", "supervisor", "quality", "administrator", "integrator")
"""The roles of a key that belongs to no person: the company itself, which may do whatever one of its people may."""

MOST_GRANTS = 100


class Grant(NamedTuple):
    """`site` is the code of a site of the party; None means everywhere in it."""

    role: str
    site: str | None = None


class RoleTwice(DomainError):
    slug = "role-twice"
    title = "A role is given once for a place"

    def __init__(self, grant: Grant) -> None:
        where = f"at {grant.site}" if grant.site else "for the whole party"
        super().__init__(f"expected {grant.role} {where} once, got it again", expected="once", seen=grant.role)


def check_person(code: str, name: str | None) -> None:
    check_code("person", code)
    if name is not None:
        check_text("name", name)


def check_grants(grants: tuple[Grant, ...]) -> None:
    seen = set[Grant]()
    for grant in grants:
        if grant in seen:
            raise RoleTwice(grant)
        seen.add(grant)
