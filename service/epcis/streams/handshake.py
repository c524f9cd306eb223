"""The HTTP request of a handshake, asked of the app as any web process would: there it is known who calls and may what.
"""

from collections.abc import Mapping
from http import HTTPStatus
from io import BytesIO
from typing import Any
from urllib.parse import unquote_to_bytes

from flask import Flask
from websockets import http11
from websockets.datastructures import Headers
from werkzeug import Response

from service.epcis.streams.opening import KEY, Opening

_HOP = ("connection", "upgrade", "transfer-encoding")


def asked(app: Flask, request: http11.Request, peer: str) -> tuple[http11.Response, Opening | None]:
    """The answer, and what was settled if it is 101."""
    if request.headers.get("Upgrade", "").lower() != "websocket":
        return _upgrade(), None
    environ = _environ(request, peer)
    answer = app.response_class.from_app(app.wsgi_app, environ, buffered=True)
    settled: list[Opening] = environ[KEY]
    return _plain(answer), settled[0] if answer.status_code == 101 and settled else None


def _environ(request: http11.Request, peer: str) -> dict[str, Any]:
    """As PEP 3333 spells a request. A header that came twice is one, as RFC 9110 joins them."""
    path, _, query = request.path.partition("?")
    return {
        "REQUEST_METHOD": "GET", "SCRIPT_NAME": "", "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": query, "SERVER_NAME": "localhost", "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": peer, "wsgi.version": (1, 0), "wsgi.url_scheme": "http", "wsgi.input": BytesIO(),
        "wsgi.errors": BytesIO(), "wsgi.multithread": True, "wsgi.multiprocess": True, "wsgi.run_once": False,
        KEY: list[Opening](), **_named(request.headers),
    }  # fmt: skip


def _named(headers: Headers) -> Mapping[str, str]:
    joined: dict[str, str] = {}
    for name, value in headers.raw_items():
        variable = f"HTTP_{name.upper().replace('-', '_')}"
        between = "; " if name.lower() == "cookie" else ", "
        joined[variable] = f"{joined[variable]}{between}{value}" if variable in joined else value
    return {name: value for name, value in joined.items() if name not in ("HTTP_CONTENT_LENGTH", "HTTP_CONTENT_TYPE")}


def _plain(answer: Response) -> http11.Response:
    body = answer.get_data()
    told = [(name, value) for name, value in answer.headers if name.lower() not in (*_HOP, "content-length")]
    headers = Headers([*told, ("Content-Length", str(len(body))), ("Connection", "close")])
    return http11.Response(answer.status_code, HTTPStatus(answer.status_code).phrase, headers, body)


def _upgrade() -> http11.Response:
    body = b"expected Upgrade: websocket; everything else is at the port of plain HTTP\n"
    headers = Headers([("Upgrade", "websocket"), ("Content-Type", "text/plain; charset=utf-8"),
                       ("Content-Length", str(len(body))), ("Connection", "close")])  # fmt: skip
    return http11.Response(426, HTTPStatus(426).phrase, headers, body)
