"""EPCIS events as resources: all of them, one by its id, and by type, thing, step, place and disposition."""

from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any, NamedTuple

from flask import Response
from sqlalchemy.dialects.postgresql import insert

from service.api import epcis_asking as asking
from service.api import epcis_documents as documents
from service.api import epcis_streams as streams
from service.api.door import Door
from service.api.epcis_asking import ASKED, PAGED, PROBLEMS, READERS, Pairs, given
from service.api.epcis_documents import Next
from service.api.epcis_door import PREFIX, epcis_door
from service.api.epcis_negotiation import JSON, JSON_LD, XML, wanted
from service.api.fields import Text
from service.api.house import House
from service.api.problem import not_found
from service.auth.keys import Caller
from service.epcis import words
from service.epcis.identifiers import ROLES
from service.epcis.query import pages, parameters, values_seen
from service.epcis.query.conditions import Column, Condition, Identifiers
from service.epcis.query.pages import Position, Token
from service.epcis.query.parameters import Spelling
from service.epcis.query.values_seen import merged
from service.epcis.streams.controls import CONTROLS, only_of_a_stream
from service.epcis.translation import canonical
from service.models.epcis_query import epcis_page_ended

DOCUMENT = {200: (JSON, JSON_LD, XML)}
COLLECTION = {200: (JSON, JSON_LD)}
URI = {"id": Text(2048, pattern=r"[^\x00-\x1f\x7f]+", called="a URI")}
EVENT_TYPES = ("AggregationEvent", "AssociationEvent", "ObjectEvent", "TransactionEvent", "TransformationEvent")


class Kind(NamedTuple):
    """A top-level resource: the parameter that its path stands for and where that looks, the words that are always
    there, how one of its names is spelled canonically, and the disclosure group of what it tells."""

    parameter: str
    column: str | None
    standard: tuple[str, ...]
    spelled: Callable[[str], str]
    group: str


KINDS: Mapping[str, Kind] = {
    "eventTypes": Kind("eventType", "type", EVENT_TYPES, str, "base"),
    "epcs": Kind("MATCH_anyEPC", None, (), canonical, "base"),
    "bizSteps": Kind("EQ_bizStep", "biz_step", tuple(words.BIZ_STEP.words),
                     lambda said: words.bare(words.BIZ_STEP, said), "base"),
    "bizLocations": Kind("EQ_bizLocation", "biz_location", (), canonical, "places"),
    "readPoints": Kind("EQ_readPoint", "read_point", (), canonical, "places"),
    "dispositions": Kind("EQ_disposition", "disposition", tuple(words.DISPOSITION.words),
                         lambda said: words.bare(words.DISPOSITION, said), "state"),
}  # fmt: skip
TOP_LEVEL = ("events", *KINDS, "capture", "queries")


def door(house: House) -> Door:
    shown = epcis_door(house, "epcis-events", "GS1 EPCIS 2.0: events, and the resources by which they are found")
    _root(shown)
    _events(shown, house)
    _tokens(shown, house)
    for kind in KINDS:
        _resource(shown, house, kind)
    return shown


def _root(shown: Door) -> None:
    @shown.operation("GET", f"{PREFIX}/", roles=READERS, answers=COLLECTION, problems=(406,))
    def list_epcis_resources(caller: Caller) -> Any:
        """EPCIS: what there is"""
        return documents.collection(TOP_LEVEL, wanted(JSON, JSON_LD))


def _events(shown: Door, house: House) -> None:
    @shown.operation("GET", f"{PREFIX}/events", roles=READERS, query=ASKED, answers=DOCUMENT, problems=PROBLEMS)
    def list_epcis_events(caller: Caller, query: Pairs) -> Any:
        """EPCIS: find events

        All parameters of the standard, also its families (`EQ_bizTransaction_po`, `EQ_ILMD_ex:grade`,
        `GE_value_CEL` …); a list has bars between its values. A page holds 30 events, or `perPage`, at most 1000.
        With `Upgrade: websocket`: those that come from now on, `stream=true` at once, else by the fields of a schedule.
        """
        sent = given(query)
        for each in sent:
            if each.name in CONTROLS:
                raise only_of_a_stream(each.name)
        return asking.answered(house, caller, sent)

    def stream(caller: Caller, query: Pairs) -> Response:
        form, sent = wanted(), given(query)
        asked = streams.conditions(sent)
        question = parameters.question(asked, Spelling(form.namespaces))
        about = ["events", [list(each) for each in asked], form.namespaces]
        whole = streams.Asked(documents.SIMPLE_QUERY, question, about)
        return streams.opened(house, caller, whole, sent, form, shown.operations["list_epcis_events"])

    streams.beside(shown, "list_epcis_events", f"{PREFIX}/events", stream)

    @shown.operation(
        "GET", f"{PREFIX}/events/<path:id>", roles=READERS, path=URI, answers=DOCUMENT, problems=(406,)
    )
    def read_epcis_event(caller: Caller, id: str) -> Any:
        """EPCIS: one event, and its error declaration if there is one"""
        return asking.one_event(house, caller, id)


