"""How far a message goes: the text by which a stream is taken up behind it, as `nextPageToken`.

    base64url(nonce, AES-256-GCM({"p": place, "s": since}))     bound to the asker and the question

Sealed, where tokens of pages are only signed: places count what all parties record. It is good for ever, since a place
is given once, but only under the key-encryption key of its time.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from service.epcis.query.faults import WrongParameter
from verifier.encoding import b64url, unb64url
from verifier.errors import Refuted

_NONCE = 12


@dataclass(frozen=True, slots=True)
class Cursor:
    """Behind this place, of events that were recorded since then."""

    place: int
    since: datetime


@dataclass(frozen=True, slots=True)
class Cursors:
    """Those of one asker and one question; `key` is secret, 32 bytes."""

    key: bytes
    about: str
    random: Callable[[int], bytes]

    def issue(self, cursor: Cursor) -> str:
        nonce = self.random(_NONCE)
        said = orjson.dumps({"p": cursor.place, "s": cursor.since.isoformat()})
        return b64url(nonce + AESGCM(self.key).encrypt(nonce, said, self._bound()))

    def read(self, text: str) -> Cursor:
        """Raises WrongParameter unless this was issued for the same asker and question."""
        try:
            sealed = unb64url(text)
            said = orjson.loads(AESGCM(self.key).decrypt(sealed[:_NONCE], sealed[_NONCE:], self._bound()))
        except (Refuted, InvalidTag, ValueError):
            expected = "the one of a message of this stream"
            raise WrongParameter(f"nextPageToken: expected {expected}, got another one", expected=expected) from None
        return Cursor(said["p"], datetime.fromisoformat(said["s"]))

    def _bound(self) -> bytes:
        return sha256(self.about.encode()).digest()
