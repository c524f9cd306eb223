"""A page with one form on it, and what stands above the form when what it sent was refused."""

from collections.abc import Mapping
from typing import Any

from flask import Response

from service.api.house import House
from service.api.problem import Problem
from service.web.forms import Input, form_page

SAID: Mapping[str, str] = {
    "not-signed-in": "wrong", "wait": "oops_wait", "many-sign-in": "oops_busy", "weak-password": "oops_weak",
    "start-again": "oops_again", "forbidden": "oops_foreign", "sign-in-off": "oops_off", "provider-away": "oops_away",
    "only-oidc": "oops_only", "prove-yourself": "oops_prove", "not-found": "oops_invitation",
    "factor-demanded": "oops_demanded", "no-factor": "oops_no_factor",
}  # fmt: skip


def form_of(
    house: House, *, heading: str, lead: str, button: str, inputs: list[Input], wrong: Problem | str | None = None,
    **more: Any,
) -> Response:  # fmt: skip
    """One form on a page; `wrong` stands above it, and tells the status."""
    status, headers = (wrong.status, wrong.headers) if isinstance(wrong, Problem) else (422 if wrong else 200, {})
    said = SAID.get(wrong.slug, "oops_other") if isinstance(wrong, Problem) else wrong
    made = form_page(
        house.access.cookies, "form.html", status, heading=heading, lead=lead, button=button, inputs=inputs, said=said,
        wait=wrong.extra.get("retry_after") if isinstance(wrong, Problem) else None, **more,
    )  # fmt: skip
    made.headers.update({name: value for name, value in headers.items() if name == "Retry-After"})
    return made
