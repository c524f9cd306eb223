"""Requests that a machine signs one by one: whose key is registered gets in, once, with this very request; and no lie
does.
"""

import datetime
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from http_message_signatures import ContentDigest, HTTPMessageSigner, MappingKeyResolver, algorithms
from joserfc.jwk import ECKey, OKPKey, RSAKey

from tests.service.api.conftest import Caller, receive
from tests.service.api.test_oauth import machine as registered

HOST = "https://log.example.com"
KEYS: dict[str, tuple[Any, Any]] = {
    "Ed25519": (OKPKey.generate_key("Ed25519"), algorithms.ED25519),
    "P-256": (ECKey.generate_key("P-256"), algorithms.ECDSA_P256_SHA256),
    "RSA": (RSAKey.generate_key(2048), algorithms.RSA_PSS_SHA512),
}
KEY, ALG = KEYS["Ed25519"]
COVERED = ("@method", "@authority", "@path", "@query")
SOMETHING = b'{"code":"Z","name":"Z","unit":"EA"}'


def machine(party: Caller, key: Any = KEY, **more: Any) -> str:
    return registered(party, key, **more)


@dataclass
class Asked:
    """A request as it is signed, and then, perhaps changed, sent."""

    client: str
    method: str = "POST"
    path: str = "/api/v1/items"
    query: str = ""
    body: bytes = SOMETHING
    covered: tuple[str, ...] = (*COVERED, "content-digest")
    host: str = HOST
    key: Any = field(default_factory=lambda: KEY)
    alg: Any = ALG
    created: int = field(default_factory=lambda: int(time.time()))
    expires: int | None = field(default_factory=lambda: int(time.time()) + 120)
    nonce: str | None = field(default_factory=lambda: uuid4().hex)
    headers: dict[str, str] = field(default_factory=dict)

    def signed(self) -> "Asked":
        headers = dict(self.headers)
        if self.body:
            headers |= {"Content-Type": "application/json", "Content-Digest": ContentDigest.create(self.body)}
        url = self.host + self.path + (f"?{self.query}" if self.query else "")
        keys = MappingKeyResolver(public_keys={}, private_keys={self.client: self.key.private_key})
        signer = HTTPMessageSigner(signature_algorithm=self.alg, key_resolver=keys)
        moment = datetime.datetime.fromtimestamp
        signer.sign(
            SimpleNamespace(method=self.method, url=url, headers=headers), key_id=self.client, label="s",
            covered_component_ids=self.covered, nonce=self.nonce, include_alg=False,
            use_existing_digest=bool(self.body),
            created=moment(self.created, datetime.UTC),
            **({} if self.expires is None else {"expires": moment(self.expires, datetime.UTC)}),
        )
        return replace(self, headers=headers)

    def send(self, client: FlaskClient) -> Any:
        return client.open(self.path, method=self.method, query_string=self.query, data=self.body, headers=self.headers)


def get(client: str, **changes: Any) -> Asked:
    return replace(Asked(client, "GET", "/api/v1/lots", "limit=5", b"", COVERED), **changes)


@pytest.mark.parametrize("name", KEYS)
def test_who_has_the_key_is_let_in_and_may_write(maker: Caller, client: FlaskClient, name: str) -> None:
    key, alg = KEYS[name]
    id = machine(maker, key)
    assert get(id, key=key, alg=alg).signed().send(client).status_code == 200
    body = b'{"code":"SIGNED-%s","name":"x","unit":"EA"}' % name.encode()
    made = Asked(id, body=body, key=key, alg=alg).signed().send(client)
    assert made.status_code == 201, made.text
    assert get(id, path="/api/v1/lots", query="search=%E6%BE%84&limit=3", key=key, alg=alg).signed().send(client)


def test_one_key_serves_many_parties_and_speaks_for_the_one_it_names(
    maker: Caller, trader: Caller, client: FlaskClient
) -> None:
    mine, other = machine(maker), machine(trader)
    lot = maker.receive("SIGNED-FOR-ONE")["id"]
    for id, status in ((mine, 200), (other, 404)):
        assert get(id, path=f"/api/v1/movements/{lot}", query="").signed().send(client).status_code == status
    swapped = get(mine).signed()
    swapped.headers["Signature-Input"] = swapped.headers["Signature-Input"].replace(mine, other)
    assert swapped.send(client).status_code == 401


def test_a_machine_has_the_roles_of_its_person(maker: Caller, client: FlaskClient) -> None:
    person = maker.post("/people", {"roles": [{"role": "auditor"}]})["code"]
    assert Asked(machine(maker, person=person)).signed().send(client).status_code == 403


def changed(**changes: Any) -> Callable[[Asked], Asked]:
    return lambda asked: replace(asked, **changes)


def without(name: str) -> Callable[[Asked], Asked]:
    return lambda asked: replace(asked, headers={k: v for k, v in asked.headers.items() if k != name})


def rewritten(name: str, old: str, new: str) -> Callable[[Asked], Asked]:
    def change(asked: Asked) -> Asked:
        assert old in asked.headers[name], asked.headers
        return replace(asked, headers=asked.headers | {name: asked.headers[name].replace(old, new)})

    return change


