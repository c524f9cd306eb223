"""Companies that sign their people in themselves: a real provider at a real socket, and what it, or others, may lie."""

import hmac
import json
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from joserfc.jwk import RSAKey
from sqlalchemy import Engine
from werkzeug.test import TestResponse

from service.auth.assertions import BadKey
from service.signin import openid, sessions
from service.web import words
from tests.service.api.conftest import Caller
from tests.service.api.signing_in import OTHER, PASSWORD, URL, Screen, at_work, clerk, invited, slug
from tests.service.api.test_signing_in import later, nothing_remembered
from tests.tools import openid as little
from tests.tools.openid import CLIENT, KEYS, SECRET, STRANGE, Provider
from verifier.encoding import b64url

HEADERS = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}


@pytest.fixture(scope="module")
def running() -> Iterator[Provider]:
    with little.running() as provider:
        yield provider


@pytest.fixture
def provider(running: Provider, app: Flask) -> Provider:
    """Honest, and nothing is remembered of it."""
    running.honest()
    known = app.extensions["lotproof"].federation._providers
    known._known.clear()
    known._failed.clear()
    return running


@pytest.fixture(scope="module")
def added(running: Provider, maker: Caller) -> str:
    body = {"label": "Acme ID", "issuer": running.issuer, "client_id": CLIENT, "client_secret": SECRET}
    made = maker.post("/oidc-providers", body)
    assert made["link"] == f"{URL}/oidc/{made['id']}" and made["redirect_uri"] == f"{URL}/oidc/callback"
    assert SECRET not in str(made)
    return str(made["id"])


def opened(screen: Screen, path: str, **query: str) -> TestResponse:
    return screen.client.get(path, base_url=URL, query_string=query, headers=HEADERS,
                             environ_base={"REMOTE_ADDR": screen.address})  # fmt: skip


def away(screen: Screen, added: str, **query: str) -> str:
    """Where the provider's link leads."""
    answer = opened(screen, f"/oidc/{added}", **query)
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return answer.headers["Location"]


def through(screen: Screen, provider: Provider, added: str, subject: str, **query: str) -> TestResponse:
    return opened(screen, "/oidc/callback", **provider.agree(away(screen, added, **query), subject))


@pytest.fixture
def person(app: Flask, maker: Caller, added: str) -> Screen:
    """Bound by an administrator, not signed in."""
    code = maker.post("/people", {"roles": [{"role": "quality"}]})["code"]
    screen = Screen(app.test_client(), party=maker.party, person=code)
    bound = maker.post(f"/people/{screen.person}/oidc-subjects", {"provider": added, "subject": f"sub-{screen.person}"})
    assert bound["subjects"][0]["subject"] == f"sub-{screen.person}"
    return screen


@pytest.mark.parametrize("alg", KEYS)
def test_who_is_bound_signs_in_and_works(alg: str, provider: Provider, added: str, person: Screen) -> None:
    provider.alg = alg
    answer = through(person, provider, added, f"sub-{person.person}")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/me")
    shown = person.get("/session")
    assert (shown["person"], shown["stage"]) == (person.person, "signed-in")  # the second factor is the provider's
    assert shown["method"] == "oidc+mfa+pwd;acr=urn:example:gold"
    assert person.get("/items")


def test_by_an_invitation_somebody_becomes_a_person_once(
    app: Flask, provider: Provider, added: str, maker: Caller
) -> None:
    code, secret = invited(maker, "operator")
    screen, other = (Screen(app.test_client(), party=maker.party, person=code) for _ in range(2))
    assert through(screen, provider, added, "new-one").status_code == 401  # not yet anybody
    assert through(screen, provider, added, "new-one", invitation=secret).status_code == 303
    assert screen.get("/session")["person"] == code
    assert through(other, provider, added, "thief", invitation=secret).status_code == 401
    assert through(other, provider, added, "new-one").status_code == 303
    fields = [each["field"] for each in maker.get(f"/changes?kind=person&code={code}")["changes"]]
    assert fields[0] == "oidc_subject"


def test_an_invitation_does_not_move_somebody_to_another_person(
    provider: Provider, added: str, person: Screen, maker: Caller
) -> None:
    code, secret = invited(maker, "operator")
    assert through(person, provider, added, f"sub-{person.person}", invitation=secret).status_code == 401
    assert maker.get(f"/people/{code}/oidc-subjects") == {"subjects": []}
    Screen(person.client).post("/invitations/accept", {"secret": secret, "password": PASSWORD}, 200)  # still to be used


