"""Webhooks as a company uses them: named, listed, redelivered, ended."""

import os
import random
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import Engine

from service.webhooks import signing
from service.webhooks.deliverer import Deliverer
from tests.service.api.conftest import Caller, receive
from tests.service.webhooks.receiver import Receiver, answers


def deliver(engine: Engine) -> None:
    sender = Deliverer(engine, bytes(32), local=True, now=lambda: datetime.now(UTC), dice=random.random)
    while sender.once():
        continue


def test_a_company_is_told_of_its_movements(working: Engine, app: Flask, maker: Caller) -> None:
    with Receiver(answers(200)) as receiver:
        made = maker.post("/webhooks", {"url": receiver.url, "types": ["receive"]})
        assert made["secret"].startswith("whsec_") and made["secret"] not in str(maker.get("/webhooks"))
        movement = receive("TOLD")
        maker.post("/movements", movement, Prefer="wait=0")
        assert maker.get("/webhooks")["webhooks"][0]["waiting"] == 1
        deliver(working)
        headers, body = receiver.seen[0]
        assert headers["webhook-id"] == movement["id"]
        assert signing.is_genuine(made["secret"], headers, body, datetime.now(UTC).timestamp())
        told = maker.get(f"/webhooks/{made['id']}/deliveries")["deliveries"]
        assert [(each["movement"], each["state"], each["answer"]) for each in told] == [
            (movement["id"], "delivered", 200)
        ]
        again = maker.post(f"/webhooks/{made['id']}/redeliver", {"movement": movement["id"]}, expect=200)
        assert again["waiting"] == 1
        deliver(working)
        assert len(receiver.seen) == 2
    ended = maker.send("DELETE", f"/webhooks/{made['id']}").get_json()
    assert ended["ended_at"] and maker.get("/webhooks") == {"webhooks": []}
    assert maker.send("DELETE", f"/webhooks/{made['id']}").get_json() == ended
    trail = maker.get(f"/changes?code={made['id']}")["changes"]
    assert [each["new"] for each in trail] == [None, made["url"]]


def test_what_is_wrong_is_an_alarm(working: Engine, app: Flask, maker: Caller) -> None:
    with Receiver(answers(500)) as receiver:
        made = maker.post("/webhooks", {"url": receiver.url})
        maker.post("/movements", receive("ALARM"), Prefer="wait=0")
        deliver(working)
    hook = maker.get("/webhooks")["webhooks"][0]
    assert hook["alarm"] == "attempt 1 of 20 failed: expected an answer 2xx, got 500"
    with working.begin() as connection:
        connection.exec_driver_sql("UPDATE warehouse.delivery SET state = 'dead' WHERE fault IS NOT NULL")
    assert maker.get("/webhooks")["webhooks"][0]["alarm"].startswith("1 given up after 20 attempts")
    assert maker.get(f"/webhooks/{made['id']}/deliveries?state=dead")["deliveries"][0]["attempts"] == 1
    maker.send("DELETE", f"/webhooks/{made['id']}")


@pytest.mark.parametrize("url", ["http://example.com/", "https://example.com:8443/", "https://u@example.com/", "x"])
def test_a_url_that_may_not_be_is_refused_at_once(app: Flask, maker: Caller, url: str) -> None:
    expect = 201 if url.startswith("http://") else 422  # it is of this machine only that it may be called
    made = maker.post("/webhooks", {"url": url}, expect=expect)
    if expect == 201:
        maker.send("DELETE", f"/webhooks/{made['id']}")


def test_webhooks_are_the_partys_own_and_not_without_end(maker: Caller, trader: Caller) -> None:
    url = "https://example.com/hook"
    made = [trader.post("/webhooks", {"url": url}) for _ in range(10)]
    assert trader.post("/webhooks", {"url": url}, expect=409)["type"] == "urn:lotproof:problem:too-many-webhooks"
    id = made[0]["id"]
    assert maker.send("DELETE", f"/webhooks/{id}").status_code == 404
    assert maker.send("GET", f"/webhooks/{id}/deliveries").status_code == 404
    assert maker.send("POST", f"/webhooks/{id}/redeliver", {"movement": str(uuid4())}).status_code == 404
    assert trader.send("POST", f"/webhooks/{id}/redeliver", {"movement": str(uuid4())}).status_code == 404
    for each in made:
        trader.send("DELETE", f"/webhooks/{each['id']}")


def test_no_secret_of_a_webhook_lies_open_in_the_database(owner: Engine, outsider: Caller) -> None:
    made = outsider.post("/webhooks", {"url": "https://example.com/"})
    asked = "SELECT w::text, encode(sealed, 'escape') FROM warehouse.webhook w"
    with owner.connect() as connection:
        rows = str(connection.exec_driver_sql(asked).all())
    assert made["secret"][6:] not in rows
    assert signing.unseal(bytes(32), uuid4(), os.urandom(60)) is None
