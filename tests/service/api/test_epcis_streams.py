"""Streams over real WebSockets: each event once, in order, to whoever may see it, for as long as he may; and no lie at
the handshake gets in.
"""

import asyncio
import json
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from threading import Event, Thread
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import Engine
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from service.api.house import House
from service.epcis.streams import line, tide
from service.epcis.streams.server import Limits, Streams
from service.epcis.subscriptions import placing as placing_
from service.epcis.subscriptions.placing import Placer
from tests.service.api.conftest import Caller
from tests.service.api.signing_in import at_work
from tests.tools.waiting import eventually

QUICK = Limits(look=0.2, slow=0.5, closing=0.5)


@dataclass
class Served:
    """Streams of an app at a port of this machine, in a thread with a loop of its own."""

    app: Flask
    limits: Limits = QUICK
    port: int = 0
    _stop: Callable[[], Any] = lambda: None
    _thread: Thread | None = None

    def start(self) -> "Served":
        ready: Future[int] = Future()
        self._thread = Thread(target=lambda: asyncio.run(self._run(ready)))
        self._thread.start()
        self.port = ready.result(10)
        return self

    async def _run(self, ready: "Future[int]") -> None:
        stop, loop = asyncio.Event(), asyncio.get_running_loop()
        self._stop = lambda: loop.call_soon_threadsafe(stop.set)
        self.streams = Streams(lambda: self.app, self.limits)
        await self.streams.run("127.0.0.1", self.port, stop, ready.set_result)

    @property
    def connections(self) -> int:
        return self.streams.connections

    def stop(self) -> None:
        self._stop()
        assert self._thread is not None
        self._thread.join(10)
        assert not self._thread.is_alive(), "it stops although somebody listens"

    def open(self, path: str, key: str | None, **headers: str) -> ClientConnection:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        given |= {"Authorization": f"Bearer {key}"} if key else {}
        origin = given.pop("Origin", None)
        url = f"ws://127.0.0.1:{self.port}/api/v1{path}"
        return connect(url, additional_headers=given, origin=origin, compression=None, proxy=None)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def placing(working: Engine) -> Iterator[None]:
    """Places are given by the worker, as it is logged in; here it looks ten times as often."""
    stop, usual = Event(), (placing_.IDLE_SECONDS, tide.TICK_SECONDS)
    placing_.IDLE_SECONDS = tide.TICK_SECONDS = 0.03
    thread = Thread(target=Placer(working).run, args=(stop,))
    thread.start()
    yield
    stop.set()
    thread.join()
    placing_.IDLE_SECONDS, tide.TICK_SECONDS = usual


@pytest.fixture(scope="module")
def served(app: Flask, placing: None) -> Iterator[Served]:
    made = Served(app).start()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def query(maker: Caller) -> str:
    made = {"name": "seen", "query": {"EQ_bizStep": ["departing", "receiving"]}}
    maker.post("/epcis/queries", made)
    return "/epcis/queries/seen/events"


def departed(id: str, **changes: Any) -> dict[str, Any]:
    return {
        "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
        "type": "ObjectEvent", "eventID": id, "action": "OBSERVE", "bizStep": "departing",
        "eventTime": "2026-03-01T17:00:00+00:00", "eventTimeZoneOffset": "+00:00",
        "readPoint": {"id": "urn:epc:id:sgln:5012345.00011.0"}, "epcList": ["urn:epc:id:sscc:5012345.0111111111"],
        **changes,
    }  # fmt: skip


def capture(caller: Caller, *ids: str, **changes: Any) -> list[str]:
    for id in ids:
        answer = caller.send("POST", "/epcis/events", departed(id, **changes))
        assert answer.status_code == 201, answer.get_data(as_text=True)
    return list(ids)


def new(count: int = 1) -> list[str]:
    return [f"urn:uuid:{uuid4()}" for _ in range(count)]


