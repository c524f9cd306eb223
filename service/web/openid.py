"""Signing in through a party's own OpenID provider: away to it, and back. See `service.signin.federation`.

    GET /oidc/<provider>     what the party gives its people as their link; `?invitation=…` the first time
    GET /oidc/prove          to prove oneself there once more, before signing acts; `?next=…` the page to come back to
    GET /oidc/callback       where the provider sends the browser back
"""

from uuid import UUID

from flask import Blueprint, Response, redirect, request

from service.api.house import House
from service.api.problem import Problem
from service.api.session import address
from service.signin.federation import CALLBACK, WITHIN
from service.web.forms import form_page
from service.web.visitor import came_from, entered, here, of_console, to


def routes(blueprint: Blueprint, house: House) -> None:
    cookies = house.access.cookies
    flow, came = f"{cookies.name}-flow", f"{cookies.name}-came"

    def away(where: str, kept: str) -> Response:
        """Lax: the provider sends the browser back from another site."""
        gone: Response = redirect(where, 303)  # type: ignore[assignment]
        for name, value in ((flow, kept), (came, came_from() if of_console(came_from()) else "")):
            gone.set_cookie(name, value, max_age=int(WITHIN.total_seconds()), secure=cookies.secure, httponly=True,
                            samesite="Lax", path="/")  # fmt: skip
        return gone

    @blueprint.get("/oidc/<uuid:provider>")
    def begin(provider: UUID) -> Response:
        cookies.check_usable()
        return away(*house.federation.begin(provider, _once("invitation")))

    @blueprint.get("/oidc/prove")
    def prove() -> Response:
        caller = here(house)
        if caller is None or caller.stage or caller.provider is None:
            return to("me")
        return away(*house.federation.begin(caller.provider, caller=caller))

    @blueprint.get(CALLBACK)
    def back() -> Response:
        query = {name: values[0] for name, values in request.args.lists() if len(values) == 1}
        kept = request.cookies.get(flow, "")
        try:
            secret = house.federation.finish(kept, query, here(house), address())
        except Problem as problem:
            if problem.slug != "not-signed-in":
                raise
            return form_page(cookies, "told.html", problem.status, heading="oops_title", said="oops_nobody",
                             back="visit.me")  # fmt: skip
        done = entered(house, secret, "me", request.cookies.get(came, ""))
        for name in (flow, came):
            done.delete_cookie(name, secure=cookies.secure, httponly=True, samesite="Lax", path="/")
        return done


def _once(name: str) -> str | None:
    values = request.args.getlist(name)
    if len(values) > 1:
        raise Problem(422, "wrong-shape", f"expected {name} once, got it {len(values)} times")
    return values[0] if values else None
