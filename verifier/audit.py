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
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from verifier.audit_statements import check_statements
from verifier.chain import Epoch, Event, Node, agreed, said_by_all, same, voided
from verifier.checkpoint import Checkpoint
from verifier.encoding import b64
from verifier.entry import ENTRY_LENGTH, Entry, parse_entry
from verifier.errors import Refuted, Unavailable
from verifier.growing import GrowingMap, GrowingTree, tile_hashes
from verifier.hashing import leaf_hash, map_value
from verifier.http import Deadline, fetch
from verifier.note import MAX_NOTE
from verifier.policy import Policy
from verifier.receipt import SignedCheckpoint, read_checkpoint
from verifier.report import Answer, Findings, Report, Verdict, unanswered
from verifier.signers import check_signers
from verifier.tiles import HASH, MAX_TILE, TILE_HEIGHT, TILE_WIDTH, tile_path

PATIENCE = 3600.0  # seconds; a log of a million entries takes a few minutes
MAX_BUNDLE = TILE_WIDTH * (2 + ENTRY_LENGTH)
TITLES = {1: "Form", 2: "Chains", 3: "Tiles", 4: "Statements", 5: "Roots", 6: "Signed by the log", 7: "Anchored"}
CAVEATS = ("An audit shows that the log keeps its rules, not that a statement in it is true.",)


class Log(Protocol):
    """Where a log is read; every method raises Unavailable."""

    def checkpoint(self) -> str: ...
    def tile(self, level: int, number: int, width: int) -> bytes: ...
    def entries(self, number: int, width: int) -> bytes: ...


class HttpLog:
    """A log published under one address as C2SP `tlog-tiles`."""

    def __init__(self, url: str, deadline: Deadline, token: str | None = None) -> None:
        self._url = url.rstrip("/")
        self._deadline = deadline
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    def checkpoint(self) -> str:
        raw = fetch(f"{self._url}/checkpoint", self._deadline, limit=MAX_NOTE)
        return raw.decode("utf-8", "replace")

    def tile(self, level: int, number: int, width: int) -> bytes:
        return fetch(f"{self._url}/tile/{tile_path(level, number, width)}", self._deadline, limit=MAX_TILE)

    def entries(self, number: int, width: int) -> bytes:
        url = f"{self._url}/tile/{tile_path('entries', number, width)}"
        return fetch(url, self._deadline, headers=self._headers, limit=MAX_BUNDLE)


@dataclass(slots=True)
class Last:
    """The newest entry of one subject so far."""

    sequence: int
    index: int
    leaf: bytes
    recorded_at: int
    raw: bytes


@dataclass(slots=True)
class Rebuilt:
    """What grows out of the entries, and what was found wrong on the way."""

    form: Findings
    chains: Findings
    tree: GrowingTree = field(default_factory=GrowingTree)
    map: GrowingMap = field(default_factory=GrowingMap)
    subjects: dict[bytes, Last] = field(default_factory=dict)
    seen: set[bytes] = field(default_factory=set)
    roots: dict[int, tuple[bytes, bytes]] = field(default_factory=dict)
    kept: list[bytes] | None = None


@dataclass(frozen=True, slots=True)
class OnChain:
    """What the contract holds: its head and, if a node keeps them, the events of all anchors."""

    size: int
    log_root: bytes
    events: Sequence[Event]
    epochs: Sequence[Epoch]


def audit(log: Log, policy: Policy, nodes: Sequence[Node] = (), now: int = 0) -> Report:
    """The report on a published log: entries, tiles, checkpoint and chain. Raises nothing."""
    try:
        return audit_log(lambda size: read_entries(log, size), log.checkpoint, policy, nodes, now, log.tile)
    except Unavailable as unknown:
        return _nothing(str(unknown))


def audit_log(
    entries: Iterable[bytes] | Callable[[int], Iterable[bytes]],
    note: str | Callable[[], str],
    policy: Policy,
    nodes: Sequence[Node] = (),
    now: int = 0,
    tile: Callable[[int, int, int], bytes] | None = None,
    statements: Iterable[str] | None = None,
) -> Report:
    """The report on a log: entries and checkpoint held in memory, or functions that read them.

    Without `tile` the report has no answer about published tiles; without `statements` (SD-JWTs with
    all disclosures one has; all entries are then kept in memory) none about those. Raises Unavailable
    only if `note` does.
    """
    left_out = ({3} if tile is None else set()) | ({4} if statements is None else set())
    found = {number: Findings(number, title) for number, title in TITLES.items() if number not in left_out}
    # The chain first: asked later, it might know a checkpoint that was signed after the one we read.
    held = found[7].attempt(on_chain, policy, nodes, now, found[7])
    published = found[1].attempt(read_checkpoint, note() if callable(note) else note)
    if published is None:
        return Report("log", (found[1].answer(), *_rest("the checkpoint was refused")), caveats=CAVEATS)
    checkpoint = published.checkpoint
    found[6].attempt(check_signers, published.note, checkpoint, policy)
    rebuilt = Rebuilt(found[1], found[2], kept=None if statements is None else [])
    read = entries(checkpoint.size) if callable(entries) else entries
    watched = read if tile is None else _watched(read, tile, found[3])
    found[1].attempt(_rebuild, rebuilt, watched, checkpoint.size, _wanted(checkpoint, held))
    _compare_all(rebuilt, checkpoint, held, found)
    if statements is not None and rebuilt.kept is not None and found[1].verdict is Verdict.YES:
        check_statements(rebuilt.kept, statements, policy, found[4])
    answers = tuple(one.answer() for one in found.values())
    return Report(f"log {checkpoint.origin}", answers, _facts(rebuilt, published, held), CAVEATS)


