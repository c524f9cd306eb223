"""GET /checkpoint, /tile/<L>/<N>[.p/<W>], /tile/entries/<N>[.p/<W>], /anchors/<L>/<N>[.p/<W>]: <https://c2sp.org/tlog-tiles>.

A tile never changes, full or partial, so caches may keep it for ever; the checkpoint is always asked for anew. Entry
bundles are for auditors and mirrors only: whoever can guess lot numbers could find out from them what moves.
"""

from collections.abc import Callable

from flask import Blueprint, Response
from sqlalchemy import Connection

import anchoring
from service.api.house import House
from service.api.problem import Problem, not_found
from service.publish.paths import TilePath, parse_tile_path

FOR_EVER = "public, max-age=31536000, immutable"
FOR_EVER_PRIVATE = "private, max-age=31536000, immutable"
READERS_OF_ENTRIES = ("auditor", "regulator", "operator")


def pages(house: House) -> Blueprint:
    blueprint = Blueprint("publish", __name__)
    blueprint.after_request(_for_everybody)

    @blueprint.get("/checkpoint")
    def checkpoint() -> Response:
        try:
            with house.engine.connect() as connection:
                newest = anchoring.checkpoint(connection)
        except anchoring.NotInLedger as absent:
            raise Problem(404, "empty-log", str(absent), headers={"Retry-After": "1"}) from None
        return Response(newest.note, headers={"Cache-Control": "no-cache"}, content_type="text/plain; charset=utf-8")

    @blueprint.get("/tile/<path:name>")
    def tile(name: str) -> Response:
        asked = _parsed(name)
        if asked.level is None:
            house.access.authenticate(READERS_OF_ENTRIES)
            return _bytes(
                house,
                lambda connection: anchoring.entry_bundle_bytes(connection, asked.number, asked.width),
                FOR_EVER_PRIVATE,
            )
        level = asked.level
        return _bytes(
            house, lambda connection: anchoring.tile_bytes(connection, level, asked.number, asked.width), FOR_EVER
        )

    @blueprint.get("/anchors/<path:name>")
    def anchor_tile(name: str) -> Response:
        asked = _parsed(name)
        if asked.level is None:
            raise not_found("tile", name)
        level = asked.level
        return _bytes(
            house,
            lambda connection: anchoring.anchor_tile_bytes(connection, level, asked.number, asked.width),
            FOR_EVER,
        )

    return blueprint


def _for_everybody(response: Response) -> Response:
    """Verifiers run in browsers too, on pages of others; a key is never sent along by itself."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def _parsed(name: str) -> TilePath:
    parsed = parse_tile_path(name)
    if parsed is None:
        raise not_found("tile", name)
    return parsed


def _bytes(house: House, read: Callable[[Connection], bytes], caching: str) -> Response:
    try:
        with house.engine.connect() as connection:
            content = read(connection)
    except anchoring.NotInLedger as absent:
        raise Problem(404, "not-found", str(absent)) from None
    return Response(content, headers={"Cache-Control": caching}, content_type="application/octet-stream")
