"""Forms without a script: what they ask, and that they were sent from here.

A form carries a token that is bound to a cookie of this browser which no other site reads or sets (`__Host-`), and the
browser must say that it came from our own page (`Cookies.check_origin`). Both, because either is missing somewhere.
"""

import hmac
import re
import secrets
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from flask import Response, request

from service.api.problem import forbidden
from service.auth.access import Access
from service.auth.cookies import Cookies
from service.auth.keys import Caller
from service.web.headers import WITH_FORM
from service.web.pages import page
from verifier.encoding import b64url

LONGEST_FIELD = 1024
_COOKIE = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Input:
    """One field; `label` and `hint` are names of words."""

    name: str
    label: str
    autocomplete: str
    type: str = "text"
    hint: str = ""
    value: str = ""
    inputmode: str = ""


def form_page(cookies: Cookies, template: str, status: int = 200, **values: Any) -> Response:
    """A page that may hold forms; `values` beside it."""
    secret = secret_of(cookies)
    shown = page(template, csrf=token(secret), **values)
    shown.status_code = status
    shown.headers.update({**WITH_FORM, "Cache-Control": "no-store"})
    return keep(cookies, shown, secret)


def secret_of(cookies: Cookies) -> str:
    """This browser's, or a new one for it."""
    known = request.cookies.get(cookies.form_name, "")
    return known if _COOKIE.fullmatch(known) else b64url(secrets.token_bytes(32))


def keep(cookies: Cookies, shown: Response, secret: str) -> Response:
    """The page, after which the browser has the secret."""
    shown.set_cookie(cookies.form_name, secret, secure=cookies.secure, httponly=True, samesite="Lax", path="/")
    return shown


def sent(access: Access, caller: Caller | None = None) -> dict[str, str]:
    """The fields of a form of ours; raises Problem 403, 408 or 429. One that came twice, is longer than any or holds
    what nobody types is left out.
    """
    cookies = access.cookies
    cookies.check_origin()
    with access.reading(caller):
        fields = {name: values[0] for name, values in request.form.lists() if len(values) == 1}
    secret = request.cookies.get(cookies.form_name, "")
    carried = fields.pop("csrf", "")
    if not _COOKIE.fullmatch(secret) or not hmac.compare_digest(token(secret).encode(), carried.encode()):
        raise forbidden("expected a form that this browser was given, got another one")
    return {name: value for name, value in fields.items() if 0 < len(value) <= LONGEST_FIELD and _is_typed(value)}


def _is_typed(value: str) -> bool:
    """By hand, or by a scanner, which types the separator of GS1 codes."""
    return value.replace("\x1d", "").isprintable()


def token(secret: str) -> str:
    """What a form of this browser carries."""
    return b64url(sha256(b"lotproof form\0" + secret.encode()).digest())