def heard(stream: ClientConnection, count: int) -> list[str]:
    """The ids of the next events, at least so many."""
    found: list[str] = []
    while len(found) < count:
        found += ids(json.loads(stream.recv(10)))
    return found


def ids(document: dict[str, Any]) -> list[str]:
    return [each["eventID"] for each in document["epcisBody"]["queryResults"]["resultsBody"]["eventList"]]


def silent(stream: ClientConnection, seconds: float = 0.6) -> bool:
    try:
        stream.recv(seconds)
    except TimeoutError:
        return True
    return False


def closed(stream: ClientConnection, seconds: float = 10) -> tuple[int, str]:
    """The code and the reason with which it is closed from there."""
    with pytest.raises(ConnectionClosed) as ended:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            stream.recv(until - time.monotonic())
    assert ended.value.rcvd is not None
    return ended.value.rcvd.code, ended.value.rcvd.reason


def refusal(served: Served, path: str, key: str | None, **headers: str) -> tuple[int, dict[str, Any]]:
    with pytest.raises(InvalidStatus) as refused:
        served.open(path, key, **headers)
    answer = refused.value.response
    assert answer.headers["Content-Type"] == "application/problem+json"
    return answer.status_code, json.loads(answer.body)


def test_events_are_told_as_they_come_each_once_in_order(served: Served, query: str, maker: Caller) -> None:
    """What was captured and what was recorded here; what the query does not ask for, and another party's, is not."""
    before = capture(maker, *new())
    with served.open(f"{query}?stream=true", maker.key) as stream:
        assert "GS1-Query-Min-Record-Time" in stream.response.headers  # type: ignore[union-attr]
        assert stream.response.headers["GS1-EPCIS-Version"] == "2.0.0"  # type: ignore[union-attr]
        told = capture(maker, *new(3))
        capture(maker, *new(), bizStep="arriving")
        moved = maker.receive("WS-1")["id"]
        found = heard(stream, 4)
        assert found == [*told, f"urn:uuid:{moved}"] and not set(before) & set(found)
        assert silent(stream)


def test_who_comes_back_with_the_cursor_hears_what_follows_and_nothing_twice(
    served: Served, query: str, maker: Caller
) -> None:
    """However often the line breaks, and wherever: after any of the messages."""
    with served.open(f"{query}?stream=true&perPage=2", maker.key) as stream:
        first = capture(maker, *new(5))
        messages: list[dict[str, Any]] = []
        while sum(len(ids(each)) for each in messages) < 5:
            messages.append(json.loads(stream.recv(10)))
    assert [each for message in messages for each in ids(message)] == first and len(messages) >= 3
    later = capture(maker, *new(2))
    for number, message in enumerate(messages):
        cursor = message["lotproof:cursor"]
        rest = [each for every in messages[number + 1 :] for each in ids(every)] + later
        with served.open(f"{query}?stream=true&nextPageToken={cursor}", maker.key) as stream:
            assert heard(stream, len(rest)) == rest and silent(stream, 0.4)


def test_everything_since_a_moment(served: Served, query: str, maker: Caller) -> None:
    since = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    told = capture(maker, *new(2))
    with served.open(f"{query}?stream=true&initialRecordTime={since}", maker.key) as stream:
        assert heard(stream, 2) == told


def test_a_schedule_collects_and_an_empty_report_comes_where_it_was_asked_for(
    served: Served, query: str, maker: Caller
) -> None:
    """Every second, also below the finest field."""
    with served.open(f"{query}?second=%5B0-59%5D&reportIfEmpty=true", maker.key) as stream:
        assert ids(json.loads(stream.recv(10))) == []
        told = capture(maker, *new())
        assert heard(stream, 1) == told
    with served.open(f"{query}?hour=1&minute=5", maker.key) as stream:
        capture(maker, *new())
        assert silent(stream)


