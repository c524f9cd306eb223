"""One failure that shows quickly or one lie, drawn anew each time; `./lotproof campaign alarms` has them all."""

import secrets

from anchoring.alarms import Kind
from tests.campaigns import alarms
from tests.campaigns.alarms_blows import BLOWS
from tests.campaigns.alarms_lies import LIES
from tests.campaigns.campaign import Plan
from verifier.alarms import CLASSES

QUICK = ("the account is empty", "the account is nearly empty", "somebody else uses the anchorer key")
QUICK_LIES = ("two roots are signed for one size", "another history is signed", "the tiles lead to another root")
MISTAKES = {"MONITOR"}  # of ours; tests/verifier/test_monitor_command.py makes one


def test_an_alarm_stands_at_every_place_in_time() -> None:
    plan, drawn = Plan(secrets.randbits(32)), (secrets.choice(QUICK + QUICK_LIES),)
    print(plan, drawn)  # shown where it fails
    missed = [row for row in alarms.campaign(plan, drawn) if row.reached is False]
    assert not missed, f"seed {plan.seed}: {missed}"


def test_the_quick_ones_are_among_them() -> None:
    assert {each.name for each in BLOWS} >= set(QUICK) and {each.name for each in LIES} >= set(QUICK_LIES)


def test_each_alarm_of_the_ledger_has_a_failure_that_raises_it() -> None:
    raised = {each.kinds[0] for each in BLOWS if len(each.kinds) == 1}
    assert {kind.title for kind in Kind} == raised - {"DATABASE AWAY"}


def test_each_alarm_of_the_monitor_has_a_lie_that_raises_it() -> None:
    assert {each.kind for each in LIES} == CLASSES.keys() - MISTAKES


def test_what_a_person_must_clear_is_what_does_not_go_by_itself() -> None:
    """FINALITY VIOLATION, ROLLBACK and WAREHOUSE BEHIND go with the command that mends them."""
    cleared = {kind for each in BLOWS for kind in each.clear} | {"FINALITY VIOLATION", "ROLLBACK", "WAREHOUSE BEHIND"}
    assert cleared == {kind.title for kind in Kind if not kind.passes} - {"LATE"}
