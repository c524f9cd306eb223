"""The audit of statements beside the log that holds their hashes, for who was given them.

4. *Statements.* Each given statement is in the log under its kind; it is signed by a key that was its
   party's at that index, by key statements that are given too; it entered exactly the lots that it names, no
   more and no fewer, which no lot proof can show, for it sees one lot; and in each of its lots it may say what
   it says after those before it (`verifier.refs`): no more received than shipped, one answer to a shipment.

Entries whose statement is not given are counted; what answers one of them is left open, unless the policy
allows withheld statements. First keys are those of the policy, as in check 3. Beside the verdict there is a
row for each statement: where it stands, whose it is, and the quantities that it shows.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Any

from verifier import uri
from verifier.disclosure import ANY_LOT, Disclosed, disclose
from verifier.entry import NOTICE, PARTY_KEY, Entry, parse_entry
from verifier.errors import Refuted, Unavailable
from verifier.hashing import ZERO, StatementHash, Subject, statement_hash
from verifier.keychain import signer_of, valid_at
from verifier.policy import Policy
from verifier.refs import Answers, Said, quantities
from verifier.report import Findings
from verifier.statement import KeySet, SdJwt, Statement, check_signature, key_set, read, split


@dataclass(frozen=True, slots=True)
class Entered:
    """Where one statement hash stands in the log."""

    entry: Entry
    index: int


_NONE = StatementHash(ZERO)


@dataclass(slots=True)
class Known:
    """The key statements of one party: `entered` are the indexes of all in the log, the rest is of those met so far,
    which is the first of them without a gap."""

    entered: list[int] = field(default_factory=list)
    party: str = ""
    indexes: list[int] = field(default_factory=list)
    sets: list[KeySet] = field(default_factory=list)
    last: StatementHash = _NONE
    first_key: str = ""


@dataclass(slots=True)
class Judged:
    """One given statement: what was read of it and what was found."""

    found: Findings = field(default_factory=lambda: Findings(4))
    entered: Sequence[Entered] = ()
    parts: SdJwt | None = None
    statement: Statement | None = None
    disclosed: Disclosed | None = None


Places = dict[StatementHash, list[Entered]]
Keys = dict[Subject, Known]
"""By the subject of the party."""


def check_statements(
    entries: Iterable[bytes], given: Iterable[str], policy: Policy, found: Findings
) -> list[dict[str, Any]]:
    """Look at every given SD-JWT beside the entries of the log; what is wrong is noted in `found`.

    Returns a row for each statement, plain values: those in the log by their index, then the others.
    """
    places: Places = defaultdict(list)
    keys: Keys = defaultdict(Known)
    for index, raw in enumerate(entries):
        entry = parse_entry(raw)
        places[entry.statement_hash].append(Entered(entry, index))
        if entry.kind == PARTY_KEY:
            keys[entry.subject].entered.append(index)
    # Each text once: a repetition says nothing new, and must not stand for a statement that is missing.
    judged = [_placed(text, places) for text in dict.fromkeys(given)]
    # In the log's order: a key statement is known before what it vouches for.
    judged.sort(key=lambda one: one.entered[0].index if one.entered else inf)
    for one in judged:
        one.found.attempt(_check, one, policy, keys)
    _check_lots(judged, places, policy)
    for one in judged:
        found.take(one.found)
    for known in keys.values():
        if known.sets and known.first_key not in policy.parties.get(known.party, ()):
            found.leave_open(Unavailable(f"first key of {known.party}", "it is not in the policy"))
    missing = len(places) - len({one.entered[0].index for one in judged if one.entered})
    if missing:
        found.remarks.append(f"{missing} statements of the log were not given")
    return [_row(one) for one in judged]


def _placed(text: str, places: Places) -> Judged:
    judged = Judged()
    judged.parts = judged.found.attempt(split, text)
    if judged.parts is not None:
        digest = statement_hash(judged.parts.jwt)
        judged.entered = places.get(digest, ())
        if not judged.entered:
            judged.found.refute(Refuted("statement", "an entry of this log", digest))
    return judged


def _check(one: Judged, policy: Policy, keys: Keys) -> None:
    parts, entered = one.parts, one.entered
    if parts is None or not entered:
        return
    kinds = {each.entry.kind for each in entered}
    if len(kinds) != 1:
        raise Refuted(f"kind of the statement at index {entered[0].index}", "one", sorted(kinds))
    statement = read(parts.jwt, kinds.pop(), policy.origin)
    if statement.kind == PARTY_KEY:
        _learn(statement, parts, entered, policy.origin, keys)
        one.statement = statement
        return
    for each in entered:
        check_signature(statement, _key_at(statement, each.index, keys, policy.origin))
    disclosed = disclose(statement, parts.disclosures, None if statement.kind == NOTICE else ANY_LOT)
    one.statement, one.disclosed = statement, disclosed
    _check_subjects(statement, disclosed, entered, policy.origin)


def _learn(statement: Statement, parts: SdJwt, entered: Sequence[Entered], origin: str, keys: Keys) -> None:
    subject = uri.subject(uri.PARTY, origin, statement.issuer)
    _same_subjects({subject}, entered)
    at, known, new = entered[0], keys[subject], key_set(statement, parts)
    if new.sequence != at.entry.sequence:
        raise Refuted(f"seq of the key statement at index {at.index}", at.entry.sequence, new.sequence)
    if new.sequence != len(known.sets) + 1:
        missing = f"key statement {len(known.sets) + 1} was not given or is none"
        raise Unavailable(f"keys of {statement.issuer}", missing)
    if new.previous != known.last:
        raise Refuted(f"prev of the key statement at index {at.index}", known.last, new.previous)
    check_signature(statement, signer_of(statement, new, known.sets[-1] if known.sets else None))
    if not known.sets:
        known.party, known.first_key = statement.issuer, statement.key
    known.indexes.append(at.index)
    known.sets.append(new)
    known.last = statement.hash


def _key_at(statement: Statement, index: int, keys: Keys, origin: str) -> bytes:
    known = keys.get(uri.subject(uri.PARTY, origin, statement.issuer), Known())
    if bisect_left(known.indexes, index) < bisect_left(known.entered, index):
        raise Unavailable(f"keys of {statement.issuer}", f"not every key statement before index {index} was given")
    return valid_at(index, statement.key, known.indexes, known.sets)


def _check_subjects(statement: Statement, shown: Disclosed, entered: Sequence[Entered], origin: str) -> None:
    """Exactly the lots that it names; a notice enters the log's own chain."""
    if statement.kind == NOTICE:
        _same_subjects({uri.subject(uri.LOG, origin, uri.log_uri(origin))}, entered)
        return
    if len(shown.lots) != len(statement.payload["lots"]):
        raise Unavailable(f"lots of the statement at index {entered[0].index}", "not all are disclosed")
    _same_subjects({uri.subject(uri.LOT, origin, lot) for lot in shown.lots}, entered)


