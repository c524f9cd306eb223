"""People of a party: made, changed and listed. Their roles decide at the door (`service.auth.permissions`)."""

from base64 import b32encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, delete, insert, select
from sqlalchemy.dialects.postgresql import insert as upsert

from service.domain.errors import ThingExists, UnknownThing
from service.domain.people import Grant, check_grants, check_person
from service.models.people import person, person_name, person_role
from service.models.tables import site
from service.people import changes
from service.people.changes import Author
from service.signin import invitations, sessions


@dataclass(frozen=True, slots=True)
class NewPerson:
    """Without a code the person gets one that says nothing."""

    roles: tuple[Grant, ...]
    code: str | None = None
    name: str | None = None


def add(connection: Connection, author: Author, new: NewPerson, random: Callable[[int], bytes]) -> str:
    """The code of the new person; raises ThingExists, UnknownThing (a site), BadName, BadText, RoleTwice."""
    code = new.code or "p-" + b32encode(random(5)).decode().lower()
    check_person(code, new.name)
    row = {"party_id": author.party_id, "code": code, "active": True, "created_at": author.at}
    made = connection.scalar(upsert(person).values(row).on_conflict_do_nothing().returning(person.c.id))
    if made is None:
        raise ThingExists("person", code)
    _set_roles(connection, author.party_id, made, new.roles)
    _set_name(connection, made, new.name)
    changes.keep(connection, author, "person", code, {"roles": (None, _plain(new.roles))})
    return code


def change(connection: Connection, author: Author, code: str, wanted: Mapping[str, Any]) -> bool:
    """Set `roles`, `active`, `name` as far as they are in `wanted`; False if the party has no such person."""
    mine = (person.c.party_id == author.party_id, person.c.code == code)
    found = connection.execute(select(person).where(*mine).with_for_update()).one_or_none()
    if found is None:
        return False
    made = dict[str, tuple[Any, Any]]()
    if "active" in wanted and wanted["active"] != found.active:
        connection.execute(person.update().where(*mine).values(active=wanted["active"]))
        made["active"] = (found.active, wanted["active"])
        sessions.end(connection, found.id, author.at)  # who comes back signs in again
        invitations.end(connection, found.id, author.at)
    if "roles" in wanted:
        before = _roles(connection, [found.id]).get(found.id, [])
        _set_roles(connection, author.party_id, found.id, wanted["roles"])
        if before != _plain(wanted["roles"]):
            made["roles"] = (before, _plain(wanted["roles"]))
    if "name" in wanted:
        check_person(code, wanted["name"])
        _set_name(connection, found.id, wanted["name"])
        made["name"] = (None, "erased" if wanted["name"] is None else "changed")
    changes.keep(connection, author, "person", code, made)
    return True


def listed(connection: Connection, party_id: int, after: str, limit: int) -> list[dict[str, Any]]:
    """In the order of their codes, from the one that follows `after`."""
    return _shown(connection, _PEOPLE.where(person.c.party_id == party_id, person.c.code > after).limit(limit))


def one(connection: Connection, party_id: int, code: str) -> dict[str, Any] | None:
    """The person of this code, if the party has it."""
    found = _shown(connection, _PEOPLE.where(person.c.party_id == party_id, person.c.code == code))
    return found[0] if found else None


def standing(connection: Connection, party_id: int, code: str) -> frozenset[Grant] | None:
    """The roles of an active person, which stay until this transaction ends; None if the party has none such."""
    mine = (person.c.party_id == party_id, person.c.code == code, person.c.active)
    found = connection.execute(select(person.c.id).where(*mine).with_for_update(read=True)).scalar_one_or_none()
    return None if found is None else frozenset(_grants(connection, [found]).get(found, []))


def id_of(connection: Connection, party_id: int, code: str) -> int | None:
    """The number of the person of this code, if the party has it."""
    asked = select(person.c.id).where(person.c.party_id == party_id, person.c.code == code)
    return connection.execute(asked).scalar_one_or_none()


_PEOPLE = (
    select(person.c.id, person.c.code, person_name.c.name, person.c.active, person.c.created_at)
    .join(person_name, person_name.c.person_id == person.c.id, isouter=True)
    .order_by(person.c.code)
)


def _shown(connection: Connection, asked: Select[Any]) -> list[dict[str, Any]]:
    rows = connection.execute(asked).all()
    roles = _roles(connection, [row.id for row in rows])
    return [
        {"code": row.code, "name": row.name, "active": row.active, "created_at": row.created_at,
         "roles": roles.get(row.id, [])}
        for row in rows
    ]  # fmt: skip


def _set_roles(connection: Connection, party_id: int, id: int, grants: tuple[Grant, ...]) -> None:
    check_grants(grants)
    codes = {grant.site for grant in grants if grant.site is not None}
    known = select(site.c.code, site.c.id).where(site.c.party_id == party_id, site.c.code.in_(codes))
    sites = {row.code: row.id for row in connection.execute(known)}
    for missing in sorted(codes - sites.keys()):
        raise UnknownThing("site", missing)
    connection.execute(delete(person_role).where(person_role.c.person_id == id))
    rows = [{"person_id": id, "role": g.role, "site_id": None if g.site is None else sites[g.site]} for g in grants]
    if rows:
        connection.execute(insert(person_role), rows)


def _set_name(connection: Connection, id: int, name: str | None) -> None:
    connection.execute(delete(person_name).where(person_name.c.person_id == id))
    if name is not None:
        connection.execute(insert(person_name).values(person_id=id, name=name))


def _roles(connection: Connection, ids: list[int]) -> dict[int, list[dict[str, Any]]]:
    return {id: _plain(tuple(grants)) for id, grants in _grants(connection, ids).items()}


def _grants(connection: Connection, ids: list[int]) -> dict[int, list[Grant]]:
    asked = select(person_role.c.person_id, person_role.c.role, site.c.code).join(
        site, site.c.id == person_role.c.site_id, isouter=True
    )
    found = dict[int, list[Grant]]()
    for id, role, where in connection.execute(asked.where(person_role.c.person_id.in_(ids))):
        found.setdefault(id, []).append(Grant(role, where))
    return found


def _plain(grants: tuple[Grant, ...]) -> list[dict[str, Any]]:
    """In one order, so that lists of roles can be compared."""
    ordered = sorted(grants, key=lambda grant: (grant.role, grant.site or ""))
    return [{"role": grant.role, "site": grant.site} for grant in ordered]
