"""Webhooks: to whom a party has its movements told, and what became of each telling."""

from typing import Any
from uuid import UUID

from sqlalchemy import Connection, func, select
from sqlalchemy import text as sql

from service.api.door import Door, body_of
from service.api.fields import Choice, Instant, Many, One, Shape, Text, Uuid, Whole, WholeInQuery
from service.api.house import House
from service.api.problem import Problem, not_found, try_later
from service.api.schemas import MOST, Nullable, number, text
from service.api.trail import author
from service.auth.keys import Caller
from service.domain.commands import COMMANDS
from service.models.exchange import webhook
from service.people import changes
from service.sensors.notices import TYPE as SENSORS
from service.webhooks import outbox, signing
from service.webhooks.addresses import Refused, target_of

MOST_WEBHOOKS = 10
STATES = ("waiting", "delivered", "dead")


class NewWebhook(Shape):
    url = Text(
        1000, pattern=r"https?://[!-~]+", called="an https URL", required=True,
        doc={"description": "https, port 443, a public address; redirects are not followed"},
    )  # fmt: skip
    types = Many(Choice(*COMMANDS, SENSORS), 1, 100, doc={
        "description": "Only movements of these types; all if absent. `sensors`: excursions and sensors fallen silent",
    })  # fmt: skip


class Webhook(Shape):
    """`alarm` says what is wrong, null if nothing is."""

    id = Uuid(required=True)
    url = text(1000)
    types = Many(Text(20), 0, 100, required=True, allow_none=True)
    created_at = Instant(required=True)
    ended_at = Nullable(Instant())
    waiting = number()
    dead = number()
    alarm = Nullable(Text(400))


class WebhookWithSecret(Webhook):
    secret = Text(60, required=True, doc={"description": "Signs the events. Shown once."})


class Webhooks(Shape):
    webhooks = Many(One(Webhook), 0, 1000, required=True)


class Delivery(Shape):
    number = number()
    movement = Uuid(required=True, doc={"description": "Id of the movement and of the event"})
    type = text(20)
    state = Choice(*STATES, required=True)
    attempts = Whole(0, MOST, required=True)
    tried_at = Nullable(Instant())
    next_at = Nullable(Instant())
    answer = Nullable(Whole(100, 999))
    fault = Nullable(Text(200))


class Deliveries(Shape):
    deliveries = Many(One(Delivery), 0, 1000, required=True)
    next = Nullable(Whole(1, MOST, doc={"description": "Give it as `before` to read on"}))


class DeliveryQuery(Shape):
    state = Choice(*STATES)
    before = WholeInQuery(1, MOST)
    limit = WholeInQuery(1, 1000, load_default=100)


class Again(Shape):
    movement = Uuid(required=True)


def door(house: House) -> Door:
    hooks = house.door("webhooks", "Movements told to others: signed, at least once, in order")
    _subscriptions(hooks, house)
    _deliveries(hooks, house)
    return hooks


def _subscriptions(hooks: Door, house: House) -> None:
    @hooks.operation(
        "POST", "/webhooks", roles=("party",), body=body_of(NewWebhook), answers={201: WebhookWithSecret},
        problems=(409,),
    )  # fmt: skip
    def add_webhook(caller: Caller, body: dict[str, Any]) -> Any:
        """Have your movements told to a URL

        From now on. Each event is signed as in Standard Webhooks with the secret that the answer shows once.
        """
        key = house.settings.webhook_key
        if key is None:
            raise try_later("webhooks-off", "this service was given no LOTPROOF_WEBHOOK_KEY", 3600)
        try:
            target_of(body["url"], local=house.settings.webhooks_local)
        except Refused as why:
            raise Problem(422, "wrong-shape", str(why)) from None
        who, id = author(house, caller), UUID(bytes=house.random(16), version=4)
        secret = signing.new_secret(house.random)
        row = {
            "id": id, "party_id": who.party_id, "url": body["url"], "types": body.get("types"), "created_at": who.at,
            "sealed": signing.seal(key, id, secret, house.random),
        }  # fmt: skip
        with house.engine.begin() as connection:
            _check_number(connection, who.party_id)
            connection.execute(webhook.insert().values(row))
            changes.keep(connection, who, "webhook", str(id), {"url": (None, body["url"])})
            return {**_one(connection, who.party_id, id), "secret": secret}, 201

    @hooks.operation("GET", "/webhooks", roles=("party",), answers={200: Webhooks})
    def list_webhooks(caller: Caller) -> Any:
        """List your webhooks, with what waits and what is wrong"""
        with house.engine.connect() as connection:
            asked = select(webhook).where(webhook.c.party_id == caller.party_id, webhook.c.ended_at.is_(None))
            rows = connection.execute(asked.order_by(webhook.c.created_at, webhook.c.id)).all()
            return {"webhooks": [_shown(connection, row) for row in rows]}

    @hooks.operation("DELETE", "/webhooks/<id>", roles=("party",), path={"id": Uuid()}, answers={200: Webhook})
    def remove_webhook(caller: Caller, id: UUID) -> Any:
        """End a webhook; what waits for it is not sent any more"""
        who = author(house, caller)
        with house.engine.begin() as connection:
            known = _one(connection, who.party_id, id)
            if known["ended_at"] is None:
                connection.execute(webhook.update().where(webhook.c.id == id).values(ended_at=who.at))
                changes.keep(connection, who, "webhook", str(id), {"url": (known["url"], None)})
            return _one(connection, who.party_id, id)


