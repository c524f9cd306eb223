"""Who asks the same again before his time is answered before anything is read: a tenth of the work of a refusal.

A bucket only fills with time, so until then the answer to the same request with the same key could be no other. What
is remembered is the answer as it went out, for each key, method and path, by each process for itself.
"""

from collections.abc import Callable, Iterable
from hashlib import blake2b
from typing import Any

from flask import Flask, Response, g, request

from service.budgets.desk import Budgets

MOST = 4_000
Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Early:
    """Stands before `inner`; `counted` is called for each request that it answers itself."""

    def __init__(self, inner: Wsgi, counted: Callable[[], None], budgets: Budgets) -> None:
        self._inner, self._counted, self._budgets = inner, counted, budgets
        self._refused: dict[bytes, tuple[int, str, list[tuple[str, str]], bytes]] = {}

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        known = self._refused.get(_asked(environ)) if "HTTP_AUTHORIZATION" in environ else None
        if known is None or self._budgets.now() >= known[0]:
            return self._inner(environ, start)
        _, status, headers, body = known
        self._counted()
        start(status, headers)
        return [body]

    def remember(self, response: Response) -> Response:
        """After a request: if it must wait, so must the same again until then."""
        wait = g.pop("lotproof_wait", 0)
        if wait and "Authorization" in request.headers:
            if len(self._refused) >= MOST:
                self._refused.clear()
            until, headers = self._budgets.now() + wait, response.headers.to_wsgi_list()
            self._refused[_asked(request.environ)] = until, response.status, headers, response.get_data()
        return response


def install(app: Flask, counted: Callable[[], None], budgets: Budgets) -> None:
    """In front of `app`; the last of what looks at its answers."""
    early = Early(app.wsgi_app, counted, budgets)
    app.after_request_funcs.setdefault(None, []).insert(0, early.remember)  # they run backwards
    app.wsgi_app = early  # type: ignore[method-assign]


def _asked(environ: dict[str, Any]) -> bytes:
    """Hashed: keys lie about nowhere, not in memory either."""
    asked = f"{environ['HTTP_AUTHORIZATION']}\n{environ['REQUEST_METHOD']} {environ['PATH_INFO']}"
    return blake2b(asked.encode("utf-8", "surrogateescape"), digest_size=16).digest()
