"""Evidence of a fork: what convicts a log, and everything that does not."""

import copy
import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from verifier import cli, fork
from verifier.encoding import b64
from verifier.errors import Refuted
from verifier.logtiles import LogTiles
from verifier.policy import parse_policy
from verifier.report import Report, Verdict

from .maker import World, lot_name, story
from .test_hostile import toml
from .test_lies import bent, removed, replaced, walk
from .test_logtiles import tile


def two() -> tuple[World, World]:
    """Two histories of one log: the same four keys and two movements, then another third."""
    world, _ = story()
    other, _ = story()
    del other.entries[5:], other.leaves[5:], other.anchors[2:]
    other._nodes.clear()
    other.heads = {key: [index for index in kept if index < 5] for key, kept in other.heads.items()}
    for _ in range(9):
        other.movement("mill", [lot_name(7)])
    return world, other


def differing(world: World, size: int, other: World, other_size: int, level: int, number: int) -> fork.Differing:
    trees = [LogTiles(partial(tile, list(w.leaves[:s])), s) for w, s in ((world, size), (other, other_size))]
    return fork.Differing(
        level,
        number,
        tuple(tree.node(level, number) for tree in trees),
        tuple(tuple(tree.path(level, number)) for tree in trees),
    )


def judged(world: World, evidence: Any) -> Report:
    data = evidence if isinstance(evidence, bytes) else json.dumps(evidence).encode()
    return fork.verify_fork(data, parse_policy(world.policy()), [world.chain()])


def of_one_size() -> tuple[World, Any]:
    world, other = two()
    return world, fork.fork_of([world.checkpoint(8), other.checkpoint(8)])


def of_two_sizes() -> tuple[World, Any]:
    world, other = two()
    node = differing(world, 7, other, 12, 1, 2)
    return world, fork.fork_of([world.checkpoint(7), other.checkpoint(12)], None, node)


def against_an_anchor() -> tuple[World, Any]:
    world, other = two()
    anchor = world.anchor_json(world.anchors[2], len(world.anchors))
    return world, fork.fork_of([other.checkpoint(anchor["size"])], anchor)


def against_an_anchor_of_another_size() -> tuple[World, Any]:
    world, other = two()
    anchor = world.anchor_json(world.anchors[2], len(world.anchors))
    node = differing(other, 12, world, anchor["size"], 0, 6)
    return world, fork.fork_of([other.checkpoint(12)], anchor, node)


def of_the_map_alone() -> tuple[World, Any]:
    world, _ = story()
    return world, fork.fork_of([world.checkpoint(), world.checkpoint(map_root=bytes(32))])


FORKS = [of_one_size, of_two_sizes, against_an_anchor, against_an_anchor_of_another_size, of_the_map_alone]


@pytest.mark.parametrize("made", FORKS)
def test_two_histories_convict_the_log(made: Callable[[], tuple[World, Any]]) -> None:
    world, evidence = made()
    report = judged(world, evidence)
    assert report.exit_code == 0, [answer.why for answer in report.answers]
    assert len(report.facts["roots"]) == 2


@pytest.mark.parametrize("made", FORKS)
def test_evidence_bent_anywhere_convicts_nobody(made: Callable[[], tuple[World, Any]]) -> None:
    world, evidence = made()
    tried = 0
    for path, value in walk(evidence):
        for name, other in bent(value):
            if (other == value and type(other) is type(value)) or (path[:1] == ("checkpoints",) and name == "reversed"):
                continue
            tried += 1
            changed = replaced(evidence, path, other) if path else other
            code = judged(world, changed).exit_code
            assert code != 0, f"{'/'.join(map(str, path))}: {name} passed"
        if path and isinstance(path[-1], str):
            assert judged(world, removed(evidence, path)).exit_code != 0, f"{path} left out"
    assert tried > 30


def _same_note_twice(world: World, other: World) -> Any:
    return {"format": fork.FORMAT, "checkpoints": [world.checkpoint(8)] * 2}


