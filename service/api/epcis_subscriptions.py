"""Subscriptions to named queries: whom to tell of events, when, and how far that is."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import Response
from sqlalchemy import Connection, Row, delete, func, insert, select

from service.api import epcis_asking as asking
from service.api import epcis_documents as documents
from service.api.door import Door, body_of
from service.api.epcis_asking import PAGED, PROBLEMS, Pairs, given
from service.api.epcis_documents import Next
from service.api.epcis_door import PREFIX, epcis_door
from service.api.epcis_negotiation import JSON, JSON_LD, XML, wanted
from service.api.epcis_queries import NAME, found_query
from service.api.epcis_speech import address
from service.api.fields import Flag, Instant, Shape, Text, Uuid
from service.api.house import House
from service.api.members import Members
from service.api.problem import Problem, not_found, try_later
from service.api.trail import author
from service.auth.keys import Caller
from service.epcis.query import pages
from service.epcis.query.faults import WrongControls
from service.epcis.query.pages import Position, Token
from service.epcis.subscriptions.placing import last_place
from service.epcis.subscriptions.schedule import schedule_of
from service.models.epcis_query import epcis_subscription as subscriptions
from service.people import changes
from service.webhooks import signing
from service.webhooks.addresses import Refused, target_of

MOST_SUBSCRIPTIONS = 100
ONE = {**NAME, "id": Uuid()}


class NewSubscription(Shape):
    """Either `stream` or a `schedule`."""

    dest = Text(1000, pattern=r"https?://[!-~]+", called="an https URL", required=True,
                doc={"description": "https, port 443, a public address; redirects are not followed"})  # fmt: skip
    signatureToken = Text(200, doc={"description": "Signs what is sent: `GS1-Signature`, HMAC-SHA256 of the body"})
    stream = Flag(doc={"description": "true: tell of each event as soon as it is there"})
    schedule = Members("second, minute, hour, dayOfMonth, month, dayOfWeek; in UTC")
    reportIfEmpty = Flag(load_default=False)
    initialRecordTime = Instant()


def door(house: House) -> Door:
    told = epcis_door(house, "epcis-subscriptions", "GS1 EPCIS 2.0: who is told of events that answer a query")
    _subscribing(told, house)
    _reading(told, house)
    return told


def _subscribing(told: Door, house: House) -> None:
    @told.operation(
        "POST", f"{PREFIX}/queries/<name>/subscriptions", roles=("party",), path=NAME, body=body_of(NewSubscription),
        answers={201: JSON}, problems=(406, 409),
    )  # fmt: skip
    def subscribe_to_epcis_query(caller: Caller, name: str, body: dict[str, Any]) -> Any:
        """EPCIS: be told of events that answer a query

        Each event once, in the order of arrival, as an EPCISQueryDocument; a document that was not answered with 2xx
        is sent again under the same `id`. `Accept` and `GS1-EPC-Format` say how it is written.
        """
        form, query = wanted(JSON, JSON_LD, XML), found_query(house, caller, name)
        _check_controls(body)
        _check_address(house, body["dest"])
        who, id = author(house, caller), UUID(bytes=house.random(16), version=4)
        with house.engine.begin() as connection:
            _check_number(connection, who.party_id)
            row = _row(house, connection, query, body) | {"id": id, "party_id": who.party_id, "created_at": who.at}
            row |= {"epc_format": form.epc_format, "media_type": form.media_type}
            row |= {"sealed": _sealed(house, id, body.get("signatureToken"))}
            connection.execute(insert(subscriptions).values(row))
            changes.keep(connection, who, "epcis-subscription", str(id), {"url": (None, body["dest"])})
            made = _shown(_one(connection, query, id), name)
        answer = documents.listed(made, wanted(JSON, JSON_LD, XML), status=201)
        answer.headers["Location"] = address(house.settings.public_url, f"/queries/{name}/subscriptions/{id}")
        answer.content_type = JSON
        return answer

    @told.operation(
        "DELETE", f"{PREFIX}/queries/<name>/subscriptions/<id>", roles=("party",), path=ONE,
        answers={204: "text/plain"}, problems=(406,),
    )  # fmt: skip
    def end_epcis_subscription(caller: Caller, name: str, id: UUID) -> Any:
        """EPCIS: end a subscription; what was not told yet is not told any more"""
        query, who = found_query(house, caller, name), author(house, caller)
        with house.engine.begin() as connection:
            row = _one(connection, query, id)
            connection.execute(delete(subscriptions).where(subscriptions.c.id == id))
            changes.keep(connection, who, "epcis-subscription", str(id), {"url": (row.url, None)})
        return Response(status=204, content_type="text/plain; charset=utf-8")


def _reading(told: Door, house: House) -> None:
    @told.operation(
        "GET", f"{PREFIX}/queries/<name>/subscriptions", roles=("party",), path=NAME, query=PAGED, answers={200: JSON},
        problems=PROBLEMS,
    )  # fmt: skip
    def list_epcis_subscriptions(caller: Caller, name: str, query: Pairs) -> Any:
        """EPCIS: who is told of what a query finds"""
        form, sent, row = wanted(JSON, JSON_LD), given(query), found_query(house, caller, name)
        for unknown in asking.conditions(sent):
            raise asking.no_parameter(unknown.name)
        sheet = asking.paging(house, caller, sent, "subscriptions")
        after = UUID(sheet.token.position.key) if sheet.token else UUID(int=0)
        asked = select(subscriptions).where(subscriptions.c.query == row.number, subscriptions.c.id > after)
        with house.engine.connect() as connection:
            found = connection.execute(asked.order_by(subscriptions.c.id).limit(sheet.size + 1)).all()
        shown, following = found[: sheet.size], None
        if len(found) > sheet.size:
            until = int(house.now().timestamp()) + pages.LIVES_SECONDS
            following = Next(sheet.tokens, Token(Position(str(shown[-1].id), 0), until))
        return documents.listed([_shown(each, name) for each in shown], form, following)

    @told.operation(
        "GET", f"{PREFIX}/queries/<name>/subscriptions/<id>", roles=("party",), path=ONE, answers={200: JSON},
        problems=(406,),
    )  # fmt: skip
    def read_epcis_subscription(caller: Caller, name: str, id: UUID) -> Any:
        """EPCIS: one subscription, how far it is and what is wrong"""
        form, query = wanted(JSON, JSON_LD), found_query(house, caller, name)
        with house.engine.connect() as connection:
            return documents.listed(_shown(_one(connection, query, id), name), form)


def _check_controls(body: Mapping[str, Any]) -> None:
    """Raises WrongControls: without a word on when, a client might have subscribed to everything by mistake."""
    stream, schedule = body.get("stream"), body.get("schedule")
    if (stream is True) == (schedule is not None) or stream is False:
        seen = "both" if stream is True else "neither"
        detail = f"expected stream: true or a schedule, got {seen}"
        raise WrongControls(detail, expected="stream: true or a schedule", seen=seen)
    if schedule is not None:
        schedule_of(schedule)


def _check_address(house: House, url: str) -> None:
    if house.settings.webhook_key is None:
        raise try_later("webhooks-off", "this service was given no LOTPROOF_WEBHOOK_KEY", 3600)
    try:
        target_of(url, local=house.settings.webhooks_local)
    except Refused as why:
        raise Problem(400, "wrong-shape", f"dest: {why}") from None


def _check_number(connection: Connection, party_id: int) -> None:
    mine = select(func.count()).select_from(subscriptions).where(subscriptions.c.party_id == party_id)
    if (seen := connection.scalar(mine) or 0) >= MOST_SUBSCRIPTIONS:
        detail = f"expected at most {MOST_SUBSCRIPTIONS} subscriptions, got {seen} already"
        raise Problem(409, "too-many-subscriptions", detail, expected=MOST_SUBSCRIPTIONS, seen=seen)


def _row(house: House, connection: Connection, query: Row[Any], body: Mapping[str, Any]) -> dict[str, Any]:
    """From the events that were recorded since `initialRecordTime`, else from now on."""
    now, schedule, since = house.now(), body.get("schedule"), body.get("initialRecordTime")
    return {
        "query": query.number, "url": body["dest"], "schedule": schedule, "report_if_empty": body["reportIfEmpty"],
        "initial_time": since or now, "place": 0 if since else last_place(connection),
        "next_at": schedule_of(schedule).next(now) if schedule is not None else None,
    }  # fmt: skip


def _sealed(house: House, id: UUID, token: str | None) -> bytes | None:
    assert house.settings.webhook_key is not None
    return None if token is None else signing.seal(house.settings.webhook_key, id, token, house.random)


def _one(connection: Connection, query: Row[Any], id: UUID) -> Row[Any]:
    asked = select(subscriptions).where(subscriptions.c.query == query.number, subscriptions.c.id == id)
    row = connection.execute(asked).one_or_none()
    if row is None:
        raise not_found("subscription", str(id))
    return row


def _shown(row: Row[Any], name: str) -> dict[str, Any]:
    """Never the token."""
    when = {"stream": True} if row.schedule is None else {"schedule": row.schedule}
    shown = {
        "subscriptionID": row.id, "queryName": name, "dest": row.url, **when, "reportIfEmpty": row.report_if_empty,
        "createdAt": row.created_at, "lastNotifiedAt": row.last_notified_at, "initialRecordTime": row.initial_time,
        "minRecordTime": row.executed_at or row.initial_time, "epcFormat": row.epc_format,
        "lotproof:nextAt": row.next_at, "lotproof:attempts": row.attempts or None, "lotproof:fault": row.fault,
    }  # fmt: skip
    return {each: value for each, value in shown.items() if value is not None}
