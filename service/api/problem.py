"""Every refusal of the door is one RFC 9457 problem: what was asked, what was expected, what was seen.

A problem is raised anywhere below the door and becomes `application/problem+json` in `handlers`. `type` is a URN that
never changes, so that a client can decide on it; `detail` is for people; `expected`, `seen` and `errors` carry the
numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import orjson
from flask import Response

from service.refusals import told_in_chinese, value_in_chinese

MEDIA_TYPE = "application/problem+json"
SEEN_LIMIT = 120  # characters of a caller's own text that a problem repeats


class Problem(Exception):
    """A refusal with its status; `headers` carries Allow, Retry-After or WWW-Authenticate."""

    def __init__(
        self,
        status: int,
        slug: str,
        detail: str,
        *,
        title: str | None = None,
        headers: Mapping[str, str] | None = None,
        **extra: Any,
    ) -> None:
        super().__init__(detail)
        self.status, self.slug, self.detail = status, slug, detail
        self.title = title or HTTPStatus(status).phrase
        self.headers = dict(headers or {})
        self.extra = {name: value for name, value in extra.items() if value is not None}

    def document(self) -> dict[str, Any]:
        return {
            "type": f"urn:lotproof:problem:{self.slug}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            **self.extra,
        }

    def response(self) -> Response:
        body = orjson.dumps(self.document(), default=str)
        return Response(body, self.status, {**self.headers, "Cache-Control": "no-store"}, content_type=MEDIA_TYPE)

    def in_chinese(self) -> Problem:
        """Title and detail in Chinese, beside what was expected and seen in words; the members stay as they are."""
        told = told_in_chinese(self.slug, self.extra)
        if told is None:
            return self
        words = {name: value_in_chinese(self.extra[name]) for name in ("expected", "seen") if name in self.extra}
        extra = {**self.extra, **({"in_words": words} if words else {})}
        return Problem(self.status, self.slug, told[1], title=told[0], headers=self.headers, **extra)


def shown(value: object) -> str:
    """The caller's own value as a problem repeats it: short, one line, and never raw control characters."""
    text = ascii(value) if not isinstance(value, str) else ascii(value)[1:-1]
    return text if len(text) <= SEEN_LIMIT else text[: SEEN_LIMIT - 1] + "…"


def not_found(what: str, seen: str) -> Problem:
    """The one answer for "is not there" and "is not yours": the difference would tell what others keep."""
    return Problem(404, "not-found", f"no {what} {shown(seen)} that this key may see", seen=shown(seen))


def unauthorized(detail: str) -> Problem:
    return Problem(401, "unauthorized", detail, headers={"WWW-Authenticate": 'Bearer realm="lotproof"'})


def forbidden(detail: str, **extra: Any) -> Problem:
    return Problem(403, "forbidden", detail, **extra)


def try_later(slug: str, detail: str, seconds: int, **extra: Any) -> Problem:
    return Problem(503, slug, detail, headers={"Retry-After": str(seconds)}, **extra)
