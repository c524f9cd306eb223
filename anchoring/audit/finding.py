"""What an audit is told, and what it answers: where a rule is broken, down to the field."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class Finding:
    """One broken rule, as close to the cause as what is stored allows to say."""

    check: str
    """The rule, in a few words."""
    table: str
    """`ledger.entry`; empty where it is the chain's, or the log's as published."""
    row: str
    """The primary key as stored: `index=17`, `level=0, number=3`."""
    field: str
    """A column, or `node 5 of the tile`; empty where the whole row is missing or too much."""
    expected: object
    """Bytes are shown as hexadecimal digits."""
    seen: object
    index: int | None
    """The first log index that it concerns; None where it concerns no entry."""
    noticed: str
    """Who could have noticed without this audit, and when."""


def silent(what: str, done: int, total: int) -> None:
    """Nobody is told how far it has come."""


@dataclass(frozen=True, slots=True)
class Audited:
    """What the audit knows from elsewhere than from the database."""

    origin: str
    log_keys: Sequence[bytes]
    """Ed25519 public keys of the log, 32 bytes each, newest last."""
    rpc_urls: Sequence[str] = ()
    """Nodes of the chain; none: nothing is said about the chain."""
    jobs: int = 1
    """Processes that may compute at once."""
    folder: Path | None = None
    """Where a long audit keeps what it needs to go on after it was stopped."""
    progress: Callable[[str, int, int], None] = silent
    """Told what is looked at, how much of it is done, and how much there is."""


Check = Callable[[Connection, Audited], Iterator[Finding]]
"""One rule, or a few that are seen in one pass. Reads in the transaction it is given (REPEATABLE READ, read only), so
that all checks see the same rows; writes nothing, and commits nothing."""
