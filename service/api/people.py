"""People of a party, their keys, and what is on record of everybody: refusals and changes."""

from dataclasses import asdict
from typing import Any

from service.api import schemas
from service.api.api_keys import check_expiry
from service.api.door import Door, body_of
from service.api.fields import Choice, Day, Flag, Instant, Many, One, Shape, Text, Uuid, Whole, WholeInQuery
from service.api.house import House
from service.api.problem import not_found
from service.api.schemas import MOST, Anything, Nullable, number, text
from service.api.trail import author
from service.auth import keys
from service.auth.keys import Caller
from service.domain.people import MOST_GRANTS, ROLES, Grant
from service.domain.signing import shown_hash
from service.people import changes, people, refusals, reviews
from service.people.people import NewPerson

MOST_COUNTED = 100


class GrantShape(Shape):
    makes = Grant
    role = Choice(*ROLES, required=True)
    site = Text(40, allow_none=True, load_default=None, doc={"description": "For this site only"})


class NewPersonShape(Shape):
    makes = NewPerson
    code = Text(40, doc={"description": "Opaque: stands in the ledger for ever, so it names nobody; made if absent"})
    name = Text(200, doc={"description": "For your screens; outside of the ledger, can be erased"})
    roles = Many(One(GrantShape), 0, MOST_GRANTS, required=True)


class PersonChange(Shape):
    name = Text(200, allow_none=True, doc={"description": "null erases it"})
    roles = Many(One(GrantShape), 0, MOST_GRANTS, doc={"description": "All roles that the person has from now on"})
    active = Flag(doc={"description": "false: the person's keys open nothing"})
    reason = Text(200, required=True)


class GrantShown(Shape):
    role = Choice(*ROLES, required=True)
    site = Nullable(Text(40))


class Person(Shape):
    code = text(40)
    name = Nullable(Text(200))
    active = Flag(required=True)
    created_at = Instant(required=True)
    roles = Many(One(GrantShown), 0, MOST_GRANTS, required=True)


class People(Shape):
    people = Many(One(Person), 0, 1000, required=True)
    next = Nullable(Text(40, doc={"description": "Give it as `after` to read on"}))


class NewPersonKey(Shape):
    label = Text(100, required=True)
    expires_at = Instant()


class PageQuery(Shape):
    after = Text(40, load_default="")
    limit = WholeInQuery(1, 1000, load_default=100)


class BackQuery(Shape):
    before = WholeInQuery(1, MOST, doc={"description": "Only older ones: those with smaller numbers"})
    limit = WholeInQuery(1, 1000, load_default=100)


class ChangeQuery(BackQuery):
    kind = Text(40, doc={"description": "item, person or api-key"})
    code = Text(40)


class Refusal(Shape):
    number = number()
    key = text(40)
    person = Nullable(Text(40))
    operation = text(40)
    movement_type = Nullable(Text(20))
    movement = Nullable(Uuid())
    status = Whole(400, 599, required=True)
    problem = text(40)
    detail = text(500)
    at = Instant(required=True)


class Counted(Shape):
    """Refusals of a day beyond what is kept: `more` of them, beside `kept`."""

    day = Day(required=True)
    who = text(64)
    operation = text(40)
    problem = text(40)
    kept = number()
    more = number()
    last_at = Instant(required=True)


class RefusalList(Shape):
    refusals = Many(One(Refusal), 0, 1000, required=True)
    counted = Many(One(Counted), 0, MOST_COUNTED, required=True)
    next = Nullable(Whole(1, MOST, doc={"description": "Give it as `before` to read on"}))


class ReviewShown(Shape):
    person = text(64)
    at = Instant(required=True)
    words = text(200)


class Change(Shape):
    number = number()
    kind = text(40)
    code = text(40)
    field = text(40)
    old = Anything("What it was", required=True)
    new = Anything("What it became", required=True)
    who = text(100)
    reason = Nullable(Text(200))
    at = Instant(required=True)
    reviewed_by = Many(One(ReviewShown), 0, 1000, required=True)


class ChangeList(Shape):
    changes = Many(One(Change), 0, 1000, required=True)
    next = Nullable(Whole(1, MOST, doc={"description": "Give it as `before` to read on"}))
    range = Nullable(Text(40, doc={"description": "The numbers of the first and last; null where a kind is asked for"}))
    shown = Nullable(Text(43, doc={"description": "What a review of these signs"}))


