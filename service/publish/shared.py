"""GET /s/<secret>: what a party shows of a lot to whoever has the link, and /s/<secret>/proof, the file itself.

No cache keeps it and no page it leads to learns of it: the link is the key.
"""

import re

from flask import Blueprint, Response

from service import standpoint
from service.api.house import House
from service.api.problem import Problem
from service.api.rows import moment
from service.proof import shares
from service.proof.fields import GROUPS
from service.proof.proofs import Wanted, file_name
from service.proof.shares import Shared
from service.web.pages import page

_SECRET = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)


def pages(house: House) -> Blueprint:
    blueprint = Blueprint("shared", __name__)

    @blueprint.get("/s/<secret>")
    def shared_lot(secret: str) -> Response:
        try:
            told = _shown(_found(house, secret), secret)
        except Problem as problem:
            told = page("shared_ended.html")
            told.status_code = problem.status
        told.headers["Cache-Control"] = "no-store"
        return told

    @blueprint.get("/s/<secret>/proof")
    def shared_proof(secret: str) -> Response:
        shared = _found(house, secret)
        return house.proofs.of_party(shared.party_id, Wanted(shared.lot), shared.groups)

    return blueprint


def _shown(shared: Shared, secret: str) -> Response:
    shown = {group: group in shared.groups for group in GROUPS}
    return page("shared.html", shared=shared, shown=shown, until=moment(shared.expires_at), secret=secret,
                file=file_name(shared.lot))  # fmt: skip


def _found(house: House, secret: str) -> Shared:
    if not _SECRET.fullmatch(secret):
        raise _ended()
    with standpoint.on("link"), house.engine.connect() as connection:
        shared = shares.found(connection, secret, house.now())
    if shared is None:
        raise _ended()
    return shared


def _ended() -> Problem:
    """Never made, ended or expired: nobody learns which."""
    return Problem(404, "not-found", "this link leads nowhere: it was never made, was ended, or expired")
