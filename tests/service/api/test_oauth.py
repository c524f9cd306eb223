"""Machines sign in with a key of their own: who has it gets a token of ten minutes, and nobody else gets anything."""

import warnings
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from service.api.clients import _BEARER, PATH
from service.auth import assertions
from service.auth.clients import PREFIX
from tests.service.api.conftest import Caller

warnings.filterwarnings("ignore", module="joserfc")
AUDIENCE = "https://log.example.com"
KEYS: dict[str, tuple[Any, str]] = {
    "Ed25519": (OKPKey.generate_key("Ed25519"), "EdDSA"),
    "Ed25519 as RFC 9864 names it": (OKPKey.generate_key("Ed25519"), "Ed25519"),
    "P-256": (ECKey.generate_key("P-256"), "ES256"),
    "RSA-PSS": (RSAKey.generate_key(2048), "PS256"),
    "RSA": (RSAKey.generate_key(2048), "RS256"),
}
KEY, ALG = KEYS["Ed25519"]


def public(key: Any) -> dict[str, Any]:
    return {name: value for name, value in key.as_dict(private=False).items() if name != "kid"}


def machine(party: Caller, key: Any = KEY, **more: Any) -> str:
    return str(party.post("/oauth-clients", {"label": "ERP", "jwk": public(key), **more})["id"])


def claims(client_id: str, **changes: Any) -> dict[str, Any]:
    now = int(datetime.now(UTC).timestamp())
    made = {"iss": client_id, "sub": client_id, "aud": AUDIENCE, "jti": str(uuid4()), "iat": now, "exp": now + 60}
    return {name: value for name, value in (made | changes).items() if value is not None}


def assertion(client_id: str, key: Any = KEY, alg: str = ALG, **changes: Any) -> str:
    return jwt.encode({"alg": alg}, claims(client_id, **changes), key, algorithms=[alg])


def ask(client: FlaskClient, client_id: str, signed: str, **changes: str) -> Any:
    form = {"grant_type": "client_credentials", "client_assertion_type": _BEARER, "client_id": client_id,
            "client_assertion": signed}  # fmt: skip
    return client.post(PATH, data=form | changes)


@pytest.mark.parametrize("name", KEYS)
def test_who_has_the_key_gets_a_token(maker: Caller, client: FlaskClient, name: str) -> None:
    key, alg = KEYS[name]
    id = machine(maker, key)
    answer = ask(client, id, assertion(id, key, alg, aud=[AUDIENCE + PATH]))
    assert answer.status_code == 200 and answer.headers["Cache-Control"] == "no-store"
    told = answer.get_json()
    assert told["token_type"] == "Bearer" and told["expires_in"] == 600 and told["access_token"].startswith(PREFIX)
    signed_in = Caller(client, told["access_token"], maker.party)
    assert signed_in.get("/lots")["lots"] is not None
    mine = signed_in.receive(f"OAUTH-{alg}")
    assert maker.get(f"/movements/{mine['id']}")["id"] == mine["id"]


def test_a_machine_has_the_roles_of_its_person_and_no_more(maker: Caller, client: FlaskClient) -> None:
    person = maker.post("/people", {"roles": [{"role": "auditor"}]})["code"]
    id = machine(maker, person=person)
    reader = Caller(client, ask(client, id, assertion(id)).get_json()["access_token"])
    assert reader.get("/lots")["lots"] is not None
    assert reader.send("POST", "/items", {"code": "X", "name": "X", "unit": "EA"}).status_code == 403
    maker.send("PATCH", f"/people/{person}", {"active": False, "reason": "gone"})
    again = Caller(client, ask(client, id, assertion(id)).get_json()["access_token"])
    assert again.send("GET", "/lots").status_code == 401
    assert maker.post("/oauth-clients", {"label": "x", "jwk": public(KEY), "person": "nobody"}, 409)