def _deliveries(hooks: Door, house: House) -> None:
    @hooks.operation(
        "GET", "/webhooks/<id>/deliveries", roles=("party",), path={"id": Uuid()}, query=DeliveryQuery,
        answers={200: Deliveries},
    )  # fmt: skip
    def list_deliveries(caller: Caller, id: UUID, query: dict[str, Any]) -> Any:
        """What was told, what waits, what was given up, the newest movement first

        What was delivered is kept for 30 days.
        """
        assert caller.party_id is not None
        with house.engine.connect() as connection:
            _one(connection, caller.party_id, id)
            found = outbox.listed(connection, id, query.get("state"), query.get("before"), query["limit"])
        return {"deliveries": found, "next": found[-1]["number"] if len(found) == query["limit"] else None}

    @hooks.operation(
        "POST", "/webhooks/<id>/redeliver", roles=("party",), path={"id": Uuid()}, body=body_of(Again),
        answers={200: Webhook},
    )  # fmt: skip
    def redeliver(caller: Caller, id: UUID, body: dict[str, Any]) -> Any:
        """Send the event of a movement anew, under the same id"""
        assert caller.party_id is not None
        with house.engine.begin() as connection:
            _one(connection, caller.party_id, id)
            if not outbox.again(connection, id, body["movement"]):
                raise not_found("delivery", str(body["movement"]))
            return _one(connection, caller.party_id, id)


def _check_number(connection: Connection, party_id: int) -> None:
    live = select(func.count()).where(webhook.c.party_id == party_id, webhook.c.ended_at.is_(None))
    if (seen := connection.scalar(live.select_from(webhook)) or 0) >= MOST_WEBHOOKS:
        detail = f"expected at most {MOST_WEBHOOKS} webhooks, got {seen} already"
        raise Problem(409, "too-many-webhooks", detail, expected=MOST_WEBHOOKS, seen=seen)


def _one(connection: Connection, party_id: int, id: UUID) -> dict[str, Any]:
    row = connection.execute(
        select(webhook).where(webhook.c.party_id == party_id, webhook.c.id == id)
    ).one_or_none()  # fmt: skip
    if row is None:
        raise not_found("webhook", str(id))
    return _shown(connection, row)


def _shown(connection: Connection, row: Any) -> dict[str, Any]:
    waiting, dead = connection.execute(_WAITING, {"webhook": row.id}).one()
    return {
        "id": row.id, "url": row.url, "types": row.types, "created_at": row.created_at, "ended_at": row.ended_at,
        "waiting": waiting, "dead": dead, "alarm": _alarm(connection, row.id, dead),
    }  # fmt: skip


def _alarm(connection: Connection, webhook: UUID, dead: int) -> str | None:
    """Given-up events, or an event that waits after a failed attempt and holds the others back."""
    last = connection.execute(_LAST_FAULT, {"webhook": webhook}).one_or_none()
    if last is None:
        return None
    if dead:
        return f"{dead} given up after {outbox.MOST_ATTEMPTS} attempts, last: {last.fault}; see deliveries, redeliver"
    return f"attempt {last.attempts} of {outbox.MOST_ATTEMPTS} failed: {last.fault}"


_BOTH = """(
    SELECT webhook_id, state, attempts, tried_at, fault FROM warehouse.delivery UNION ALL
    SELECT webhook_id, state, attempts, tried_at, fault FROM warehouse.sensor_delivery) d
    WHERE d.webhook_id = :webhook"""
_WAITING = sql(f"""
    SELECT count(*) FILTER (WHERE state = 'waiting') AS waiting, count(*) FILTER (WHERE state = 'dead') AS dead
    FROM {_BOTH} AND state IN ('waiting', 'dead')
""")  # noqa: S608
_LAST_FAULT = sql(f"""
    SELECT fault, attempts FROM {_BOTH} AND state IN ('waiting', 'dead') AND fault IS NOT NULL
    ORDER BY tried_at DESC LIMIT 1
""")  # noqa: S608
