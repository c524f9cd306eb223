"""Partners to whom our EPCIS events go: where they take them, what became of each document, what is missing."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, func, insert, select, update

from service.api.door import Door, body_of
from service.api.epcis_asking import catch_up
from service.api.epcis_door import PREFIX, epcis_door
from service.api.epcis_negotiation import JSON, XML
from service.api.fields import Choice, Instant, Many, One, Shape, Text, Uri, Uuid, Whole, WholeInQuery
from service.api.house import House
from service.api.problem import Problem, not_found, try_later
from service.api.schemas import MOST, Nullable, text
from service.api.trail import author
from service.auth.keys import Caller
from service.epcis.partners import report
from service.epcis.subscriptions.placing import last_place
from service.epcis.translation import FORMATS
from service.models.epcis_query import epcis_channel as channels
from service.people import changes
from service.webhooks import signing
from service.webhooks.addresses import Refused, target_of

MOST_PARTNERS = 100
DAYS = timedelta(days=30)
STATES = ("waiting", "sent", "accepted", "refused", "dead")
ONE = {"id": Uuid()}


class NewPartner(Shape):
    """`authorization` is shown at the partner's door, as the header of this name; nobody sees it again."""

    partner = Uri(required=True, doc={"description": "The partner's URI, as events name it in their sources"})
    url = Text(1000, pattern=r"https?://[!-~]+", called="an https URL", required=True,
               doc={"description": "Its capture interface, …/capture; https, port 443, a public address"})  # fmt: skip
    authorization = Text(1000, pattern=r"[!-~][ -~]*", called="printable ASCII")
    since = Instant(doc={"description": "Send what was recorded since then; from now on, if it is not said"})
    epcFormat = Choice(*FORMATS, load_default=FORMATS[0])
    mediaType = Choice(JSON, XML, load_default=JSON)


class Partner(Shape):
    id = Uuid(required=True)
    partner = text(2048)
    url = text(1000)
    since = Instant(required=True)
    epcFormat = text(40)
    mediaType = text(40)
    createdAt = Instant(required=True)
    endedAt = Nullable(Instant())


class Partners(Shape):
    partners = Many(One(Partner), 0, 1000, required=True)


class Transmission(Shape):
    number = Whole(0, MOST, required=True)
    document = Uuid(required=True, doc={"description": "Its `id` is urn:uuid: and this"})
    events = Whole(0, MOST, required=True)
    made_at = Instant(required=True)
    state = Choice(*STATES, required=True)
    attempts = Whole(0, MOST, required=True)
    next_at = Nullable(Instant())
    sent_at = Nullable(Instant())
    answer = Nullable(Whole(100, 999))
    receipt = Nullable(Text(4000, doc={"description": "Where the partner keeps its job, or why it refused"}))
    settled_at = Nullable(Instant())
    fault = Nullable(Text(200))


class Transmissions(Shape):
    transmissions = Many(One(Transmission), 0, 1000, required=True)
    next = Nullable(Whole(1, MOST, doc={"description": "Give it as `before` to read on"}))


class TransmissionQuery(Shape):
    state = Choice(*STATES)
    before = WholeInQuery(1, MOST)
    limit = WholeInQuery(1, 1000, load_default=100)


class Unaccepted(Shape):
    event = text(2048)
    recorded_at = Instant(required=True)
    document = Nullable(Uuid())
    state = Choice("not sent", *STATES, required=True)


class MissingEvent(Shape):
    event = text(2048)
    received_at = Instant(required=True)
    lot = text(2048)


class Report(Shape):
    """`ours`: events of ours that name the partner. `expected`: lots that came from him."""

    ours = Whole(0, MOST, required=True)
    accepted = Whole(0, MOST, required=True)
    not_accepted = Many(One(Unaccepted), 0, report.MOST, required=True)
    expected = Whole(0, MOST, required=True)
    received = Whole(0, MOST, required=True)
    missing = Many(One(MissingEvent), 0, report.MOST, required=True)


class ReportQuery(Shape):
    since = Instant(doc={"description": "30 days before the end, if it is not said"})
    until = Instant()


class Resent(Shape):
    documents = Whole(0, MOST, required=True)


def door(house: House) -> Door:
    partners = epcis_door(house, "epcis-partners", "EPCIS events sent to partners, with what they answered")
    _keeping(partners, house)
    _looking(partners, house)
    return partners