def test_any_question_has_a_stream_in_xml_and_urns_too(served: Served, maker: Caller) -> None:
    path = "/epcis/events?stream=true&EQ_bizStep=departing|loading&MATCH_anyEPC=urn:epc:id:sscc:5012345.0111111111"
    with served.open(path, maker.key, Accept="application/xml", GS1_EPC_Format="Always_EPC_URN") as stream:
        (told,) = capture(maker, *new())
        text = stream.recv(10)
    assert isinstance(text, str) and told in text and "urn:epc:id:sscc:5012345.0111111111" in text
    assert "<lotproof:cursor" in text


def test_each_reader_hears_what_he_may_see(
    served: Served, query: str, maker: Caller, trader: Caller, regulator: Caller
) -> None:
    """Another party hears of an event that names it; a regulator of all."""
    mine = next(each["uri"] for each in trader.get("/parties")["parties"] if each["id"] == "tongqu")
    with (
        served.open("/epcis/events?stream=true", trader.key) as theirs,
        served.open("/epcis/events?stream=true&EQ_bizStep=departing", regulator.key) as all_of_them,
    ):
        hidden = capture(maker, *new())
        shown = capture(maker, *new(), destinationList=[{"type": "owning_party", "destination": mine}])
        assert heard(theirs, 1) == shown and silent(theirs)
        assert heard(all_of_them, 2) == hidden + shown


LIES: dict[str, tuple[str, dict[str, str], int, str]] = {
    "no key": ("?stream=true", {"Authorization": ""}, 401, "SecurityException"),
    "an unknown key": ("?stream=true", {"Authorization": "Bearer lpk_" + "x" * 43}, 401, "SecurityException"),
    "a page of others": ("?stream=true", {"Origin": "https://evil.example.com"}, 403, "SecurityException"),
    "a page without a name": ("?stream=true", {"Origin": "null"}, 403, "SecurityException"),
    "not a word on when": ("", {}, 400, "SubscriptionControlsException"),
    "no stream": ("?stream=false", {}, 400, "SubscriptionControlsException"),
    "a stream that is none": ("?stream=perhaps", {}, 400, "QueryParameterException"),
    "a stream and a schedule": ("?stream=true&hour=1", {}, 400, "SubscriptionControlsException"),
    "a moment that never comes": ("?dayOfMonth=30&month=2", {}, 400, "SubscriptionControlsException"),
    "no hour": ("?hour=25", {}, 400, "SubscriptionControlsException"),
    "two hours": ("?hour=1&hour=2", {}, 400, "SubscriptionControlsException"),
    "no time": ("?stream=true&initialRecordTime=today", {}, 400, "QueryParameterException"),
    "a parameter that there is not": ("?stream=true&EQ_action=ADD", {}, 400, "QueryParameterException"),
    "no page": ("?stream=true&perPage=0", {}, 400, "QueryParameterException"),
    "a cursor of nobody": ("?stream=true&nextPageToken=AAAA", {}, 400, "QueryParameterException"),
    "a cursor and a moment": ("?stream=true&nextPageToken=AAAA&initialRecordTime=2026-01-01T00:00:00Z", {}, 400,
                              "SubscriptionControlsException"),
    "a media type that there is not": ("?stream=true", {"Accept": "text/csv"}, 406, "NotAcceptableException"),
    "another version": ("?stream=true", {"GS1-EPCIS-Min": "3.0.0"}, 406, "NotAcceptableException"),
}  # fmt: skip


@pytest.mark.parametrize("lie", LIES)
def test_lies(served: Served, query: str, maker: Caller, lie: str) -> None:
    asked, headers, status, exception = LIES[lie]
    key = None if "Authorization" in headers else maker.key
    sent = {name: value for name, value in headers.items() if value}
    seen, problem = refusal(served, query + asked, key, **sent)
    assert (seen, problem["type"]) == (status, f"epcisException:{exception}") and problem["detail"]


