"""Who signed: every statement by a key that its party had then, every key statement by one that it had before.

A statement's hash is in the log, so nobody can have put another signature under it later; what is asked here is whether
the log was given statements that its parties never signed. The rules are the verifier's own (`verifier.keychain`):
a key is valid from the index after the one of its statement. What still waits comes after all that is in the log, in
the order in which it waits.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row, text

from anchoring import Finding
from service.audit.block import LAST as NOWHERE
from service.audit.block import Block
from service.audit.differ import Table, shown
from service.audit.told import Told, Unreadable, told
from verifier import ed25519
from verifier.encoding import unb64url
from verifier.entry import ERASURE, NOTICE, PARTY_KEY
from verifier.errors import Refuted
from verifier.keychain import signer_of, valid_at
from verifier.statement import KeySet, Statement, check_signature, key_set, read, split

STATEMENT = Table("warehouse.statement", ("statement_hash",))
_CHECK, _NOTICED = "statements are signed by their party", "the party; whoever verifies a proof of the lot"

_QUEUE = 2**62
"""Before the number of a submission: the index of what waits."""
_OF_KIND = text("""
    SELECT s.statement_hash, s.jwt, coalesce(min(e.index), :queue + min(q.id), :nowhere) AS at
    FROM warehouse.statement s LEFT JOIN ledger.entry e USING (statement_hash)
    LEFT JOIN ledger.submission q USING (statement_hash) WHERE s.kind = :kind AND s.jwt IS NOT NULL
    GROUP BY s.statement_hash, s.jwt ORDER BY at
""")


_OF_EVIDENCE = text("""
    SELECT s.statement_hash, s.jwt, coalesce(min(e.index), :queue + min(q.id), :nowhere) AS at
    FROM warehouse.epcis_event v JOIN warehouse.statement s USING (statement_hash)
    LEFT JOIN ledger.entry e USING (statement_hash) LEFT JOIN ledger.submission q USING (statement_hash)
    WHERE v.movement IS NULL AND s.jwt IS NOT NULL GROUP BY s.statement_hash, s.jwt
""")
_AFTER = {"queue": _QUEUE, "nowhere": NOWHERE}
_ENTERED = text("SELECT count(DISTINCT statement_hash) FROM ledger.entry WHERE kind = :kind")


@dataclass
class _Keys:
    """What each key statement of one party sets, and the indexes of these, rising."""

    indexes: list[int] = field(default_factory=list)
    sets: list[KeySet] = field(default_factory=list)


class Signatures:
    """All parties' keys; their number bounds the memory. Where the log has a key statement that is not kept as it was
    signed, other checks name it, and nothing is said about who lacks a key."""

    def __init__(self, connection: Connection, origin: str) -> None:
        rows = connection.execute(_OF_KIND, {"kind": PARTY_KEY, **_AFTER})
        self._statements = _read(rows, origin)
        self._of = defaultdict[str, _Keys](_Keys)
        for row, statement, keys in self._statements:
            self._of[statement.issuer].indexes.append(row.at)
            self._of[statement.issuer].sets.append(keys)
        entered = connection.execute(_ENTERED, {"kind": PARTY_KEY}).scalar_one()
        self._whole = entered == sum(row.at < _QUEUE for row, *_ in self._statements)

    def of_keys(self) -> Iterator[Finding]:
        """The key statements themselves."""
        before: dict[str, KeySet] = {}
        for row, statement, keys in self._statements:
            try:
                check_signature(statement, signer_of(statement, keys, before.get(statement.issuer)))
            except Refuted as refuted:
                yield _finding(row, row.at, f"{refuted.what}: {refuted.expected}", refuted.seen)
            before[statement.issuer] = keys

    def of_movements(self, block: Block, said: dict[int, Told]) -> Iterator[Finding]:
        for row in block.movements:
            if row.number in said and row.jwt_hashed == row.statement_hash:
                yield from self._signed(row, said[row.number], _index(block, row))

    def of_notices(self, connection: Connection) -> Iterator[Finding]:
        """Those by which the log itself speaks, and those that say what was erased."""
        rows = [row for kind in (NOTICE, ERASURE) for row in connection.execute(_OF_KIND, {"kind": kind, **_AFTER})]
        for row in rows:
            try:
                yield from self._signed(row, told(row.jwt), row.at)
            except Unreadable as error:
                yield _finding(row, row.at, "a statement", str(error))

    def of_evidence(self, connection: Connection) -> Iterator[Finding]:
        """Of captured events that are no movements."""
        for row in connection.execute(_OF_EVIDENCE, _AFTER, execution_options={"stream_results": True}):
            try:
                yield from self._signed(row, told(row.jwt), row.at)
            except Unreadable as error:
                yield _finding(row, row.at, "a statement", str(error))

    def _signed(self, row: Row[Any], said: Told, index: int) -> Iterator[Finding]:
        keys = self._of[said.issuer]
        try:
            public = valid_at(index, said.signer, keys.indexes, keys.sets)
        except Refuted:
            if self._whole:
                yield _finding(row, index, f"a key that {said.issuer} had then", said.signer)
            return
        message, _, signature = row.jwt.rpartition(".")
        try:
            ed25519.verify(public, unb64url(signature), message.encode())
        except Refuted:
            yield _finding(row, index, f"the signature of key {said.signer}", signature)


def _read(rows: Iterable[Row[Any]], origin: str) -> list[tuple[Row[Any], Statement, KeySet]]:
    """The key statements that are as they were signed, in the order of the log."""
    found = []
    for row in rows:
        try:
            statement = read(row.jwt, PARTY_KEY, origin)
            if statement.hash == row.statement_hash:
                found.append((row, statement, key_set(statement, split(f"{row.jwt}~"))))
        except Refuted:
            continue  # `service.audit.keys` says so
    return sorted(found, key=lambda each: (each[0].at, each[2].sequence))


def _index(block: Block, row: Row[Any]) -> int:
    """In the log, or behind it."""
    index, waiting = block.index(row.number), block.waiting.get(row.statement_hash, [])
    return index if index is not None else min((_QUEUE + each.id for each in waiting), default=NOWHERE)


def _finding(row: Row[Any], index: int, expected: object, seen: object) -> Finding:
    key = STATEMENT.row((shown(row.statement_hash),))
    at = index if index < _QUEUE else None
    return Finding(_CHECK, STATEMENT.name, key, "jwt", expected, seen, at, _NOTICED)
