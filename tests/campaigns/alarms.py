"""One failure after the other befalls the running product; how long until a person could know of it, at each place
where people look: GET /api/v1/status, GET /metrics, `lotproof status`. In between a partner is lied to, or left alone,
and his monitor cries out. Afterwards it is put right, and no alarm stays.

Goal: two minutes. And the time from the death of a part to the next movement that has its receipt. At scale 1 every
failure and every lie once, in an order drawn from the seed; with minutes again and again for so long.
"""

import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random

from bench.rows import Row
from tests.campaigns import alarms_anchors, alarms_database  # noqa: F401 - they add their blows
from tests.campaigns.alarms_blows import BLOWS, Blow
from tests.campaigns.alarms_lies import LIES, Lie
from tests.campaigns.alarms_stage import LOOK, Stage, stage
from tests.campaigns.alarms_watched import betrayed
from tests.campaigns.campaign import Contradiction, Plan

GOAL = 120.0  # seconds
PATIENCE = 150.0
DEATHS = {
    "web": ("service.cli", "web"),
    "worker": ("service.cli", "worker"),
    "PostgreSQL": ("postgres", "-D"),
}


@dataclass(frozen=True, slots=True)
class Noticed:
    """Seconds from a failure to its alarm, by place; infinite where it was not seen within the patience."""

    api: float
    metrics: float
    status: float


def campaign(plan: Plan, only: tuple[str, ...] = ()) -> Iterator[Row]:
    """All failures and lies, or those named `only`, as many as the scale says; with minutes, for so long."""
    dice = plan.dice("alarms")
    with stage(dice) as on:
        on.record()
        on.wait(on.calm, 60)
        for each in _drawn(plan, dice, _possible(on, only)):
            on.wait(on.alive, PATIENCE)
            yield from betrayed(on, each) if isinstance(each, Lie) else _suffered(on, each)
        if not only:
            for name, words in DEATHS.items():
                yield Row(f"{name} killed, to the next receipt", _recovered(on, words), "s", "less", GOAL)


def _possible(on: Stage, only: tuple[str, ...]) -> list[Blow | Lie]:
    """What can happen on this machine."""
    blows = [each for each in BLOWS if on.disk is not None or not each.disk]
    both: list[Blow | Lie] = [*blows, *LIES]
    return [each for each in both if not only or each.name in only]


def _drawn(plan: Plan, dice: Random, chosen: list[Blow | Lie]) -> Iterator[Blow | Lie]:
    """In a new order each time round."""
    begun, drawn = time.monotonic(), 0
    while True:
        for each in dice.sample(chosen, len(chosen)):
            late = plan.minutes is not None and time.monotonic() - begun > plan.minutes * 60
            if late or (plan.minutes is None and drawn >= plan.many(len(chosen))):
                return
            drawn += 1
            yield each


def _suffered(on: Stage, each: Blow) -> Iterator[Row]:
    on.strikes()
    with each.act(on):
        noticed = _noticed(on, each, on.struck)
    healed = _healed(on, each)
    yield Row(f"{each.name}: {' or '.join(each.kinds)}", noticed.api, "s to API", "less", GOAL)
    yield Row("    in /metrics", noticed.metrics, "s", "less", GOAL)
    yield Row("    in lotproof status", noticed.status, "s", "less", GOAL)
    yield Row("    put right, to calm again", healed, "s")


def _healed(on: Stage, each: Blow) -> float:
    """Seconds until a movement is recorded again and all is calm. What a person must clear stands until he does."""
    begun = time.monotonic()
    if gone := {*each.clear} - on.in_api():
        raise Contradiction(each.name, f"{gone} stands until it is cleared", on.running.status())
    on.clear(*each.clear)
    try:
        on.must_record()
        on.wait(on.calm, PATIENCE)
    except AssertionError:
        raise Contradiction(f"after “{each.name}” was put right", "no alarm", on.running.status()) from None
    return time.monotonic() - begun


def _noticed(on: Stage, each: Blow, begun: float) -> Noticed:
    """API and metrics are asked in turn, ten times a second; the command, which takes a second, once it stands."""
    api, metrics = float("inf"), float("inf")
    while time.monotonic() - begun < PATIENCE and float("inf") in (api, metrics):
        api = min(api, _seen(on.in_api, each, begun))
        metrics = min(metrics, _seen(on.in_metrics, each, begun))
        time.sleep(LOOK)
    if api == float("inf"):
        raise Contradiction(each.name, f"the alarm {' or '.join(each.kinds)} within {PATIENCE:.0f} s", on.in_api())
    status = _seen(on.in_status, each, begun)
    while status == float("inf") and time.monotonic() - begun < PATIENCE:
        status = _seen(on.in_status, each, begun)
    return Noticed(api, metrics, status)


def _seen(look: Callable[[], set[str]], each: Blow, begun: float) -> float:
    """Seconds since `begun` if it is there now, else infinite."""
    try:
        return time.monotonic() - begun if look() & {*each.kinds} else float("inf")
    except (OSError, ValueError):
        return float("inf")


def _recovered(on: Stage, words: tuple[str, ...]) -> float:
    """Seconds from the kill to the next movement that was answered with its receipt."""
    on.wait(on.alive, PATIENCE)
    for pid in on.running.part(*words):
        os.kill(pid, signal.SIGKILL)
    begun = time.monotonic()
    on.wait(lambda: (told := on.record()) and told[0] == 201 and told[1].get("receipts"), PATIENCE)
    seconds = time.monotonic() - begun
    on.wait(on.calm, PATIENCE)
    return seconds