def test_a_subject_is_one_person_and_a_person_one_subject(added: str, person: Screen, maker: Caller) -> None:
    taken = {"provider": added, "subject": f"sub-{person.person}"}
    other = maker.post("/people", {"roles": []})["code"]
    maker.post(f"/people/{other}/oidc-subjects", taken, 409)
    maker.post(f"/people/{other}/oidc-subjects", {**taken, "provider": str(uuid4())}, 404)
    moved = maker.post(f"/people/{person.person}/oidc-subjects", taken | {"subject": "another"})
    assert [each["subject"] for each in moved["subjects"]] == ["another"]


def test_an_email_address_or_a_name_makes_nobody(provider: Provider, added: str, person: Screen) -> None:
    provider.claims |= {"email": "li@acme.example", "email_verified": True, "preferred_username": person.person}
    for subject in (person.person, "li@acme.example", f"SUB-{person.person}", f"sub-{person.person} "):
        told = through(person, provider, added, subject)
        assert told.status_code == 401 and words.EN["oops_nobody"] in told.get_data(as_text=True), subject


def test_another_partys_provider_names_nobody_of_ours(
    running: Provider, provider: Provider, added: str, person: Screen, trader: Caller
) -> None:
    body = {"label": "T", "issuer": running.issuer, "client_id": CLIENT, "client_secret": SECRET}
    theirs = trader.post("/oidc-providers", body)["id"]
    assert through(person, provider, theirs, f"sub-{person.person}").status_code == 401
    trader.post(f"/people/{person.person}/oidc-subjects", {"provider": theirs, "subject": "x"}, 404)
    mine = trader.post("/people", {"roles": []})["code"]
    trader.post(f"/people/{mine}/oidc-subjects", {"provider": added, "subject": "x"}, 404)
    assert added not in str(trader.get("/oidc-providers"))
    assert trader.send("DELETE", f"/oidc-providers/{added}").status_code == 404


def test_the_same_subject_of_two_providers_of_a_party_is_two_people(
    app: Flask, provider: Provider, added: str, maker: Caller, person: Screen
) -> None:
    subject = f"sub-{person.person}"
    with little.running() as other:
        body = {"label": "B", "issuer": other.issuer, "client_id": CLIENT, "client_secret": SECRET}
        second = maker.post("/oidc-providers", body)["id"]
        screen = Screen(app.test_client(), party=maker.party)
        assert through(screen, other, second, subject).status_code == 401, "bound at the other provider only"
        other.claims["iss"] = provider.issuer  # the one says that it is the other
        assert through(screen, other, second, subject).status_code == 401
        other.honest()
        namesake = maker.post("/people", {"roles": []})["code"]
        maker.post(f"/people/{namesake}/oidc-subjects", {"provider": second, "subject": subject})
        assert through(screen, other, second, subject).status_code == 303
        assert screen.get("/session")["person"] == namesake
        code = other.agree(away(screen, second), subject)  # of the second, brought back to the flow of the first
        away(screen, added)
        assert opened(screen, "/oidc/callback", **code).status_code == 401
        assert maker.send("DELETE", f"/oidc-providers/{second}").status_code == 200


NOW = int(time.time())
LIES: dict[str, dict[str, Any]] = {
    "another issuer": {"iss": "https://evil.example"},
    "issuer with a slash more": {"iss": "{issuer}/"},
    "no issuer": {"iss": None},
    "another audience": {"aud": "somebody else"},
    "an audience that begins like us": {"aud": CLIENT + "2"},
    "no audience": {"aud": None},
    "an audience that is no text": {"aud": {CLIENT: 1}},
    "also for another, without azp": {"aud": [CLIENT, "other"]},
    "also for another, given to it": {"aud": [CLIENT, "other"], "azp": "other"},
    "for us, given to another": {"azp": "other"},
    "another nonce": {"nonce": "x" * 43},
    "no nonce": {"nonce": None},
    "a nonce that is no text": {"nonce": 1},
    "expired": {"exp": NOW - 3600},
    "no end": {"exp": None},
    "an end that is text": {"exp": "2099-01-01"},
    "an end that is true": {"exp": True},
    "made long ago": {"iat": NOW - 3600},
    "made for later": {"iat": NOW + 3600},
    "not before later": {"nbf": NOW + 3600},
    "never made": {"iat": None},
    "no subject": {"sub": None},
    "an empty subject": {"sub": ""},
    "a subject that is a number": {"sub": 7},
    "a long subject": {"sub": "x" * 256},
    "a subject with NUL": {"sub": "a\0b"},
    "a subject with half a letter": {"sub": "a\ud800"},
    "a nonce with half a letter": {"nonce": "a\ud800"},
    "a subject that is a list": {"sub": ["x"]},
}


