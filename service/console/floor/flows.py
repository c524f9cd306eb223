"""Pages of the floor that live by their script: put away, count, hold, this device; and the worker that keeps them."""

from pathlib import Path
from typing import Any

from flask import Response, send_file

from service.console.asking import Asking
from service.console.floor.card import CODE, test_card
from service.console.floor.shell import STATIC, VENDOR, shown
from service.console.frame import PREFIX, Frame

READER = "tesseract/worker.min.js"


def declare(frame: Frame) -> None:
    @frame.page("/floor/move")
    def floor_move(asking: Asking) -> Any:
        return shown(frame, asking, "floor_flow.html", "move", title="move.title")

    @frame.page("/floor/count")
    def floor_count(asking: Asking) -> Any:
        return shown(frame, asking, "floor_flow.html", "count", title="count.title")

    @frame.page("/floor/hold")
    def floor_hold(asking: Asking) -> Any:
        return shown(frame, asking, "floor_flow.html", "hold", title="hold.title")

    @frame.page("/floor/device")
    def floor_device(asking: Asking) -> Any:
        return shown(frame, asking, "floor_device.html", "device", card=test_card(), about={"card": CODE})

    _workers(frame)


def _workers(frame: Frame) -> None:
    """Programs of their own beside a page; what they may do is said by their own headers and not by the page's."""

    @frame.blueprint.get("/floor/worker.js")
    def floor_worker() -> Response:
        """Of the whole console's scope, since the floor's pages lie at several addresses of it."""
        answer = _program(STATIC / "floor" / "worker.js", "connect-src 'self'")
        answer.headers["Service-Worker-Allowed"] = f"{PREFIX}/"
        return answer

    @frame.blueprint.get(f"/static/floor/vendor/{READER}")
    def floor_reader() -> Response:
        """Reads print, by a compiled program that it looks for beside itself."""
        return _program(VENDOR / READER,
                        "connect-src 'self'; script-src 'self' 'wasm-unsafe-eval'")  # fmt: skip


def _program(path: Path, policy: str) -> Response:
    answer = send_file(path, mimetype="text/javascript", max_age=0)
    answer.headers["Content-Security-Policy"] = f"default-src 'none'; base-uri 'none'; frame-ancestors 'none'; {policy}"
    return answer
