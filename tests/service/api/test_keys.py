"""API keys: shown once, kept as a hash, each for its own, gone when revoked."""

from datetime import UTC, datetime, timedelta
from time import monotonic
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from service.auth import access
from tests.service.api.conftest import Caller


def test_a_party_begins_with_a_key_that_works(operator: Caller, maker: Caller) -> None:
    assert maker.key is not None and maker.key.startswith("lpk_") and len(maker.key) == 47
    assert maker.get("/items")["items"][0]["code"] == "AMX"


def test_no_secret_is_in_the_database_or_in_a_list(owner: Engine, maker: Caller, operator: Caller) -> None:
    with owner.connect() as connection:
        rows = str(
            connection.execute(text("SELECT k::text, encode(secret_hash, 'escape') FROM warehouse.api_key k")).all()
        )
    listed = str(maker.get("/api-keys"))
    for secret in (maker.key, operator.key):
        assert secret and secret not in rows and secret not in listed
        assert secret[12:] not in rows + listed


def test_a_revoked_key_opens_nothing(maker: Caller) -> None:
    made = maker.post("/api-keys", {"label": "scanner 7"})
    scanner = Caller(maker.client, made["api_key"])
    assert scanner.get("/lots") == {"lots": [], "next": None}
    first = maker.post(f"/api-keys/{made['id']}/revoke", None, expect=200)
    assert scanner.send("GET", "/lots").status_code == 401
    assert maker.post(f"/api-keys/{made['id']}/revoke", None, expect=200) == first
    assert maker.get("/lots")


def test_a_revocation_in_another_process_counts_within_a_second(
    owner: Engine, maker: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = maker.post("/api-keys", {"label": "x"})
    scanner = Caller(maker.client, made["api_key"])
    scanner.get("/lots")
    with owner.begin() as connection:
        connection.execute(text("UPDATE warehouse.api_key SET revoked_at = now() WHERE id = :id"), {"id": made["id"]})
    assert scanner.send("GET", "/lots").status_code == 200
    later = monotonic() + access.BELIEVED_SECONDS
    monkeypatch.setattr(access, "monotonic", lambda: later)
    assert scanner.send("GET", "/lots").status_code == 401


def test_an_expired_key_opens_nothing(app: Flask, owner: Engine, maker: Caller) -> None:
    soon = (datetime.now(UTC) + timedelta(hours=1)).isoformat(timespec="seconds")
    made = maker.post("/api-keys", {"label": "x", "expires_at": soon})
    assert Caller(maker.client, made["api_key"]).send("GET", "/lots").status_code == 200
    house = app.extensions["lotproof"]
    with owner.begin() as connection:
        connection.execute(text("UPDATE warehouse.api_key SET expires_at = now() WHERE id = :id"), {"id": made["id"]})
    house.access.forget()
    assert Caller(maker.client, made["api_key"]).send("GET", "/lots").status_code == 401


def test_a_key_that_is_expired_from_the_start_is_refused(maker: Caller) -> None:
    maker.post("/api-keys", {"label": "x", "expires_at": "2020-01-01T00:00:00Z"}, expect=422)


def test_a_party_makes_keys_for_itself_only(maker: Caller, trader: Caller) -> None:
    maker.post("/api-keys", {"label": "x", "party": "tongqu"}, expect=403)
    maker.post("/api-keys", {"label": "x", "role": "regulator"}, expect=403)
    assert maker.post("/api-keys", {"label": "x", "party": "chenghe", "role": "party"})["party"] == "chenghe"


def test_the_operator_makes_keys_for_everybody_but_itself(operator: Caller, maker: Caller) -> None:
    assert operator.post("/api-keys", {"label": "x", "party": "chenghe"})["role"] == "party"
    assert operator.post("/api-keys", {"label": "x", "role": "auditor"})["party"] is None
    operator.post("/api-keys", {"label": "x", "role": "operator"}, expect=422)
    operator.post("/api-keys", {"label": "x", "role": "auditor", "party": "chenghe"}, expect=422)
    operator.post("/api-keys", {"label": "x"}, expect=422)
    operator.post("/api-keys", {"label": "x", "party": "nobody"}, expect=409)


def test_nobody_sees_or_revokes_the_keys_of_others(maker: Caller, trader: Caller, operator: Caller) -> None:
    own = maker.get("/api-keys")["api_keys"][0]
    assert own["party"] == "chenghe" and own["shown"] == (maker.key or "")[:12]
    assert trader.send("POST", f"/api-keys/{own['id']}/revoke").status_code == 404
    assert trader.send("POST", f"/api-keys/{uuid4()}/revoke").status_code == 404
    assert {key["party"] for key in operator.get("/api-keys")["api_keys"]} >= {"chenghe", "tongqu"}
    assert {key["party"] for key in trader.get("/api-keys")["api_keys"]} == {"tongqu"}
    assert maker.get("/items")["items"]


def test_a_key_is_replaced_and_both_are_good_for_a_while(
    maker: Caller, trader: Caller, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = maker.post("/api-keys", {"label": "scanner 3"})
    new = maker.post(f"/api-keys/{old['id']}/rotate", {"overlap_seconds": 60})
    assert new["label"] == "scanner 3" and new["id"] != old["id"] and new["expires_at"] is None
    callers = [Caller(maker.client, each["api_key"]) for each in (old, new)]
    assert [caller.send("GET", "/lots").status_code for caller in callers] == [200, 200]
    access = app.extensions["lotproof"].access
    monkeypatch.setattr(access, "_now", lambda: datetime.now(UTC) + timedelta(seconds=61))
    access.forget()
    assert [caller.send("GET", "/lots").status_code for caller in callers] == [401, 200]
    access.forget()
    assert trader.send("POST", f"/api-keys/{new['id']}/rotate", {}).status_code == 404


def test_what_is_over_is_not_replaced_and_nothing_lives_longer_by_it(maker: Caller) -> None:
    old = maker.post("/api-keys", {"label": "x"})
    maker.post(f"/api-keys/{old['id']}/revoke", None, expect=200)
    assert maker.post(f"/api-keys/{old['id']}/rotate", {}, 409)["type"].endswith("key-is-over")
    soon = (datetime.now(UTC) + timedelta(minutes=1)).isoformat()
    short = maker.post("/api-keys", {"label": "y", "expires_at": soon})
    maker.post(f"/api-keys/{short['id']}/rotate", {"overlap_seconds": 3600})
    (kept,) = (each for each in maker.get("/api-keys")["api_keys"] if each["id"] == short["id"])
    assert kept["expires_at"] == short["expires_at"]
    maker.post(f"/api-keys/{short['id']}/rotate", {"overlap_seconds": 10**9}, 422)
