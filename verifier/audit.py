"""The audit of a whole log: every entry read, both trees rebuilt, the published tiles and the chain compared.

1. *Form.* The checkpoint and every entry are spelled canonically; there are as many as it says.
2. *Chains.* Every subject's entries run 1, 2, 3 ..., each names the leaf before, `recorded_at` never
   falls, and no statement enters one subject twice. A break is shown with both entries.
3. *Tiles.* The published hashes are those of the entries.
4. *Statements*, where they are given (`verifier.audit_statements`).
5. *Roots.* The log root and the map root of the checkpoint follow from the entries.
6. *Signed by the log.*
7. *Anchored.* The contract's head and every anchor in force are roots of this very log and its map.

The numbers are those of a lot proof where the question is the same. What a single lot proof must take
on trust, that the map follows from the log, is what an audit adds.

The log is read once (`verifier.reading`), its subjects are looked at part by part (`verifier.partition`):
memory does not grow with the log, and what was done can be gone on with (`verifier.resume`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from verifier.audit_parts import looked_at
from verifier.audit_statements import check_statements
from verifier.chain import Event, Node, OnChain, agreed, said_by_all, same, voided
from verifier.checkpoint import Checkpoint
from verifier.errors import Refuted, Unavailable
from verifier.partition import Looked, fold, root_at
from verifier.policy import Policy
from verifier.published import HttpLog, Log, read_entries, split_bundle
from verifier.reading import Reading, Spool, Tile, Tiles, spooled
from verifier.receipt import SignedCheckpoint, read_checkpoint
from verifier.report import Answer, Findings, Report, Verdict, unanswered
from verifier.resume import NotResumable, Resume, State
from verifier.signers import check_signers
from verifier.tiles import tile_path
from verifier.timing import seconds

__all__ = ["PATIENCE", "HttpLog", "Log", "Work", "audit", "audit_log", "read_entries", "split_bundle", "tile_path"]

PATIENCE = 3600.0  # seconds; a log of a million entries takes a few minutes
TITLES = {1: "Form", 2: "Chains", 3: "Tiles", 4: "Statements", 5: "Roots", 6: "Signed by the log", 7: "Anchored"}
CAVEATS = ("An audit shows that the log keeps its rules, not that a statement in it is true.",)

Entries = Iterable[bytes] | Callable[[int, int], Iterable[bytes]]
Roots = Mapping[int, tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Work:
    """How an audit is carried out; none of it changes what is found."""

    jobs: int = 1
    resume: Resume | None = None
    progress: Callable[[str, int, int], None] = lambda what, done, total: None
    bits: int | None = None  # of a key partition; as many as keep memory small, if not said


def audit(
    log: Log,
    policy: Policy,
    nodes: Sequence[Node] = (),
    now: int | None = None,
    work: Work | None = None,
    statements: Iterable[str] | None = None,
) -> Report:
    """The report on a published log: entries, tiles, checkpoint and chain, and the statements that one holds.

    Raises nothing but NotResumable, and that only with `work.resume`.
    """

    def entries(first: int, size: int) -> Iterable[bytes]:
        return read_entries(log, size, first)

    try:
        return audit_log(entries, log.checkpoint, policy, nodes, now, log.tile, statements, work)
    except Unavailable as unknown:
        return _nothing(str(unknown))
    except OSError as full:
        return _nothing(f"the disk: {full}")


def audit_log(
    entries: Entries,
    note: str | Callable[[], str],
    policy: Policy,
    nodes: Sequence[Node] = (),
    now: int | None = None,
    tile: Tile | None = None,
    statements: Iterable[str] | None = None,
    work: Work | None = None,
) -> Report:
    """The report on a log: entries and checkpoint held in memory, or functions that read them (first, size).

    Without `tile` the report has no answer about published tiles; without `statements` (SD-JWTs with
    all disclosures one has; their hashes are then kept in memory) none about those. Raises Unavailable
    only if `note` does, OSError if the entries cannot be kept on disk, NotResumable.
    """
    left_out = ({3} if tile is None else set()) | ({4} if statements is None else set())
    found = {number: Findings(number, title) for number, title in TITLES.items() if number not in left_out}
    case = _Case(policy, found, work or Work())
    state = case.begun(nodes, now, note)
    published = found[1].attempt(read_checkpoint, state.checkpoint)
    if published is None:
        return Report("log", (found[1].answer(), *_rest("the checkpoint was refused")), caveats=CAVEATS)
    checkpoint = published.checkpoint
    found[6].attempt(check_signers, published.note, checkpoint, policy)
    reading = case.reading(state, _wanted(checkpoint, state.held), tile)
    try:
        found[1].attempt(case.read, reading, entries, checkpoint.size, state)
        subjects = case.judge(reading, checkpoint, state)
        rows = case.said(reading, statements)
    finally:
        reading.spool.close()
    case.ended()
    answers = tuple(one.answer() for one in found.values())
    facts = _facts(reading, subjects, published, state.held)
    if rows is not None:
        facts["statements"] = rows
    return Report(f"log {checkpoint.origin}", answers, facts, CAVEATS)


@dataclass(frozen=True, slots=True)
class _Case:
    """One audit: by whose policy, what was found, and how it is done."""

    policy: Policy
    found: Mapping[int, Findings]
    work: Work

    def begun(self, nodes: Sequence[Node], now: int | None, note: str | Callable[[], str]) -> State:
        """Where an earlier run stopped, or the chain's words and a checkpoint of now; raises Unavailable."""
        state = self.work.resume.load() if self.work.resume else None
        if state is not None:
            self.found[7].unknown.extend(state.open)
            return state
        # The chain first: asked later, it might know a checkpoint that was signed after the one we read.
        held = self.found[7].attempt(on_chain, self.policy, nodes, seconds(now), self.found[7])
        text = note() if callable(note) else note
        return State(text, held, tuple(self.found[7].unknown))

    def reading(self, state: State, wanted: set[int], tile: Tile | None) -> Reading:
        """The tree as far as entries are on disk already; raises NotResumable if those were changed."""
        kept, resume = state.read, self.work.resume
        spool = Spool(resume.entries if resume else None, kept)
        tiles = None if tile is None else Tiles(tile, self.found[3], kept)
        reading = Reading(self.found[1], spool, wanted, tiles)
        for _, raw in spooled(spool.path) if kept else ():
            reading.add(raw)
        if kept and (reading.tree.size, reading.tree.root()) != (kept, state.root):
            spool.close()
            raise NotResumable(f"{spool.path} is not what was read before")
        return reading

    def read(self, reading: Reading, entries: Entries, size: int, state: State) -> None:
        """Take in what is missing; raises Unavailable if it cannot be read, Refuted if it is not `size`."""

        def passed(done: int) -> None:
            self.work.progress("entries", done, size)
            self._save(reading, state, done == size)

        read = entries(reading.tree.size, size) if callable(entries) else entries
        try:
            reading.read(read, size, passed)
        except Unavailable:  # between two bundles
            self._save(reading, state, True)
            raise
        finally:
            reading.spool.flush()

    def judge(self, reading: Reading, checkpoint: Checkpoint, state: State) -> int:
        """Look at all subjects and compare all roots; returns the number of subjects.

        Where entries are missing the rules of the subjects are still looked at, as far as they were read.
        """
        whole = self.found[1].verdict is not Verdict.UNKNOWN
        sizes = sorted(reading.roots)
        places, subjects = fold_parts(self._parts(reading, sizes, state, whole), self.found[2])
        if not whole:
            for number in self.found.keys() - {1, 6}:
                self.found[number].leave_open(Unavailable("entries", "not all could be read"))
            return subjects
        roots = {size: (reading.roots[size], root_at(places, number)) for number, size in enumerate(sizes)}
        self.found[5].attempt(_check_roots, roots, reading.tree.size, checkpoint)
        if state.held is not None:
            self.found[7].attempt(_check_anchors, roots, state.held, checkpoint, self.found[7])
        return subjects

    def said(self, reading: Reading, statements: Iterable[str] | None) -> list[dict[str, Any]] | None:
        """A row for each given statement; None where none are given or the entries beside them are not in order."""
        if statements is None:
            return None
        if self.found[1].verdict is Verdict.REFUTED:
            self.found[4].leave_open(Unavailable("statements", "the form of the log was refuted"))
        if self.found[1].verdict is not Verdict.YES:
            return None
        entries = (raw for _, raw in spooled(reading.spool.path))
        return check_statements(entries, statements, self.policy, self.found[4])

    def ended(self) -> None:
        """Leave nothing behind, unless something could not be read: then it can be gone on with."""
        if self.work.resume and not self._left_out():
            self.work.resume.forget()

    def _parts(self, reading: Reading, sizes: Sequence[int], state: State, whole: bool) -> Iterable[Looked]:
        def done(number: int, looked: Looked) -> None:
            if self.work.resume is not None and whole and self._clean():
                state.parts[number] = looked
                self.work.resume.save(state)

        known = state.parts if whole else {}
        return looked_at(reading.spool.path, reading.tree.size, sizes, self.work, known, done)

    def _save(self, reading: Reading, state: State, now: bool) -> None:
        """Remember how far the reading is, as long as nothing was wrong: what is wrong is then found again."""
        if self.work.resume is None or not self._clean():
            return
        reading.spool.flush()
        state.read, state.root = reading.tree.size, reading.tree.root()
        self.work.resume.save(state, now)

    def _clean(self) -> bool:
        return not any(each.refuted for each in self.found.values()) and not self._left_out()

    def _left_out(self) -> bool:
        """Whether an entry or a tile could not be read; what chain and statements leave open is another matter."""
        return any(each.unknown for number, each in self.found.items() if number not in (4, 7))


