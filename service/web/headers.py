"""The headers that every answer carries (OWASP ASVS 5.0, 3.4): a browser may do next to nothing with what it gets
here.
"""

from flask import Response, request

_ALWAYS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none';"
    " form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
WITH_FORM = {
    "Content-Security-Policy": _ALWAYS["Content-Security-Policy"].replace("form-action 'none'", "form-action 'self'"),
    "Referrer-Policy": "same-origin",  # with `no-referrer` a browser would send `Origin: null` with our own forms
}
_TLS_ONLY = "max-age=31536000; includeSubDomains"


def secured(response: Response) -> Response:
    """What a key unlocked stays out of shared caches, unless the endpoint said something itself."""
    for name, value in _ALWAYS.items():
        response.headers.setdefault(name, value)
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", _TLS_ONLY)
    response.headers.setdefault("Cache-Control", "no-store")
    return response