def door(house: House) -> Door:
    made = house.door("people", "People of a party, and what is on record of them")
    _people(made, house)
    _keys(made, house)
    _record(made, house)
    return made


def _people(made: Door, house: House) -> None:
    @made.operation(
        "POST", "/people", roles=("party",), body=body_of(NewPersonShape), answers={201: Person}, problems=(409,)
    )
    def add_person(caller: Caller, body: NewPerson) -> Any:
        """Add a person with roles, each for the whole party or for one site"""
        with house.engine.begin() as connection:
            who = author(house, caller)
            code = people.add(connection, who, body, house.random)
            return people.one(connection, who.party_id, code), 201

    @made.operation("GET", "/people", roles=("party",), query=PageQuery, answers={200: People})
    def list_people(caller: Caller, query: dict[str, Any]) -> Any:
        """List the people of your party"""
        assert caller.party_id is not None
        with house.engine.connect() as connection:
            found = people.listed(connection, caller.party_id, query["after"], query["limit"])
        return {"people": found, "next": found[-1]["code"] if len(found) == query["limit"] else None}

    @made.operation(
        "PATCH", "/people/<code>", roles=("party",), path={"code": Text(40)}, body=body_of(PersonChange),
        answers={200: Person}, problems=(409,),
    )  # fmt: skip
    def change_person(caller: Caller, code: str, body: dict[str, Any]) -> Any:
        """Change a person's roles or name, or end their access

        Counts at once in the process that answers, within a second in all others.
        """
        who = author(house, caller, body.pop("reason"))
        with house.engine.begin() as connection:
            if not people.change(connection, who, code, body):
                raise not_found("person", code)
            shown = people.one(connection, who.party_id, code)
        house.access.forget()
        return shown


def _keys(made: Door, house: House) -> None:
    @made.operation(
        "POST", "/people/<code>/api-keys", roles=("party",), path={"code": Text(40)}, body=body_of(NewPersonKey),
        answers={201: schemas.ApiKeyWithSecret}, problems=(409,),
    )  # fmt: skip
    def make_person_key(caller: Caller, code: str, body: dict[str, Any]) -> Any:
        """Make a personal API key

        It may do what the person's roles allow at the moment of each call. The answer shows it once.
        """
        who = author(house, caller)
        until = body.get("expires_at")
        check_expiry(until, who.at)
        with house.engine.begin() as connection:
            if people.one(connection, who.party_id, code) is None:
                raise not_found("person", code)
            secret, key = keys.issue(
                connection, role="party", party=caller.party, label=body["label"], now=who.at, random=house.random,
                expires_at=until, person=code,
            )  # fmt: skip
            changes.keep(connection, who, "api-key", str(key.id), {"person": (None, code)})
        return {**asdict(key), "api_key": secret}, 201


def _record(made: Door, house: House) -> None:
    @made.operation("GET", "/refusals", roles=("party",), query=BackQuery, answers={200: RefusalList})
    def list_refusals(caller: Caller, query: dict[str, Any]) -> Any:
        """What your party's keys were refused, the newest first

        Every 403, and every movement that a rule refused; of one key or person 1,000 on a day, of a party 10,000. What
        came beyond stands in `counted`.
        """
        assert caller.party_id is not None
        with house.engine.connect() as connection:
            found = refusals.listed(connection, caller.party_id, query.get("before"), query["limit"])
            beyond = refusals.counted(connection, caller.party_id, MOST_COUNTED)
        return {"refusals": found, "counted": beyond, "next": _next(found, query)}

    @made.operation("GET", "/changes", roles=("party",), query=ChangeQuery, answers={200: ChangeList})
    def list_changes(caller: Caller, query: dict[str, Any]) -> Any:
        """Changes of your master data, people and keys, the newest first: old, new, who, when, why"""
        assert caller.party_id is not None
        with house.engine.connect() as connection:
            found = changes.listed(connection, caller.party_id, query)
            told = reviews.with_reviews(connection, caller.party_id, found)
        some = not found or "kind" in query or "code" in query
        return {
            "changes": told, "next": _next(found, query), "range": None if some else reviews.range_of(found),
            "shown": None if some else shown_hash(reviews.record_of(found[::-1])),
        }  # fmt: skip


def _next(found: list[dict[str, Any]], query: dict[str, Any]) -> int | None:
    return found[-1]["number"] if len(found) == query["limit"] else None