def fold_parts(parts: Iterable[Looked], chains: Findings) -> tuple[bytes, int]:
    """The places of the whole map and the number of subjects; the first breaks of all parts go to `chains`."""
    breaks: list[tuple[int, Refuted]] = []
    subjects = 0

    def places() -> Iterable[bytes]:
        nonlocal subjects
        for part in parts:
            breaks.extend(part.breaks)
            subjects += part.subjects
            yield part.places

    whole = fold(places())
    for _, broken in sorted(breaks, key=lambda pair: pair[0]):
        chains.refute(broken)
    return whole, subjects


def on_chain(policy: Policy, nodes: Sequence[Node], now: int, found: Findings) -> OnChain:
    """What all nodes agree that the contract holds; without events only the head can be compared."""
    view = said_by_all(nodes, lambda asked: agreed(policy, asked, policy.finality, now))
    events = found.attempt(same, nodes, "events", lambda node: node.events(view.block, policy.contract))
    if events is not None and not _whole(events, view.state.count):
        found.leave_open(Unavailable("events", f"{len(events)} of {view.state.count} anchors"))
        events = None
    return OnChain(view.state.size, view.state.log_root, events or (), view.state.epochs)


def _whole(events: Sequence[Event], count: int) -> bool:
    """Each anchor once, in order; a node may claim more of them than fit in memory."""
    return len(events) == count and all(event.index == index for index, event in enumerate(events))