def test_a_query_of_another_party_and_one_that_is_not_there_are_one_refusal(
    served: Served, query: str, trader: Caller
) -> None:
    seen = [refusal(served, path, trader.key) for path in (f"{query}?stream=true", query.replace("seen", "none"))]
    assert {status for status, _ in seen} == {404}


def test_a_cursor_is_of_one_party_and_one_question(served: Served, query: str, maker: Caller, trader: Caller) -> None:
    with served.open(f"{query}?stream=true", maker.key) as stream:
        capture(maker, *new())
        cursor = json.loads(stream.recv(10))["lotproof:cursor"]
    assert refusal(served, f"/epcis/events?stream=true&nextPageToken={cursor}", maker.key)[0] == 400
    trader.post("/epcis/queries", {"name": "seen", "query": {"EQ_bizStep": ["departing", "receiving"]}})
    assert refusal(served, f"{query}?stream=true&nextPageToken={cursor}", trader.key)[0] == 400


def test_a_person_in_a_browser_listens_with_the_cookie_and_until_the_session_ends(
    served: Served, query: str, maker: Caller, app: Flask
) -> None:
    """Only from a page of ours: a cookie comes along whoever opened the socket."""
    person = at_work(app, maker, "operator")
    cookie = person.client.get_cookie("__Host-lotproof", domain="log.example.com")
    assert cookie is not None
    sent = {"Cookie": f"__Host-lotproof={cookie.value}"}
    for lie in ({}, {"Origin": "https://evil.example.com"}):
        assert refusal(served, f"{query}?stream=true", None, **sent, **lie)[0] == 403
    with served.open(f"{query}?stream=true", None, Origin="https://log.example.com", **sent) as stream:
        told = capture(maker, *new())
        assert heard(stream, 1) == told
        person.send("DELETE", "/session")
        assert closed(stream)[0] == 3000


def test_everything_else_is_at_the_other_port(served: Served, maker: Caller) -> None:
    assert refusal(served, "/stock?stream=true", maker.key)[0] == 400
    with socket.create_connection(("127.0.0.1", served.port), 5) as plain:
        plain.sendall(f"GET /api/v1/stock HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {maker.key}\r\n\r\n".encode())
        assert plain.recv(100).startswith(b"HTTP/1.1 426 ")


def test_at_the_port_of_plain_http_it_is_said_where_streams_are(query: str, maker: Caller, app: Flask) -> None:
    house: House = app.extensions["lotproof"]
    upgrade = {"Upgrade": "websocket", "Connection": "Upgrade"}
    none = maker.send("GET", f"{query}?stream=true", **upgrade)
    assert (none.status_code, none.get_json()["reason"]) == (501, "urn:lotproof:problem:no-websockets")
    there = replace(house.settings, stream_url="wss://log.example.com:8081")
    object.__setattr__(house, "settings", there)
    try:
        answer = maker.send("GET", f"{query}?stream=true", **upgrade)
    finally:
        object.__setattr__(house, "settings", replace(there, stream_url=None))
    expected = "wss://log.example.com:8081/api/v1/epcis/queries/seen/events?stream=true"
    assert answer.status_code == 421 and answer.get_json()["expected"] == expected
    assert answer.headers["Link"] == f'<{expected}>; rel="alternate"'


def test_a_key_that_is_revoked_ends_its_streams_and_no_others(
    served: Served, query: str, maker: Caller
) -> None:
    made = maker.post("/api-keys", {"label": "a stream"})
    path = f"{query}?stream=true"
    with served.open(path, made["api_key"]) as ends, served.open(path, maker.key) as on:
        told = capture(maker, *new())
        assert heard(ends, 1) == heard(on, 1) == told
        maker.post(f"/api-keys/{made['id']}/revoke", None, expect=200)
        assert closed(ends)[0] == 3000
        assert heard(on, len(capture(maker, *new()))) and silent(on)