LIES: dict[str, Callable[[str], str]] = {
    "another key": lambda id: assertion(id, OKPKey.generate_key("Ed25519")),
    "another client": lambda id: assertion(str(uuid4())),
    "another subject": lambda id: assertion(id, sub="admin"),
    "another audience": lambda id: assertion(id, aud="https://other.example.com"),
    "no audience": lambda id: assertion(id, aud=None),
    "over": lambda id: assertion(id, exp=int(datetime.now(UTC).timestamp()) - 60),
    "for ever": lambda id: assertion(id, exp=2**39),
    "for an hour": lambda id: assertion(id, exp=int(datetime.now(UTC).timestamp()) + 3600),
    "without an end": lambda id: assertion(id, exp=None),
    "an end in words": lambda id: assertion(id, exp="soon"),
    "an end that is none": lambda id: assertion(id, exp=True),
    "for later": lambda id: assertion(id, nbf=int(datetime.now(UTC).timestamp()) + 200),
    "made tomorrow": lambda id: assertion(id, iat=int(datetime.now(UTC).timestamp()) + 86400),
    "no number": lambda id: assertion(id, jti=None),
    "a long number": lambda id: assertion(id, jti="x" * 201),
    "a number with NUL": lambda id: assertion(id, jti="a\0b"),
    "unsigned": lambda id: "eyJhbGciOiJub25lIn0." + assertion(id).split(".")[1] + ".",
    "signed with the public key as a secret": lambda id: assertion(id, OctKey.import_key(public(KEY)["x"]), "HS256"),
    "a flipped bit": lambda id: (text := assertion(id))[:-10] + ("A" if text[-10] != "A" else "B") + text[-9:],
    "nothing": lambda id: "",
    "no JWT": lambda id: "a.b.c",
    "enormous": lambda id: "a" * 9000,
}


@pytest.mark.parametrize("name", LIES)
def test_lies(maker: Caller, client: FlaskClient, name: str) -> None:
    id = machine(maker)
    answer = ask(client, id, LIES[name](id))
    assert (answer.status_code, answer.get_json()["error"]) == (401, "invalid_client"), answer.text
    assert "access_token" not in answer.text


def test_an_assertion_counts_once(maker: Caller, client: FlaskClient) -> None:
    id = machine(maker)
    signed = assertion(id)
    assert ask(client, id, signed).status_code == 200
    assert ask(client, id, signed).status_code == 401
    other = machine(maker)
    assert ask(client, other, signed).status_code == 401


def test_form_and_grant(maker: Caller, client: FlaskClient) -> None:
    id = machine(maker)
    assert ask(client, id, assertion(id), grant_type="password").get_json()["error"] == "unsupported_grant_type"
    assert ask(client, id, assertion(id), client_assertion_type="x").get_json()["error"] == "invalid_request"
    assert ask(client, "x", assertion(id)).status_code == 401
    assert ask(client, str(uuid4()), assertion(id)).status_code == 401
    assert client.post(PATH, json={"grant_type": "client_credentials"}).status_code == 400


def test_an_ended_machine_and_an_old_token_open_nothing(
    app: Flask, maker: Caller, trader: Caller, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    id = machine(maker)
    signed_in = Caller(client, ask(client, id, assertion(id)).get_json()["access_token"])
    access = app.extensions["lotproof"].access
    with monkeypatch.context() as patched:
        patched.setattr(access, "_now", lambda: datetime.now(UTC) + timedelta(minutes=11))
        access.forget()
        assert signed_in.send("GET", "/lots").status_code == 401
    access.forget()
    assert signed_in.send("GET", "/lots").status_code == 200
    assert trader.send("DELETE", f"/oauth-clients/{id}").status_code == 404
    assert maker.send("DELETE", f"/oauth-clients/{id}").get_json()["ended_at"]
    assert signed_in.send("GET", "/lots").status_code == 401
    assert ask(client, id, assertion(id)).status_code == 401
    assert id in {each["id"] for each in maker.get("/oauth-clients")["clients"]}
    kinds = {each["kind"] for each in maker.get(f"/changes?kind=oauth-client&code={id}")["changes"]}
    assert kinds == {"oauth-client"}


BAD_KEYS: dict[str, Any] = {
    "private": KEY.as_dict(private=True),
    "a secret": {"kty": "oct", "k": "AAAA"},
    "another curve": public(ECKey.generate_key("P-384")),
    "X25519": public(OKPKey.generate_key("X25519")),
    "short": public(RSAKey.generate_key(1024)),
    "off the curve": {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"},
    "half": {"kty": "OKP", "crv": "Ed25519"},
    "none": {},
    "no object": "key",
}


@pytest.mark.parametrize("name", BAD_KEYS)
def test_keys_that_nobody_may_sign_in_with(maker: Caller, name: str) -> None:
    told = maker.post("/oauth-clients", {"label": "x", "jwk": BAD_KEYS[name]}, 422)
    assert told["type"].endswith("wrong-shape"), told


def test_the_life_of_an_assertion_is_short() -> None:
    assert timedelta(minutes=5) >= assertions.LONGEST