def _wanted(checkpoint: Checkpoint, held: OnChain | None) -> set[int]:
    """The sizes at which somebody claims roots."""
    anchored = {held.size, *(event.size for event in held.events)} if held else set()
    return anchored | {checkpoint.size}


def _check_roots(roots: Roots, size: int, checkpoint: Checkpoint) -> None:
    _compare("the checkpoint", checkpoint.size, (checkpoint.log_root, checkpoint.map_root), roots, size)


def _compare(whose: str, size: int, claimed: tuple[bytes, bytes | None], roots: Roots, log_size: int) -> None:
    """Raises Refuted unless the roots at this size are the claimed ones; no map root is claimed by who knows none."""
    follow = roots.get(size)
    if follow is None:
        raise Refuted(f"size of {whose}", f"at most the log's {log_size}", size)
    for name, expected, seen in zip(("log root", "map root"), follow, claimed, strict=True):
        if seen is not None and expected != seen:
            raise Refuted(f"{name} of {whose} at size {size}", expected, seen)


def _check_anchors(roots: Roots, held: OnChain, checkpoint: Checkpoint, found: Findings) -> None:
    if held.size:
        _compare("the contract's head", held.size, (held.log_root, None), roots, checkpoint.size)
    for event in held.events:
        if not voided(event.index, held.epochs):
            claimed = event.log_root, event.map_root
            found.attempt(_compare, f"anchor {event.index}", event.size, claimed, roots, checkpoint.size)


def _rest(why: str) -> list[Answer]:
    return [unanswered(number, why, title) for number, title in list(TITLES.items())[1:]]


def _nothing(why: str) -> Report:
    return Report("log", tuple(unanswered(number, why, title) for number, title in TITLES.items()), caveats=CAVEATS)


def _facts(reading: Reading, subjects: int, published: SignedCheckpoint, held: OnChain | None) -> dict[str, object]:
    facts: dict[str, object] = {
        "entries": reading.tree.size,
        "subjects": subjects,
        "log_root": published.checkpoint.log_root.hex(),
        "map_root": published.checkpoint.map_root.hex(),
    }
    if held is not None:
        facts["anchored_size"] = held.size
        facts["anchors_compared"] = sum(not voided(event.index, held.epochs) for event in held.events)
    return facts
