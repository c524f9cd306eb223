"""Buckets that several processes share: exact among them, of a fixed size, and not stuck when one of them dies."""

import subprocess
import sys
from pathlib import Path

import pytest

from service.budgets import table
from service.budgets.rate import LEAST, SECOND, Rate
from service.budgets.table import SIZE, Draw, Table

ROOT = Path(__file__).parents[3]
FOUR = Rate(4)  # 20 at once
NOW = 5_000 * SECOND

TAKING = """
import sys
from pathlib import Path
from service.budgets.rate import Rate
from service.budgets.table import Draw, Table
shared = Table(Path(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
print(sum(shared.take([Draw("party:1", Rate(1000))], 5_000_000_000_000) is None for _ in range(6000)))
"""
DYING = """
import fcntl, os, sys
fcntl.lockf(open(sys.argv[1], "r+b"), fcntl.LOCK_EX)
os.kill(os.getpid(), 9)
"""


def granted(buckets: Table, tries: int, *draws: Draw, now: int = NOW) -> int:
    return sum(buckets.take(draws, now) is None for _ in range(tries))


def test_a_bucket_gives_what_it_holds_and_refills_steadily() -> None:
    buckets, draw = Table(), Draw("key:a", FOUR)
    assert granted(buckets, 50, draw) == 20
    assert granted(buckets, 50, draw, now=NOW + 3 * SECOND) == 12
    assert granted(buckets, 50, draw, now=NOW + 3600 * SECOND) == 20


def test_who_is_refused_learns_how_long_and_is_not_charged() -> None:
    buckets, draw = Table(), Draw("key:a", FOUR)
    granted(buckets, 20, draw)
    for _ in range(100):
        assert buckets.take([draw], NOW) == (SECOND // 4, draw)
    assert buckets.take([draw], NOW + SECOND // 4) is None


def test_of_several_buckets_all_are_charged_or_none() -> None:
    buckets, small, large = Table(), Draw("costly:7", FOUR), Draw("party:7", Rate(8))
    assert granted(buckets, 100, large, small) == 20
    assert granted(buckets, 100, large) == 20, "expected the refused ones not to be charged to the party"


def test_what_costs_more_is_granted_less_often_and_any_full_bucket_pays_for_it() -> None:
    assert granted(Table(), 50, Draw("key:a", FOUR, cost=5)) == 4
    assert granted(Table(), 50, Draw("key:a", Rate(0.01), cost=LEAST)) == 1


def test_processes_share_one_bucket_to_the_request(tmp_path: Path) -> None:
    table.make(tmp_path / "table")
    command = [sys.executable, "-c", TAKING, str(tmp_path / "table")]
    pipe = subprocess.PIPE
    running = [subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True) for _ in range(3)]
    assert [each.stdout.readline() for each in running if each.stdout] == ["ready\n"] * 3
    for each in running:
        assert each.stdin
        each.stdin.write("go\n")
        each.stdin.flush()
    assert sum(int(each.communicate(timeout=60)[0]) for each in running) == 5_000


def test_who_dies_while_looking_holds_nobody_up(tmp_path: Path) -> None:
    table.make(tmp_path / "table")
    assert subprocess.run([sys.executable, "-c", DYING, str(tmp_path / "table")]).returncode == -9
    assert granted(Table(tmp_path / "table"), 1, Draw("key:a", FOUR)) == 1


@pytest.mark.parametrize("names", [30_000])
def test_names_that_somebody_invents_take_no_memory_and_free_no_debtor(tmp_path: Path, names: int) -> None:
    table.make(tmp_path / "table")
    buckets, debtor = Table(tmp_path / "table"), Draw("address:192.0.2.1", FOUR)
    granted(buckets, 20, debtor)
    for number in range(names):
        buckets.take([Draw(f"address:{number}", FOUR)], NOW)
    assert granted(buckets, 1, debtor) == 0
    assert (tmp_path / "table").stat().st_size == SIZE
