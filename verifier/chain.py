"""What the chain says of a file's anchors: the verifier asks its own nodes, never the file (check 7).

At one final block, by hash, on every endpoint: chain id, genesis, code hash, epoch and rotations as
in the policy; and the contract holds every anchor of the file. The accumulator of anchors:

        .            peaks of 13 anchors: 8, 4, 1; the contract keeps them in state
       / \\           a path runs from an anchor's leaf to its peak, lowest first
      .   .   .      a path made when there were fewer anchors is a prefix of today's,
     / \\ / \\ / \\     so anybody may supply the hashes above: a wrong one leads nowhere

Once the 64 anchors of a group are there, the contract keeps their root for ever, and six hashes do.
A node that cannot be asked and nodes that disagree leave the question open; only what all of them
say is held against the file. Evidence: the accumulator and bundle vectors, `test_chain.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import Protocol, TypeVar

from verifier.bundle import Anchor
from verifier.checkpoint import Checkpoint
from verifier.errors import Refuted, Unavailable
from verifier.hashing import anchor_leaf
from verifier.merkle import peak_place, root_of_complete
from verifier.policy import LATEST, Policy

T = TypeVar("T")

GROUP_LEVEL = 6  # the contract seals groups of 64 anchors


@dataclass(frozen=True, slots=True)
class Block:
    """One block of the chain."""

    number: int
    hash: bytes
    time: int


@dataclass(frozen=True, slots=True)
class Identity:
    """Which chain and which contract a node speaks of."""

    chain_id: int
    genesis: bytes
    code_hash: bytes


@dataclass(frozen=True, slots=True)
class Epoch:
    """A restart: anchors `keep` to `first - 1` are void."""

    first: int
    keep: int


@dataclass(frozen=True, slots=True)
class State:
    """The contract's own words at one block; `peaks` largest first, `epochs` from the first one on."""

    size: int
    log_root: bytes
    count: int
    epoch: int
    rotations: int
    peaks: tuple[bytes, ...]
    epochs: tuple[Epoch, ...]


@dataclass(frozen=True, slots=True)
class Event:
    """One `Anchored` event."""

    index: int
    size: int
    log_root: bytes
    map_root: bytes


@dataclass(frozen=True, slots=True)
class OnChain:
    """What a whole log is compared with: the contract's head and, if a node keeps them, the events of all anchors."""

    size: int
    log_root: bytes
    events: Sequence[Event]
    epochs: Sequence[Epoch]


class Node(Protocol):
    """One of the verifier's own nodes; every method raises Unavailable if it cannot answer."""

    @property
    def name(self) -> str: ...
    def newest(self, finality: str | int) -> Block: ...
    def block(self, number: int) -> Block: ...
    def identity(self, block: Block, contract: str) -> Identity: ...
    def state(self, block: Block, contract: str) -> State: ...
    def sealed(self, block: Block, contract: str, group: int) -> bytes: ...
    def events(self, block: Block, contract: str) -> list[Event]: ...


class Source(Protocol):
    """Somebody who publishes the accumulator's hashes. Not trusted."""

    def upper(self, index: int, count: int, low: int, high: int) -> Sequence[bytes]:
        """Siblings of anchor `index` at the levels low <= level < high; raises Unavailable."""
        ...


@dataclass(frozen=True, slots=True)
class View:
    """What all nodes agree on at one block; `newest` is the time of the newest block that any of them knows."""

    block: Block
    newest: int
    state: State
    sealed: Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class Anchored:
    """What check 7 found: the contract holds the anchors at `block`; `final` if that block is final."""

    block: Block
    final: bool
    final_time: int
    newer: int
    epochs: tuple[Epoch, ...]


def anchored(
    checkpoint: Checkpoint,
    anchors: Sequence[Anchor],
    policy: Policy,
    nodes: Sequence[Node],
    sources: Sequence[Source],
    now: int,
) -> Anchored:
    """Where and when the contract holds every anchor; the last one is the checkpoint's own.

    Raises Refuted if all nodes contradict the file or the policy, Unavailable if they cannot be asked.
    """
    return said_by_all(nodes, lambda asked: _anchored(checkpoint, anchors, policy, asked, sources, now))