def test_a_query_that_goes_takes_its_streams_along(served: Served, maker: Caller) -> None:
    maker.post("/epcis/queries", {"name": "brief", "query": {"EQ_action": ["ADD"]}})
    with served.open("/epcis/queries/brief/events?stream=true", maker.key) as stream:
        assert maker.send("DELETE", "/epcis/queries/brief").status_code == 204
        maker.post("/epcis/queries", {"name": "brief", "query": {"EQ_action": ["ADD"]}})  # another of that name
        assert closed(stream) == (1008, "the query of this stream was removed")


def test_who_speaks_is_closed(served: Served, query: str, maker: Caller) -> None:
    with served.open(f"{query}?stream=true", maker.key) as stream:
        stream.send("hello")
        assert closed(stream)[0] == 1003
    with served.open(f"{query}?stream=true", maker.key) as stream:
        stream.send("x" * 5000)
        assert closed(stream)[0] in (1003, 1009)


def test_a_party_has_so_many_and_another_is_not_touched(
    app: Flask, placing: None, query: str, maker: Caller, trader: Caller
) -> None:
    few = Served(app, replace(QUICK, of_owner=2)).start()
    try:
        with few.open(f"{query}?stream=true", maker.key), few.open("/epcis/events?stream=true", maker.key) as second:
            status, problem = refusal(few, f"{query}?stream=true", maker.key)
            assert (status, problem["expected"], problem["seen"]) == (429, 2, 2)
            with few.open("/epcis/events?stream=true", trader.key):
                second.close()
            eventually(lambda: few.connections == 1)
            with few.open(f"{query}?stream=true", maker.key):
                eventually(lambda: few.connections == 2)
    finally:
        few.stop()


def test_who_does_not_read_is_closed_and_misses_nothing(
    served: Served, query: str, maker: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of what waits for him no more is fetched than his socket takes. He comes back with the last cursor he read."""
    monkeypatch.setattr(line, "MOST_BYTES", 200_000)
    with served.open(f"{query}?stream=true", maker.key) as stream:
        capture(maker, *new())
        cursor = json.loads(stream.recv(10))["lotproof:cursor"]
    made = capture(maker, *new(40), **{"@context": CONTEXT, "ex:note": "x" * 100_000})
    eventually(lambda: not served.connections)
    path = f"{query}?stream=true&nextPageToken={cursor}"
    with lazy(served.port, path, maker.key or "") as raw:
        eventually(lambda: served.connections)
        eventually(lambda: not served.connections, 15)
        assert drained(raw) < 1_200_000, "of 4 MB"
    with served.open(path, maker.key) as stream:
        assert heard(stream, 40) == made


CONTEXT = ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld", {"ex": "https://example.com/ns/"}]


def lazy(port: int, path: str, key: str) -> socket.socket:
    """A reader that shakes hands and reads nothing after that; its kernel takes little for it."""
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    made.connect(("127.0.0.1", port))
    made.sendall(
        f"GET /api/v1{path} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {'A' * 22}==\r\nAuthorization: Bearer {key}\r\n\r\n".encode()
    )
    return made


def drained(raw: socket.socket) -> int:
    raw.settimeout(5)
    total = 0
    try:
        while piece := raw.recv(65536):
            total += len(piece)
    except ConnectionResetError:
        pass
    return total


def test_it_stops_with_a_word_and_readers_come_back(app: Flask, placing: None, query: str, maker: Caller) -> None:
    made = Served(app).start()
    with made.open(f"{query}?stream=true", maker.key) as stream:
        told = capture(maker, *new())
        message = json.loads(stream.recv(10))
        assert ids(message) == told
        made.stop()
        assert closed(stream)[0] == 1001
    missed = capture(maker, *new(2))
    again = Served(app, port=made.port).start()
    try:
        with again.open(f"{query}?stream=true&nextPageToken={message['lotproof:cursor']}", maker.key) as stream:
            assert heard(stream, 2) == missed
    finally:
        again.stop()
