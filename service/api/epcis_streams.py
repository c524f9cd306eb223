"""WebSockets of EPCIS: the handshake is the GET beside it, with the same caller, rights, budget and parameters.

Flask tells requests for a WebSocket from others before it looks for a route, so each has a second route. What the
handshake settles is put into the environ of whoever serves streams (`service.epcis.streams.server`); anywhere else the
answer says where that is.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID

import orjson
from flask import Response, request
from flask.blueprints import BlueprintSetupState
from sqlalchemy import Connection

from service import standpoint
from service.api import epcis_asking as asking
from service.api.door import Door, Operation
from service.api.epcis_negotiation import Wanted
from service.api.house import House
from service.api.problem import Problem, forbidden
from service.auth.keys import Caller
from service.epcis.query.conditions import Question
from service.epcis.query.parameters import Given
from service.epcis.streams.controls import NAMES, Controls, controls_of
from service.epcis.streams.cursor import Cursor, Cursors
from service.epcis.streams.opening import KEY, Form, Opening
from service.epcis.subscriptions.placing import last_place
from service.standpoint import Standpoint


@dataclass(frozen=True, slots=True)
class Asked:
    """What a stream is of: `about` tells it from all others, `there` whether it still is."""

    name: str
    question: Question
    about: Any
    there: Callable[[Connection], bool] = lambda _: True


def beside(door: Door, operation: str, rule: str, view: Callable[..., Any]) -> None:
    """A route for WebSockets at the path of a GET, under the name and the terms of its operation."""
    plain, view.__name__ = door.operations[operation], operation
    run = Operation(view, plain.roles, plain.path, plain.query, None, {}, (), plain.gate, None).runner()

    def add(state: BlueprintSetupState) -> None:
        state.add_url_rule(rule, f"{operation}_stream", run, websocket=True)

    door.record(add)


def conditions(sent: Sequence[Given]) -> tuple[Given, ...]:
    """What is asked of events, apart from when to tell of them."""
    return tuple(each for each in sent if each.name not in NAMES)


def opened(
    house: House, caller: Caller, asked: Asked, sent: Sequence[Given], form: Wanted, terms: Operation
) -> Response:  # fmt: skip
    """101 for the server of streams; raises Problem 403, 421 or 501, and QueryFault. `terms`: who may, also later."""
    house.access.cookies.check_page(demanded=caller.session is not None)
    controls = controls_of(sent)
    if KEY not in request.environ:
        raise _elsewhere(house)
    cursors = Cursors(_key(house), orjson.dumps([_owner(caller), asked.about]).decode(), house.random)
    opening = Opening(
        UUID(bytes=house.random(16), version=4), _owner(caller), (caller.key, caller.session), asked.name,
        asked.question, asking.reader_of(caller),
        _standpoint(caller), controls, Form(form.media_type, form.epc_format, form.cbv_urns), cursors,
        _start(house, controls, cursors), house.now(), _allowed(house, caller, terms), asked.there,
    )  # fmt: skip
    request.environ[KEY].append(opening)
    return Response(status=101, headers=opening.headers)


def _start(house: House, controls: Controls, cursors: Cursors) -> Cursor:
    """Behind the cursor; else all that was recorded since `initialRecordTime`; else what arrives from now on."""
    if controls.cursor is not None:
        return cursors.read(controls.cursor)
    if controls.since is not None:
        return Cursor(0, controls.since)
    with standpoint.on("arrivals"), house.engine.connect() as connection:
        return Cursor(last_place(connection), house.now())


def _allowed(house: House, caller: Caller, terms: Operation) -> Callable[[], None]:
    again = house.access.standing()

    def check() -> None:
        now = again()
        if (now.role, now.party_id) != (caller.role, caller.party_id):
            raise forbidden("this key speaks for another party now")
        house.access.admit(now, terms.roles, terms.view.__name__)

    return check


def _owner(caller: Caller) -> str:
    return f"{caller.role}/{caller.party or ''}"


def _standpoint(caller: Caller) -> Standpoint:
    """A party's, which besides sees in which order events came; auditors and regulators see that anyway."""
    own = caller.standpoint
    return Standpoint(own.parties, "arrivals") if caller.role == "party" else own


def _key(house: House) -> bytes:
    assert house.settings.kek is not None
    return sha256(b"lotproof/epcis-streams\0" + house.settings.kek).digest()


def _elsewhere(house: House) -> Problem:
    url = house.settings.stream_url
    if url is None:
        detail = "expected LOTPROOF_STREAM_LISTEN, got none: this service has no WebSockets; webhooks do the same"
        return Problem(501, "no-websockets", detail, expected="a webhook", seen="websocket")
    there = url.rstrip("/") + request.full_path.rstrip("?")
    detail = f"expected the WebSocket at {url}, got it at the port of plain HTTP; a proxy before both leads it there"
    return Problem(421, "websocket-elsewhere", detail, expected=there, headers={"Link": f'<{there}>; rel="alternate"'})