def _a_longer_log(world: World, other: World) -> Any:
    return {"format": fork.FORMAT, "checkpoints": [world.checkpoint(7), world.checkpoint(8)]}


def _node(node: fork.Differing) -> dict[str, Any]:
    return {
        "level": node.level,
        "number": node.number,
        "hashes": [b64(each) for each in node.hashes],
        "paths": [[b64(each) for each in path] for path in node.paths],
    }


def _a_longer_log_with_a_node(world: World, other: World) -> Any:
    node = _node(differing(world, 7, world, 8, 1, 2))
    return _a_longer_log(world, other) | {"node": node}


def _an_incomplete_subtree(world: World, other: World) -> Any:
    """The last node of 7 leaves is not complete; at 8 there is another hash in its place, in an honest log too."""
    small, large = world.leaves[:7], world.leaves[:8]
    edge = LogTiles(partial(tile, list(small)), 7)
    whole = LogTiles(partial(tile, list(large)), 8)
    node = {
        "level": 2,
        "number": 1,
        "hashes": [b64(edge._over(4, 7)), b64(whole.node(2, 1))],
        "paths": [[b64(edge.node(2, 0))], [b64(whole.node(2, 0))]],
    }
    return _a_longer_log(world, other) | {"node": node}


def _a_leaf_as_a_subtree(world: World, other: World) -> Any:
    """The node of one level shown as that of another."""
    node = _node(differing(world, 7, world, 8, 1, 2))
    above = _node(differing(world, 7, world, 8, 0, 4))
    node["hashes"][0], node["paths"][0] = above["hashes"][0], above["paths"][0]
    return _a_longer_log(world, other) | {"node": node}


def _a_node_beside_one_size(world: World, other: World) -> Any:
    node = _node(differing(world, 8, other, 8, 0, 6))
    return {"format": fork.FORMAT, "checkpoints": [world.checkpoint(8), other.checkpoint(8)], "node": node}


def _two_sizes_without_a_node(world: World, other: World) -> Any:
    return {"format": fork.FORMAT, "checkpoints": [world.checkpoint(7), other.checkpoint(12)]}


def _a_note_of_nobody(world: World, other: World) -> Any:
    note = other.checkpoint(8).replace("— log.", "— lag.")
    return {"format": fork.FORMAT, "checkpoints": [world.checkpoint(8), note]}


def _three_notes(world: World, other: World) -> Any:
    return {"format": fork.FORMAT, "checkpoints": [world.checkpoint(8), other.checkpoint(8), other.checkpoint(8)]}


def _two_notes_and_an_anchor(world: World, other: World) -> Any:
    anchor = world.anchor_json(world.anchors[2], len(world.anchors))
    return {"format": fork.FORMAT, "checkpoints": [world.checkpoint(8), other.checkpoint(8)], "anchor": anchor}


def _an_anchor_that_is_not_held(world: World, other: World) -> Any:
    anchor = world.anchor_json(replace(world.anchors[2], log_root=bytes(32)), len(world.anchors))
    return {"format": fork.FORMAT, "checkpoints": [world.checkpoint(anchor["size"])], "anchor": anchor}


def _an_anchor_that_agrees(world: World, other: World) -> Any:
    anchor = world.anchor_json(world.anchors[2], len(world.anchors))
    return {"format": fork.FORMAT, "checkpoints": [world.checkpoint(anchor["size"])], "anchor": anchor}


def _a_node_of_level_64(world: World, other: World) -> Any:
    return of_two_sizes()[1] | {"node": _node(differing(world, 7, other, 12, 0, 5)) | {"level": 64}}


def _a_receipt(world: World, other: World) -> Any:
    return world.receipt(4)


