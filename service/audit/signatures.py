"""Who signed: every statement by a key that its party had then, every key statement by one that it had before.

A statement's hash is in the log, so nobody can have put another signature under it later; what is asked here is whether
the log was given statements that its parties never signed. The rules are the verifier's own (`verifier.keychain`):
a key is valid from the index after the one of its statement. What still waits comes after all that is in the log, in
the order in which it waits.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
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
from verifier.entry import NOTICE, PARTY_KEY
from verifier.errors import Refuted
from verifier.keychain import signer_of
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


@dataclass
class Keys:
    """The keys of one party: what each of its key statements sets, and the indexes of these, ascending."""

    indexes: list[int] = field(default_factory=list)
    sets: list[KeySet] = field(default_factory=list)

    def before(self, index: int) -> KeySet | None:
        """The newest set whose statement has an index below this one."""
        at = bisect_left(self.indexes, index) - 1
        return self.sets[at] if at >= 0 else None

    def add(self, index: int, keys: KeySet) -> None:
        self.indexes.append(index)
        self.sets.append(keys)


_AFTER = {"queue": _QUEUE, "nowhere": NOWHERE}
_ENTERED = text("SELECT count(DISTINCT statement_hash) FROM ledger.entry WHERE kind = :kind")


class Signatures:
    """All parties' keys; their number bounds the memory. Where the log has a key statement that is not kept as it was
    signed, other checks name it, and nothing is said about who lacks a key."""

    def __init__(self, connection: Connection, origin: str) -> None:
        self._origin, self._of = origin, dict[str, Keys]()
        self._findings = list(self._key_statements(connection))
        entered = connection.execute(_ENTERED, {"kind": PARTY_KEY}).scalar_one()
        self._whole = entered == sum(at < _QUEUE for keys in self._of.values() for at in keys.indexes)

    def of_keys(self) -> Iterator[Finding]:
        """What is wrong with the signatures of the key statements."""
        yield from self._findings

    def of_movements(self, block: Block, said: dict[int, Told]) -> Iterator[Finding]:
        for row in block.movements:
            if row.number in said and row.jwt_hashed == row.statement_hash:
                yield from self._signed(row, said[row.number], _index(block, row))

    def of_notices(self, connection: Connection) -> Iterator[Finding]:
        """Those by which the log itself speaks."""
        for row in connection.execute(_OF_KIND, {"kind": NOTICE, **_AFTER}):
            try:
                yield from self._signed(row, told(row.jwt), row.at)
            except Unreadable as error:
                yield _finding(row, row.at, "a statement", str(error))

    def _signed(self, row: Row[Any], said: Told, index: int) -> Iterator[Finding]:
        valid = self._of.get(said.issuer, Keys()).before(index)
        public = None if valid is None else valid.keys.get(said.signer)
        if public is None:
            if self._whole:
                yield _finding(row, index, f"a key that {said.issuer} had then", said.signer)
            return
        message, _, signature = row.jwt.rpartition(".")
        try:
            ed25519.verify(public, unb64url(signature), message.encode())
        except Refuted:
            yield _finding(row, index, f"the signature of key {said.signer}", signature)

    def _key_statements(self, connection: Connection) -> Iterator[Finding]:
        rows = connection.execute(_OF_KIND, {"kind": PARTY_KEY, **_AFTER}).all()
        for row, statement, keys in self._read(rows):
            had = self._of.setdefault(statement.issuer, Keys())
            before = had.sets[-1] if had.sets else None
            try:
                check_signature(statement, signer_of(statement, keys, before))
            except Refuted as refuted:
                yield _finding(row, row.at, f"{refuted.what}: {refuted.expected}", refuted.seen)
            had.add(row.at, keys)

    def _read(self, rows: Sequence[Row[Any]]) -> list[tuple[Row[Any], Statement, KeySet]]:
        """Those that are as they were signed, in the order of the log."""
        found = []
        for row in rows:
            try:
                statement = read(row.jwt, PARTY_KEY, self._origin)
                if statement.hash != row.statement_hash:
                    continue
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
