"""GET /print/<id>: whoever holds a printed history of a lot sees whether it is one of ours and whether it still holds.

The id was drawn at random and stands on that paper alone, as a code. The page tells of the lot what is counted on the
paper, and no words of it.
"""

from uuid import UUID

from flask import Blueprint, Response

from service import standpoint
from service.api import exporting
from service.api.house import House
from service.api.problem import not_found
from service.prints import lot_paper, papers
from service.web.pages import page
from verifier.uri import GS1_HOST


def pages(house: House) -> Blueprint:
    blueprint = Blueprint("printed", __name__)

    @blueprint.get("/print/<uuid:id>")
    def print_page(id: UUID) -> Response:
        with standpoint.on("link"), house.engine.connect() as connection:
            row = papers.found(connection, id)
        if row is None:
            raise not_found("print", "this id")
        with standpoint.of_parties({row.party_id}), exporting.snapshot(house) as connection:
            told = lot_paper.content(connection, row.party_id, row.lot_uri, house.now(), house.origin)
        assert told is not None, "a lot that was printed is there for ever"
        now = lot_paper.facts(told)
        shown = page(
            "printed.html", row=row, brief=papers.brief(row.content_hash), then=row.facts, now=now,
            changed=lot_paper.changed(row.facts, now), company=told["lot"]["company"], own=_page_of(row.lot_uri),
        )  # fmt: skip
        shown.headers["Cache-Control"] = "no-store"
        shown.headers["X-Robots-Tag"] = "noindex"
        return shown

    return blueprint


def _page_of(uri: str) -> str:
    """The lot's own page here, where it is named by GS1; else the page that takes any URI."""
    begin = f"https://{GS1_HOST}"
    return uri.removeprefix(begin) if uri.startswith(begin) else "/verify"
