"""The sequencer broken at every step, in every way: nothing is lost, nothing is doubled, no gap, no fork."""

import os
import signal
from collections.abc import Callable
from typing import NoReturn

import pytest
from sqlalchemy import create_engine, text

from anchoring.errors import Overtaken
from anchoring.sequencer import STEPS
from tests.anchoring.ledger.world import Ledger, about, drain


class Broken(Exception):
    """What a test raises inside the sequencer."""


def at(wanted: str, act: Callable[[], None]) -> Callable[[str], None]:
    """Act once, at the named step."""
    left = [wanted]

    def step(name: str) -> None:
        if left == [name]:
            left.clear()
            act()

    return step


def broken() -> None:
    raise Broken


def cut_others(ledger: Ledger) -> None:
    """End all connections to the database, as a server does that stops."""
    with ledger.engine.begin() as connection:
        others = "datname = current_database() AND pid <> pg_backend_pid() AND state IS NOT NULL"
        connection.execute(text(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}"))
    ledger.engine.dispose()


def test_every_step_is_passed_in_this_order(ledger: Ledger) -> None:
    passed: list[str] = []
    ledger.submit_many(3)
    ledger.sequencer(after=passed.append).step()
    assert tuple(passed) == STEPS


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("before", [0, 255, 300])
def test_an_exception_at_any_step_leaves_all_or_nothing(ledger: Ledger, step: str, before: int) -> None:
    if before:
        ledger.submit_many(before)
        drain(ledger.sequencer(lock=9))
    ledger.submit_many(5)
    sequencer = ledger.sequencer(after=at(step, broken))
    with pytest.raises(Broken):
        sequencer.step()
    done = step == "committed"
    assert (ledger.waiting(), len(ledger.order())) == ((0, before + 5) if done else (5, before))
    ledger.submit_many(2)
    assert drain(sequencer) == (2 if done else 7)


@pytest.mark.parametrize("step", STEPS)
def test_a_connection_lost_at_any_step_leaves_all_or_nothing(ledger: Ledger, step: str) -> None:
    ledger.submit_many(5)
    sequencer = ledger.sequencer(after=at(step, lambda: cut_others(ledger)))
    if step == "committed":
        assert sequencer.step() == 5
    else:
        with pytest.raises(Exception, match=r"terminat|clos|lost"):
            sequencer.step()
    ledger.submit_many(2)
    try:
        drain(sequencer)
    except Exception:  # the round after a commit may be the one that notices
        drain(sequencer)
    assert ledger.waiting() == 0


@pytest.mark.parametrize("step", STEPS)
def test_a_process_killed_at_any_step_leaves_all_or_nothing(ledger: Ledger, step: str) -> None:
    ledger.submit_many(300)
    drain(ledger.sequencer(lock=9))
    ledger.submit_many(5)
    child = os.fork()
    if child == 0:
        killed_at(ledger, step)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    ledger.submit_many(2)
    sequencer = ledger.sequencer()
    while ledger.waiting():  # the server frees the lock when it notices that the process is gone
        sequencer.step()
    assert len(ledger.order()) == 307


@pytest.mark.parametrize("first", STEPS)
def test_a_failure_while_starting_again_after_a_failure(ledger: Ledger, first: str) -> None:
    """The class of fault that broke a log in 2025: the reload after a failure fails itself."""
    ledger.submit_many(5)
    failing = [True]

    def may_sign(connection: object) -> bool:
        if failing:
            failing.clear()
            raise Broken
        return True

    sequencer = ledger.sequencer(after=at(first, lambda: (failing.append(True), broken())[1]), may_sign=may_sign)
    for _ in range(3):
        with pytest.raises(Broken):
            sequencer.step()
    ledger.submit_many(1)
    assert drain(sequencer) in (1, 6)
    assert ledger.waiting() == 0


@pytest.mark.parametrize("commit_fails", [False, True])
def test_ids_of_an_aborted_round_are_given_again_and_nothing_of_it_is_remembered(
    ledger: Ledger, commit_fails: bool
) -> None:
    """Page ids are reused after an abort: remembering a page too early would poison the next round."""
    ledger.submit_many(40, lots=40)
    sequencer = ledger.sequencer(after=at("finished", (lambda: cut_others(ledger)) if commit_fails else broken))
    with pytest.raises(Exception, match=r"terminat|clos|lost" if commit_fails else None):
        sequencer.step()
    with ledger.engine.begin() as connection:
        connection.execute(text("DELETE FROM ledger.submission"))
    ledger.statements.clear()
    ledger.submit(about(1000), about(1001))
    assert drain(sequencer) == 2
    ledger.submit_many(40, lots=40)
    assert drain(sequencer) == 40


def test_one_overtaken_starts_again_from_what_is_stored(ledger: Ledger) -> None:
    other = ledger.sequencer(lock=9)
    ledger.submit_many(2)
    sequencer = ledger.sequencer(after=at("stored", lambda: None))
    assert sequencer.step() == 2
    ledger.submit_many(2)
    assert other.step() == 2
    ledger.submit_many(2)
    with pytest.raises(Overtaken):
        sequencer.step()
    assert sequencer.step() == 2


def killed_at(ledger: Ledger, step: str) -> NoReturn:
    """In a process of its own, with connections of its own: sequence, and die at the step."""
    try:
        ledger.engine = create_engine(ledger.engine.url)
        ledger.sequencer(after=at(step, lambda: os.kill(os.getpid(), signal.SIGKILL))).step()
    finally:
        os._exit(1)
