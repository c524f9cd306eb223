"""Named queries of EPCIS: kept under a name, asked by that name."""

from collections.abc import Mapping
from typing import Any

from flask import Response
from sqlalchemy import Connection, Row

from service.api import epcis_asking as asking
from service.api import epcis_documents as documents
from service.api import epcis_streams as streams
from service.api.door import Door, body_of
from service.api.epcis_asking import PAGED, PROBLEMS, Pairs, given
from service.api.epcis_documents import Next
from service.api.epcis_door import PREFIX, epcis_door
from service.api.epcis_events import DOCUMENT
from service.api.epcis_negotiation import JSON, JSON_LD, Wanted, namespaces, wanted
from service.api.epcis_speech import address
from service.api.fields import Shape, Text
from service.api.house import House
from service.api.members import Members
from service.api.problem import Problem, shown
from service.api.trail import author
from service.auth.keys import Caller
from service.epcis.exceptions import EpcisProblem
from service.epcis.query import named, pages
from service.epcis.query.pages import Position, Token
from service.epcis.streams.controls import CONTROLS, only_of_a_stream
from service.people import changes

NAME = {"name": Text(100, pattern=r"[A-Za-z0-9_.:-]+", called="a name of letters, digits, _ . : and -")}
_EVENTS = "list_epcis_events_of_query"


class NewQuery(Shape):
    name = Text(100, pattern=r"[A-Za-z0-9_.:-]+", called="a name of letters, digits, _ . : and -", required=True)
    query = Members("Parameters and their values, as in the EPCIS query schema", required=True)


def door(house: House) -> Door:
    kept = epcis_door(house, "epcis-queries", "GS1 EPCIS 2.0: queries with a name")
    _keeping(kept, house)
    _asking(kept, house)
    _streaming(kept, house)
    return kept


def _streaming(kept: Door, house: House) -> None:
    def stream(caller: Caller, name: str, query: Pairs) -> Response:
        form, sent = wanted(), given(query)
        row = found_query(house, caller, name)
        for unknown in streams.conditions(sent):
            raise asking.no_parameter(unknown.name)

        def there(connection: Connection) -> bool:
            found = named.found(connection, row.party_id, name)
            return found is not None and found.number == row.number

        asked = streams.Asked(name, named.question_of(row.query, row.names), ["query", row.number], there)
        return streams.opened(house, caller, asked, sent, form, kept.operations[_EVENTS])

    streams.beside(kept, _EVENTS, f"{PREFIX}/queries/<name>/events", stream)


def _keeping(kept: Door, house: House) -> None:
    @kept.operation(
        "POST", f"{PREFIX}/queries", roles=("party",), body=body_of(NewQuery), answers={201: JSON}, problems=(406, 409)
    )
    def add_epcis_query(caller: Caller, body: dict[str, Any]) -> Any:
        """EPCIS: give a query a name

        Prefixes of extensions are those of the query's own `@context`, or of `GS1-Extensions`.
        """
        form, who, query = wanted(JSON, JSON_LD), author(house, caller), body["query"]
        names = named.names_of(query, namespaces())
        named.question_of(query, names)  # raises what is wrong with it
        with house.engine.begin() as connection:
            count = len(named.listed(connection, who.party_id, "", named.MOST_QUERIES))
            if count >= named.MOST_QUERIES or named.found(connection, who.party_id, body["name"]):
                raise _taken(body["name"], count)
            named.keep(connection, who.party_id, body["name"], query, names, who.who, who.at)
            changes.keep(connection, who, "epcis-query", body["name"], {"query": (None, "kept")})
        answer = documents.listed({"name": body["name"], "query": query}, form, status=201)
        answer.headers["Location"] = address(house.settings.public_url, f"/queries/{body['name']}")
        return answer

    @kept.operation(
        "DELETE", f"{PREFIX}/queries/<name>", roles=("party",), path=NAME, answers={204: "text/plain"}, problems=(406,)
    )
    def drop_epcis_query(caller: Caller, name: str) -> Any:
        """EPCIS: forget a query; its subscriptions end"""
        who = author(house, caller)
        with house.engine.begin() as connection:
            if not named.drop(connection, who.party_id, name):
                raise no_such_name(name)
            changes.keep(connection, who, "epcis-query", name, {"query": ("kept", None)})
        return Response(status=204, content_type="text/plain; charset=utf-8")


