"""The lot proof file `lotproof/1` (ledger format, section 7), put together from what is stored.

A lot too large for one file comes in parts under one checkpoint; the verifier puts them together.

Everything in it is under one anchored checkpoint: the lot's entries and that these are all, the anchors around them,
and the key histories of all who signed. It proves itself; this module only collects, and decides nothing but what the
reader sees.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection, select

import anchoring
from anchoring import AnchorProof, EntryProof, Head, SubjectProof
from service.models.tables import disclosure, party, statement
from service.proof.disclosure import Reader, Stored, presented
from verifier.encoding import b64
from verifier.hashing import StatementHash
from verifier.uri import LOT, PARTY, subject

FORMAT = "lotproof/1"
MAX_ENTRIES = 4096
MAX_FILE = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Part:
    """The entries `first` to `last` of a history, counted from 1; 1 <= first <= last."""

    first: int
    last: int

    @property
    def slice(self) -> slice:
        return slice(self.first - 1, self.last)


@dataclass(frozen=True, slots=True)
class LotProof:
    """The bytes of the file, and of how many entries the whole history consists: none if there is no such lot."""

    file: bytes
    entries: int


class TooLong(Exception):
    """The history does not fit into one file, or not into the part asked for."""

    def __init__(self, entries: int, size: int) -> None:
        self.entries, self.size = entries, size
        super().__init__(f"expected at most {MAX_ENTRIES} entries and 8 MiB in a file, got {entries} entries")


class NoSuchPart(Exception):
    """The history ends before the part asked for does."""

    def __init__(self, part: Part, entries: int) -> None:
        self.entries = entries
        super().__init__(f"expected a part within the {entries} entries of this lot, got {part.first} to {part.last}")


@dataclass(frozen=True, slots=True)
class Keyed:
    """A party that signed one of the statements, and the proof of its key history."""

    uri: str
    proof: SubjectProof


def lot_proof(
    connection: Connection, origin: str, size: int, lot: str, reader: Reader, part: Part | None = None
) -> LotProof:
    """The file of `lot`, or one part of it, under the anchored checkpoint of `size`, as `reader` may see it.

    Raises TooLong if a file may not hold it, NoSuchPart, and anchoring's NotInLedger if `size` is not anchored.
    """
    whole = slice(None) if part is None else part.slice
    proved = anchoring.prove_subject(connection, size, subject(LOT, origin, lot), whole)
    if part is not None and part.last > proved.head.count:
        raise NoSuchPart(part, proved.head.count)
    if len(proved.entries) > MAX_ENTRIES:
        raise TooLong(proved.head.count, size)
    file = orjson.dumps(_file(connection, origin, lot, reader, proved) | _bounds(part))
    if len(file) > MAX_FILE:
        raise TooLong(proved.head.count, size)
    return LotProof(file, proved.head.count)


def _bounds(part: Part | None) -> dict[str, int]:
    return {} if part is None else {"first": part.first, "last": part.last}


def _file(connection: Connection, origin: str, lot: str, reader: Reader, proved: SubjectProof) -> dict[str, Any]:
    size = proved.checkpoint.size
    said = _statements(connection, proved.entries)
    signers = [_keyed(connection, origin, size, uri) for uri in sorted({each.issuer for each in said.values()})]
    key_statements = _statements(connection, [entry for signer in signers for entry in signer.proof.entries])
    anchors = anchoring.anchor_proofs(connection, size, [entry.index for entry in proved.entries])
    return {
        "format": FORMAT,
        "lot": lot,
        "checkpoint": proved.checkpoint.note,
        "history": [_item(entry, _presented(said.get(entry.statement_hash), lot, reader)) for entry in proved.entries],
        "head": _head(proved.head),
        "anchors": [_anchor(anchor) for anchor in anchors],
        "keys": {signer.uri: _key_chain(signer, key_statements) for signer in signers},
    }


def _statements(connection: Connection, entries: Iterable[EntryProof]) -> dict[StatementHash, Stored]:
    hashes = {entry.statement_hash for entry in entries}
    asked = (
        select(statement.c.statement_hash, statement.c.jwt, party.c.uri, disclosure.c.disclosures)
        .join(party, party.c.id == statement.c.party_id)
        .outerjoin(disclosure, disclosure.c.statement_hash == statement.c.statement_hash)
        .where(statement.c.statement_hash.in_(hashes))
    )
    found = connection.execute(asked).all()
    return {StatementHash(row.statement_hash): Stored(row.jwt, row.uri, _split(row.disclosures)) for row in found}


def _split(disclosures: str | None) -> tuple[str, ...]:
    """`~d1~d2~`, as it is stored behind the JWT."""
    return tuple(part for part in (disclosures or "").split("~") if part)


def _keyed(connection: Connection, origin: str, size: int, uri: str) -> Keyed:
    return Keyed(uri, anchoring.prove_subject(connection, size, subject(PARTY, origin, uri)))


def _key_chain(signer: Keyed, statements: dict[StatementHash, Stored]) -> dict[str, Any]:
    history = [_item(entry, _key_statement(statements.get(entry.statement_hash))) for entry in signer.proof.entries]
    return {"history": history, "head": _head(signer.proof.head)}


def _presented(stored: Stored | None, lot: str, reader: Reader) -> str | None:
    """None where the statement is gone from our store: the log still proves that there was one."""
    return presented(stored, lot, reader) if stored else None


def _key_statement(stored: Stored | None) -> str | None:
    return f"{stored.jwt}~" if stored else None


def _item(entry: EntryProof, sd_jwt: str | None) -> dict[str, Any]:
    return {"entry": b64(entry.entry), "index": entry.index, "path": _texts(entry.path), "statement": sd_jwt}


def _head(head: Head) -> dict[str, Any]:
    siblings = _texts(head.siblings)
    if head.count:
        return {"count": head.count, "index": head.index, "siblings": siblings}
    beside = head.neighbour
    return {
        "count": 0,
        "siblings": siblings,
        "neighbour": {"key": b64(beside.key), "value": b64(beside.value)} if beside else None,
    }


def _anchor(anchor: AnchorProof) -> dict[str, Any]:
    return {
        "index": anchor.index,
        "epoch": anchor.epoch,
        "size": anchor.size,
        "log_root": b64(anchor.log_root),
        "map_root": b64(anchor.map_root),
        "block": anchor.block,
        "time": anchor.time,
        "path": _texts(anchor.path),
    }


def _texts(hashes: Sequence[bytes]) -> list[str]:
    return [b64(each) for each in hashes]