def _wanted(checkpoint: Checkpoint, held: OnChain | None) -> set[int]:
    """The sizes at which somebody claims roots."""
    anchored = {held.size, *(event.size for event in held.events)} if held else set()
    return anchored | {checkpoint.size}


def _compare_all(rebuilt: Rebuilt, checkpoint: Checkpoint, held: OnChain | None, found: Mapping[int, Findings]) -> None:
    if found[1].verdict is Verdict.UNKNOWN:
        for number in found.keys() - {1, 6}:
            found[number].leave_open(Unavailable("entries", "not all could be read"))
        return
    found[5].attempt(_check_roots, rebuilt, checkpoint)
    if held is not None:
        found[7].attempt(_check_anchors, rebuilt, held, checkpoint, found[7])


def read_entries(log: Log, size: int) -> Iterator[bytes]:
    """The entries 0 to size - 1 from their bundles (16-bit length, bytes); raises Unavailable or Refuted."""
    for number in range(-(-size // TILE_WIDTH)):
        width = min(TILE_WIDTH, size - number * TILE_WIDTH)
        yield from split_bundle(log.entries(number, width), width)


def split_bundle(raw: bytes, width: int) -> list[bytes]:
    """The entries of one bundle; raises Refuted unless there are exactly `width`."""
    found = []
    at = 0
    while at < len(raw):
        length = int.from_bytes(raw[at : at + 2], "big")
        found.append(raw[at + 2 : at + 2 + length])
        at += 2 + length
    if at != len(raw) or len(found) != width:
        raise Refuted("entry bundle", f"{width} whole entries", f"{len(found)} in {len(raw)} bytes")
    return found


def on_chain(policy: Policy, nodes: Sequence[Node], now: int, found: Findings) -> OnChain:
    """What all nodes agree that the contract holds; without events only the head can be compared."""
    view = said_by_all(nodes, lambda asked: agreed(policy, asked, policy.finality, now))
    events = found.attempt(same, nodes, "events", lambda node: node.events(view.block, policy.contract))
    if events is not None and [event.index for event in events] != list(range(view.state.count)):
        found.leave_open(Unavailable("events", f"{len(events)} of {view.state.count} anchors"))
        events = None
    return OnChain(view.state.size, view.state.log_root, events or (), view.state.epochs)


def _rebuild(rebuilt: Rebuilt, entries: Iterable[bytes], size: int, wanted: set[int]) -> None:
    for raw in entries:
        if rebuilt.tree.size == size:
            raise Refuted("number of entries", size, "more")
        if rebuilt.kept is not None:
            rebuilt.kept.append(raw)
        rebuilt.form.attempt(_add, rebuilt, raw)
        if rebuilt.tree.size in wanted:
            rebuilt.roots[rebuilt.tree.size] = rebuilt.tree.root(), rebuilt.map.root()
    if rebuilt.tree.size != size:
        raise Refuted("number of entries", size, rebuilt.tree.size)


def _add(rebuilt: Rebuilt, raw: bytes) -> None:
    index, leaf = rebuilt.tree.size, leaf_hash(raw)
    rebuilt.tree.add(leaf)
    entry = parse_entry(raw)
    before = rebuilt.subjects.get(entry.subject)
    rebuilt.chains.attempt(_check_step, before, entry, raw, index)
    rebuilt.chains.attempt(_check_once, rebuilt.seen, entry, index)
    count = before.sequence + 1 if before else 1
    rebuilt.subjects[entry.subject] = Last(count, index, leaf, entry.recorded_at, raw)
    rebuilt.map.put(entry.subject, map_value(count, index, leaf))


def _check_step(before: Last | None, entry: Entry, raw: bytes, index: int) -> None:
    """A break is published with both entries: nobody has to believe the auditor."""
    expected = before.sequence + 1 if before else 1
    both = f"{b64(before.raw)} at {before.index}, then {b64(raw)} at {index}" if before else f"{b64(raw)} at {index}"
    if entry.sequence != expected:
        raise Refuted(f"sequence at index {index}", expected, f"{entry.sequence}: {both}")
    if before and entry.previous != before.leaf:
        raise Refuted(f"previous at index {index}", before.leaf, f"{entry.previous.hex()}: {both}")
    if before and entry.recorded_at < before.recorded_at:
        raise Refuted(f"recorded_at at index {index}", f"{before.recorded_at} or later", f"{entry.recorded_at}: {both}")


def _check_once(seen: set[bytes], entry: Entry, index: int) -> None:
    once = entry.subject + entry.statement_hash
    if once in seen:
        raise Refuted(f"statement at index {index}", "entered once for each subject", entry.statement_hash)
    seen.add(once)


def _check_roots(rebuilt: Rebuilt, checkpoint: Checkpoint) -> None:
    _compare("the checkpoint", checkpoint.size, (checkpoint.log_root, checkpoint.map_root), rebuilt)


def _compare(whose: str, size: int, claimed: tuple[bytes, bytes], rebuilt: Rebuilt) -> None:
    roots = rebuilt.roots.get(size)
    if roots is None:
        raise Refuted(f"size of {whose}", f"at most the log's {rebuilt.tree.size}", size)
    for name, expected, seen in zip(("log root", "map root"), roots, claimed, strict=True):
        if expected != seen:
            raise Refuted(f"{name} of {whose} at size {size}", expected, seen)


def _check_anchors(rebuilt: Rebuilt, held: OnChain, checkpoint: Checkpoint, found: Findings) -> None:
    if held.size > checkpoint.size:
        raise Refuted("size of the published log", f"at least the anchored {held.size}", checkpoint.size)
    if held.size:
        roots = rebuilt.roots.get(held.size, (b"", b""))
        _compare("the contract's head", held.size, (held.log_root, roots[1]), rebuilt)
    for event in held.events:
        if not voided(event.index, held.epochs):
            claimed = event.log_root, event.map_root
            found.attempt(_compare, f"anchor {event.index}", event.size, claimed, rebuilt)


def _watched(entries: Iterable[bytes], tile: Callable[[int, int, int], bytes], found: Findings) -> Iterator[bytes]:
    """The entries, the published tiles compared while they pass by."""
    watcher = _Tiles(tile, found)
    for raw in entries:
        watcher.add(0, leaf_hash(raw))
        yield raw
    watcher.close()


class _Tiles:
    """The hashes of the tile that is filling at each level, compared with the published one when it is full."""

    def __init__(self, tile: Callable[[int, int, int], bytes], found: Findings) -> None:
        self._tile = tile
        self._found = found
        self._filling: list[list[bytes]] = []
        self._number: list[int] = []

    def add(self, level: int, node: bytes) -> None:
        if level == len(self._filling):
            self._filling.append([])
            self._number.append(0)
        hashes = self._filling[level]
        hashes.append(node)
        if len(hashes) == TILE_WIDTH:
            self._compare(level)
            self._filling[level] = []
            self._number[level] += 1
            self.add(level + 1, tile_hashes(hashes))

    def close(self) -> None:
        for level, hashes in enumerate(self._filling):
            if hashes:
                self._compare(level)

    def _compare(self, level: int) -> None:
        self._found.attempt(self._look, level, self._number[level], self._filling[level])

    def _look(self, level: int, number: int, hashes: list[bytes]) -> None:
        published = self._tile(level, number, len(hashes))
        if published == b"".join(hashes):
            return
        place = next((n for n, node in enumerate(hashes) if published[n * HASH : (n + 1) * HASH] != node), len(hashes))
        what = f"hash {place + (number << TILE_HEIGHT)} of level {level * TILE_HEIGHT}"
        raise Refuted(what, hashes[min(place, len(hashes) - 1)], published[place * HASH : (place + 1) * HASH])


def _rest(why: str) -> list[Answer]:
    return [unanswered(number, why, title) for number, title in list(TITLES.items())[1:]]


def _nothing(why: str) -> Report:
    return Report("log", tuple(unanswered(number, why, title) for number, title in TITLES.items()), caveats=CAVEATS)


def _facts(rebuilt: Rebuilt, published: SignedCheckpoint, held: OnChain | None) -> dict[str, object]:
    facts: dict[str, object] = {
        "entries": rebuilt.tree.size,
        "subjects": len(rebuilt.subjects),
        "log_root": published.checkpoint.log_root.hex(),
        "map_root": published.checkpoint.map_root.hex(),
    }
    if held is not None:
        facts["anchored_size"] = held.size
        facts["anchors_compared"] = sum(not voided(event.index, held.epochs) for event in held.events)
    return facts
