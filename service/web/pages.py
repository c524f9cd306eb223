"""The start page, the page that shows the OpenAPI document, and the verifier to take away.

Everything is made on the server: no script, no font, no style from another host, so the strictest
Content-Security-Policy holds.
"""

from functools import cache
from io import BytesIO
from typing import Any

from flask import Blueprint, Response, render_template, request

from service.api.house import House
from service.api.status import state
from service.web import words
from service.web.documented import operations, shapes
from verifier import pack

_DAY = {"Cache-Control": "public, max-age=86400"}


def pages(house: House, specification: dict[str, Any]) -> Blueprint:
    blueprint = Blueprint(
        "web", __name__, template_folder="templates", static_folder="static", static_url_path="/static"
    )

    @blueprint.get("/")
    def start() -> Response:
        return page("start.html", state=state(house))

    @blueprint.get("/api/docs")
    def docs() -> Response:
        return page("docs.html", operations=operations(specification), shapes=shapes(specification))

    @blueprint.get("/lotproof-verify.pyz")
    def verifier_file() -> Response:
        headers = {"Content-Disposition": 'attachment; filename="lotproof-verify.pyz"', **_DAY}
        return Response(_packed(), headers=headers, content_type="application/octet-stream")

    return blueprint


def page(template: str, **values: Any) -> Response:
    """A page in the language of who asks."""
    catalogue = spoken()
    text = render_template(template, w=catalogue, lang=language(), **values)
    return Response(text, headers={"Vary": "Accept-Language", "Cache-Control": "no-cache"})


def spoken() -> dict[str, str]:
    """The words of the language of who asks."""
    return words.chosen(request.args.get("lang"), request.headers.get("Accept-Language"))


def language() -> str:
    """As it stands in an address."""
    return "zh" if spoken() is words.ZH else "en"


@cache
def _packed() -> bytes:
    """The verifier as one file; the same bytes from everybody who packs this version."""
    target = BytesIO()
    pack.pack(target)
    return target.getvalue()
