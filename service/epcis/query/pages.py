"""Where the next page begins: a token that says it, for one asker and one question, for a while.

    base64url({"k": key, "n": number, "q", "a": hashes of question and asker, "u": until,
        "l": rows left}) "." HMAC-SHA256

A page begins behind the last row of the one before, by the order's key and the row's number. Events that arrive
meanwhile move nothing: none of those that were there at the first page is lost, and none comes twice.
"""

import hmac
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

import orjson

from service.epcis.query.faults import WrongParameter
from verifier.encoding import b64url, unb64url
from verifier.errors import Refuted

LIVES_SECONDS = 3600
DEFAULT, MOST = 30, 1000  # events on a page


@dataclass(frozen=True, slots=True)
class Position:
    """Behind this row: `key` is its place in the order, as text."""

    key: str
    number: int


@dataclass(frozen=True, slots=True)
class Token:
    """`left`: how many more rows the question's own limit allows."""

    position: Position
    until: int  # seconds since 1970
    left: int | None = None


@dataclass(frozen=True, slots=True)
class Tokens:
    """Those of one asker and one question; `key` is secret."""

    key: bytes
    asker: str
    about: str = ""

    def issue(self, token: Token) -> str:
        at = token.position
        said = {"k": at.key, "n": at.number, "u": token.until, "l": token.left}
        body = orjson.dumps({**said, "q": self._hash(self.about), "a": self._hash(self.asker)})
        return f"{b64url(body)}.{b64url(self._mac(body))}"

    def read(self, text: str, now: datetime) -> Token:
        """Raises WrongParameter unless this was issued for the same asker and question, and not too long ago."""
        said = self._opened(text)
        if said is None or said["q"] != self._hash(self.about):
            raise _wrong("a token that was given for this query")
        if said["u"] <= now.timestamp():
            raise _wrong(f"a token of the last {LIVES_SECONDS} s")
        return Token(Position(said["k"], said["n"]), said["u"], said["l"])

    def lives_until(self, text: str) -> int | None:
        """Seconds since 1970; of any question of this asker. None if it was never issued to him."""
        said = self._opened(text)
        return None if said is None else int(said["u"])

    def _opened(self, text: str) -> dict[str, Any] | None:
        body, _, mac = text.partition(".")
        try:
            opened, given = unb64url(body), unb64url(mac)
        except Refuted:
            return None
        said = orjson.loads(opened) if hmac.compare_digest(given, self._mac(opened)) else None
        return said if said is not None and said["a"] == self._hash(self.asker) else None

    def _hash(self, text: str) -> str:
        return b64url(sha256(text.encode()).digest())

    def _mac(self, body: bytes) -> bytes:
        return hmac.digest(self.key, b"lotproof/epcis-page/v1\0" + body, sha256)


def _wrong(expected: str) -> WrongParameter:
    return WrongParameter(f"nextPageToken: expected {expected}, got another one", expected=expected)