NOW = int(time.time())
SIGNED_LIES: dict[str, dict[str, Any]] = {
    "another key": {"key": OKPKey.generate_key("Ed25519")},
    "no such client": {"client": str(uuid4())},
    "no client at all": {"client": "admin"},
    "the host of another service": {"host": "https://other.example.com"},
    "without the method": {"covered": ("@authority", "@path", "@query", "content-digest")},
    "without the host": {"covered": ("@method", "@path", "@query", "content-digest")},
    "without the path": {"covered": ("@method", "@authority", "@query", "content-digest")},
    "without the query": {"covered": ("@method", "@authority", "@path", "content-digest")},
    "without the body": {"covered": COVERED},
    "nothing covered": {"covered": ()},
    "without an end": {"expires": None},
    "for ten minutes": {"expires": NOW + 900},
    "over": {"created": NOW - 290, "expires": NOW - 120},
    "made later": {"created": NOW + 600, "expires": NOW + 700},
    "ended before it began": {"created": NOW, "expires": NOW - 5},
    "without a nonce": {"nonce": None},
    "a nonce that says nothing": {"nonce": "1"},
    "an enormous nonce": {"nonce": "n" * 500},
    "a header of ours that is not covered": {"headers": {"Lotproof-Key": "x" * 43}},
}
SENT_LIES: dict[str, Callable[[Asked], Asked]] = {
    "another body": changed(body=b'{"code":"W","name":"W","unit":"EA"}'),
    "another path": changed(path="/api/v1/customers"),
    "another query": changed(query="x=1"),
    "another method": changed(method="GET"),
    "another body with its own digest": lambda a: replace(
        a, body=b"{}", headers=a.headers | {"Content-Digest": ContentDigest.create(b"{}")}
    ),
    "no digest": without("Content-Digest"),
    "a digest of a kind that nobody checks": rewritten("Content-Digest", "sha-256=", "md5="),
    "no signature": without("Signature"),
    "no input": without("Signature-Input"),
    "a later end": rewritten("Signature-Input", "expires=", "expires=1"),
    "another nonce": rewritten("Signature-Input", 'nonce="', 'nonce="x'),
    "another algorithm": lambda a: replace(
        a, headers=a.headers | {"Signature-Input": a.headers["Signature-Input"] + ';alg="hmac-sha256"'}
    ),
    "two keyids": lambda a: replace(
        a, headers=a.headers | {"Signature-Input": a.headers["Signature-Input"] + f';keyid="{uuid4()}"'}
    ),
    "a bearer beside it": lambda a: replace(a, headers=a.headers | {"Authorization": "Bearer lpk_" + "A" * 43}),
    "a flipped bit": lambda a: replace(
        a, headers=a.headers | {"Signature": "s=:" + ("B" if a.headers["Signature"][3] == "A" else "A")
                                + a.headers["Signature"][4:]}
    ),
    "two signatures": lambda a: replace(
        a, headers=a.headers | {n: f"{a.headers[n]}, t{a.headers[n][1:]}" for n in ("Signature", "Signature-Input")}
    ),
    "no structured field": lambda a: replace(a, headers=a.headers | {"Signature": "((("}),
    "an enormous input": lambda a: replace(
        a, headers=a.headers | {"Signature-Input": a.headers["Signature-Input"] + " " * 5000}
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", [*SIGNED_LIES, *SENT_LIES])
def test_lies(maker: Caller, client: FlaskClient, name: str) -> None:
    later = int(time.time()) - NOW  # the lies were written down when the tests were collected
    lie = {at: told + later if at in ("created", "expires") and told is not None else told
           for at, told in SIGNED_LIES.get(name, {}).items()}  # fmt: skip
    asked = replace(Asked(machine(maker)), **lie).signed()
    assert name in SIGNED_LIES or Asked(asked.client, body=b"{}").signed().send(client).status_code != 401
    answer = SENT_LIES.get(name, lambda same: same)(asked).send(client)
    assert answer.status_code == 401, answer.text
    assert answer.content_type == "application/problem+json" and answer.headers["WWW-Authenticate"]
    assert "Z" not in {each["code"] for each in maker.get("/items")["items"]}


def test_a_request_counts_once(maker: Caller, client: FlaskClient) -> None:
    asked = get(machine(maker)).signed()
    assert [asked.send(client).status_code for _ in range(3)] == [200, 401, 401]
    same = get(asked.client, nonce=asked.nonce, query="limit=6").signed()
    assert "nonce" in same.send(client).get_json()["detail"]
    assert get(machine(maker), nonce=asked.nonce).signed().send(client).status_code == 200, "another client's own"


def test_an_ended_machine_signs_nothing_any_more(app: Flask, maker: Caller, client: FlaskClient) -> None:
    id = machine(maker)
    assert get(id).signed().send(client).status_code == 200
    maker.send("DELETE", f"/oauth-clients/{id}")
    assert get(id).signed().send(client).status_code == 401


def test_what_the_host_header_says_is_not_believed(maker: Caller, client: FlaskClient) -> None:
    id = machine(maker)
    lied = get(id, host="https://evil.example").signed()
    lied.headers["Host"] = "evil.example"
    assert lied.send(client).status_code == 401
    assert replace(get(id).signed(), headers=get(id).signed().headers | {"Host": "behind.local"}).send(client)


def test_a_movement_by_a_signed_request_gets_its_receipt(sequencing: Any, maker: Caller, client: FlaskClient) -> None:
    body = json.dumps(receive("SIGNED-1")).encode()
    made = Asked(machine(maker), path="/api/v1/movements", body=body).signed().send(client)
    assert made.status_code == 201 and made.get_json()["receipts"], made.text
