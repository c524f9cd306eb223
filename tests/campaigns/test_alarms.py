"""One failure that shows quickly, drawn anew each time; `./lotproof campaign alarms` has them all."""

import secrets

from tests.campaigns import alarms
from tests.campaigns.alarms_blows import BLOWS
from tests.campaigns.campaign import Plan

QUICK = ("the account is empty", "the account is nearly empty", "somebody else uses the anchorer key")


def test_an_alarm_stands_at_every_place_in_time() -> None:
    plan = Plan(secrets.randbits(32), 1 / len(QUICK))
    print(plan)  # shown where it fails
    missed = [row for row in alarms.campaign(plan, QUICK) if row.reached is False]
    assert not missed, f"seed {plan.seed}: {missed}"


def test_the_quick_ones_are_among_them() -> None:
    assert {each.name for each in BLOWS} >= set(QUICK)
