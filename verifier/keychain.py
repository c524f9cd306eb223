"""Which keys a party had when: its key statements, complete and unbroken under the checkpoint.

A key statement replaces the whole set. It is signed by a key of the set before it, or by the
recovery key that the one before named, which then is listed; the first by one of its own. A key is
valid for an entry at index i if it is in the newest key statement with an index below i.

A chain shows that a key was not swapped *later*. That the first key is the party's own cannot follow
from any file: it stands in the verifier's policy.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from verifier import uri
from verifier.bundle import Item, KeyChain
from verifier.checkpoint import Checkpoint
from verifier.entry import PARTY_KEY
from verifier.errors import Refuted, Unavailable
from verifier.hashing import ZERO, StatementHash
from verifier.history import check_head, check_inclusion, check_sequence
from verifier.statement import KeySet, Statement, check_signature, key_set, read


@dataclass(frozen=True, slots=True)
class PartyKeys:
    """The checked key chain of one party."""

    indexes: Sequence[int]
    sets: Sequence[KeySet]
    statements: Sequence[Statement]

    @property
    def first_key(self) -> str:
        return self.statements[0].key

    def at(self, index: int, key: str) -> bytes:
        """The public key with this thumbprint, valid for an entry at `index`; raises Refuted."""
        return valid_at(index, key, self.indexes, self.sets)


def valid_at(index: int, key: str, indexes: Sequence[int], sets: Sequence[KeySet]) -> bytes:
    """The public key with this thumbprint in the newest of `sets`, at the rising `indexes`, below `index`; raises
    Refuted if it is in none or only in others."""
    newest = bisect_left(indexes, index) - 1
    public = sets[newest].keys.get(key) if newest >= 0 else None
    if public is None:
        raise Refuted(f"key valid at index {index}", "a key of the newest key statement before it", key)
    return public


def party_keys(party: str, chain: KeyChain, checkpoint: Checkpoint, origin: str) -> PartyKeys:
    """The keys of a party by its chain; raises Refuted if it is broken, Unavailable if part of it is withheld."""
    name = uri.subject(uri.PARTY, origin, party)
    check_sequence(chain.history, name, {PARTY_KEY})
    check_inclusion(chain.history, checkpoint)
    check_head(chain.history, chain.head, name, checkpoint)
    statements: list[Statement] = []
    sets: list[KeySet] = []
    for item in chain.history:
        statement, keys = _read(item, party, origin)
        _check_order(item, keys, statements[-1].hash if statements else StatementHash(ZERO))
        check_signature(statement, signer_of(statement, keys, sets[-1] if sets else None))
        statements.append(statement)
        sets.append(keys)
    if not statements:
        raise Unavailable(f"keys of {party}", "the file holds no key statement")
    return PartyKeys([item.index for item in chain.history], sets, statements)


def _read(item: Item, party: str, origin: str) -> tuple[Statement, KeySet]:
    if item.statement is None:
        raise Unavailable(f"keys of {party}", "a key statement is withheld")
    statement = read(item.statement.jwt, PARTY_KEY, origin)
    if statement.hash != item.entry.statement_hash:
        raise Refuted("statement of a key entry", item.entry.statement_hash, statement.hash)
    if statement.issuer != party:
        raise Refuted("iss of a key statement", party, statement.issuer)
    return statement, key_set(statement, item.statement)


def _check_order(item: Item, keys: KeySet, previous: StatementHash) -> None:
    if keys.sequence != item.entry.sequence:
        raise Refuted("seq of a key statement (replayed?)", item.entry.sequence, keys.sequence)
    if keys.previous != previous:
        raise Refuted("prev of a key statement", previous, keys.previous)


def signer_of(statement: Statement, keys: KeySet, before: KeySet | None) -> bytes:
    """The public key that had to sign this key statement; raises Refuted if it is none of those allowed."""
    allowed = keys.keys if before is None else before.keys
    public = allowed.get(statement.key)
    if public is None and before is not None and statement.key == before.recovery:
        public = keys.keys.get(statement.key)
    if public is None:
        raise Refuted("signer of a key statement", f"one of {sorted(allowed)}", statement.key)
    return public
