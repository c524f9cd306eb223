"""Bring back what a database that was restored from an older backup lacks of its own log.

    milestones   what is known to have been signed or anchored beyond this database
    entries      from what others hold (`held`); places that nobody has are filled from the queue of this database, in
                 its order: what waited when the backup was made was sequenced next
    proof        the entries must lead to exactly the root of a milestone, else none of them is stored

Everything happens in the caller's transaction: he commits the whole, or nothing. What is stored ends at a milestone,
so it is a state that the log once had; what lies beyond it can be brought back later, with other sources.

Nothing is invented: no entry is stored that does not lead to a root that this log's key signed, or that the contract
holds. A state beyond all signed ones, which the contract alone holds, may be the work of a thief of the anchorer's key:
it is reached with entries that are proven or our own queue's, with others only if `trust_anchors` is said. The rows of
the warehouse are not the log's to bring back (`unaccounted`).

Evidence: tests/anchoring/startup/test_bringback.py, and the campaign `restore`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from anchoring import admission, alarms, queue, unaccounted
from anchoring.alarms import Halt, Kind
from anchoring.chaining import NOTHING, Tip, Waiting
from anchoring.entries import tips_of
from anchoring.errors import LedgerBroken
from anchoring.held import Held, Milestone, runs
from anchoring.prover import log_root
from anchoring.regrowth import Regrowth, root_after
from anchoring.state import stored_state
from verifier.entry import Entry, format_entry
from verifier.hashing import StatementHash, Subject, leaf_hash

_ALL = 1 << 40  # more than ever wait in a queue


@dataclass(slots=True)
class Account:
    """What came of it. `target`: the newest state known, None if nothing is known beyond `was`; `lacking`: first and
    last of each run of indexes below it that nobody has; `doubtful`: states that what was found does not lead to."""

    was: int
    size: int
    target: Milestone | None = None
    lacking: list[tuple[int, int]] = field(default_factory=list)
    doubtful: list[Milestone] = field(default_factory=list)
    from_queue: int = 0
    unaccounted: int = 0

    @property
    def whole(self) -> bool:
        """Whether nothing is missing of all that is known."""
        return self.target is None or self.size >= self.target.size


def bring_back(conn: Connection, held: Held, by: str, now: int, *, trust_anchors: bool = False) -> Account:
    """Bring the log as far as `held` and the queue carry it; `by`: who does it, and from where.

    Raises Halt with FORK, both states in its detail, if two states contradict each other; LedgerBroken if what is
    stored does. On either nothing is stored.
    """
    admission.disturb(conn)
    growth = Regrowth(conn, stored_state(conn, held.signer.origin), held.signer, now)
    waiting = queue.waiting(conn, _ALL)
    account = Account(growth.size, growth.size)
    ahead = _ahead(conn, held, growth.size)
    if ahead:
        account.target = ahead[-1]
        signed = max((each.size for each in ahead if each.note is not None), default=growth.size)
        believed = ahead[-1].size if trust_anchors else signed
        work = _Bringing(conn, held, growth, waiting, account, believed)
        work.reach(ahead)
        if growth.size > account.was:
            _keep(conn, work, by, now)
    return account


def _ahead(conn: Connection, held: Held, size: int) -> list[Milestone]:
    """One milestone for each size beyond ours, smallest first; raises Halt where two states contradict each other."""
    found: dict[int, Milestone] = {}
    # Anchors last: of a signed and an anchored state with one log root and two map roots the signed one is ours.
    for each in sorted(held.milestones, key=lambda milestone: milestone.note is None):
        other = found.setdefault(each.size, each)
        if other.log_root != each.log_root or (each.note and other.map_root != each.map_root):
            raise Halt(Kind.FORK, f"two states of size {each.size}. {other.told}\n{each.told}")
        if each.size <= size and log_root(conn, each.size) != each.log_root:
            what = f"at size {each.size} our log root is {log_root(conn, each.size).hex()}"
            raise Halt(Kind.FORK, f"{what}, which contradicts {each.told}")
    return [found[at] for at in sorted(found) if at > size]


@dataclass(slots=True)
class _Bringing:
    """The work at hand; up to the size `believed` mere offers may be taken."""

    conn: Connection
    held: Held
    growth: Regrowth
    waiting: Sequence[Waiting]
    account: Account
    believed: int
    done: set[tuple[StatementHash, Subject]] = field(default_factory=set)  # what came back so far

    def reach(self, ahead: Sequence[Milestone]) -> None:
        """One milestone after the other; one that cannot be reached is left out."""
        for milestone in ahead:
            if not self._reach(milestone):
                self.account.doubtful.append(milestone)
            self.account.size = self.growth.size
        self._judge()
        self.account.lacking = self._lacking(self.growth.size, ahead[-1].size)

    def _lacking(self, first: int, end: int) -> list[tuple[int, int]]:
        """What neither a source nor the queue has."""
        if first >= end:
            return []
        picked = next(iter(self.held.picks(first, end)))
        queued = self._from_queue(picked, first, end)
        return runs(index for index in range(first, end) if index not in picked and index not in queued)

    def _reach(self, milestone: Milestone) -> bool:
        for entries, queued in self._candidates(milestone.size):
            if root_after(self.growth.state.edge, entries) == milestone.log_root:
                return self._is_ours(milestone, queued) and self._store(milestone, entries, len(queued))
        return False

    def _is_ours(self, milestone: Milestone, queued: Mapping[int, Entry]) -> bool:
        places = range(self.growth.size, milestone.size)
        if milestone.size <= self.believed or all(n in self.held.proven or n in queued for n in places):
            return True
        self.held.remarks.append(f"{milestone.where}: entries lead to it, but no checkpoint under our key was found")
        return False

    def _candidates(self, end: int) -> Iterator[tuple[list[Entry], dict[int, Entry]]]:
        """All entries up to `end`, in each way in which they can be put together, and which are the queue's."""
        first = self.growth.size
        for picked in self.held.picks(first, end):
            filled = self._from_queue(picked, first, end) if len(picked) < end - first else {}
            if len(picked) + len(filled) == end - first:
                whole = picked | filled if filled else picked
                yield [whole[index] for index in range(first, end)], filled

    def _store(self, milestone: Milestone, entries: Sequence[Entry], queued: int) -> bool:
        before = self.growth.state
        try:
            with self.conn.begin_nested():
                self.growth.reach(milestone, entries)
        except LedgerBroken as broken:
            self.growth.state = before
            if milestone.note is not None:
                raise  # our key signed what does not follow from the entries
            self.held.remarks.append(f"{milestone.where}: {broken}")
            return False
        self.account.from_queue += queued
        self.done.update((entry.statement_hash, entry.subject) for entry in entries)
        return True

    def _judge(self) -> None:
        """A state that was passed over must not contradict one that was reached."""
        passed = [each for each in self.account.doubtful if each.size <= self.growth.size]
        for each in passed:
            root = log_root(self.conn, each.size)
            if root != each.log_root:
                what = f"entries that lead to size {self.growth.size} give the root {root.hex()} at {each.size}"
                raise Halt(Kind.FORK, f"{what}, which contradicts {each.told}")
        self.account.doubtful = [each for each in self.account.doubtful if each.size > self.growth.size]

    def _from_queue(self, picked: Mapping[int, Entry], first: int, end: int) -> dict[int, Entry]:
        """What the queue says for the places that nobody has, oldest first; chained as the sequencer does it."""
        known = self.done | {(entry.statement_hash, entry.subject) for entry in picked.values()}
        told = ((each, subject) for each in self.waiting for subject in each.subjects)
        left = iter([pair for pair in told if (pair[0].statement_hash, pair[1]) not in known])
        concerned = {subject for each in self.waiting for subject in each.subjects}
        newest = tips_of(self.conn, concerned | {entry.subject for entry in picked.values()})
        found: dict[int, Entry] = {}
        for index in range(first, end):
            entry = picked.get(index)
            if entry is None:
                pair = next(left, None)
                if pair is None:
                    break
                entry = found[index] = _next(*pair, newest.get(pair[1], NOTHING))
            newest[entry.subject] = Tip(index, entry.sequence, leaf_hash(format_entry(entry)), entry.recorded_at)
        return found


def _next(statement: Waiting, subject: Subject, before: Tip) -> Entry:
    at = max(statement.recorded_at, before.recorded_at)
    return Entry(statement.kind, subject, before.sequence + 1, before.leaf_hash, statement.statement_hash, at)


def _keep(conn: Connection, work: _Bringing, by: str, now: int) -> None:
    """The record of it; what is sequenced leaves the queue; ROLLBACK is over once nothing is missing."""
    account, size = work.account, work.growth.size
    root, recorded = work.growth.state.edge.root(), {each.statement_hash for each in work.waiting}
    account.unaccounted = unaccounted.keep_recovery(conn, account.was, size, root, recorded, by, now)
    queue.remove(
        conn, [each for each in work.waiting if all((each.statement_hash, s) in work.done for s in each.subjects)]
    )
    if account.unaccounted:
        detail = f"{account.unaccounted} entries came back whose statements were recorded after the backup"
        alarms.raise_alarm(conn, Kind.WAREHOUSE_BEHIND, detail, now)
    if account.whole:
        alarms.clear(conn, Kind.ROLLBACK, by, now)
