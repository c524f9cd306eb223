"""Which tests look at a line, and how long each takes: asked by running them all once under coverage.

What a file of tests looked at is kept in the folder for temporary files as long as neither it, nor the room, nor the
tools of its tests change.
"""

import hashlib
import os
import pickle
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import coverage
import pytest

ROOT = Path(__file__).parents[3]
ROOM, TESTS = ROOT / "verifier", ROOT / "tests" / "verifier"


@dataclass(slots=True)
class Watched:
    """By test: the lines it ran of each module, and its seconds; a test that fails has neither."""

    lines: dict[str, dict[str, set[int]]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)


def watch(items: list[pytest.Item]) -> Watched:
    """Run the tests that are not known yet, under coverage; `items` are all there are."""
    known, common = Watched(), _common()
    by_file: dict[Path, list[pytest.Item]] = {}
    for item in items:
        by_file.setdefault(item.path, []).append(item)
    for path, own in by_file.items():
        kept = _kept(path, common)
        found = _load(kept) or _run(own)
        if not kept.exists():
            kept.write_bytes(pickle.dumps(found))
        known.lines |= found.lines
        known.seconds |= found.seconds
    return known


def _run(items: list[pytest.Item]) -> Watched:
    found = Watched()
    measuring = coverage.Coverage(data_file=None, source=[str(ROOM)], config_file=False)
    measuring.set_option("run:concurrency", ["thread"])
    for item, after in zip(items, [*items[1:], None], strict=True):
        measuring.start()
        measuring.switch_context(item.nodeid)
        started = time.perf_counter()
        good = passed(item, after)
        took = time.perf_counter() - started
        measuring.stop()
        if good:
            found.seconds[item.nodeid] = took
    data = measuring.get_data()
    for file in data.measured_files():
        for line, tests in data.contexts_by_lineno(file).items():
            for test in tests:
                if test in found.seconds:
                    found.lines.setdefault(test, {}).setdefault(Path(file).stem, set()).add(line)
    return found


def passed(item: pytest.Item, after: pytest.Item | None) -> bool:
    """Whether it ran and neither failed nor was skipped."""
    from _pytest.runner import runtestprotocol

    reports = runtestprotocol(item, log=False, nextitem=after)
    return all(report.passed for report in reports)


def _common() -> str:
    tools = [path for path in sorted(TESTS.glob("*.py")) if not path.name.startswith("test_")]
    return _hash([*sorted(ROOM.glob("*.py")), *tools])


def _hash(paths: list[Path]) -> str:
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in paths)).hexdigest()[:16]


def _kept(path: Path, common: str) -> Path:
    folder = Path(tempfile.gettempdir()) / f"lotproof-mutants-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder / f"{path.stem}-{common}-{_hash([path])}"


def _load(kept: Path) -> Watched | None:
    return pickle.loads(kept.read_bytes()) if kept.exists() else None


def lookers(watched: Watched, module: str, lines: range) -> Iterator[str]:
    """The tests that ran one of these lines."""
    wanted = set(lines)
    for test, ran in watched.lines.items():
        if not wanted.isdisjoint(ran.get(module, ())):
            yield test
