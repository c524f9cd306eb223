"""The cookie of a session, and from where a request with it may come.

    __Host-lotproof   Secure, HttpOnly, SameSite=Lax, Path=/, no Domain: where the public URL is https
    lotproof          the same without Secure: where it is http to this very machine; elsewhere nobody signs in

A browser sends a cookie whoever asked for the request (CSRF). So one that changes something must come from our own
origin, by what the browser itself says (`Sec-Fetch-Site`, `Origin`), and carry a header that a form cannot set.
A request with an `Authorization` header is judged by that alone, whatever cookie comes along.
"""

import re
from ipaddress import ip_address
from urllib.parse import urlsplit

from flask import Response, request

from service.api.problem import Problem, forbidden, shown
from service.auth.keys import secret_hash

HEADER = "Lotproof-Session"
HEADER_VALUE = "1"
READS = ("GET", "HEAD")
_SECRET = re.compile(r"lps_[A-Za-z0-9_-]{43}", re.ASCII)


class Cookies:
    """Those of a service that is reached at `public_url`."""

    def __init__(self, public_url: str) -> None:
        parts = urlsplit(public_url)
        self.secure = parts.scheme == "https"
        self.usable = self.secure or _is_here(parts.hostname or "")
        self.name = "__Host-lotproof" if self.secure else "lotproof"
        self.form_name = f"{self.name}-form"
        self.origin = f"{parts.scheme}://{parts.netloc}"

    def check_usable(self) -> None:
        """Raises Problem 503 where a cookie could be read on its way."""
        if not self.usable:
            detail = f"people sign in where LOTPROOF_PUBLIC_URL is https, or this machine; it is {shown(self.origin)}"
            raise Problem(503, "sign-in-off", detail, headers={"Retry-After": "3600"})

    def session(self) -> bytes | None:
        """The hash of the secret that came with the request, if there is one of our form and no other credential."""
        secret = request.cookies.get(self.name, "")
        if "Authorization" in request.headers or not self.usable or not _SECRET.fullmatch(secret):
            return None
        return secret_hash(secret)

    def give(self, response: Response, secret: str) -> Response:
        """Until the browser ends; the server ends it sooner."""
        response.set_cookie(self.name, secret, secure=self.secure, httponly=True, samesite="Lax", path="/")
        response.headers["Cache-Control"] = "no-store"
        return response

    def take(self, response: Response) -> Response:
        response.delete_cookie(self.name, secure=self.secure, httponly=True, samesite="Lax", path="/")
        return response

    def check_own(self) -> None:
        """Raises Problem 403 unless a request that may change something comes from a page of ours."""
        if request.method not in READS:
            self.check_origin()
            if request.headers.get(HEADER) != HEADER_VALUE:
                raise _foreign(f"the header {HEADER}: {HEADER_VALUE}", shown(request.headers.get(HEADER, "none")))

    def check_origin(self) -> None:
        """Raises Problem 403 unless the browser says that one of our own pages asks."""
        site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
        if site not in (None, "same-origin"):
            raise _foreign("Sec-Fetch-Site: same-origin", shown(site))
        if origin is not None and origin != self.origin:
            raise _foreign(f"Origin: {self.origin}", shown(origin))
        if site is None and origin is None:
            raise _foreign("Sec-Fetch-Site or Origin", "neither")

    def check_page(self, demanded: bool) -> None:
        """Raises Problem 403 if a page that is not ours opens a WebSocket: a browser lets every page do so, and always
        says which (`Origin`). `demanded`: it is no browser's either if that is not said."""
        origin = request.headers.get("Origin")
        if origin != self.origin and (demanded or origin is not None):
            raise _foreign(f"Origin: {self.origin}", shown(origin or "none"))


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _foreign(expected: str, seen: str) -> Problem:
    return forbidden(f"with a session's cookie: expected {expected}, got {seen}", expected=expected, seen=seen)
