"""Documents to partners: each event in one, sent until it is answered, the answer kept, what is missing told."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from service.epcis.partners import documents, report
from service.epcis.partners.answers import of_capture, of_job
from service.epcis.partners.courier import Courier
from service.epcis.subscriptions.placing import place_arrivals
from service.webhooks import signing
from tests.service.epcis_query.world import World, gtin_lot, uri_of
from tests.service.webhooks.receiver import Receiver, answers

KEY, SECRET = bytes(32), "Bearer partner-key"
SHIPPED: dict[str, Any] = {
    "type": "ObjectEvent",
    "action": "OBSERVE",
    "bizStep": "shipping",
    "quantityList": [{"epcClass": gtin_lot("S"), "quantity": 1}],
    "sourceList": [{"type": "owning_party", "source": uri_of("maker")}],
    "destinationList": [{"type": "owning_party", "destination": uri_of("trader")}],
}


@dataclass
class Sending:
    """A maker that sends to a trader, and a courier whose clock the test turns."""

    world: World
    now: datetime = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)

    def channel(self, url: str, **changes: Any) -> UUID:
        id = uuid4()
        row = {
            "id": id,
            "party": self.world.party("maker"),
            "partner": uri_of("trader"),
            "url": url,
            "sealed": signing.seal(KEY, id, SECRET, lambda count: bytes(count)),
            "media": "application/json",
            **changes,
        }
        with self.world.engine.begin() as connection:
            connection.execute(text(_CHANNEL), row)
        return id

    def drain(self) -> None:
        with self.world.engine.begin() as connection:
            place_arrivals(connection)
        courier = Courier(self.world.engine, KEY, local=True, now=lambda: self.now, dice=lambda: 0.5, within=0.5)
        while courier.once():
            pass

    def later(self) -> None:
        self.now += timedelta(hours=2)
        self.drain()

    def sent(self, channel: UUID) -> list[dict[str, Any]]:
        with self.world.engine.connect() as connection:
            return report.transmissions(connection, channel, None, None, 1000)[::-1]

    def told(self, channel: UUID) -> dict[str, Any]:
        with self.world.engine.connect() as connection:
            row = connection.execute(
                text("SELECT * FROM warehouse.epcis_channel WHERE id = :id"), {"id": channel}
            ).one()
            return report.report(connection, row, datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))


_CHANNEL = """
    INSERT INTO warehouse.epcis_channel (id, party_id, partner, url, sealed, epc_format, media_type, created_at, since,
        place) VALUES (:id, :party, :partner, :url, :sealed, 'Always_GS1_Digital_Link', :media, now(), '2026-01-01', 0)