def _keeping(partners: Door, house: House) -> None:
    @partners.operation(
        "POST", f"{PREFIX}/partners", roles=("party",), body=body_of(NewPartner), answers={201: Partner},
        problems=(409,),
    )  # fmt: skip
    def add_epcis_partner(caller: Caller, body: dict[str, Any]) -> Any:
        """Have events that name a partner sent to it

        Your own events with the partner as source or destination, each in one document, until it is answered.
        """
        key, who = house.settings.webhook_key, author(house, caller)
        if key is None:
            raise try_later("webhooks-off", "this service was given no LOTPROOF_WEBHOOK_KEY", 3600)
        try:
            target_of(body["url"], local=house.settings.webhooks_local)
        except Refused as why:
            raise Problem(422, "wrong-shape", f"url: {why}") from None
        id, shown = UUID(bytes=house.random(16), version=4), body.get("authorization")
        with house.engine.begin() as connection:
            _check_number(connection, who.party_id)
            connection.execute(insert(channels).values(
                id=id, party_id=who.party_id, partner=body["partner"], url=body["url"], epc_format=body["epcFormat"],
                media_type=body["mediaType"], created_at=who.at, since=body.get("since") or who.at,
                place=0 if body.get("since") else last_place(connection),
                sealed=None if shown is None else signing.seal(key, id, shown, house.random),
            ))  # fmt: skip
            changes.keep(connection, who, "epcis-partner", str(id), {"url": (None, body["url"])})
            return _shown(_one(connection, who.party_id, id)), 201

    @partners.operation("DELETE", f"{PREFIX}/partners/<id>", roles=("party",), path=ONE, answers={200: Partner})
    def end_epcis_partner(caller: Caller, id: UUID) -> Any:
        """Send a partner nothing more; what was sent stays on record"""
        who = author(house, caller)
        with house.engine.begin() as connection:
            row = _one(connection, who.party_id, id)
            if row.ended_at is None:
                connection.execute(update(channels).where(channels.c.id == id).values(ended_at=who.at))
                changes.keep(connection, who, "epcis-partner", str(id), {"url": (row.url, None)})
            return _shown(_one(connection, who.party_id, id))

    @partners.operation(
        "POST", f"{PREFIX}/partners/<id>/resend", roles=("party",), path=ONE, answers={200: Resent}
    )
    def resend_epcis_documents(caller: Caller, id: UUID) -> Any:
        """Send the documents that a partner refused, or that were given up, once more, as they are"""
        assert caller.party_id is not None
        with house.engine.begin() as connection:
            _one(connection, caller.party_id, id)
            return {"documents": report.again(connection, id)}


def _looking(partners: Door, house: House) -> None:
    @partners.operation("GET", f"{PREFIX}/partners", roles=("party",), answers={200: Partners})
    def list_epcis_partners(caller: Caller) -> Any:
        """Your partners, also those that get nothing more"""
        with house.engine.connect() as connection:
            asked = select(channels).where(channels.c.party_id == caller.party_id)
            rows = connection.execute(asked.order_by(channels.c.created_at, channels.c.id).limit(1000))
            return {"partners": [_shown(row) for row in rows]}

    @partners.operation(
        "GET", f"{PREFIX}/partners/<id>/transmissions", roles=("party",), path=ONE, query=TransmissionQuery,
        answers={200: Transmissions},
    )  # fmt: skip
    def list_epcis_transmissions(caller: Caller, id: UUID, query: dict[str, Any]) -> Any:
        """The documents that went to a partner, and what it answered, the newest first"""
        assert caller.party_id is not None
        with house.engine.connect() as connection:
            _one(connection, caller.party_id, id)
            found = report.transmissions(connection, id, query.get("state"), query.get("before"), query["limit"])
        return {"transmissions": found, "next": found[-1]["number"] if len(found) == query["limit"] else None}

    @partners.operation(
        "GET", f"{PREFIX}/partners/<id>/report", roles=("party",), path=ONE, query=ReportQuery, answers={200: Report}
    )
    def report_epcis_partner(caller: Caller, id: UUID, query: dict[str, Any]) -> Any:
        """What should have been exchanged with a partner, and what is missing on either side"""
        assert caller.party_id is not None
        catch_up(house, caller)
        with house.engine.connect() as connection:
            row = _one(connection, caller.party_id, id)
            last = query.get("until") or house.now()
            return report.report(connection, row, query.get("since") or last - DAYS, last)


def _check_number(connection: Connection, party_id: int) -> None:
    mine = channels.c.party_id == party_id, channels.c.ended_at.is_(None)
    live = select(func.count()).select_from(channels).where(*mine)
    if (seen := connection.scalar(live) or 0) >= MOST_PARTNERS:
        detail = f"expected at most {MOST_PARTNERS} partners, got {seen} already"
        raise Problem(409, "too-many-partners", detail, expected=MOST_PARTNERS, seen=seen)


def _one(connection: Connection, party_id: int, id: UUID) -> Row[Any]:
    asked = select(channels).where(channels.c.party_id == party_id, channels.c.id == id)
    row = connection.execute(asked).one_or_none()
    if row is None:
        raise not_found("partner", str(id))
    return row


def _shown(row: Row[Any]) -> dict[str, Any]:
    return {
        "id": row.id, "partner": row.partner, "url": row.url, "since": row.since, "epcFormat": row.epc_format,
        "mediaType": row.media_type, "createdAt": row.created_at, "endedAt": row.ended_at,
    }  # fmt: skip