LIES = {
    _same_note_twice: 2,
    _a_longer_log: 1,
    _a_longer_log_with_a_node: 2,
    _an_incomplete_subtree: 2,
    _a_leaf_as_a_subtree: 5,
    _a_node_beside_one_size: 1,
    _two_sizes_without_a_node: 1,
    _a_note_of_nobody: 6,
    _three_notes: 1,
    _two_notes_and_an_anchor: 1,
    _an_anchor_that_is_not_held: 7,
    _an_anchor_that_agrees: 2,
    _a_node_of_level_64: 1,
    _a_receipt: 1,
}


@pytest.mark.parametrize(("lie", "check"), LIES.items(), ids=[lie.__name__ for lie in LIES])
def test_an_honest_log_is_not_convicted(lie: Callable[[World, World], Any], check: int) -> None:
    world, other = two()
    report = judged(world, lie(world, other))
    assert report.exit_code == 1
    assert report.first_failed is not None and report.first_failed.check == check


def test_an_anchor_that_an_epoch_voided_convicts_nobody() -> None:
    world, evidence = against_an_anchor()
    world.epoch(keep=1)
    report = judged(world, evidence)
    assert report.answer(7).verdict is Verdict.REFUTED


def test_a_path_that_is_short_is_extended_by_a_source_of_the_policy() -> None:
    world, evidence = against_an_anchor()
    evidence["anchor"]["path"] = []
    assert judged(world, evidence).exit_code == 2
    policy = parse_policy(world.policy())
    report = fork.verify_fork(json.dumps(evidence).encode(), policy, [world.chain()], [world.source()])
    assert report.exit_code == 0


def test_an_anchor_that_is_not_final_yet_is_said_so() -> None:
    world, evidence = against_an_anchor()
    policy = parse_policy(world.policy())
    report = fork.verify_fork(json.dumps(evidence).encode(), policy, [world.chain(final=2)])
    assert report.exit_code == 3


def test_without_a_node_of_ones_own_an_anchor_stays_open() -> None:
    world, evidence = against_an_anchor()
    assert fork.verify_fork(json.dumps(evidence).encode(), parse_policy(world.policy())).exit_code == 2


@pytest.mark.parametrize("size", [0, 1, 9, 1 << 60])
def test_a_subtree_beyond_the_smaller_state_is_refused(size: int) -> None:
    world, evidence = of_two_sizes()
    changed = copy.deepcopy(evidence)
    changed["node"]["number"] = size
    assert judged(world, changed).exit_code == 1


def test_what_is_too_large_is_refused() -> None:
    world, evidence = of_two_sizes()
    assert judged(world, json.dumps(evidence).encode() + b" " * fork.MAX_FORK).exit_code == 1
    evidence["node"]["paths"][0] *= 40
    assert judged(world, evidence).exit_code == 1


def test_honest_checkpoints_make_no_evidence() -> None:
    world, _ = story()
    with pytest.raises(Refuted):
        fork.fork_of([world.checkpoint(8), world.checkpoint(8)])
    with pytest.raises(Refuted):
        fork.fork_of([world.checkpoint(7), world.checkpoint(8)])
    with pytest.raises(Refuted):
        fork.fork_of([world.checkpoint(7), world.checkpoint(8)], None, differing(world, 7, world, 8, 1, 2))


def test_the_command_makes_and_judges_evidence(tmp_path: Path, capsys: Any) -> None:
    world, other = two()
    ours, theirs, policy, made = (tmp_path / name for name in ("ours", "theirs", "policy.toml", "fork.json"))
    ours.write_text(world.checkpoint(8))
    theirs.write_text(other.checkpoint(8))
    policy.write_text(toml(world.policy()))
    assert cli.main(["fork", str(ours), str(ours)]) == 1
    assert cli.main(["fork", str(ours), str(theirs)]) == 0
    made.write_text(capsys.readouterr().out)
    assert cli.main([str(made), "--policy", str(policy), "--as", "fork", "--offline"]) == 0
    assert cli.main([str(made), "--policy", str(policy), "--offline"]) == 1
    assert "say --as fork" in capsys.readouterr().err
    theirs.write_bytes(b"\xff" * 100)
    assert cli.main(["fork", str(ours), str(theirs)]) == 1
