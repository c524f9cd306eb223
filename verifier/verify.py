"""The check of a lot proof, step by step.

1. *Form.* Within limits, spelled canonically.
2. *Chain.* Sequence 1...n, each naming the leaf before it, all of this lot, indexes strictly rising,
   `recorded_at` never falling.
3. *Who said so.* Each statement matches its entry and its `aud` the policy's origin; no statement and
   no (`iss`, `jti`) occurs twice; signed by a key valid for that party at that index; key chains
   complete and unbroken under this checkpoint, their first keys in the policy.
4. *What was said.* Every disclosure matches a digest; this lot is among `lots`; the rules of `ref`
   hold; what was accepted is at most what was shipped. Hidden fields are counted.
5. *Complete.* The map under the checkpoint says exactly n entries ending with this one (or none), and
   the log includes every entry at its index.
6. *Signed by the log*, and by the witnesses that the policy demands.
7. *Anchored.* At one final block, on every endpoint, the policy's contract holds every anchor.
8. *In time.* Every entry lies between its two anchors; the checkpoint is not too old.

Each answers yes, refuted (expected, seen) or could not check (why); the functions below carry these
numbers. What is trusted comes in `policy`, what is asked in `nodes` and `sources`, what is judged in
`files`. Evidence: the bundle vectors, `test_lies.py`, `test_hostile.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from verifier import uri
from verifier.bundle import Bundle, Item, join, parse_bundle
from verifier.chain import Anchored, Node, Source, anchored
from verifier.disclosure import Disclosed, disclose
from verifier.entry import ERASURE, MOVEMENT
from verifier.errors import Refuted, Unavailable
from verifier.handoffs import handoffs, told
from verifier.history import check_head, check_inclusion, check_sequence
from verifier.keychain import PartyKeys, party_keys
from verifier.policy import Policy
from verifier.refs import Answers, Said
from verifier.report import TITLES, Findings, Report, Verdict, unanswered
from verifier.signers import check_signers
from verifier.statement import Statement, check_signature, read
from verifier.timing import Timeline, seconds


@dataclass(slots=True)
class Case:
    """One file under examination: what is judged, what is trusted, and what the checks found so far."""

    bundle: Bundle
    policy: Policy
    nodes: Sequence[Node]
    sources: Sequence[Source]
    now: int
    lot: str | None = None
    statements: list[Statement | None] = field(default_factory=list)
    who_said_so: Verdict = Verdict.UNKNOWN
    anchored: Anchored | None = None
    hidden: int = 0
    erased: int = 0
    withheld: int = 0
    handoffs: Mapping[str, object] = field(default_factory=dict)


def verify(
    files: Sequence[bytes],
    policy: Policy,
    nodes: Sequence[Node] = (),
    sources: Sequence[Source] = (),
    now: int | None = None,
    lot: str | None = None,
) -> Report:
    """The report on one lot proof file, or on several parts of one lot; with `lot`, it must be that lot's.

    Raises nothing: whatever is in the files ends as an answer.
    """
    form = Findings(1)
    bundle = form.attempt(_read, files)
    if bundle is None:
        why = "the form was refused"
        return Report("lot proof", (form.answer(), *(unanswered(check, why) for check in list(TITLES)[1:])))
    case = Case(bundle, policy, nodes, sources, seconds(now), lot)
    answers = [form.answer()]
    for number, check in CHECKS.items():
        found = Findings(number)
        found.attempt(check, case, found)
        answers.append(found.answer())
    return Report(bundle.lot, tuple(answers), _facts(case))


def _read(files: Sequence[bytes]) -> Bundle:
    """1. Form."""
    if len(files) == 1:
        return parse_bundle(files[0])
    return join([parse_bundle(file) for file in files])


def _chain(case: Case, found: Findings) -> None:
    """2. Chain."""
    bundle = case.bundle
    if case.lot is not None and bundle.lot != case.lot:
        raise Refuted("lot of the file", case.lot, bundle.lot)
    subject = uri.subject(uri.LOT, case.policy.origin, bundle.lot)
    check_sequence(bundle.history, subject, {MOVEMENT, ERASURE}, bundle.first)


def _who_said_so(case: Case, found: Findings) -> None:
    """3. Who said so."""
    chains = _all_keys(case, found)
    for item in case.bundle.history:
        case.statements.append(found.attempt(_signed, item, chains, case.policy.origin))
    case.withheld = sum(item.statement is None for item in case.bundle.history)
    if case.withheld and not case.policy.allow_withheld:
        found.leave_open(Unavailable("statements", f"{case.withheld} withheld"))
    found.attempt(_check_once, case.bundle.history, case.statements, chains)
    _check_first_keys(case, chains, found)
    case.who_said_so = found.verdict


def _all_keys(case: Case, found: Findings) -> dict[str, PartyKeys]:
    chains = {}
    for party, chain in case.bundle.keys.items():
        keys = found.attempt(party_keys, party, chain, case.bundle.checkpoint, case.policy.origin)
        if keys is not None:
            chains[party] = keys
    return chains


def _signed(item: Item, chains: Mapping[str, PartyKeys], origin: str) -> Statement | None:
    """The statement of an entry, signed by a key that was its party's at that index; None if withheld."""
    if item.statement is None:
        return None
    statement = read(item.statement.jwt, item.entry.kind, origin)
    if statement.hash != item.entry.statement_hash:
        raise Refuted(f"statement of entry {item.entry.sequence}", item.entry.statement_hash, statement.hash)
    keys = chains.get(statement.issuer)
    if keys is None:
        raise Unavailable(f"keys of {statement.issuer}", "the file holds no key chain that stands")
    check_signature(statement, keys.at(item.index, statement.key))
    return statement


