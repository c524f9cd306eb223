"""The campaign with a few cases and a fresh seed, which is printed where it fails."""

import secrets

from tests.campaigns import restore
from tests.campaigns.campaign import Plan


def test_restore() -> None:
    plan = Plan(secrets.randbits(32), 0.1)
    print(plan)  # shown where it fails
    missed = [row for row in restore.campaign(plan) if row.reached is False]
    assert not missed, f"seed {plan.seed}: {missed}"