"""


@pytest.fixture
def sending(world: World) -> Sending:
    return Sending(world)


def ids(receiver: Receiver) -> list[list[str]]:
    posted = [json.loads(body) for _, body in receiver.seen if body != b"GET"]
    return [[event["eventID"] for event in document["epcisBody"]["eventList"]] for document in posted]


def shipped(*names: str) -> list[dict[str, Any]]:
    return [{**SHIPPED, "eventID": f"urn:{name}"} for name in names]


def test_what_names_the_partner_is_sent_once_with_its_key(sending: Sending) -> None:
    with Receiver(answers(200)) as receiver:
        channel = sending.channel(receiver.url)
        sending.world.capture("maker", *shipped("a", "b"), {**SHIPPED, "eventID": "urn:c", "destinationList": []})
        sending.world.capture("trader", {**SHIPPED, "eventID": "urn:theirs"})
        sending.drain()
        sending.world.capture("maker", *shipped("d"))
        sending.drain()
        sending.later()
    assert ids(receiver) == [["urn:a", "urn:b"], ["urn:d"]]
    headers, body = receiver.seen[0]
    assert headers["authorization"] == SECRET and json.loads(body)["type"] == "EPCISDocument"
    assert [row["state"] for row in sending.sent(channel)] == ["accepted", "accepted"]
    assert sending.told(channel)["ours"] == sending.told(channel)["accepted"] == 3


def test_a_partner_that_is_away_gets_the_same_bytes_later(sending: Sending) -> None:
    with Receiver(answers(503)) as receiver:
        channel = sending.channel(receiver.url)
        sending.world.capture("maker", *shipped("a"))
        sending.drain()
        assert sending.sent(channel)[0]["state"] == "waiting" and sending.told(channel)["not_accepted"]
        sending.world.capture("maker", *shipped("b"))
        receiver.behave = answers(201)
        sending.later()
    bodies = [body for _, body in receiver.seen]
    assert bodies[0] == bodies[1] and ids(receiver) == [["urn:a"], ["urn:a"], ["urn:b"]]


def test_a_capture_job_is_asked_until_it_is_over(sending: Sending) -> None:
    jobs: list[dict[str, Any]] = [{"running": True, "success": True}, {"running": False, "success": True, "errors": []}]

    def behave(handler: BaseHTTPRequestHandler) -> None:
        answers(202, Location="/capture/17")(handler)

    with Receiver(behave) as receiver:
        receiver.server.RequestHandlerClass.do_GET = lambda handler: _job(handler, jobs.pop(0))
        channel = sending.channel(receiver.url)
        sending.world.capture("maker", *shipped("a"))
        sending.drain()
        (row,) = sending.sent(channel)
        assert row["state"] == "sent" and row["receipt"].endswith("/capture/17") and row["answer"] == 202
        sending.later()
        assert sending.sent(channel)[0]["state"] == "accepted" and not jobs


def _job(handler: BaseHTTPRequestHandler, job: dict[str, Any]) -> None:
    body = json.dumps(job).encode()
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def test_a_refusal_is_kept_and_can_be_sent_again(sending: Sending) -> None:
    with Receiver(answers(400)) as receiver:
        channel = sending.channel(receiver.url)
        sending.world.capture("maker", *shipped("a"))
        sending.drain()
        (row,) = sending.sent(channel)
        assert row["state"] == "refused" and sending.told(channel)["not_accepted"][0]["state"] == "refused"
        sending.later()
        assert len(receiver.seen) == 1, "nobody sends again what was refused, but somebody"
        receiver.behave = answers(200)
        with sending.world.engine.begin() as connection:
            assert report.again(connection, channel) == 1
        sending.drain()
    assert sending.sent(channel)[0]["state"] == "accepted" and ids(receiver) == [["urn:a"], ["urn:a"]]


def test_a_job_on_another_host_is_not_asked_with_our_key(sending: Sending) -> None:
    with Receiver(answers(200)) as elsewhere, Receiver(answers(202, Location=elsewhere.url)) as receiver:
        channel = sending.channel(receiver.url)
        sending.world.capture("maker", *shipped("a"))
        sending.drain()
    assert elsewhere.seen == [] and "another host" in sending.sent(channel)[0]["receipt"]


def test_many_events_go_in_several_documents(sending: Sending, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "MOST_EVENTS", 3)
    with Receiver(answers(200)) as receiver:
        sending.channel(receiver.url)
        sending.world.capture("maker", *shipped(*"abcdefg"))
        sending.drain()
    assert ids(receiver) == [[f"urn:{n}" for n in part] for part in ("abc", "def", "g")]


def test_xml_goes_where_xml_is_wanted(sending: Sending) -> None:
    with Receiver(answers(200)) as receiver:
        sending.channel(receiver.url, media="application/xml")
        sending.world.capture("maker", *shipped("a"))
        sending.drain()
    headers, body = receiver.seen[0]
    assert headers["content-type"] == "application/xml" and b"EPCISDocument" in body


def test_goods_of_a_partner_without_his_event_are_missing(sending: Sending) -> None:
    """Received from the maker by the trader; of one lot the maker's shipping event is here, of the other it is not."""
    channel = sending.channel("http://127.0.0.1:9/", party=sending.world.party("trader"), partner=uri_of("maker"))
    received = {**SHIPPED, "bizStep": "receiving"}
    other = {**received, "quantityList": [{"epcClass": gtin_lot("OTHER"), "quantity": 1}]}
    sending.world.capture("trader", received, other)
    assert {row["lot"] for row in sending.told(channel)["missing"]} == {gtin_lot("S"), gtin_lot("OTHER")}
    sending.world.capture("maker", SHIPPED)
    told = sending.told(channel)
    assert told["expected"] == 2 and told["received"] == 1
    assert [row["lot"] for row in told["missing"]] == [gtin_lot("OTHER")]


def test_what_a_partner_answers_and_what_it_means() -> None:
    url = "https://p.example.com/capture"
    assert of_capture(url, 202, {"location": "capture/1"}, b"") == ("sent", "https://p.example.com/capture/1")
    assert of_capture(url, 201, {}, b"") == ("accepted", None)
    assert of_capture(url, 429, {}, b"") is None and of_capture(url, 500, {}, b"") is None
    assert of_capture(url, 400, {}, b"no\0") == ("refused", "no")
    assert of_job(200, b"not json") is None and of_job(200, b'{"running": true}') is None and of_job(500, b"") is None
    assert of_job(404, b"") is not None and of_job(200, b'{"running": false, "success": false, "errors": ["x"]}') == (
        "refused",
        '["x"]',
    )