def _check_once(
    history: Sequence[Item], statements: Sequence[Statement | None], chains: Mapping[str, PartyKeys]
) -> None:
    hashes = {item.entry.statement_hash for item in history}
    if len(hashes) != len(history):
        raise Refuted("statements", "each entered once", f"{len(history) - len(hashes)} of them again")
    said = [statement for statement in statements if statement is not None]
    said += [statement for keys in chains.values() for statement in keys.statements]
    names = {(statement.issuer, statement.id) for statement in said}
    if len(names) != len(said):
        raise Refuted("movement ids of one party", "each used once", f"{len(said) - len(names)} of them again")


def _check_first_keys(case: Case, chains: Mapping[str, PartyKeys], found: Findings) -> None:
    signers = {statement.issuer for statement in case.statements if statement is not None}
    for party in sorted(signers & chains.keys()):
        if chains[party].first_key not in case.policy.parties.get(party, ()):
            found.leave_open(Unavailable(f"first key of {party}", "it is not in the policy"))


def _what_was_said(case: Case, found: Findings) -> None:
    """4. What was said."""
    if case.who_said_so is Verdict.REFUTED:
        raise Unavailable("disclosures", "check 3 failed")
    answers = Answers(case.bundle.lot, case.policy.log_party, case.bundle.first == 1, case.policy.allow_withheld)
    fields: list[Said] = []
    found.attempt(_check_traced, case)
    for item, statement in zip(case.bundle.history, case.statements, strict=True):
        disclosed = found.attempt(_disclosed, item, statement, case.bundle.lot)
        said = Said(item.entry.sequence, item.entry.statement_hash, statement, disclosed)
        found.attempt(answers.add, said)
        fields.append(said)
    erased = answers.erased
    hidden = [(s.disclosed.hidden, erased[s.hash]) for s in fields if s.disclosed is not None]
    case.hidden = sum(len(digests - gone) for digests, gone in hidden)
    case.erased = sum(len(digests & gone) for digests, gone in hidden)
    case.handoffs = told(handoffs(fields, case.bundle.lot), case.withheld)
    _count_hidden(case, found)


def _check_traced(case: Case) -> None:
    """Raises Unavailable if the file shows a statement that check 3 left open: nobody looked into it."""
    if case.who_said_so is not Verdict.UNKNOWN:
        return
    pairs = zip(case.bundle.history, case.statements, strict=True)
    unread = [item.entry.sequence for item, statement in pairs if statement is None and item.statement is not None]
    if unread:
        raise Unavailable(f"statement of entry {unread[0]}", f"check 3 left it open, and {len(unread) - 1} more")


