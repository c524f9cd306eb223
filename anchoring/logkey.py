"""The worker's first question: is the log's key the one that signed so far? If not, the process ends and says so.

It could go on by itself only into a log whose checkpoints nobody accepts: partners' policies name the key.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from sqlalchemy import Engine

from anchoring import alarms
from anchoring.alarms import Kind
from anchoring.checkpoints import newest_checkpoint
from anchoring.dedicated import LOST
from anchoring.errors import LedgerBroken, LogKeyChanged
from anchoring.pace import Clock
from anchoring.signer import LogSigner

log = logging.getLogger(__name__)


@contextmanager
def demanded(engine: Engine, signer: LogSigner, now: Clock) -> Iterator[None]:
    """Work inside with the log's key; LogKeyChanged, from the first look or from the work itself, leaves an alarm."""
    try:
        _look(engine, signer)
        yield
    except LogKeyChanged as changed:
        log.error("%s", changed)
        with suppress(*LOST), engine.begin() as conn:
            alarms.raise_alarm(conn, Kind.LOG_KEY, str(changed), now())
        raise


def _look(engine: Engine, signer: LogSigner) -> None:
    """Raises LogKeyChanged. A database that is away or contradicts itself is the sequencer's to find: it asks again."""
    with suppress(LedgerBroken, *LOST), engine.connect() as conn:
        newest = newest_checkpoint(conn)
        if newest is not None:
            signer.vouch(newest.note)
