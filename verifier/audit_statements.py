"""The audit of statements beside the log that holds their hashes, for who was given them.

4. *Statements.* Each given statement is in the log under its kind; it is signed by a key that was its
   party's at that index, by key statements that are given too; and it entered exactly the lots that it
   names, no more and no fewer. A lot proof cannot show the last: it sees one lot.

Entries whose statement is not given are counted. First keys are those of the policy, as in check 3.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from verifier import uri
from verifier.disclosure import ANY_LOT, disclose
from verifier.entry import NOTICE, PARTY_KEY, Entry, parse_entry
from verifier.errors import Refuted, Unavailable
from verifier.hashing import ZERO, StatementHash, Subject, statement_hash
from verifier.keychain import signer_of
from verifier.policy import Policy
from verifier.report import Findings
from verifier.statement import KeySet, SdJwt, Statement, check_signature, key_set, read, split


@dataclass(frozen=True, slots=True)
class Entered:
    """Where one statement hash stands in the log."""

    entry: Entry
    index: int


@dataclass(slots=True)
class Known:
    """The key statements of one party met so far, in the log's order."""

    indexes: list[int]
    sets: list[KeySet]
    last: StatementHash
    first_key: str


def check_statements(entries: Iterable[bytes], given: Iterable[str], policy: Policy, found: Findings) -> None:
    """Look at every given SD-JWT beside the entries of the log; what is wrong is noted in `found`."""
    places: dict[StatementHash, list[Entered]] = defaultdict(list)
    for index, raw in enumerate(entries):
        entry = parse_entry(raw)
        places[entry.statement_hash].append(Entered(entry, index))
    # Each text once: a repetition says nothing new, and must not stand for a statement that is missing.
    texts = dict.fromkeys(given)
    logged = [pair for text in texts if (pair := found.attempt(_placed, text, places)) is not None]
    keys: dict[str, Known] = {}
    # In the log's order: a key statement is known before what it vouches for.
    for parts, entered in sorted(logged, key=lambda pair: pair[1][0].index):
        found.attempt(_check, parts, entered, policy, keys)
    for party, known in keys.items():
        if known.first_key not in policy.parties.get(party, ()):
            found.leave_open(Unavailable(f"first key of {party}", "it is not in the policy"))
    missing = len(places) - len({entered[0].index for _, entered in logged})
    if missing:
        found.remarks.append(f"{missing} statements of the log were not given")


def _placed(text: str, places: dict[StatementHash, list[Entered]]) -> tuple[SdJwt, list[Entered]]:
    parts = split(text)
    digest = statement_hash(parts.jwt)
    if digest not in places:
        raise Refuted("statement", "an entry of this log", digest)
    return parts, places[digest]


def _check(parts: SdJwt, entered: list[Entered], policy: Policy, keys: dict[str, Known]) -> None:
    kinds = {each.entry.kind for each in entered}
    if len(kinds) != 1:
        raise Refuted(f"kind of the statement at index {entered[0].index}", "one", sorted(kinds))
    statement = read(parts.jwt, kinds.pop(), policy.origin)
    if statement.kind == PARTY_KEY:
        _learn(statement, parts, entered, policy.origin, keys)
        return
    for each in entered:
        check_signature(statement, _key_at(statement, each.index, keys))
    _check_subjects(statement, parts, entered, policy.origin)


def _learn(statement: Statement, parts: SdJwt, entered: list[Entered], origin: str, keys: dict[str, Known]) -> None:
    subject = uri.subject(uri.PARTY, origin, statement.issuer)
    _same_subjects({subject}, entered)
    known = keys.get(statement.issuer)
    new = key_set(statement, parts)
    expected = (len(known.sets) + 1, known.last) if known else (1, StatementHash(ZERO))
    if (new.sequence, new.previous) != expected:
        raise Refuted(f"key statement at index {entered[0].index}", expected[0], new.sequence)
    check_signature(statement, signer_of(statement, new, known.sets[-1] if known else None))
    if known is None:
        known = keys[statement.issuer] = Known([], [], statement.hash, statement.key)
    known.indexes.append(entered[0].index)
    known.sets.append(new)
    known.last = statement.hash


def _key_at(statement: Statement, index: int, keys: dict[str, Known]) -> bytes:
    known = keys.get(statement.issuer)
    if known is None:
        raise Unavailable(f"keys of {statement.issuer}", "no key statement was given")
    newest = bisect_left(known.indexes, index) - 1
    public = known.sets[newest].keys.get(statement.key) if newest >= 0 else None
    if public is None:
        raise Refuted(f"key valid at index {index}", "a key of the newest key statement before it", statement.key)
    return public


def _check_subjects(statement: Statement, parts: SdJwt, entered: list[Entered], origin: str) -> None:
    """Exactly the lots that it names; a notice enters the log's own chain."""
    if statement.kind == NOTICE:
        disclose(statement, parts.disclosures, None)
        _same_subjects({uri.subject(uri.LOG, origin, uri.log_uri(origin))}, entered)
        return
    named = disclose(statement, parts.disclosures, ANY_LOT).lots
    if len(named) != len(statement.payload["lots"]):
        raise Unavailable(f"lots of the statement at index {entered[0].index}", "not all are disclosed")
    _same_subjects({uri.subject(uri.LOT, origin, lot) for lot in named}, entered)


def _same_subjects(expected: set[Subject], entered: list[Entered]) -> None:
    seen = {each.entry.subject for each in entered}
    if seen != expected:
        what = f"subjects of the statement at index {entered[0].index}"
        raise Refuted(what, sorted(s.hex() for s in expected), sorted(s.hex() for s in seen))
