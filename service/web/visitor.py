"""Who is at this browser, and where it goes next."""

import re
from typing import Any

from flask import Response, redirect, request, url_for

from service.api.house import House
from service.api.problem import Problem
from service.auth.keys import Caller

_CONSOLE = re.compile(r"/console/[A-Za-z0-9/_-]*")


def here(house: House) -> Caller | None:
    """Who is signed in at this browser, at whatever stage."""
    hashed = house.access.cookies.session()
    if hashed is None:
        return None
    try:
        return house.access.in_session(hashed)
    except Problem:
        return None


def to(endpoint: str) -> Response:
    """Another page of ours, in the same language; by GET. Who came from the console goes back to it at last."""
    came = request.args.get("next", "")
    carried = {name: request.args[name] for name in ("lang", "next") if name in request.args}
    there = endpoint == "me" and _CONSOLE.fullmatch(came)
    answer: Any = redirect(came if there else url_for(f"visit.{endpoint}", **carried), 303)
    return answer  # type: ignore[no-any-return]


def entered(house: House, secret: str, where: str) -> Response:
    """On to another page, with a session's new secret."""
    house.access.forget()  # the secret before it
    return house.access.cookies.give(to(where), secret)