def holds(
    anchors: Sequence[Anchor], policy: Policy, nodes: Sequence[Node], sources: Sequence[Source], now: int
) -> Anchored:
    """Where and when the contract holds all of these anchors, the last one being the newest; raises as `anchored`."""
    return said_by_all(nodes, lambda asked: _holds(anchors, policy, asked, sources, now))


def said_by_all(nodes: Sequence[Node], look: Callable[[Sequence[Node]], T]) -> T:
    """What `look` finds; it is Refuted only if every node by itself says so.

    All are asked at the block of the slowest one. Of a time before the contract, the rotation or the anchor they
    would all, rightly, deny what is true by now: so one that is behind could refute every file.
    """
    try:
        return look(nodes)
    except Refuted:
        for node in nodes if len(nodes) > 1 else ():
            with suppress(Refuted):
                look([node])
                raise Unavailable("nodes", f"{node.name} by itself refutes nothing; another is behind it") from None
        raise


def _anchored(
    checkpoint: Checkpoint,
    anchors: Sequence[Anchor],
    policy: Policy,
    nodes: Sequence[Node],
    sources: Sequence[Source],
    now: int,
) -> Anchored:
    last = anchors[-1]
    claimed = last.size, last.log_root, last.map_root
    if claimed != (checkpoint.size, checkpoint.log_root, checkpoint.map_root):
        raise Refuted("the last anchor is the checkpoint's own", f"size {checkpoint.size}", f"size {last.size}")
    return _holds(anchors, policy, nodes, sources, now)


def _holds(
    anchors: Sequence[Anchor], policy: Policy, nodes: Sequence[Node], sources: Sequence[Source], now: int
) -> Anchored:
    last = anchors[-1]
    final = view = agreed(policy, nodes, policy.finality, now)
    if last.index >= final.state.count and policy.finality != LATEST:
        view = agreed(policy, nodes, LATEST, now)
    _held_all(anchors, view, sources)
    newer = view.state.count - last.index - 1
    return Anchored(view.block, view is final, final.newest, newer, view.state.epochs)


def agreed(policy: Policy, nodes: Sequence[Node], finality: str | int, now: int) -> View:
    """What all nodes say at one block under the finality rule, and it is as the policy demands."""
    if not nodes:
        raise Unavailable("chain", "no node")
    if policy.max_node_lag is not None:
        _check_lag(nodes, policy.max_node_lag, now)
    # The slowest node decides: it is the newest block that every one of them calls final.
    newest = [node.newest(finality) for node in nodes]
    block = min(newest, key=lambda each: each.number)
    if same(nodes, f"block {block.number}", lambda node: node.block(block.number)) != block:
        raise Unavailable(f"block {block.number}", "it changed while it was read")
    identity = same(nodes, "chain and code", lambda node: node.identity(block, policy.contract))
    _check_identity(identity, policy)
    state = same(nodes, "contract", lambda node: node.state(block, policy.contract))
    if (state.epoch, state.rotations) != (policy.epoch, policy.rotations):
        expected = f"epoch {policy.epoch}, {policy.rotations} rotations"
        raise Refuted("epoch and rotations", expected, f"epoch {state.epoch}, {state.rotations} rotations")

    @cache
    def sealed(group: int) -> bytes:
        return same(nodes, f"group {group}", lambda node: node.sealed(block, policy.contract, group))

    return View(block, max(each.time for each in newest), state, sealed)


def voided(index: int, epochs: Sequence[Epoch]) -> bool:
    """Whether an epoch voided the anchor at this index."""
    return any(epoch.keep <= index < epoch.first for epoch in epochs)


