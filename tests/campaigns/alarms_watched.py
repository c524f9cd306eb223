"""How long until a partner's monitor cries out about what he is shown, tells what to do, and says that it is over."""

import subprocess
import time
from collections.abc import Iterator
from typing import Any

from bench.rows import Row
from tests.campaigns.alarms_lies import Lie
from tests.campaigns.alarms_partner import EVERY, USUALLY, Partner, Told, partner
from tests.campaigns.alarms_stage import Stage
from tests.campaigns.campaign import Contradiction
from verifier.alarms import CLASSES

GOAL = 120.0 - (USUALLY - EVERY)  # seconds: so that it is kept by who looks as rarely as nobody says otherwise
PATIENCE = 150.0


def betrayed(on: Stage, each: Lie) -> Iterator[Row]:
    """The figures of one lie; raises Contradiction where the monitor does not keep its word."""
    with partner(on, each.options) as who:
        on.strikes()
        with each.act(who):
            told, metrics = _cried(on, who, each)
            _check(who, each, told)
            mended = time.monotonic()
        ended = _ended(on, who, each) - mended
    yield Row(f"{each.name}: {each.kind}", told.at - on.struck, "s to webhook", "less", GOAL)
    yield Row("    in the monitor's metrics", metrics, "s", "less", GOAL)
    yield Row("    put right, to its end told", ended, "s")


def _cried(on: Stage, who: Partner, each: Lie) -> tuple[Told, float]:
    """What the webhook was told, and the seconds until the metrics had it."""
    try:
        on.wait(lambda: each.kind in who.in_metrics(), PATIENCE)
        metrics = time.monotonic() - on.struck
        on.wait(lambda: _told(on, who, each, "raised"), PATIENCE)
    except AssertionError:
        raise Contradiction(each.name, f"the monitor's alarm {each.kind}", who.said()) from None
    return _told(on, who, each, "raised")[0], metrics


def _told(on: Stage, who: Partner, each: Lie, what: str) -> list[Told]:
    """The messages since the blow by which this alarm was `raised` or `ended`."""

    def kinds(message: dict[str, Any]) -> list[str]:
        return message["ended"] if what == "ended" else [alarm["class"] for alarm in message["raised"]]

    return [told for told in who.bell.told if told.at >= on.struck and each.kind in kinds(told.message)]


def _check(who: Partner, each: Lie, told: Told) -> None:
    """It says what is wrong and what to do; evidence convinces a third person."""
    (alarm,) = [alarm for alarm in told.message["raised"] if alarm["class"] == each.kind]
    if not alarm["text"] or (alarm["exit"], alarm["todo"]) != CLASSES[each.kind]:
        raise Contradiction(each.name, f"what is wrong, and {CLASSES[each.kind]}", alarm)
    if each.kind == "FORK" and not _convinces(who, alarm["evidence"]):
        raise Contradiction(each.name, "evidence that convinces", alarm)


def _convinces(who: Partner, evidence: str) -> bool:
    argv = [*who.verifier, evidence, "--as", "fork", "--policy", who.folder / "policy.toml", "--offline"]
    return subprocess.run(argv, capture_output=True, cwd="/").returncode == 0


def _ended(on: Stage, who: Partner, each: Lie) -> float:
    """When the webhook was told that the alarm ended, by itself or after a person's word; and then all is fine."""
    who.log.heal()
    who.node.heal()
    if each.settled is not None:
        who.stop()
        who.start(*each.settled)
    try:
        on.wait(lambda: _told(on, who, each, "ended"), PATIENCE)
        who.fine()
    except AssertionError:
        raise Contradiction(f"after “{each.name}”", f"the end of {each.kind}", who.said()) from None
    return _told(on, who, each, "ended")[0].at
