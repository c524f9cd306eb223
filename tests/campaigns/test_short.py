"""Each campaign with a few cases and a fresh seed, which is printed where one fails."""

import secrets

from tests.campaigns import contract, crash, hostile, tamper
from tests.campaigns.campaign import Plan


def test_contract() -> None:
    plan = Plan(secrets.randbits(32), 0.001)
    print(plan)
    figures = {row.what: row.value for row in contract.campaign(plan)}
    assert figures["proofs tried on them"] > 200


def test_crash() -> None:
    plan = Plan(secrets.randbits(32), 1 / crash.BLOWS)
    missed = [row for row in crash.campaign(plan) if row.reached is False]
    assert not missed, f"seed {plan.seed}: {missed}"


def test_hostile() -> None:
    plan = Plan(secrets.randbits(32), 0.002)
    print(plan)  # shown where it fails
    missed = [row for row in hostile.campaign(plan) if row.reached is False]
    assert not missed, f"seed {plan.seed}: {missed}"


def test_tamper() -> None:
    plan = Plan(secrets.randbits(32), 0.005)
    print(plan)  # shown where it fails
    missed = [row for row in tamper.campaign(plan) if row.reached is False]
    assert not missed, f"seed {plan.seed}: {missed}"
