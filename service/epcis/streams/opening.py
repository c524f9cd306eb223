"""What the handshake settled: all that a stream needs to know, and how it is asked later whether it may go on."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from service.epcis.query.compiling import Reader
from service.epcis.query.conditions import Question
from service.epcis.streams.controls import Controls
from service.epcis.streams.cursor import Cursor, Cursors
from service.standpoint import Standpoint

KEY = "lotproof.opening"
"""In the environ of a handshake: a list, into which the app puts what it settled. Of a plain request it is absent."""


class Ended(Exception):
    """The stream ends for this reason; `code` is one of IANA's for WebSockets."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason[:120]  # a close frame carries 123 bytes


@dataclass(frozen=True, slots=True)
class Form:
    """How messages are written."""

    media_type: str
    epc_format: str
    cbv_urns: bool


@dataclass(frozen=True, slots=True)
class Opening:
    """`owner` is who the limit of connections counts for; `proof` what he showed, a key or a session. `allowed` raises
    Problem when the caller may no longer; `there` says whether the question still is (a named query may go)."""

    id: UUID
    owner: str
    proof: Hashable
    name: str
    question: Question
    reader: Reader
    standpoint: Standpoint
    controls: Controls
    form: Form
    cursors: Cursors = field(repr=False)
    start: Cursor
    opened: datetime
    allowed: Callable[[], None] = field(repr=False)
    there: Callable[[Connection], bool] = field(repr=False)

    @property
    def sees(self) -> Hashable:
        """Who sees the same as this reader, whatever he asks."""
        return self.reader, self.standpoint

    @property
    def standing(self) -> Hashable:
        """Streams with the same end together: by the key, or by the query."""
        return self.owner, self.proof, self.name

    @property
    def headers(self) -> Mapping[str, str]:
        """Of the 101: from when on events are told."""
        return {"GS1-Query-Min-Record-Time": self.start.since.isoformat().replace("+00:00", "Z")}
