"""What a browser may do with an answer: next to nothing, whatever the answer is. Every route, for whoever asks, and
every kind of refusal.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from service.api.door import BODY_LIMIT
from service.app import create_app
from tests.service.api.conftest import Caller

SAME = {
    "X-Content-Type-Options": ("nosniff",), "Cross-Origin-Opener-Policy": ("same-origin",),
    "Referrer-Policy": ("no-referrer", "same-origin"),
}  # fmt: skip
DIRECTIVES = {"default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"}
NEVER = ("unsafe-", "*", "http:", "data:", "blob:")
COMPILED = ("/console/scan", "/console/receive", "/console/floor/", "/static/floor/vendor/tesseract/worker.min.js")
"""Where a compiled reader of bar codes and print may run, which lets no text become a program (`docs/floor.md`)."""


def check(answer: TestResponse, what: object) -> None:
    for name, allowed in SAME.items():
        [value] = answer.headers.getlist(name)
        assert value in allowed, (what, name, value)
    policy = answer.headers["Content-Security-Policy"]
    assert {each.strip() for each in policy.split(";")} >= DIRECTIVES, (what, policy)
    apart = policy.replace("img-src 'self' data:", "")  # drawn by our own script, and no code
    if "worker-src 'self'" in policy:  # the public page, where the visitor's browser asks the nodes that he names
        apart = apart.replace("connect-src 'self' https: http:", "")
    if any(page in str(what) for page in COMPILED):
        apart = apart.replace("'wasm-unsafe-eval'", "")
    assert not any(word in apart for word in NEVER), (what, policy)
    assert answer.headers["Cross-Origin-Resource-Policy"] in ("same-origin", "cross-origin")
    assert answer.headers["Cache-Control"], what
    assert "charset" in answer.content_type or not answer.content_type.startswith("text/"), (what, answer.content_type)
    assert not {"Server", "X-Powered-By"} & set(answer.headers.keys()), what


def routes(app: Flask) -> Iterator[tuple[str, str]]:
    for rule in app.url_map.iter_rules():
        with app.test_request_context():
            names = dict.fromkeys(rule.arguments, "00000000-0000-4000-8000-000000000000")
            path = str(app.url_map.bind("localhost").build(rule.endpoint, names, force_external=False))
        for method in sorted((rule.methods or set()) - {"OPTIONS"}):
            yield method, path


def test_every_route_binds_the_browser_for_whoever_asks(
    app: Flask, client: FlaskClient, maker: Caller, operator: Caller
) -> None:
    asked = list(routes(app))
    assert len(asked) > 130
    for method, path in asked:
        for key in (None, maker.key, operator.key):
            headers = {"Authorization": f"Bearer {key}"} if key else {}
            check(client.open(path, method=method, headers=headers), (method, path, key))


JSON = "application/json"
REFUSED: dict[str, dict[str, Any]] = {
    "404": {"path": "/nothing"}, "404 of a file": {"path": "/static/none.css"}, "405": {"path": "/", "method": "PUT"},
    "OPTIONS": {"path": "/api/v1/lots", "method": "OPTIONS"}, "a redirect": {"path": "/static"},
    "413": {"path": "/api/v1/items", "method": "POST", "data": b"a" * (BODY_LIMIT + 9), "content_type": JSON},
    "415": {"path": "/api/v1/items", "method": "POST", "data": b"a", "content_type": "text/html"},
    "400": {"path": "/api/v1/items", "method": "POST", "data": b"{", "content_type": "application/json"},
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_every_refusal_does(client: FlaskClient, maker: Caller, name: str) -> None:
    answer = client.open(**REFUSED[name], headers={"Authorization": f"Bearer {maker.key}"})
    check(answer, name)
    if name[:3].isdigit():
        assert answer.status_code == int(name[:3])


def test_a_fault_an_absent_database_and_too_many_requests_do(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.view_functions, "status.read_status", lambda: 1 / 0)
    fault = client.get("/api/v1/status")
    away = create_app(replace(app.extensions["lotproof"].settings, rate_address=1,
                              database_url="postgresql://nobody@/none?host=/nowhere"))  # fmt: skip
    asked = [away.test_client().get("/api/v1/status") for _ in range(11)]
    assert [fault.status_code, asked[0].status_code, asked[-1].status_code] == [500, 503, 429]
    for answer in (fault, asked[0], asked[-1]):
        check(answer, answer.status)


def test_over_tls_the_browser_is_told_to_stay_there_and_only_a_trusted_proxy_says_so(
    app: Flask, client: FlaskClient
) -> None:
    said, name = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example"}, "Strict-Transport-Security"
    assert name not in client.get("/", headers=said).headers
    behind = create_app(replace(app.extensions["lotproof"].settings, proxies=1)).test_client()
    assert behind.get("/", headers=said).headers[name] == "max-age=31536000; includeSubDomains"
    assert name not in behind.get("/").headers
    for answer in (client.get("/static", headers=said), behind.get("/static", headers=said)):
        assert "evil.example" not in answer.headers.get("Location", "")


def test_another_page_may_ask_for_what_is_public_and_for_nothing_else(app: Flask, client: FlaskClient) -> None:
    for method, path in routes(app):
        answer = client.open(path, method=method, headers={"Origin": "https://evil.example"})
        allowed = answer.headers.get("Access-Control-Allow-Origin")
        public = path.startswith(("/checkpoint", "/tile", "/anchors", "/.well-known/gs1resolver"))
        assert allowed == ("*" if public else None), (path, allowed)
        assert "Access-Control-Allow-Credentials" not in answer.headers
