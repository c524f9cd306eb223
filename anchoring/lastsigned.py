"""The checkpoint that was signed last, in a file outside the database: a memory that a restored backup does not have.

    commit of round n   ->   file holds n   ->   commit of round n + 1

The file is written beside the work that follows (new file, fsync, rename), but a round waits for it before it signs.
So a crash leaves the file at the newest checkpoint or at the one before, never further back, and a database that holds
either as its newest or its last but one has lost nothing: that is what lets it be written to again while the chain is
away. A file that is older still (it could not be written, or another worker with another folder went on) vouches for
nothing, but a database that contradicts it is convicted all the same.

Workers that may take over from each other should share the folder.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import quote

from sqlalchemy import Connection, text

from anchoring.admission import missing
from anchoring.alarms import Halt, Kind
from anchoring.checkpoints import SignedCheckpoint, newest_checkpoint
from anchoring.prover import log_root
from anchoring.signer import LogSigner
from verifier.checkpoint import Checkpoint, parse_checkpoint
from verifier.errors import Refuted
from verifier.note import MAX_NOTE, parse_note

log = logging.getLogger(__name__)


class Keeping(Protocol):
    """Who remembers what was signed."""

    def keep(self, note: str) -> None:
        """Begin to write a note that was committed."""

    def settle(self, note: str) -> None:
        """Return when `note`, the newest that was committed, is kept: only then is another one signed."""


class Forgetful:
    """Remembers nothing."""

    def keep(self, note: str) -> None:
        """Nothing."""

    def settle(self, note: str) -> None:
        """At once."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What the file says: a checkpoint that this log's key signed, and its note."""

    checkpoint: Checkpoint
    note: str


class LastSigned:
    """The file of one log in `folder`, which is made if need be."""

    def __init__(self, folder: Path, signer: LogSigner, write: Callable[[Path, bytes], None] | None = None) -> None:
        self.path = folder / f"{quote(signer.origin, safe='')}.checkpoint"
        self._signer, self._write = signer, write or write_whole
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="lastsigned")
        self._begun: tuple[str, Future[None]] | None = None
        self._told = ""

    def keep(self, note: str) -> None:
        """Begin to write a note that was committed."""
        self._begun = note, self._writer.submit(self._write, self.path, note.encode())

    def settle(self, note: str) -> None:
        """Return when `note` is on disk. That it cannot be written stops nothing: the chain remembers too."""
        if self._begun is None or self._begun[0] != note:
            self.keep(note)
        assert self._begun is not None
        try:
            self._begun[1].result()
        except OSError as error:
            log.error("the last signed checkpoint could not be kept outside the database: %s", error)

    def close(self) -> None:
        """End the writer; what was begun is written first."""
        self._writer.shutdown()

    def read(self) -> Kept | None:
        """What the file holds; None if there is none, or if what it holds was not signed by this log's key."""
        try:
            with self.path.open("rb") as file:
                note = file.read(MAX_NOTE + 1).decode()
            known = parse_checkpoint(parse_note(note).body)
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError, Refuted) as error:
            self._pass_over(str(error))
            return None
        # Ed25519 signs the same bytes the same way: a note of ours is one that we would sign again.
        if note != self._signer.sign(known.size, known.log_root, known.map_root):
            self._pass_over("expected a checkpoint under the log's key")
            return None
        return Kept(known, note)

    def _pass_over(self, why: str) -> None:
        if why != self._told:  # it is read every second
            log.error("%s is passed over: %s", self.path, why)
        self._told = why


def compare(conn: Connection, kept: Kept) -> bool:
    """Whether `kept`, read before, shows that this database has lost nothing: it is the newest checkpoint or the one
    before. Raises Halt with ROLLBACK if the database ends earlier, with FORK if it tells another history."""
    newest, signed = newest_checkpoint(conn), kept.checkpoint
    size = 0 if newest is None else newest.size
    told = f"Signed last:\n{kept.note}\nNewest in this database:\n{'none' if newest is None else newest.note}"
    if signed.size > size:
        lost = missing(size, signed.size)
        raise Halt(Kind.ROLLBACK, f"our log has {size} entries, {signed.size} were signed: {lost}. {told}")
    root = log_root(conn, signed.size)
    if root != signed.log_root:
        what = f"at size {signed.size} our log root is {root.hex()}, {signed.log_root.hex()} was signed"
        raise Halt(Kind.FORK, f"{what}. {told}")
    return newest is not None and signed.size in (size, _size_before(conn, newest))


def _size_before(conn: Connection, newest: SignedCheckpoint) -> int:
    before = text("SELECT COALESCE(max(size), 0) FROM ledger.checkpoint WHERE size < :size")
    return int(conn.execute(before, {"size": newest.size}).scalar_one())


def write_whole(path: Path, content: bytes) -> None:
    """Replace the file by a whole new one that is on disk, or leave it as it is; raises OSError."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    half = path.with_suffix(f".{os.getpid()}.half")
    with half.open("wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    half.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