def _tokens(shown: Door, house: House) -> None:
    @shown.operation(
        "DELETE", f"{PREFIX}/nextPageToken/<token>", roles=("party",), path={"token": Text(4000)},
        answers={204: "text/plain"},
    )  # fmt: skip
    def end_epcis_page(caller: Caller, token: str) -> Any:
        """EPCIS: end a page token; nobody can turn to that page any more"""
        until = asking.issued_until(house, caller, token)
        if until is None:
            raise not_found("page token", token)
        row = {"party_id": caller.party_id, "token_hash": sha256(token.encode()).digest(), "until": until}
        with house.engine.begin() as connection:
            connection.execute(insert(epcis_page_ended).values(row).on_conflict_do_nothing())
        return Response(status=204, content_type="text/plain; charset=utf-8")


def _resource(shown: Door, house: House, kind: str) -> None:
    def listed(caller: Caller, query: Pairs) -> Any:
        return _names(house, caller, kind, query)

    def described(caller: Caller, id: str) -> Any:
        _check(house, caller, kind, id)
        return documents.collection(("events",), wanted(JSON, JSON_LD))

    def found(caller: Caller, id: str, query: Pairs) -> Any:
        _check(house, caller, kind, id)
        return asking.answered(house, caller, given(query), _fixed(kind, id))

    for view, verb, told in (
        (listed, "list_epcis", "which there are"), (described, "read_epcis", "what one of them has"),
        (found, "list_epcis_events_of", "the events with one of them"),
    ):  # fmt: skip
        view.__name__, view.__doc__ = f"{verb}_{_SNAKE[kind]}", f"EPCIS {kind}: {told}"
    rule, page = f"{PREFIX}/{kind}", {"roles": READERS, "problems": PROBLEMS}
    shown.operation("GET", rule, query=PAGED, answers=COLLECTION, **page)(listed)
    shown.operation("GET", f"{rule}/<path:id>", path=URI, answers=COLLECTION, **page)(described)
    shown.operation("GET", f"{rule}/<path:id>/events", path=URI, query=ASKED, answers=DOCUMENT, **page)(found)


_SNAKE = {"eventTypes": "types", "epcs": "epcs", "bizSteps": "steps", "bizLocations": "locations",
          "readPoints": "read_points", "dispositions": "dispositions"}  # fmt: skip


def _names(house: House, caller: Caller, kind: str, query: Pairs) -> Response:
    form, sent = wanted(JSON, JSON_LD), given(query)
    for unknown in asking.conditions(sent):
        raise asking.no_parameter(unknown.name)
    sheet = asking.paging(house, caller, sent, kind)
    after = sheet.token.position.key if sheet.token else ""
    asking.catch_up(house, caller)
    with house.engine.connect() as connection:
        seen = values_seen.values_seen(connection, asking.reader_of(caller), kind, after, sheet.size + 1)
    members = merged(KINDS[kind].standard, seen, after, sheet.size + 1)
    shown, following = members[: sheet.size], None
    if len(members) > sheet.size:
        until = int(house.now().timestamp()) + pages.LIVES_SECONDS
        following = Next(sheet.tokens, Token(Position(shown[-1], 0), until))
    if kind == "epcs":
        shown = asking.respelled(house, caller, shown, form)
    return documents.collection(shown, form, following)


def _fixed(kind: str, id: str) -> Condition:
    known = KINDS[kind]
    target = Column(known.column) if known.column else Identifiers(ROLES)
    return Condition(known.parameter, target, "EQ", (known.spelled(id),), known.group)


def _check(house: House, caller: Caller, kind: str, id: str) -> None:
    """Raises Problem 404 if it is neither a word of the standard nor in an event that the caller may see."""
    known = KINDS[kind]
    if known.spelled(id) not in known.standard and not asking.occurs(house, caller, _fixed(kind, id)):
        raise not_found(kind, id)
