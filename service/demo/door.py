"""The small HTTP client of the demo: one API key, JSON in and out, and no knowledge of anything behind the door."""

import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import requests


class Refusal(Exception):
    """The service said no: status, and the problem document as it came."""

    def __init__(self, status: int, problem: Any) -> None:
        self.status, self.problem = status, problem if isinstance(problem, dict) else {"detail": str(problem)[:300]}
        super().__init__(f"HTTP {status}: {self.problem.get('detail') or self.problem.get('title') or self.problem}")

    @property
    def slug(self) -> str:
        """The name of the problem, the last part of its type."""
        return str(self.problem.get("type", "")).rpartition(":")[2]


class Unreachable(Exception):
    """Nobody answers at the base URL."""


@dataclass(frozen=True, slots=True)
class Door:
    """One caller at the service's door; without a key, a stranger."""

    base_url: str
    key: str | None = None
    session: requests.Session = field(default_factory=requests.Session, repr=False)

    def __post_init__(self) -> None:
        # Our own machine is not reached through somebody's proxy.
        self.session.trust_env = urlsplit(self.base_url).hostname not in ("127.0.0.1", "::1", "localhost")

    def get(self, path: str, **query: str) -> Any:
        return self._answer("GET", path, params=query)

    def post(self, path: str, body: Any) -> Any:
        return self._answer("POST", path, json=body)

    def put(self, path: str, body: Any) -> Any:
        return self._answer("PUT", path, json=body)

    def patch(self, path: str, body: Any) -> Any:
        return self._answer("PATCH", path, json=body)

    def raw(self, path: str, **query: str) -> bytes:
        """The body as it came: a proof is a file, not something to be parsed and printed again."""
        return self._send("GET", path, params=query).content

    def _answer(self, method: str, path: str, **rest: Any) -> Any:
        return self._send(method, path, **rest).json()

    def _send(self, method: str, path: str, **rest: Any) -> requests.Response:
        """A movement id makes each request safe to repeat, so a lost answer is asked for again."""
        for wait in (0.2, 0.5, 1.0, 2.0, None):
            try:
                answer = self.session.request(method, self.base_url + path, headers=self._headers(), timeout=30, **rest)
            except (requests.ConnectionError, requests.Timeout) as lost:
                if wait is None:
                    raise Unreachable(f"no answer from {self.base_url}: {lost}") from lost
            else:
                if answer.status_code not in (429, 503) or wait is None:
                    return _checked(answer)
            time.sleep(wait)
        raise AssertionError("the last round returns or raises")

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"} if self.key else {}


def _checked(answer: requests.Response) -> requests.Response:
    if answer.ok:
        return answer
    try:
        raise Refusal(answer.status_code, answer.json())
    except ValueError:
        raise Refusal(answer.status_code, answer.text) from None
