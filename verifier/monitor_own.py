"""What a party watches of its own: its lots, its keys, and what is said in its name.

Entries are for auditors, so a party asks for the proofs of its lots with its own key for the API. Each file
is verified like any (`verifier.verify`), and then held beside what was remembered:

* the log it is under is the one that is shown (one leaf that differs is evidence of a fork);
* under a later checkpoint a lot has no fewer entries, and the last one known stands where it stood;
* the key statements of a watched party are those remembered, no more, no fewer, no others. The first time
  they are taken as they are; their first key is the policy's, or the file could not be checked;
* a statement of a watched party has an id that the party sent, where a list of them is given.

Not seen: lots that are not named, statements about them, keys of a party that signed in none of them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from verifier import uri
from verifier.bundle import MAX_FILE, Bundle, KeyChain, parse_bundle
from verifier.chain import Source
from verifier.encoding import b64
from verifier.errors import Refuted, Unavailable
from verifier.fork import Differing, fork_of
from verifier.hashing import ZERO
from verifier.http import Deadline, fetch
from verifier.monitor import Now, Round
from verifier.monitor_state import Keys, Seen
from verifier.report import Verdict
from verifier.statement import read
from verifier.verify import verify

Proof = Callable[[str], bytes]
NOT_YET = "status 503"  # of a service that holds the lot, and no anchor over it


@dataclass(frozen=True, slots=True)
class Own:
    """Which lots and parties are watched; `sent` are the ids of one's own movements, if they are to be compared."""

    lots: Sequence[str] = ()
    parties: Sequence[str] = ()
    sent: Collection[str] | None = None
    accept_keys: bool = False


def proofs_from(api: str, deadline: Deadline, token: str | None) -> Proof:
    """A way to fetch the proof of a lot from the service; it raises Unavailable."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return lambda lot: fetch(f"{api}/lots/proof?lot={quote(lot, safe='')}", deadline, None, headers, MAX_FILE)


def watch_own(round_: Round, shown: Now, own: Own, proof: Proof, sources: Sequence[Source]) -> None:
    """Look at every lot of `own` and at the keys in its proof; raise alarms, remember what passed."""
    for lot in own.lots:
        try:
            bundle = _verified(round_, lot, proof, sources)
        except Unavailable as away:
            if not _waits(round_, lot, away):
                round_.alarms.raise_("LOT AWAY", str(away), away.what)
            continue
        round_.memory.waits.pop(lot, None)
        if bundle is None:
            continue
        _same_log(round_, shown, bundle)
        _history(round_, bundle)
        for party in own.parties:
            if party in bundle.keys:
                _keys(round_, party, bundle.keys[party], bundle.checkpoint.size, own.accept_keys)
        if own.sent is not None:
            _sent(round_, bundle, own.parties, own.sent)


def _waits(round_: Round, lot: str, away: Unavailable) -> bool:
    """Whether a lot that was never proven may still wait for its first anchor: not longer than an anchor may take."""
    if away.why != NOT_YET or lot in round_.memory.lots:
        return False
    since = round_.memory.waits.setdefault(lot, round_.now)
    return round_.now - since <= round_.limits.max_unanchored


def _verified(round_: Round, lot: str, proof: Proof, sources: Sequence[Source]) -> Bundle | None:
    """The proof of a lot that nothing refutes; None if something does. Raises Unavailable."""
    raw = proof(lot)
    report = verify([raw], round_.policy, round_.nodes, sources, round_.now, lot)
    for answer in report.answers:
        if answer.verdict is Verdict.REFUTED:
            round_.alarms.raise_("LOT", f"{lot}: check {answer.check} refuted: {answer.why}", f"{lot} {answer.check}")
            return None
    for answer in report.answers:
        if answer.verdict is Verdict.UNKNOWN:
            text = f"{lot}: check {answer.check} could not be made: {answer.why}"
            round_.alarms.raise_("LOT AWAY", text, f"{lot} {answer.check}")
    return parse_bundle(raw)


def _same_log(round_: Round, shown: Now, bundle: Bundle) -> None:
    """The leaves of the file stand in the log that is shown; its checkpoint is no other of the same size."""
    size = shown.signed.checkpoint.size
    if bundle.checkpoint == shown.signed.checkpoint or bundle.checkpoint.size > size:
        return
    why = f"the proof of {bundle.lot} is of another log than the one that is shown"
    try:
        node = _differing(shown, bundle) if bundle.checkpoint.size != size else None
        if node is None and bundle.checkpoint.size != size:
            return
        round_.raise_fork(why, fork_of([bundle.note_text, shown.text], None, node))
    except Unavailable as away:
        round_.alarms.raise_("LOG AWAY", str(away), "tiles")
    except Refuted as wrong:
        round_.alarms.raise_("TILES", f"a leaf of {bundle.lot} by the tiles: {wrong}")


def _differing(shown: Now, bundle: Bundle) -> Differing | None:
    for item in bundle.history:
        leaf = shown.tree.node(0, item.index)
        if leaf != item.leaf:
            paths = item.path, tuple(shown.tree.path(0, item.index))
            return Differing(0, item.index, (item.leaf, leaf), paths)
    return None


def _history(round_: Round, bundle: Bundle) -> None:
    known = round_.memory.lots.get(bundle.lot)
    count, size = bundle.head.count, bundle.checkpoint.size
    if known is not None:
        if size < known.size:  # an older file than one that was seen: nothing to learn
            return
        if count < known.count:
            why = f"{bundle.lot}: {count} entries at size {size}, {known.count} at size {known.size}"
            round_.alarms.raise_("LOT", why)
            return
        if known.count and bundle.history[known.count - 1].leaf != known.leaf:
            round_.alarms.raise_("LOT", f"{bundle.lot}: entry {known.count} is another one than before")
            return
    round_.memory.lots[bundle.lot] = Seen(count, size, bundle.history[-1].leaf if count else ZERO)


def _keys(round_: Round, party: str, chain: KeyChain, size: int, accept: bool) -> None:
    statements = tuple(item.entry.statement_hash for item in chain.history)
    known = round_.memory.parties.get(party)
    if known is not None and size < known.size:
        return
    if known is not None and known.statements != statements and not accept:
        news = [item for item in chain.history if item.entry.statement_hash not in known.statements]
        what = f"key statement {b64(news[0].entry.statement_hash)} at index {news[0].index}" if news else "one is gone"
        why = f"{party}: {len(statements)} key statements, {len(known.statements)} are known; {what}"
        round_.alarms.raise_("KEYS", why)
        return
    round_.memory.parties[party] = Keys(size, statements)


def _sent(round_: Round, bundle: Bundle, parties: Sequence[str], sent: Collection[str]) -> None:
    for item in bundle.history:
        if item.statement is None:
            continue
        statement = read(item.statement.jwt, item.entry.kind, round_.policy.origin)
        if statement.issuer in parties and statement.id not in sent:
            why = f"{bundle.lot}: {statement.id} at index {item.index} is said to be by {statement.issuer}"
            round_.alarms.raise_("ENTRY", why)
            return


def forgotten(memory: Mapping[str, object], watched: Collection[str]) -> list[str]:
    """What is remembered and no longer watched."""
    return [name for name in memory if name not in watched]


def checked(own: Own) -> Own:
    """The same, every URI canonical; raises Refuted."""
    for lot in own.lots:
        uri.check_uri(uri.LOT, lot)
    for party in own.parties:
        uri.check_uri(uri.PARTY, party)
    return own
