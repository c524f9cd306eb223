"""Evidence of a fork, `lotproof-fork/1`: two states of one log of which one cannot follow from the other.

    {format, checkpoints: [note, note]}             one size, two roots
    {format, checkpoints: [note, note], node}       two sizes, and a subtree that both hold differs
    {format, checkpoints: [note], anchor}           the same of a note and an anchor of the contract,
    {format, checkpoints: [note], anchor, node}     which stands for the second state
    node   {level, number, hashes: [2], paths: [2]}

A log only grows: what stood under a complete subtree stands there for ever. So two signed roots that one
size has, or that lead to two hashes of the subtree of 2^level leaves with this number, convict whoever
signed them, before any third person, without a single entry shown. Exit code 0 means that the fork is
proven. The checks: 1 form, 2 they contradict, 5 both hashes follow from their roots, 6 signed by the log,
7 the anchor is held by the contract (where there is one; it is not signed by the log).

Not checked: which of the two is the true one; whether a map follows from its log (an audit does).
Evidence: `tests/verifier/test_fork.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from verifier.bundle import Anchor, parse_anchor
from verifier.chain import Node, Source, holds
from verifier.encoding import array, b64, integer, load_document, members, unb64_hash
from verifier.errors import Refuted
from verifier.merkle import MAX_LOG_PATH, root_from_inclusion
from verifier.policy import Policy
from verifier.receipt import SignedCheckpoint, read_checkpoint
from verifier.report import Answer, Findings, Report, unanswered
from verifier.signers import check_log
from verifier.timing import seconds

FORMAT = "lotproof-fork/1"
MAX_FORK = 128 * 1024  # two notes of 16 KiB, twice 53 hashes, an anchor
MAX_LEVEL = 52
TITLES = {1: "Form", 2: "They contradict", 5: "Both follow from their roots", 6: "Signed by the log", 7: "Anchored"}
CAVEATS = ("If every check says yes, the log has two histories; which one is true, no check can tell.",)

_FORK = frozenset({"format", "checkpoints"})
_MORE = frozenset({"anchor", "node"})
_NODE = frozenset({"level", "number", "hashes", "paths"})


@dataclass(frozen=True, slots=True)
class State:
    """What somebody vouched for: so many entries under these roots."""

    size: int
    log_root: bytes
    map_root: bytes


@dataclass(frozen=True, slots=True)
class Differing:
    """One complete subtree, 2^level leaves, as the two states have it."""

    level: int
    number: int
    hashes: tuple[bytes, ...]
    paths: tuple[tuple[bytes, ...], ...]


@dataclass(frozen=True, slots=True)
class Fork:
    """Two states of a log: two notes, or a note and an anchor."""

    signed: tuple[SignedCheckpoint, ...]
    anchor: Anchor | None
    node: Differing | None

    @property
    def states(self) -> tuple[State, State]:
        notes = [State(c.size, c.log_root, c.map_root) for c in (each.checkpoint for each in self.signed)]
        held = [State(a.size, a.log_root, a.map_root) for a in (self.anchor,) if a is not None]
        first, second = notes + held
        return first, second


def parse_fork(data: bytes) -> Fork:
    """The evidence in a file; raises Refuted (check 1)."""
    return read_fork(load_document(data, MAX_FORK))


def read_fork(value: Any) -> Fork:
    """The evidence of parsed JSON; raises Refuted (check 1)."""
    fork = members(value, "evidence of a fork", _FORK, _MORE)
    if fork["format"] != FORMAT:
        raise Refuted("format", FORMAT, fork["format"])
    anchor = parse_anchor(fork["anchor"]) if "anchor" in fork else None
    notes = _exactly(fork["checkpoints"], "checkpoints", 2 if anchor is None else 1)
    node = _differing(fork["node"]) if "node" in fork else None
    read = Fork(tuple(read_checkpoint(note) for note in notes), anchor, node)
    first, second = read.states
    if (first.size == second.size) != (node is None):
        raise Refuted("node", "one if and only if the sizes differ", f"sizes {first.size} and {second.size}")
    return read


def verify_fork(
    data: bytes, policy: Policy, nodes: Sequence[Node] = (), sources: Sequence[Source] = (), now: int | None = None
) -> Report:
    """The report on evidence of a fork; exit code 0 if the fork is proven. Raises nothing."""
    form = Findings(1)
    fork = form.attempt(parse_fork, data)
    if fork is None:
        rest = [unanswered(number, "the form was refused", title) for number, title in TITLES.items() if 1 < number < 7]
        return Report("evidence of a fork", (form.answer(), *rest), caveats=CAVEATS)
    found = {number: Findings(number, title) for number, title in TITLES.items() if 1 < number < 7}
    found[2].attempt(check_contradiction, fork)
    found[5].attempt(check_follow, fork)
    for one in fork.signed:
        found[6].attempt(check_log, one.note, one.checkpoint, policy)
    answers = [form.answer(), *(each.answer() for each in found.values())]
    if fork.anchor is not None:
        answers.append(_anchored(fork.anchor, policy, nodes, sources, seconds(now)))
    return Report("evidence of a fork", tuple(answers), _facts(fork), CAVEATS)


def fork_of(
    notes: Sequence[str], anchor: Mapping[str, Any] | None = None, node: Differing | None = None
) -> dict[str, Any]:
    """The evidence, as JSON, of two notes or of a note and an anchor; raises Refuted if they do not contradict.

    Does not check who signed the notes or whether the anchor is held: whom it convicts, `verify_fork` says.
    """
    made: dict[str, Any] = {"format": FORMAT, "checkpoints": list(notes)}
    if anchor is not None:
        made["anchor"] = dict(anchor)
    if node is not None:
        paths = [[b64(each) for each in path] for path in node.paths]
        hashes = [b64(each) for each in node.hashes]
        made["node"] = {"level": node.level, "number": node.number, "hashes": hashes, "paths": paths}
    fork = read_fork(made)
    check_contradiction(fork)
    check_follow(fork)
    return made


def check_contradiction(fork: Fork) -> None:
    """Raises Refuted unless the two states cannot both be of one log that only grows."""
    first, second = fork.states
    if fork.node is None:
        if first == second:
            raise Refuted("roots at one size", "two that differ", "the same twice")
        return
    node = fork.node
    last = (node.number + 1) << node.level
    if last > min(first.size, second.size):
        raise Refuted("subtree", f"within the first {min(first.size, second.size)} entries", f"it ends at {last}")
    if node.hashes[0] == node.hashes[1]:
        raise Refuted("hashes of one subtree", "two that differ", "the same twice")


def check_follow(fork: Fork) -> None:
    """Raises Refuted unless each hash of the subtree leads to the root of its state."""
    if fork.node is None:
        return
    for state, node, path in zip(fork.states, fork.node.hashes, fork.node.paths, strict=True):
        root = root_over(fork.node.level, fork.node.number, state.size, node, path)
        if root != state.log_root:
            raise Refuted(f"log root at size {state.size}", state.log_root, root)


def root_over(level: int, number: int, size: int, node: bytes, path: Sequence[bytes]) -> bytes:
    """The root of a tree of `size` leaves in which `node` is the complete subtree of 2^level leaves.

    Of complete subtrees the tree is made like of leaves; the last may be incomplete. Raises Refuted for a path
    of another length.
    """
    return root_from_inclusion(number, -(-size >> level), node, path)


def _exactly(value: Any, what: str, count: int) -> list[Any]:
    found = array(value, what, count)
    if len(found) != count:
        raise Refuted(what, f"{count} members", len(found))
    return found


def _differing(value: Any) -> Differing:
    node = members(value, "node", _NODE)
    level = integer(node["level"], "level")
    if level > MAX_LEVEL:
        raise Refuted("level", f"at most {MAX_LEVEL}", level)
    hashes = tuple(unb64_hash(text) for text in _exactly(node["hashes"], "hashes", 2))
    paths = tuple(
        tuple(unb64_hash(text) for text in array(path, "path length", MAX_LOG_PATH))
        for path in _exactly(node["paths"], "paths", 2)
    )
    return Differing(level, integer(node["number"], "number"), hashes, paths)


def _anchored(anchor: Anchor, policy: Policy, nodes: Sequence[Node], sources: Sequence[Source], now: int) -> Answer:
    found = Findings(7, TITLES[7])
    held = found.attempt(holds, [anchor], policy, nodes, sources, now)
    if held is not None and not held.final:
        found.late = True
        found.remarks.append("not final")
    return found.answer()


def _facts(fork: Fork) -> dict[str, Any]:
    first, second = fork.states
    facts: dict[str, Any] = {"sizes": [first.size, second.size], "roots": [first.log_root.hex(), second.log_root.hex()]}
    if first.size == second.size:
        facts["maps"] = [first.map_root.hex(), second.map_root.hex()]
    if fork.node is not None:
        low = fork.node.number << fork.node.level
        facts["differs_within_entries"] = [low, low + (1 << fork.node.level) - 1]
    if fork.anchor is not None:
        facts["anchor"] = fork.anchor.index
    return facts
