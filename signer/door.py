"""Requests to the service in the name of a party that signs for itself.

A request is sent; where the service answers 409 `sign-this`, every statement is looked at (`signer.shown`), approved,
signed, and the same request is sent once more. Was the stock faster, it is looked at again, at most `TRIES` times.
"""

from __future__ import annotations

import http.client
import time
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.error import HTTPError, URLError

from signer.keys import Key
from signer.shown import Shown, Who, look
from verifier.encoding import array, b64url, load_json, string
from verifier.errors import Refuted, Unavailable

TRIES = 4
MOST = 4 * 1024 * 1024
_PATIENCE = 30.0
_PROBLEM = "urn:lotproof:problem:"
_MOST_STATEMENTS = 64

Approve = Callable[[Sequence[Shown]], bool]


class NotApproved(Exception):
    """Nothing was signed, and nothing recorded."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: Any


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the service wants signed: its own sealed note, and the statements."""

    prepared: str
    statements: tuple[Shown, ...]


class Door:
    """`api` is the address of the API, `token` an API key of the party."""

    def __init__(
        self, api: str, token: str, who: Who, key: Key, approve: Approve, clock: Callable[[], float] = time.time
    ) -> None:
        self._api, self._token = api.rstrip("/"), token
        self._who, self._key, self._approve, self._clock = who, key, approve, clock

    def send(self, method: str, path: str, body: bytes | None = None) -> Answer:
        """Carry a request out; `body` is JSON. Raises Refuted for what must not be signed, NotApproved, Unavailable."""
        url = f"{self._api}/{path.lstrip('/')}"
        for _ in range(TRIES):
            answer = self._ask(method, url, body, {"Lotproof-Key": self._key.kid})
            if not _is(answer, "sign-this"):
                return answer
            wanted = wanted_of(answer.body, self._who, self._clock())
            _check_ids(wanted.statements, path, body)
            answer = self._ask(method, url, body, signed_headers(wanted, self._key, self._approve))
            if not _is(answer, "overtaken"):
                return answer
        return answer

    def _ask(self, method: str, url: str, body: bytes | None, headers: dict[str, str]) -> Answer:
        headers = {**headers, "Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        try:
            request = urllib.request.Request(url, body, headers, method=method)  # noqa: S310 - http or https, below
            with _opener().open(request, timeout=_PATIENCE) as answer:
                return Answer(answer.status, _document(answer.read(MOST + 1)))
        except HTTPError as refused:
            with refused:
                return Answer(refused.code, _document(refused.read(MOST + 1)))
        except (OSError, URLError, http.client.HTTPException, ValueError) as fault:
            raise Unavailable(url, f"{type(fault).__name__}: {fault}"[:200]) from None


def wanted_of(problem: Any, who: Who, now: float) -> Wanted:
    """The statements in a 409 `sign-this`; raises Refuted if one must not be signed."""
    if not isinstance(problem, dict) or problem.get("type") != f"{_PROBLEM}sign-this":
        raise Refuted("problem", f"{_PROBLEM}sign-this", problem)
    listed = array(problem.get("statements"), "statements", _MOST_STATEMENTS)
    texts = [(string(each.get("signing_input"), "signing_input"), string(each.get("disclosures"), "disclosures", MOST))
             for each in listed if isinstance(each, dict)]  # fmt: skip
    shown = tuple(look(message, disclosures, who, now) for message, disclosures in texts)
    return Wanted(string(problem.get("prepared"), "prepared"), shown)


def signed_headers(wanted: Wanted, key: Key, approve: Approve) -> dict[str, str]:
    """The headers with which the request is sent again; raises NotApproved."""
    if not approve(wanted.statements):
        raise NotApproved("nothing was signed")
    signatures = ", ".join(b64url(key.sign(shown.message)) for shown in wanted.statements)
    return {"Lotproof-Prepared": wanted.prepared, "Lotproof-Signature": signatures}


def _check_ids(statements: Sequence[Shown], path: str, body: bytes | None) -> None:
    """A movement that was asked for by its id is what is signed, and nothing beside it."""
    if path.strip("/") == "movements" and body is not None:
        asked = load_json(body)
        expected = [asked.get("id") if isinstance(asked, dict) else None]
        seen = [shown.statement.id for shown in statements]
        if seen != expected:
            raise Refuted("jti", expected, seen)


def _is(answer: Answer, problem: str) -> bool:
    return isinstance(answer.body, dict) and answer.body.get("type") == f"{_PROBLEM}{problem}"


def _document(raw: bytes) -> Any:
    """Of another kind than JSON: nothing."""
    try:
        return load_json(raw) if len(raw) <= MOST else None
    except Refuted:
        return None


class _Straight(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: the API key is for the address that was given."""

    def redirect_request(self, *_: Any) -> None:
        return None


def _opener() -> urllib.request.OpenerDirector:
    opener = urllib.request.OpenerDirector()
    for handler in (urllib.request.HTTPHandler, urllib.request.HTTPSHandler, _Straight,
                    urllib.request.HTTPDefaultErrorHandler, urllib.request.HTTPErrorProcessor):  # fmt: skip
        opener.add_handler(handler())
    return opener