@pytest.mark.parametrize("lie", LIES)
def test_a_token_that_lies_signs_nobody_in(lie: str, provider: Provider, added: str, person: Screen) -> None:
    bent = {name: value.format(issuer=provider.issuer) if isinstance(value, str) else value
            for name, value in LIES[lie].items()}  # fmt: skip
    provider.claims |= bent
    answer = through(person, provider, added, f"sub-{person.person}")
    assert answer.status_code == 401 and "lotproof=lps_" not in str(answer.headers)
    assert person.send("GET", "/session").status_code == 401


def unsigned(provider: Provider, asked: dict[str, str], alg: str) -> str:
    payload = provider.id_token(asked).split(".")[1]
    return f"{b64url(json.dumps({'alg': alg}).encode())}.{payload}."


def shared_secret(provider: Provider, asked: dict[str, str]) -> str:
    """Signed with the public key as if it were a shared secret."""
    header = b64url(json.dumps({"alg": "HS256", "kid": "rsa"}).encode())
    signed = f"{header}.{provider.id_token(asked).split('.')[1]}"
    return f"{signed}.{b64url(hmac.digest(KEYS['RS256'].as_pem(private=False), signed.encode(), 'sha256'))}"


FORGERIES: dict[str, Any] = {
    "alg none": lambda provider, asked: unsigned(provider, asked, "none"),
    "alg None": lambda provider, asked: unsigned(provider, asked, "None"),
    "no signature": lambda provider, asked: provider.id_token(asked).rpartition(".")[0] + ".",
    "public key as secret": shared_secret,
    "two parts": lambda provider, asked: provider.id_token(asked).rpartition(".")[0],
    "nothing": lambda provider, asked: " ",
    "too long": lambda provider, asked: provider.id_token(asked) + "x" * 20_000,
    "no text": lambda provider, asked: "ü.é.ñ",
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_token_that_the_provider_did_not_sign_signs_nobody_in(
    forgery: str, provider: Provider, added: str, person: Screen
) -> None:
    query = provider.agree(away(person, added), f"sub-{person.person}")
    provider.token = FORGERIES[forgery](provider, provider.codes[query["code"]])
    assert opened(person, "/oidc/callback", **query).status_code == 401


def test_a_key_that_only_has_the_name_of_the_providers_is_not_its_key(
    provider: Provider, added: str, person: Screen
) -> None:
    provider.key = STRANGE
    assert through(person, provider, added, f"sub-{person.person}").status_code == 401
    provider.key = None
    assert through(person, provider, added, f"sub-{person.person}").status_code == 303


def test_what_came_back_once_comes_back_no_second_time(provider: Provider, added: str, person: Screen) -> None:
    query = provider.agree(away(person, added), f"sub-{person.person}")
    flow = person.client.get_cookie("__Host-lotproof-flow", "log.example.com")
    assert opened(person, "/oidc/callback", **query).status_code == 303
    assert person.client.get_cookie("__Host-lotproof-flow", "log.example.com") is None and flow is not None
    provider.codes[query["code"]] = {}  # even of a provider that would give it twice
    person.client.set_cookie("__Host-lotproof-flow", flow.value, domain="log.example.com")
    asked = len(provider.asked)
    assert opened(person, "/oidc/callback", **query).status_code == 401
    assert len(provider.asked) == asked


def test_what_another_browser_began_ends_nowhere(
    app: Flask, provider: Provider, added: str, person: Screen
) -> None:
    """An attacker's own answer in a victim's browser would sign the victim in as the attacker."""
    victim = Screen(app.test_client())
    attackers = provider.agree(away(person, added), f"sub-{person.person}")
    assert opened(victim, "/oidc/callback", **attackers).status_code == 401
    mine = provider.agree(away(victim, added), "sub-victim")
    for query in (attackers, {**mine, "code": attackers["code"]}, {"code": mine["code"]}, {**mine, "state": ""}):
        assert opened(victim, "/oidc/callback", **query).status_code == 401
    assert victim.send("GET", "/session").status_code == 401


def test_the_right_code_with_another_state_signs_nobody_in(provider: Provider, added: str, person: Screen) -> None:
    query = provider.agree(away(person, added), f"sub-{person.person}")
    for state in ("", "x" * 43, query["state"] + "x", query["state"][:-1], "ü"):
        assert opened(person, "/oidc/callback", code=query["code"], state=state).status_code == 401, state
    assert opened(person, "/oidc/callback", **query).status_code == 303


def test_a_code_of_another_request_has_another_challenge(
    app: Flask, provider: Provider, added: str, person: Screen
) -> None:
    stolen = provider.agree(away(person, added), f"sub-{person.person}")
    thief = Screen(app.test_client())
    own = provider.agree(away(thief, added), "sub-thief")
    assert opened(thief, "/oidc/callback", code=stolen["code"], state=own["state"]).status_code == 401
    assert thief.send("GET", "/session").status_code == 401


@pytest.mark.parametrize("kept", ["", "x", "A" * 200, "ü"])
def test_what_this_service_did_not_seal_is_nothing_that_was_begun(app: Flask, kept: str) -> None:
    headers = {"Cookie": f"__Host-lotproof-flow={kept}"}
    answer = app.test_client().get("/oidc/callback?code=x&state=y", base_url=URL, headers=headers)
    assert answer.status_code == 401


def test_a_sign_in_that_took_too_long_starts_again(
    app: Flask, provider: Provider, added: str, person: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    query = provider.agree(away(person, added), f"sub-{person.person}")
    federation = app.extensions["lotproof"].federation
    now = federation._now
    monkeypatch.setattr(federation, "_now", lambda: now() + timedelta(minutes=11))
    late = opened(person, "/oidc/callback", **query)
    assert late.status_code == 401 and words.EN["oops_again"] in late.get_data(as_text=True)


def test_another_providers_answer_is_not_taken_for_this_ones(
    provider: Provider, added: str, person: Screen
) -> None:
    """RFC 9207: mixed up by an attacker who runs the other one."""
    query = provider.agree(away(person, added), f"sub-{person.person}")
    assert opened(person, "/oidc/callback", **query, iss="https://evil.example").status_code == 401
    query = provider.agree(away(person, added), f"sub-{person.person}")
    assert opened(person, "/oidc/callback", **query, iss=provider.issuer).status_code == 303


@pytest.mark.parametrize(
    "query", [{"error": "access_denied"}, {"code": ""}, {"code": "x" * 4001}, {"error": "x", "code": "c"}]
)
def test_a_provider_that_says_no_signs_nobody_in(
    query: dict[str, str], provider: Provider, added: str, person: Screen
) -> None:
    state = provider.agree(away(person, added), "x")["state"]
    assert opened(person, "/oidc/callback", state=state, **query).status_code == 401


STRANGE_ANSWERS: dict[str, tuple[str, int, bytes]] = {
    "discovery is away": ("/.well-known/openid-configuration", 503, b""),
    "discovery is no JSON": ("/.well-known/openid-configuration", 200, b"<html>"),
    "discovery is a list": ("/.well-known/openid-configuration", 200, b"[]"),
    "discovery is empty": ("/.well-known/openid-configuration", 200, b"{}"),
    "discovery redirects": ("/.well-known/openid-configuration", 302, b""),
    "discovery is endless": ("/.well-known/openid-configuration", 200, b" " * 70_000),
    "keys are away": ("/keys", 500, b""),
    "keys are none": ("/keys", 200, b'{"keys": []}'),
    "keys are no list": ("/keys", 200, b'{"keys": {"a": 1}}'),
    "keys are nonsense": ("/keys", 200, b'{"keys": [1, null, {"kty": "RSA"}, {"kty": "oct", "k": "AAAA"}]}'),
    "the token is an error": ("/token", 401, b'{"error": "invalid_client"}'),
    "the token is no JSON": ("/token", 200, b"\xff"),
    "there is no token": ("/token", 200, b"{}"),
    "the token is a number": ("/token", 200, b'{"id_token": 7}'),
}


@pytest.mark.parametrize("strange", STRANGE_ANSWERS)
def test_a_provider_that_does_not_answer_as_one_does_is_away(
    strange: str, provider: Provider, added: str, person: Screen
) -> None:
    path, status, body = STRANGE_ANSWERS[strange]
    provider.answers[path] = (status, body)
    begun = opened(person, f"/oidc/{added}")
    if begun.status_code == 303:
        begun = opened(person, "/oidc/callback", **provider.agree(begun.headers["Location"], f"sub-{person.person}"))
    assert begun.status_code == 502
    assert person.send("GET", "/session").status_code == 401


@pytest.mark.parametrize("issuer", ["https://evil.example", None, "{issuer}/", 7])
def test_a_discovery_document_of_another_issuer_is_not_believed(
    issuer: Any, provider: Provider, added: str, person: Screen
) -> None:
    provider.metadata["issuer"] = issuer.format(issuer=provider.issuer) if isinstance(issuer, str) else issuer
    assert opened(person, f"/oidc/{added}").status_code == 502


def test_who_did_not_answer_is_not_asked_again_at_once(provider: Provider, added: str, person: Screen) -> None:
    provider.answers["/.well-known/openid-configuration"] = (503, b"")
    before = len(provider.asked)
    assert [opened(person, f"/oidc/{added}").status_code for _ in range(3)] == [502] * 3
    assert len(provider.asked) == before + 1


@pytest.mark.parametrize("name", openid.ENDPOINTS)
@pytest.mark.parametrize(
    "url", [None, 7, "", "file:///etc/passwd", "http://10.0.0.1/", "https://127.0.0.1:8443/", "http://169.254.169.254/"]
)
def test_a_discovery_document_leads_nowhere_inside(
    name: str, url: Any, provider: Provider, added: str, person: Screen
) -> None:
    provider.metadata[name] = url
    if name == "authorization_endpoint" and url in ("http://10.0.0.1/", "http://169.254.169.254/"):
        return  # there the browser goes, not this service
    begun = opened(person, f"/oidc/{added}")
    if begun.status_code == 303:
        begun = opened(person, "/oidc/callback", **provider.agree(begun.headers["Location"], f"sub-{person.person}"))
    assert begun.status_code == 502


@pytest.mark.parametrize(
    "issuer", ["http://10.0.0.1", "ftp://acme.example", "https://acme.example:8443", "https://u:p@acme.example", "acme"]
)
def test_an_issuer_is_a_public_https_address(issuer: str, provider: Provider, maker: Caller, app: Flask) -> None:
    body = {"label": "x", "issuer": issuer, "client_id": CLIENT, "client_secret": SECRET}
    answer = maker.send("POST", "/oidc-providers", body)
    if issuer == "http://10.0.0.1":  # a name or address is judged when it is asked
        screen = Screen(app.test_client())
        assert opened(screen, f"/oidc/{answer.get_json()['id']}").status_code == 502
        return
    assert answer.status_code == 422


def test_what_was_learned_of_a_provider_is_believed_for_a_while(
    provider: Provider, added: str, person: Screen
) -> None:
    for _ in range(2):
        assert through(person, provider, added, f"sub-{person.person}").status_code == 303
    before = len(provider.asked)
    through(person, provider, added, f"sub-{person.person}")
    assert provider.asked[before:] == ["/token"]


def test_a_provider_that_takes_the_secret_in_the_form_gets_it_there(
    provider: Provider, added: str, person: Screen
) -> None:
    provider.metadata["token_endpoint_auth_methods_supported"] = ["client_secret_post"]
    assert through(person, provider, added, f"sub-{person.person}").status_code == 303


def test_who_is_deactivated_unbound_or_whose_provider_ended_is_out(
    provider: Provider, added: str, maker: Caller, app: Flask, running: Provider
) -> None:
    body = {"label": "Another", "issuer": running.issuer, "client_id": CLIENT, "client_secret": SECRET}
    second = maker.post("/oidc-providers", body)["id"]
    for end in ("person", "subject", "provider"):
        screen = Screen(app.test_client(), person=maker.post("/people", {"roles": [{"role": "operator"}]})["code"])
        maker.post(f"/people/{screen.person}/oidc-subjects", {"provider": second, "subject": f"z-{end}"})
        assert through(screen, provider, second, f"z-{end}").status_code == 303 and screen.get("/items")
        path, verb, said = {
            "person": (f"/people/{screen.person}", "PATCH", {"active": False, "reason": "left"}),
            "subject": (f"/people/{screen.person}/oidc-subjects", "DELETE", None),
            "provider": (f"/oidc-providers/{second}", "DELETE", None),
        }[end]
        assert maker.send(verb, path, said).status_code == 200
        assert screen.send("GET", "/session").status_code == 401, end
        assert opened(screen, f"/oidc/{second}").status_code == (404 if end == "provider" else 303)
        if end != "provider":
            assert through(screen, provider, second, f"z-{end}").status_code == 401


def test_a_party_may_say_that_its_people_come_by_its_provider_only(
    app: Flask, provider: Provider, running: Provider, outsider: Caller
) -> None:
    rule = {"only_oidc": True, "reason": "policy"}
    screen = at_work(app, outsider, "operator")
    assert slug(outsider.send("PATCH", "/sign-in-rules", rule)) == "no-provider"
    body = {"label": "X", "issuer": running.issuer, "client_id": CLIENT, "client_secret": SECRET}
    theirs = outsider.post("/oidc-providers", body)["id"]
    outsider.post(f"/people/{screen.person}/oidc-subjects", {"provider": theirs, "subject": "one"})
    secret = outsider.post(f"/people/{screen.person}/invitations", {})["secret"]
    assert outsider.send("PATCH", "/sign-in-rules", rule).get_json()["only_oidc"] is True
    assert screen.send("GET", "/session").status_code == 401  # the one that a password opened
    assert screen.sign_in(401) == screen.sign_in(401, password=OTHER)  # it does not even tell a right one
    screen.post("/invitations/accept", {"secret": secret, "password": PASSWORD}, 409)
    assert through(screen, provider, theirs, "one").status_code == 303 and screen.get("/items")
    assert slug(outsider.send("DELETE", f"/oidc-providers/{theirs}")) == "only-provider"
    outsider.send("PATCH", "/sign-in-rules", {"only_oidc": False, "reason": "back"})
    screen.sign_in()


def test_a_proof_is_a_fresh_sign_in_at_the_provider_by_the_same_person(
    app: Flask, owner: Engine, provider: Provider, added: str, maker: Caller
) -> None:
    screen = Screen(app.test_client(), person=maker.post("/people", {"roles": [{"role": "administrator"}]})["code"])
    maker.post(f"/people/{screen.person}/oidc-subjects", {"provider": added, "subject": "prover"})
    through(screen, provider, added, "prover")
    assert "/oidc/prove" in screen.post("/api-keys", {"label": "x"}, 401)["detail"]
    screen.post("/session/prove", {"password": PASSWORD}, 401)  # has none

    def proven(subject: str = "prover", **query: str) -> TestResponse:
        gone = opened(screen, "/oidc/prove", **query)
        assert "prompt=login" in gone.headers["Location"] and "max_age=0" in gone.headers["Location"]
        return opened(screen, "/oidc/callback", **provider.agree(gone.headers["Location"], subject))

    def prove(subject: str = "prover") -> int:
        return proven(subject).status_code

    provider.claims["auth_time"] = int(time.time()) - 301
    assert prove() == 401
    provider.claims["auth_time"] = None
    assert prove() == 401
    provider.claims.clear()
    colleague = maker.post("/people", {"roles": []})["code"]
    maker.post(f"/people/{colleague}/oidc-subjects", {"provider": added, "subject": "colleague"})
    assert [prove(each) for each in ("somebody else", "colleague")] == [401, 401]
    screen.post("/api-keys", {"label": "x"}, 401)
    session = screen.get("/session")["id"]
    assert prove() == 303
    screen.post("/api-keys", {"label": "x"}, 201)
    assert screen.get("/session")["id"] == session
    ways = ("/console/quality", "https://evil.example/console/x", "/console/../me", "//evil.example", "")
    assert [proven(next=each).headers["Location"] for each in ways] == ["/console/quality", *["/me"] * 4]
    later(owner, "session", "proven_at", sessions.PROOF)
    nothing_remembered(app)
    screen.post("/api-keys", {"label": "x"}, 401)


def test_a_person_with_a_password_proves_nothing_at_a_provider(app: Flask, maker: Caller) -> None:
    screen = clerk(app, maker, "operator")
    screen.sign_in()
    assert opened(screen, "/oidc/prove").headers["Location"] == "/me"


def test_the_clients_secret_is_sealed_for_its_provider(owner: Engine, added: str) -> None:
    with owner.connect() as connection:
        kept = connection.exec_driver_sql("SELECT string_agg(o::text, '') FROM warehouse.oidc_provider o").scalar()
    assert SECRET not in str(kept) and SECRET.encode().hex() not in str(kept)


def test_refusals_of_a_provider_are_on_record(provider: Provider, added: str, person: Screen, maker: Caller) -> None:
    through(person, provider, added, "nobody at all")
    kept = maker.get("/refusals?limit=1")["refusals"][0]
    assert (kept["operation"], kept["status"], kept["person"]) == ("sign_in", 401, None)


def test_weak_keys_of_a_provider_are_no_keys() -> None:
    with pytest.raises(BadKey):
        openid.public_jwk(RSAKey.generate_key(1024).as_dict(private=False))
