"""Requests that a browser sends for others (CSRF), with what lies they can tell; and which credential counts."""

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from service.auth.cookies import Cookies
from tests.service.api.conftest import Caller
from tests.service.api.signing_in import URL, Screen, at_work

OWN = {"Origin": URL, "Lotproof-Session": "1"}
BODY = {"code": "X", "zone": "Europe/Berlin"}

LIES = {
    "nothing at all": {},
    "no header": {"Origin": URL},
    "no header, fetched from here": {"Sec-Fetch-Site": "same-origin"},
    "another value": {"Origin": URL, "Lotproof-Session": "0"},
    "two values": {"Origin": URL, "Lotproof-Session": "1, 1"},
    "no origin": {"Lotproof-Session": "1"},
    "origin null": {"Origin": "null", "Lotproof-Session": "1"},
    "origin empty": {"Origin": "", "Lotproof-Session": "1"},
    "another origin": {"Origin": "https://evil.example", "Lotproof-Session": "1"},
    "our name as a beginning": {"Origin": f"{URL}.evil.example", "Lotproof-Session": "1"},
    "our name as an end": {"Origin": "https://evil-log.example.com", "Lotproof-Session": "1"},
    "another port": {"Origin": f"{URL}:8443", "Lotproof-Session": "1"},
    "without TLS": {"Origin": "http://log.example.com", "Lotproof-Session": "1"},
    "a sibling host": {"Origin": "https://example.com", "Lotproof-Session": "1"},
    "upper case": {"Origin": URL.upper(), "Lotproof-Session": "1"},
    "cross-site": {"Sec-Fetch-Site": "cross-site", "Lotproof-Session": "1"},
    "same site is not us": {"Sec-Fetch-Site": "same-site", "Lotproof-Session": "1"},
    "typed by the user": {"Sec-Fetch-Site": "none", "Lotproof-Session": "1"},
    "our origin, cross-site": {**OWN, "Sec-Fetch-Site": "cross-site"},
    "another origin, same-origin": {**OWN, "Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"},
    "only a referer": {"Referer": URL + "/", "Lotproof-Session": "1"},
}
TRUTHS = {
    "origin": OWN,
    "fetch metadata": {"Sec-Fetch-Site": "same-origin", "Lotproof-Session": "1"},
    "both": {**OWN, "Sec-Fetch-Site": "same-origin"},
}


@pytest.fixture(scope="module")
def screen(app: Flask, maker: Caller) -> Screen:
    return at_work(app, maker, "administrator")


def sent(screen: Screen, headers: dict[str, str], verb: str = "POST", path: str = "/api/v1/sites") -> TestResponse:
    return screen.client.open(path, method=verb, base_url=URL, headers=headers, json=BODY)


@pytest.mark.parametrize("lie", LIES)
def test_a_request_from_elsewhere_is_refused_whatever_it_says(screen: Screen, lie: str) -> None:
    for verb, path in (("POST", "/api/v1/sites"), ("DELETE", "/api/v1/sessions"), ("PATCH", "/api/v1/people/x")):
        assert sent(screen, LIES[lie], verb, path).status_code == 403, verb
    assert screen.get("/session")


@pytest.mark.parametrize("truth", TRUTHS)
def test_a_request_of_ours_is_not(screen: Screen, truth: str) -> None:
    assert sent(screen, TRUTHS[truth]).status_code in (201, 409)


def test_reading_needs_no_header(screen: Screen) -> None:
    assert sent(screen, {"Sec-Fetch-Site": "cross-site"}, "GET", "/api/v1/items").status_code == 200


def test_a_key_counts_and_the_cookie_beside_it_does_not(screen: Screen, trader: Caller) -> None:
    mine = sent(screen, {"Authorization": f"Bearer {trader.key}"}, "GET", "/api/v1/people").get_json()
    assert screen.person not in str(mine)
    assert sent(screen, {"Authorization": f"Bearer {trader.key}"}).status_code in (201, 409)
    for other in ("Bearer lpk_" + "x" * 40, "Basic eDp5", "Bearer", ""):
        assert sent(screen, {"Authorization": other}, "GET", "/api/v1/items").status_code == 401, other
    assert sent(screen, {"Authorization": f"Bearer {trader.key}"}, "GET", "/api/v1/session").status_code == 403


def test_a_sessions_secret_is_no_key(app: Flask, screen: Screen) -> None:
    cookie = screen.client.get_cookie("__Host-lotproof", "log.example.com")
    assert cookie is not None
    headers = {"Authorization": f"Bearer {cookie.value}"}
    assert app.test_client().get("/api/v1/items", headers=headers).status_code == 401
    for name in ("lotproof", "__host-lotproof", "__Secure-lotproof", "__Host-lotproof2"):
        fresh = app.test_client()
        fresh.set_cookie(name, cookie.value, domain="log.example.com")
        assert fresh.get("/api/v1/items", base_url=URL).status_code == 401, name


@pytest.mark.parametrize("value", ["", "lps_", "lps_" + "a" * 43, "lps_" + "a" * 4000, "lpk_" + "a" * 43, "ü", "\x00"])
def test_what_is_no_session_is_nobody(app: Flask, value: str) -> None:
    fresh = app.test_client()
    answer = fresh.get("/api/v1/items", headers={"Cookie": f"__Host-lotproof={value}"}, base_url=URL)
    assert answer.status_code == 401


def test_the_token_endpoint_knows_no_cookie(screen: Screen) -> None:
    form = {"grant_type": "client_credentials"}
    answer = screen.client.post("/oauth/token", data=form, headers=OWN, base_url=URL)
    assert answer.status_code == 400 and "access_token" not in answer.get_json()


@pytest.mark.parametrize(
    ("url", "name", "usable"),
    [
        ("https://log.example.com", "__Host-lotproof", True), ("http://127.0.0.1:8080", "lotproof", True),
        ("http://localhost:8080", "lotproof", True), ("http://[::1]:8080", "lotproof", True),
        ("http://log.example.com", "lotproof", False), ("http://10.0.0.7:8080", "lotproof", False),
        ("http://localhost.evil.example", "lotproof", False), ("", "lotproof", False),
    ],
)  # fmt: skip
def test_a_cookie_goes_where_nobody_reads_it_on_its_way(url: str, name: str, usable: bool) -> None:
    cookies = Cookies(url)
    assert (cookies.name, cookies.usable, cookies.secure) == (name, usable, url.startswith("https"))