def _disclosed(item: Item, statement: Statement | None, lot: str) -> Disclosed | None:
    if statement is None or item.statement is None:
        return None
    return disclose(statement, item.statement.disclosures, lot)


def _count_hidden(case: Case, found: Findings) -> None:
    if case.erased:
        found.remarks.append(f"{case.erased} fields erased")
    if case.hidden:
        found.remarks.append(f"{case.hidden} fields withheld")
    if case.policy.require_full and (case.hidden or case.withheld):
        why = f"{case.hidden} fields and {case.withheld} statements withheld without an erasure notice"
        found.leave_open(Unavailable("fields", why))


def _complete(case: Case, found: Findings) -> None:
    """5. Complete."""
    bundle = case.bundle
    found.attempt(check_inclusion, bundle.history, bundle.checkpoint)
    reaches_end = not bundle.part or bundle.last == bundle.head.count
    if reaches_end:
        subject = uri.subject(uri.LOT, case.policy.origin, bundle.lot)
        found.attempt(check_head, bundle.history, bundle.head, subject, bundle.checkpoint, bundle.first)
    if bundle.head.count == 0:
        found.remarks.append("this log holds no such lot")
    missing = [] if bundle.first == 1 else [f"1 to {bundle.first - 1}"]
    missing += [] if reaches_end else [f"{bundle.last + 1} to {bundle.head.count}"]
    if missing:
        found.leave_open(Unavailable(f"entries {' and '.join(missing)}", "not in this file"))


def _signed_by_the_log(case: Case, found: Findings) -> None:
    """6. Signed by the log."""
    signed = check_signers(case.bundle.note, case.bundle.checkpoint, case.policy)
    if case.policy.witnesses:
        found.remarks.append(f"{signed} of {len(case.policy.witnesses)} known witnesses signed")


def _anchored(case: Case, found: Findings) -> None:
    """7. Anchored."""
    bundle = case.bundle
    seen = anchored(bundle.checkpoint, bundle.anchors, case.policy, case.nodes, case.sources, case.now)
    case.anchored = seen
    if not seen.final:
        found.late = True
        found.remarks.append("not final")
    if seen.newer:
        found.remarks.append(f"{seen.newer} newer anchors exist")


def _in_time(case: Case, found: Findings) -> None:
    """8. In time."""
    if case.anchored is None:
        raise Unavailable("times", "no trusted anchor times")
    found.attempt(_check_traced, case)
    timeline = Timeline(case.bundle.anchors, case.anchored.epochs, case.policy)
    for item, statement in zip(case.bundle.history, case.statements, strict=True):
        issued_at = statement.issued_at if statement is not None else None
        entry = item.entry
        found.attempt(timeline.check, entry.sequence, item.index, entry.recorded_at, issued_at)
    age = case.anchored.final_time - case.bundle.anchors[-1].time
    if age > case.policy.max_age:
        found.late = True
        found.remarks.append(f"checkpoint is {age} s old, the policy allows {case.policy.max_age} s")


CHECKS: Mapping[int, Callable[[Case, Findings], None]] = {
    2: _chain,
    3: _who_said_so,
    4: _what_was_said,
    5: _complete,
    6: _signed_by_the_log,
    7: _anchored,
    8: _in_time,
}


def _facts(case: Case) -> dict[str, object]:
    bundle = case.bundle
    facts: dict[str, object] = {
        "entries": bundle.head.count,
        "checkpoint_size": bundle.checkpoint.size,
        "parties": sorted({s.issuer for s in case.statements if s is not None}),
        "hidden_fields": case.hidden,
        "erased_fields": case.erased,
        "withheld_statements": case.withheld,
        **case.handoffs,
    }
    if case.anchored is not None:
        facts["anchor"] = bundle.anchors[-1].index
        facts["anchored_at"] = bundle.anchors[-1].time
        facts["block"] = case.anchored.block.number
        facts["block_hash"] = "0x" + case.anchored.block.hash.hex()
        facts["nodes"] = [node.name for node in case.nodes]
    return facts
