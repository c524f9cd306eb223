"""EPCIS 2.0 capture: documents as jobs, single events at once. The paths, headers and codes are the standard's."""

from typing import Any
from uuid import UUID

from flask import Response, request

from service.api.door import Door, Upload, dumps
from service.api.epcis_speech import (
    FILE_LIMIT,
    LIMITS,
    MOST_EVENTS,
    address,
    check_json_wanted,
    check_versions,
    event_path,
)
from service.api.fields import Choice, Instant, Shape, Text, Uuid, WholeInQuery
from service.api.house import House
from service.api.problem import Problem, not_found
from service.api.schemas import Anything
from service.auth.keys import Caller
from service.epcis.capture import jobs
from service.epcis.capture.captured import Capturing, Outcome, capture
from service.epcis.documents import JSON_TYPES, XML_TYPES, Unreadable, read, read_event, write_event
from service.epcis.exceptions import EpcisProblem, invalid
from service.epcis.wanted import Wanted, wanted_of
from service.keys.hand import MOST
from service.ledger.durably import durably

BEHAVIOURS = ("rollback", "proceed")
BEHAVIOUR = "GS1-Capture-Error-Behaviour"


class Job(Shape):
    """`lotproof:known` events were there already; `lotproof:waiting` ones wait for another event, and say for what.
    `lotproof:signing` is where a party that signs for itself has the job carried out."""

    captureID = Uuid(required=True)
    createdAt = Instant(required=True)
    finishedAt = Instant()
    running = Anything("Whether it is still at work", "boolean", required=True)
    success = Anything("Whether no error occurred so far", "boolean", required=True)
    captureErrorBehaviour = Choice(*BEHAVIOURS, required=True)
    errors = Anything("A problem for each event that was refused; `event` counts from 0", "array", required=True)


class JobQuery(Shape):
    perPage = WholeInQuery(1, 1000, load_default=30)
    nextPageToken = Text(20, pattern=r"[0-9]{1,18}", called="a token of a Link header")


def door(house: House) -> Door:
    made = house.door("epcis capture", "GS1 EPCIS 2.0: what other systems saw; a movement where it moves our stock")
    _documents(made, house)
    _signing(made, house)
    _events(made, house)
    return made


def _documents(made: Door, house: House) -> None:
    @made.operation(
        "POST", "/epcis/capture", roles=("party",), body=Upload(FILE_LIMIT, (*JSON_TYPES, *XML_TYPES)), problems=(406,),
        answers={202: Job},
    )  # fmt: skip
    def capture_document(caller: Caller, body: bytes) -> Response:
        """Capture the events of a document, as a job

        EPCISDocument or EPCISQueryDocument 2.0 in JSON, JSON-LD or XML. The job is at the Location of the answer; the
        same document again is the same job. `GS1-Capture-Error-Behaviour`: `rollback` (all or nothing) or `proceed`.
        """
        house.halting.check()
        check_versions()
        behaviour = _behaviour()
        document = _read(body)
        _check_can_be_signed(caller, behaviour, len(document.events))
        if len(document.events) > MOST_EVENTS:
            detail = f"expected at most {MOST_EVENTS} events, got {len(document.events)}: split the document"
            raise EpcisProblem(413, "CaptureLimitExceededException", detail, expected=MOST_EVENTS,
                               seen=len(document.events))  # fmt: skip
        sent = jobs.Sent(body, request.mimetype, behaviour, document)
        new = UUID(bytes=house.random(16), version=4)
        with house.engine.begin() as connection:
            job = jobs.begin(connection, caller, sent, new, house.now())
        house.captures.wake()
        headers = {"Location": address(house.settings.public_url, f"/capture/{job['captureID']}")}
        return Response(dumps(job), 202, headers, content_type="application/json")

    @made.operation("GET", "/epcis/capture", roles=("party",), query=JobQuery, problems=(406,),
                    answers={200: Job(many=True)})  # fmt: skip
    def list_captures(caller: Caller, query: dict[str, Any]) -> Response:
        """Capture jobs, the newest first; the next page is in the `Link`"""
        check_versions()
        check_json_wanted()
        assert caller.party_id is not None
        most, before = query["perPage"], query.get("nextPageToken")
        with house.engine.connect() as connection:
            found = jobs.listed(connection, caller.party_id, int(before) if before else None, most + 1)
        headers = dict(LIMITS)
        if len(found) > most:
            following = f"/capture?perPage={most}&nextPageToken={found[most - 1][0]}"
            headers["Link"] = f'<{address(house.settings.public_url, following)}>; rel="next"'
        return Response(dumps([told for _, told in found[:most]]), 200, headers, content_type="application/json")

    @made.operation("GET", "/epcis/capture/<id>", roles=("party",), path={"id": Uuid()}, problems=(406,),
                    answers={200: Job})  # fmt: skip
    def read_capture(caller: Caller, id: UUID) -> Any:
        """How far a capture job is, and what was refused"""
        check_versions()
        check_json_wanted()
        assert caller.party_id is not None
        with house.engine.connect() as connection:
            found = jobs.one(connection, caller.party_id, id)
        if found is None:
            raise not_found("capture job", str(id))
        if found["running"]:
            house.captures.wake()
        return found