def before(index: int, epochs: Sequence[Epoch]) -> int | None:
    """Index of the valid anchor before this one, None if it is the first."""
    index -= 1
    for epoch in reversed(epochs):
        if epoch.keep <= index < epoch.first:
            index = epoch.keep - 1
    return index if index >= 0 else None


def _check_lag(nodes: Sequence[Node], limit: int, now: int) -> None:
    for node in nodes:
        lag = now - node.newest(LATEST).time
        if lag > limit:
            raise Unavailable(node.name, f"its newest block is {lag} s old, at most {limit} s are allowed")


def same(nodes: Sequence[Node], what: str, ask: Callable[[Node], T]) -> T:
    """The one answer of all nodes. Which of two contradicting nodes lies is not for us to guess."""
    first, *others = [(node, ask(node)) for node in nodes]
    for node, answer in others:
        if answer != first[1]:
            raise Unavailable(what, f"{first[0].name} and {node.name} disagree")
    return first[1]


def _check_identity(seen: Identity, policy: Policy) -> None:
    if seen.chain_id != policy.chain_id:
        raise Refuted("chain id", policy.chain_id, seen.chain_id)
    if seen.genesis != policy.genesis:
        raise Refuted("genesis hash", policy.genesis, seen.genesis)
    if seen.code_hash != policy.code_hash:
        raise Refuted(f"code hash of {policy.contract}", policy.code_hash, seen.code_hash)


def _held_all(anchors: Sequence[Anchor], view: View, sources: Sequence[Source]) -> None:
    """Every anchor is in the accumulator and none is void; a refutation counts before an open question."""
    open_question: Unavailable | None = None
    for anchor in anchors:
        if voided(anchor.index, view.state.epochs):
            raise Refuted(f"anchor {anchor.index}", "an anchor in force", "voided by a new epoch")
        try:
            _held(anchor, view, sources)
        except Unavailable as unknown:
            open_question = open_question or unknown
    if open_question:
        raise open_question


def _held(anchor: Anchor, view: View, sources: Sequence[Source]) -> None:
    count = view.state.count
    height, number = peak_place(anchor.index, count)
    if len(anchor.path) > height:
        _led(anchor, anchor.path[:height], height, view.state.peaks[number], count, sources)
        # Made for a later block, which a slower node does not know yet, or lengthened by somebody.
        raise Unavailable(f"path of anchor {anchor.index}", f"it goes on beyond the peak at block {view.block.number}")
    group = anchor.index >> GROUP_LEVEL
    if len(anchor.path) < height and (group + 1) << GROUP_LEVEL <= count:
        # The upper hashes of a path longer than six say nothing more and are not looked at.
        _led(anchor, anchor.path[:GROUP_LEVEL], GROUP_LEVEL, view.sealed(group), count, sources)
    else:
        _led(anchor, anchor.path, height, view.state.peaks[number], count, sources)


def _led(
    anchor: Anchor, path: Sequence[bytes], height: int, target: bytes, count: int, sources: Sequence[Source]
) -> None:
    """Raises Refuted unless leaf and path, extended to `height` where it is short, lead to `target`."""
    leaf = anchor_leaf(anchor.epoch, anchor.size, anchor.log_root, anchor.map_root, anchor.block, anchor.time)
    seen: bytes | None = None
    for longer in _extensions(anchor.index, path, height, count, sources):
        seen = root_of_complete(anchor.index, leaf, longer)
        if seen == target:
            return
    if seen is None:
        why = "the path ends below today's peak and no source extends it"
        raise Unavailable(f"anchor {anchor.index}", why)
    raise Refuted(f"the contract holds anchor {anchor.index}", target, seen)


def _extensions(
    index: int, path: Sequence[bytes], height: int, count: int, sources: Sequence[Source]
) -> list[Sequence[bytes]]:
    if len(path) == height:
        return [path]
    found: list[Sequence[bytes]] = []
    for source in sources:
        try:
            upper = source.upper(index, count, len(path), height)
        except Unavailable:
            continue
        found.append([*path, *upper])
    return found
