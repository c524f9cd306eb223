"""Passes over parts of an audit: in as many processes as were asked for, never more than there are parts."""

import os
from multiprocessing import active_children
from typing import Any

import pytest

from verifier import audit_parts
from verifier.partition import Looked


def where(part: int) -> Looked:
    """Of a pass that tells nothing but the process it ran in."""
    return Looked(os.getpid(), bytes([part]))


def processes(jobs: int, parts: int) -> tuple[bool, int]:
    """Whether another process did it, and how many there were for it."""
    passes = audit_parts._passes(where, range(parts), jobs)
    first = next(passes)
    count = len(active_children())
    rest = list(passes)
    assert [first.places, *(each.places for each in rest)] == [bytes([part]) for part in range(parts)]
    return os.getpid() not in {each.subjects for each in (first, *rest)}, count


@pytest.mark.parametrize(
    ("jobs", "parts", "expected"),
    [(1, 3, (False, 0)), (2, 1, (False, 0)), (2, 2, (True, 2)), (2, 3, (True, 2)), (3, 2, (True, 2))],
)
def test_there_are_as_many_processes_as_jobs_and_parts(jobs: int, parts: int, expected: Any) -> None:
    assert processes(jobs, parts) == expected


def test_where_processes_do_not_fork_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_parts, "get_all_start_methods", lambda: ["spawn"])
    assert processes(2, 2) == (False, 0)