def _signing(made: Door, house: House) -> None:
    @made.operation("POST", "/epcis/capture/<id>/signing", roles=("party",), path={"id": Uuid()}, problems=(406, 409),
                    answers={200: Job})  # fmt: skip
    def sign_capture(caller: Caller, id: UUID) -> Any:
        """Carry a capture job out by the party's own hand

        For a party that keeps its signing key itself: 409 `sign-this` with the statements of the next 64 events, and
        the same request with their signatures captures them. Send it again while `lotproof:signing` is there.
        """
        house.halting.check()
        check_versions()
        check_json_wanted()
        assert caller.party_id is not None
        with house.engine.connect() as connection:
            number = jobs.numbered(connection, caller.party_id, id)
        if number is None:
            raise not_found("capture job", str(id))
        try:
            durably(house.writer, lambda connection: jobs.carry_out(connection, house.scribe, number, by_hand=True))
        except jobs.Undone as undone:
            with house.writer.begin() as connection:
                jobs.undone(connection, number, undone.outcome, house.now())
        with house.engine.connect() as connection:
            return jobs.one(connection, caller.party_id, id)


def _check_can_be_signed(caller: Caller, behaviour: str, events: int) -> None:
    """What is captured as a whole is signed in one request. Raises Problem 413."""
    if caller.own_key and behaviour == "rollback" and events > MOST:
        expected = f"at most {MOST} events in a document that is captured as a whole and signed by its party"
        detail = f"expected {expected}, got {events}: split it, or send {BEHAVIOUR}: proceed"
        raise EpcisProblem(413, "CaptureLimitExceededException", detail, expected=MOST, seen=events)


def _events(made: Door, house: House) -> None:
    @made.operation(
        "POST", "/epcis/events", roles=("party",), body=Upload(FILE_LIMIT, (*JSON_TYPES, *XML_TYPES)),
        problems=(406, 409), answers={201: "application/json"},
    )  # fmt: skip
    def capture_event(caller: Caller, body: bytes) -> Response:
        """Capture one event at once

        Its id is that of the event, or else its CBV hash id; an id that is there already is answered with 409.
        """
        house.halting.check()
        check_versions()
        wanted = _read_event(body)
        outcome = durably(house.writer, lambda connection: capture(
            Capturing(connection, house.scribe, caller), [wanted]))  # fmt: skip
        _check(outcome, wanted)
        headers = {"Location": address(house.settings.public_url, event_path(wanted.event_id))}
        return Response(write_event(wanted.event, wanted.spelled, "No_Preference"), 201, headers,
                        content_type="application/json")  # fmt: skip


def _behaviour() -> str:
    asked = request.headers.get(BEHAVIOUR, "rollback")
    if asked not in BEHAVIOURS:
        raise invalid(f"{BEHAVIOUR}: expected rollback or proceed, got {asked[:40]}", expected="rollback or proceed")
    return asked


def _read(body: bytes) -> Any:
    try:
        return read(body, request.mimetype)
    except Unreadable as why:
        raise _unreadable(why) from None


def _read_event(body: bytes) -> Wanted:
    try:
        event, spelled, xml = read_event(body, request.mimetype)
    except Unreadable as why:
        raise _unreadable(why) from None
    return wanted_of(event, spelled, xml=xml)


def _unreadable(why: Unreadable) -> Problem:
    return invalid(str(why), expected=why.expected, seen=why.seen, where=why.where or None)


def _check(outcome: Outcome, wanted: Wanted) -> None:
    """Raises the refusal; an event that would wait in a job is refused here, and can be sent again."""
    if outcome.known:
        detail = f"{wanted.event_id} is there already, with the same content"
        raise EpcisProblem(409, "ResourceAlreadyExistsException", detail, eventID=wanted.event_id)
    for problem in (*outcome.refused.values(), *outcome.waiting.values()):
        raise problem