def _same_subjects(expected: set[Subject], entered: Sequence[Entered]) -> None:
    seen = {each.entry.subject for each in entered}
    if seen != expected:
        what = f"subjects of the statement at index {entered[0].index}"
        raise Refuted(what, sorted(s.hex() for s in expected), sorted(s.hex() for s in seen))


def _check_lots(judged: Sequence[Judged], places: Places, policy: Policy) -> None:
    """Each statement against those before it in every lot that it shows; one that is not given stands as withheld."""
    given = {one.statement.hash: one for one in judged if one.statement is not None}
    names = {
        uri.subject(uri.LOT, policy.origin, lot): lot
        for one in given.values()
        if one.disclosed is not None
        for lot in one.disclosed.lots
    }
    histories: dict[Subject, list[Entered]] = defaultdict(list)
    for each in (each for entered in places.values() for each in entered):
        if each.entry.subject in names:
            histories[each.entry.subject].append(each)
    for subject, history in histories.items():
        answers = Answers(names[subject], policy.log_party, True, policy.allow_withheld)
        for entry in (each.entry for each in sorted(history, key=lambda each: each.index)):
            one = given.get(entry.statement_hash, _NOT_GIVEN)
            said = Said(entry.sequence, entry.statement_hash, one.statement, one.disclosed)
            one.found.attempt(answers.add, said)


_NOT_GIVEN = Judged()


def _row(one: Judged) -> dict[str, Any]:
    """What is known of one statement; `hidden` fields are those without a disclosure."""
    answer = one.found.answer()
    row: dict[str, Any] = {"answer": answer.verdict.value, "why": answer.why}
    row["indexes"] = [each.index for each in one.entered]
    if one.parts is not None:
        row["hash"] = statement_hash(one.parts.jwt).hex()
    if one.statement is not None:
        row |= {"kind": one.statement.kind, "party": one.statement.issuer, "id": one.statement.id}
    if one.disclosed is not None:
        row |= {"lots": list(one.disclosed.lots), "hidden": len(one.disclosed.hidden)}
        row["quantities"] = [figure for lot in one.disclosed.lots for figure in _figures(one.disclosed, lot)]
    return row


def _figures(shown: Disclosed, lot: str) -> Iterator[dict[str, Any]]:
    for name, unit, total in quantities(shown, lot):
        yield {"list": name, "lot": lot, "unit": unit, "quantity": str(total)}