def _asking(kept: Door, house: House) -> None:
    @kept.operation(
        "GET", f"{PREFIX}/queries", roles=("party",), query=PAGED, answers={200: JSON}, problems=PROBLEMS
    )
    def list_epcis_queries(caller: Caller, query: Pairs) -> Any:
        """EPCIS: your queries, by name"""
        form, sent = wanted(JSON, JSON_LD), given(query)
        for unknown in asking.conditions(sent):
            raise asking.no_parameter(unknown.name)
        sheet = asking.paging(house, caller, sent, "queries")
        after = sheet.token.position.key if sheet.token else ""
        with house.engine.connect() as connection:
            found = named.listed(connection, party_of(caller), after, sheet.size + 1)
        return _listed(house, found, sheet, form)

    @kept.operation(
        "GET", f"{PREFIX}/queries/<name>", roles=("party",), path=NAME, answers={200: JSON}, problems=(406,)
    )
    def read_epcis_query(caller: Caller, name: str) -> Any:
        """EPCIS: what a query asks"""
        form = wanted(JSON, JSON_LD)
        return documents.listed(_shown(found_query(house, caller, name)), form)

    @kept.operation(
        "GET", f"{PREFIX}/queries/<name>/events", roles=("party",), path=NAME, query=PAGED, answers=DOCUMENT,
        problems=PROBLEMS,
    )  # fmt: skip
    def list_epcis_events_of_query(caller: Caller, name: str, query: Pairs) -> Any:
        """EPCIS: what a query finds now

        With `Upgrade: websocket`: what it finds from now on, `stream=true` at once, else by the fields of a schedule.
        """
        form, sent = wanted(), given(query)
        row = found_query(house, caller, name)
        for unknown in asking.conditions(sent):
            if unknown.name in CONTROLS:
                raise only_of_a_stream(unknown.name)
            raise asking.no_parameter(unknown.name)
        asked = {each: value for each, value in row.query.items() if each != "@context"}
        sheet = asking.paging(house, caller, sent, [row.number, asked])
        return asking.answered_page(house, caller, named.question_of(row.query, row.names), sheet, form, name)


def _listed(house: House, found: list[Row[Any]], sheet: asking.Paging, form: Wanted) -> Response:
    page, following = found[: sheet.size], None
    if len(found) > sheet.size:
        until = int(house.now().timestamp()) + pages.LIVES_SECONDS
        following = Next(sheet.tokens, Token(Position(page[-1].name, 0), until))
    return documents.listed([_shown(row) for row in page], form, following)


def _shown(row: Row[Any]) -> Mapping[str, Any]:
    return {"name": row.name, "query": row.query}


def found_query(house: House, caller: Caller, name: str) -> Row[Any]:
    """Raises Problem 404."""
    with house.engine.connect() as connection:
        row = named.found(connection, party_of(caller), name)
    if row is None:
        raise no_such_name(name)
    return row


def no_such_name(name: str) -> EpcisProblem:
    """The one absence that has an exception of its own."""
    return EpcisProblem(404, "NoSuchNameException", f"no query {shown(name)} that this key may see",
                        reason="not-found", seen=shown(name))  # fmt: skip


def party_of(caller: Caller) -> int:
    assert caller.party_id is not None
    return caller.party_id


def _taken(name: str, count: int) -> Problem:
    if count >= named.MOST_QUERIES:
        detail = f"expected at most {named.MOST_QUERIES} queries, got {count} already"
        return Problem(409, "too-many-queries", detail, expected=named.MOST_QUERIES, seen=count)
    return Problem(409, "query-exists", f"there is a query {name} already", expected="a new name", seen=name)
