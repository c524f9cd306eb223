"""The mutation campaign is itself put to the test: what it changes, that the change is there, and what it lets live."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.campaigns import mutants
from tests.campaigns.campaign import Contradiction
from tests.campaigns.mutation import operators, running
from tests.campaigns.mutation.operators import Mutant
from tests.campaigns.mutation.patching import apply
from tests.campaigns.mutation.running import HUNG, KILLED, SURVIVED, Fate
from verifier import alarms, bundle, checkpoint, ed25519, encoding, entry, lotmap, partition, report
from verifier.errors import Refuted
from verifier.hashing import EMPTY_MAP

SOURCE = '''
"""A sentence that is said."""
LIMIT = 7
__all__ = ["look"]
def look(a: "int", b=True):
    """Another one."""
    if a < LIMIT and not b:
        raise ValueError("a wrong word", 5)
    try:
        show("a word", 6)
        return a + b"x"[1:] or min(a, -1)
    except (KeyError, OSError):
        found.clear()
        told = f"no {a}, no {b[2:]}"
        return False
if __name__ == "__main__":
    look(3)
'''
CHANGES = {
    "number": ["7 -> 8", "1 -> 2", "2 -> 3"],
    "truth": ["True -> False", "False -> True"],
    "boundary": ["a < LIMIT -> a <= LIMIT"],
    "negation": [
        "if a < LIMIT and (not b): -> if not (a < LIMIT and (not b)):", "a < LIMIT -> a >= LIMIT", "not b -> b",
    ],
    "logic": [
        "a < LIMIT and (not b) -> a < LIMIT or not b", "a + b'x'[1:] or min(a, -1) -> a + b'x'[1:] and min(a, -1)",
    ],
    "arithmetic": ["a + b'x'[1:] -> a - b'x'[1:]", "-1 -> 1"],
    "text": ["b'x' -> b'xX'"],
    "slice": ["[1:] -> [:]", "[2:] -> [:]"],
    "call": ["min(a, -1) -> max(a, -1)"],
    "result": ["return a + b'x'[1:] or min(a, -1) -> return None"],
    "left out": ["raise ValueError('a wrong word', 5) -> pass", "found.clear() -> pass"],
    "handler": [f"except (KeyError, OSError): -> except ({kept},):" for kept in ("KeyError", "OSError")],
}  # fmt: skip


def test_what_is_changed_and_what_is_not(tmp_path: Path) -> None:
    (tmp_path / "it.py").write_text(SOURCE)
    found: dict[str, list[str]] = {}
    for mutant in operators.mutants(tmp_path / "it.py"):
        found.setdefault(mutant.kind, []).append(mutant.changed)
    assert {kind: sorted(changes) for kind, changes in found.items()} == {
        kind: sorted(changes) for kind, changes in CHANGES.items()
    }


def in_a_fork(mutant: Mutant, ask: Callable[[], bool]) -> bool:
    child = os.fork()
    if not child:
        apply(mutant, [])
        os._exit(ask())
    return bool(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


def refused(look: Callable[..., object], *given: object) -> bool:
    try:
        look(*given)
    except Refuted:
        return True
    return False


def one(module: str, where: str, changed: str) -> Mutant:
    return next(each for each in running.all_mutants(module) if (each.where, each.changed) == (where, changed))


ZERO = bytes(32)
PLACES: dict[str, tuple[tuple[str, str, str], Callable[[], bool]]] = {
    "a function": (
        ("lotmap", "_climb", "siblings[-1] == EMPTY_MAP -> siblings[-1] != EMPTY_MAP"),
        lambda: refused(lotmap.root_from_membership, ZERO, ZERO, [EMPTY_MAP]),
    ),
    "a value that others imported": (
        ("lotmap", "", "256 -> 257"),
        lambda: refused(bundle.parse_head, {"count": 1, "index": 0, "siblings": [encoding.b64(ZERO)] * 257}),
    ),
    "a function behind a cache": (
        ("ed25519", "_load", "y >= _P -> y > _P"),
        lambda: refused(ed25519.check_key, (2**255 - 19).to_bytes(32, "little")),
    ),
    "a property": (
        ("alarms", "Alarm.mark", "self.key or self.text -> self.key and self.text"),
        lambda: alarms.Alarm("LOT", "text").mark == "text",
    ),
    "a value of a class": (("report", "Findings", "16 -> 17"), lambda: report.Findings.LIMIT == 16),
    "a member of an enumeration": (("report", "Verdict", "'yes' -> 'yesX'"), lambda: report.Verdict.YES.value == "yes"),
    "a default": (("encoding", "string", "65536 -> 65537"), lambda: refused(encoding.string, "x" * 65537, "it")),
    "a line left out": (
        ("checkpoint", "parse_checkpoint", "raise Refuted('checkpoint size', '1 to 2^53-1', 0) -> pass"),
        lambda: refused(checkpoint.parse_checkpoint, f"a\n0\n{encoding.b64(ZERO)}\nlots {encoding.b64(ZERO)}\n"),
    ),
    "one of several names": (("entry", "", "4 -> 5"), lambda: entry.NOTICE == 4),
    "what was worked out from a value": (("ed25519", "", "19 -> 20"), lambda: 2**255 - 20 in ed25519._SMALL_ORDER_Y),
    "the default that a value is": (("partition", "", "15 -> 16"), lambda: partition.bits_for((1 << 15) + 1) == 1),
}


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES.keys())
def test_a_change_is_there_in_the_fork_and_nowhere_else(place: tuple[tuple[str, str, str], Callable[[], bool]]) -> None:
    (module, where, changed), ask = place
    assert ask()
    mutant = one(module, where, changed)
    assert not in_a_fork(mutant, ask)
    assert ask()


def test_every_reason_is_of_a_mutant_that_there_is() -> None:
    known = mutants.reasons(mutants.REASONS)
    assert all(len(why) > 20 for why in known.values())
    assert mutants.unknown(known, running.all_mutants()) == []


def test_who_may_live() -> None:
    first, second = running.all_mutants("lotmap")[:2]
    lives, dies, hangs = Fate(first, SURVIVED), Fate(second, KILLED), Fate(second, HUNG)
    for dead in (dies, hangs):
        mutants.check([dead] * 19 + [lives], {first.key: "why"}, [], True)
    for fates, known, broken, what in (
        ([lives, dies], {}, [], "survivors"),
        ([dies], {second.key: "why"}, [], "it is killed"),
        ([lives, dies], {first.key: "why"}, [], "at least 95"),
        ([dies], {}, ["a test"], "control"),
    ):
        with pytest.raises(Contradiction, match=what):
            mutants.check(fates, known, broken, True)
    mutants.check([lives, dies], {first.key: "why"}, [], False)
