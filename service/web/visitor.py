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


def to(endpoint: str, came: str | None = None) -> Response:
    """Another page of ours, in the same language; by GET. Who came from the console goes back to it at last: `came`,
    or as the address says."""
    came = came_from() if came is None else came
    carried = {name: request.args[name] for name in ("lang", "next") if name in request.args}
    there = endpoint == "me" and of_console(came)
    answer: Any = redirect(came if there else url_for(f"visit.{endpoint}", **carried), 303)
    return answer  # type: ignore[no-any-return]


def came_from() -> str:
    return request.args.get("next", "")


def of_console(path: str) -> bool:
    """Whether it is a page of the console, and of nobody else."""
    return bool(_CONSOLE.fullmatch(path))


def entered(house: House, secret: str, where: str, came: str | None = None) -> Response:
    """On to another page, with a session's new secret."""
    house.access.forget()  # the secret before it
    return house.access.cookies.give(to(where, came), secret)
