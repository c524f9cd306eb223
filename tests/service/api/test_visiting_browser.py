"""Signing in with a real browser, which decides by itself what it sends along; and a page of somebody else in it."""

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
import zxingcpp
from flask import Flask
from PIL import Image
from playwright.sync_api import Error, Page
from werkzeug.serving import make_server

from service.app import create_app
from service.settings import Settings
from tests.service.api import test_epcis_streams as streams
from tests.service.api.conftest import Caller
from tests.service.api.signing_in import PASSWORD, Screen, invited, secret_of
from tests.tools.browser import browser
from tests.tools.waiting import eventually

EVIL = """<!doctype html><iframe name="hidden"></iframe>
<form id="form" method="post" target="hidden" action="{url}/me/end"></form>
<script>
const socket = () => new Promise((told) => {{
  const opened = new WebSocket("{stream}");
  opened.onopen = () => {{ document.body.append("LISTENS"); told(); }};
  opened.onclose = told;
}});
const asked = [socket(), fetch("{url}/api/v1/sessions", {{method: "DELETE", credentials: "include"}}),
  fetch("{url}/api/v1/session", {{method: "DELETE", credentials: "include", headers: {{"Lotproof-Session": "1"}}}}),
  fetch("{url}/me/sign-out", {{method: "POST", mode: "no-cors", credentials: "include", body: "csrf=x"}}),
  fetch("{url}/api/v1/session/prove", {{method: "POST", mode: "no-cors", credentials: "include", body: "{{}}"}})];
document.getElementById("form").submit();
Promise.allSettled(asked).then(() => {{ document.title = "done"; }});
</script>"""


LISTEN = """url => new Promise((told, failed) => {
  const socket = window.socket = new WebSocket(url);
  window.messages = [];
  socket.onmessage = (message) => window.messages.push(message.data);
  socket.onclose = (closed) => { window.ended = closed.code; failed(closed.code); };
  socket.onopen = told;
})"""
placing = streams.placing


@pytest.fixture(scope="module")
def service(settings: Settings, app: Flask, placing: None) -> Iterator[tuple[str, str]]:
    """The same service, as people reach it on this machine: its pages and, at another port, its streams."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    here = f"http://127.0.0.1:{server.port}"
    server.app = local = create_app(replace(settings, public_url=here))
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    served = streams.Served(local).start()
    yield here, f"ws://127.0.0.1:{served.port}/api/v1/epcis/events?stream=true"
    served.stop()
    server.shutdown()
    house = local.extensions["lotproof"]
    house.gather.close()
    house.engine.dispose()
    house.writer.dispose()


@contextmanager
def somebody_else(page: str) -> Iterator[str]:
    """A page at another site."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(page.encode())

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://localhost:{server.server_port}/"
    server.shutdown()
    server.server_close()


def read(page: Page) -> str:
    """What a telephone reads on the screen."""
    seen = zxingcpp.read_barcode(Image.open(io.BytesIO(_screen(page))))
    assert seen is not None, "expected a QR code that is large enough to read"
    return str(seen.text)


def _screen(page: Page, tries: int = 3) -> bytes:
    """A busy machine's Chromium now and then says that it cannot, and can the next moment."""
    try:
        return page.screenshot()
    except Error:
        if tries == 1:
            raise
        return _screen(page, tries - 1)


def listens(page: Page, url: str, stream: str, maker: Caller) -> None:
    """The browser's own WebSocket, with its own handshake, opened by a page of ours with the session's cookie."""
    page.route(f"{url}/blank", lambda route: route.fulfill(content_type="text/html", body=""))
    page.goto(f"{url}/blank")
    page.evaluate(LISTEN, stream)
    told = streams.capture(maker, *streams.new(2))
    eventually(lambda: all(each in page.evaluate("window.messages.join()") for each in told))
    page.evaluate("window.socket.send('hello')")
    eventually(lambda: page.evaluate("window.ended") == 1003)


def test_a_browser_signs_in_by_its_own_ways_and_another_page_cannot_use_it(
    service: tuple[str, str], maker: Caller
) -> None:
    url, stream = service
    code, secret = invited(maker, "quality")
    with browser() as running, somebody_else(EVIL.format(url=url, stream=stream)) as evil:
        page, complaints = running.new_page(), list[str]()
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        page.goto(f"{url}/invitation/{secret}")
        for field in ("Password", "Password, once more"):
            page.get_by_label(f"New {field.lower()}", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Set the password").click()
        page.get_by_role("link", name="Sign in").last.click()
        page.get_by_label("Company code").fill(maker.party)
        page.get_by_label("Your code").fill(code)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Continue").click()
        page.get_by_role("button", name="Set up").click()
        page.get_by_label("Code", exact=True).fill(Screen(None, secret=secret_of(read(page))).code())  # type: ignore[arg-type]
        page.get_by_role("button", name="Confirm").click()
        page.get_by_role("link", name="I have kept them").click()
        assert page.url.startswith(f"{url}/me") and code in page.content() and complaints == []
        listens(page, url, stream, maker)
        page.goto(evil)
        page.wait_for_function("document.title == 'done'")
        page.wait_for_load_state("networkidle")
        assert "LISTENS" not in page.inner_text("body")
        page.goto(f"{url}/me")
        assert page.url == f"{url}/me" and len(re.findall("<time", page.content())) == 2
        page.get_by_role("button", name="Sign out").click()
        assert "You are signed out." in page.content()
