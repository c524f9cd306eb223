"""How everything under /epcis speaks: problems as exceptions of EPCIS, versions in the headers of every answer."""

from urllib.parse import quote

import orjson
from flask import Response, request

from service.api.house import API
from service.api.problem import MEDIA_TYPE, Problem
from service.epcis.exceptions import EpcisProblem, epcis_document
from service.epcis.translation import FORMATS
from service.statements.event import OWN_CONTEXT

PREFIX = f"{API}/epcis"
VERSION = "2.0.0"
EXTENSIONS = ",".join(f"{prefix}={namespace}" for prefix, namespace in OWN_CONTEXT.items() if prefix == "lotproof")
HEADERS = {"GS1-EPCIS-Version": VERSION, "GS1-CBV-Version": VERSION, "GS1-Extensions": EXTENSIONS}
DISCOVERED = {
    **HEADERS, "GS1-EPCIS-Min": VERSION, "GS1-EPCIS-Max": VERSION, "GS1-CBV-Min": VERSION, "GS1-CBV-Max": VERSION,
    "GS1-EPC-Format": ", ".join(FORMATS), "GS1-CBV-XML-Format": "Always_Web_URI, Always_URN",
    "GS1-Vendor-Version": "1",
}  # fmt: skip
FILE_LIMIT, MOST_EVENTS = 8_000_000, 2_000
LIMITS = {
    "GS1-EPCIS-Capture-Limit": str(MOST_EVENTS), "GS1-EPCIS-Capture-File-Size-Limit": str(FILE_LIMIT),
    "GS1-Capture-Error-Behaviour": "all",
}  # fmt: skip
"""Of a document that is captured."""


def spoken(response: Response) -> Response:
    """For the application's after_request: leaves other answers alone."""
    if not request.path.startswith((f"{PREFIX}/", PREFIX + "?")) and request.path != PREFIX:
        return response
    if response.mimetype == MEDIA_TYPE and not response.is_streamed:
        response.set_data(orjson.dumps(epcis_document(orjson.loads(response.get_data()))))
    if request.method == "OPTIONS":  # discovery
        response.status_code = 204
        response.headers.update(DISCOVERED | (LIMITS if request.path.startswith(f"{PREFIX}/capture") else {}))
    if response.status_code == 413:
        response.headers.update(LIMITS)
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response


def check_versions() -> None:
    """What the client asks to be understood as; raises Problem 406."""
    for name in ("GS1-EPCIS-Version", "GS1-CBV-Version", "GS1-EPCIS-Min", "GS1-CBV-Min"):
        asked = request.headers.get(name)
        if asked is not None and not _within(asked, VERSION if name.endswith("Min") else None):
            raise _not_acceptable(f"{name}: expected 2.0.0, got {asked}", VERSION, asked)


def check_json_wanted() -> None:
    """Raises Problem 406 if JSON would not be taken."""
    accepted = request.accept_mimetypes
    if accepted and not accepted.best_match(("application/json", "application/ld+json", MEDIA_TYPE)):
        raise _not_acceptable(f"expected application/json, got {accepted}", "application/json", str(accepted))


def event_path(event_id: str) -> str:
    """Below PREFIX."""
    return f"/events/{quote(event_id, safe='')}"


def address(public_url: str | None, path: str) -> str:
    """The absolute URL of what lies at `path` below PREFIX: clients follow it as it stands."""
    return (public_url or request.host_url).rstrip("/") + PREFIX + path


def _within(asked: str, most: str | None) -> bool:
    parts = asked.strip().split(".")
    if not all(part.isdigit() and len(part) < 4 for part in parts):
        return False
    numbers = [int(part) for part in parts]
    return numbers <= [2, 0, 0] if most else numbers[:2] == [2, 0]


def _not_acceptable(detail: str, expected: str, seen: str) -> Problem:
    return EpcisProblem(406, "NotAcceptableException", detail, expected=expected, seen=seen)
