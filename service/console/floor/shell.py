"""What every page of the floor carries for its scripts, and what they may do.

The scripts get their words and who works here as data in the page. Their policy is that of all pages, and a compiled
reader of bar codes may run (`'wasm-unsafe-eval'`), which allows no text to become a program.
"""

from functools import cache
from pathlib import Path
from typing import Any

import orjson
from flask import Response, url_for
from markupsafe import Markup

from service.console import frame as frames
from service.console.asking import Asking
from service.console.frame import Frame
from service.console.words import W
from service.domain.cases import CAUSES

FAMILIES = ("floor", "scan", "move", "hold", "count", "receive", "pick", "short", "handoff", "handoffs", "offer",
            "home", "device", "camera", "photo", "outbox", "label", "outcome", "finding", "problem", "cause",
            "goods")  # fmt: skip
WORDS = ("lot", "item", "expiry_date", "production_date", "quantity", "location", "reason", "supplier", "none",
         "status", "lot.nothing")  # fmt: skip
OPERATIONS = ("record_movement", "add_case", "add_count", "confirm_pick_line", "add_attachment")
KEPT = ("console.scan", "console.receive", "console.floor_move", "console.floor_count", "console.floor_hold",
        "console.floor_device")  # fmt: skip
"""Pages that open without a network: what may be done there (`docs/floor.md`)."""
STATIC = Path(__file__).parents[1] / "static"
VENDOR = STATIC / "floor" / "vendor"
"""Programs of others, as they come: `vendored.json` says which."""
_POLICY = frames.CSP.replace("script-src 'self'", "script-src 'self' 'wasm-unsafe-eval'") + "; worker-src 'self'"


def shown(frame: Frame, asking: Asking, template: str, flow: str, *, about: dict[str, Any] | None = None,
          **values: Any) -> Response:  # fmt: skip
    """A page of the floor whose script runs `flow`; `about` is what that one needs."""
    told = orjson.dumps(_told(asking, about or {})).decode().replace("<", "\\u003c")
    answer = frame.shown(asking, template, flow=flow, told=Markup(told), **values)  # noqa: S704 - no < is left in it
    answer.headers["Content-Security-Policy"] = _POLICY
    return answer


def _told(asking: Asking, about: dict[str, Any]) -> dict[str, Any]:
    language = frames.chosen()
    words = {key: said.in_language(language) for key, said in W.items()
             if key in WORDS or ("." in key and key.partition(".")[0] in FAMILIES)}  # fmt: skip
    return {"words": words, "language": language, "party": asking.caller.party, "person": asking.caller.person or "",
            "may": {name: asking.may(name) for name in OPERATIONS}, "causes": CAUSES, "orders": [], "parties": [],
            "handoffs": [], "list": None, "pages": [url_for(each) for each in KEPT], "files": _files(),
            **about}  # fmt: skip


def _files() -> list[str]:
    """What these pages are made of, but for what is only loaded when it is used."""
    return [url_for("console.static", filename=name) for name in _names()]


@cache
def _names() -> tuple[str, ...]:
    own = sorted(path.relative_to(STATIC).as_posix() for path in (STATIC / "floor").rglob("*")
                 if path.suffix in (".js", ".css") and "vendor" not in path.parts)  # fmt: skip
    return ("console.css", *own)
