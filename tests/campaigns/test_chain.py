"""A few lives with a fresh seed, and whether the campaign finds a worker out that does not keep its promises."""

import secrets
from collections.abc import Iterator
from dataclasses import replace
from random import Random

import pytest

from anchoring import ours
from anchoring.anchorer import Anchorer
from anchoring.sender import Sender
from tests.campaigns import chain, chain_life
from tests.campaigns.campaign import Contradiction, Plan
from tests.campaigns.chain_life import lived
from tests.campaigns.chain_stage import Stage


@pytest.fixture
def stage(database_url: str) -> Iterator[Stage]:
    made = Stage(database_url)
    yield made
    made.engine.dispose()


def test_chain(stage: Stage) -> None:
    plan = Plan(secrets.randbits(32))
    print(plan)  # shown where it fails
    missed = [row for row in chain.rows(chain.lives(stage, plan, range(6))) if row.reached is False]
    assert not missed, f"seed {plan.seed}: {missed}"


def test_a_life_leaves_nothing_behind_and_is_the_same_again(stage: Stage) -> None:
    first, second = (lived(stage, Random("a life"), "a life", 6) for _ in range(2))
    assert (first.quiet, first.lines[0].calls, first.roots) == (second.quiet, second.lines[0].calls, second.roots)
    with stage.engine.connect() as conn:
        assert conn.exec_driver_sql("SELECT count(*) FROM ledger.entry").scalar_one() == 0


def found_out(stage: Stage) -> str:
    """The first contradiction of a worker that is bent."""
    with pytest.raises(Contradiction) as found:
        for number in range(8):
            lived(stage, Random(f"bent {number}"), f"life {number}", 8)
    return str(found.value)


def test_a_worker_that_calls_too_much_final_is_found_out(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chain_life, "PACE", replace(chain_life.PACE, finality="latest"))
    assert "S2" in found_out(stage)


def test_a_worker_that_anchors_another_root_is_found_out(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    true = ours.plan

    def bent(*asked: object) -> object:
        plan = true(*asked)  # type: ignore[arg-type]
        return None if plan is None else replace(plan, log_root=plan.map_root)

    monkeypatch.setattr(ours, "plan", bent)
    assert "S3" in found_out(stage)


def test_a_worker_that_never_sends_again_is_found_out(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Sender, "push_all", lambda *_: False)
    monkeypatch.setattr(chain_life, "LIVES_IN", 12)
    assert "liveness" in found_out(stage)


def test_a_worker_that_leaves_a_free_nonce_free_is_found_out(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Anchorer, "_waits_behind_a_gap", lambda *_: False)
    monkeypatch.setattr(chain_life, "LIVES_IN", 20)
    monkeypatch.setattr(chain_life.Life, "_climate", lambda life: _calm(life))
    with pytest.raises(Contradiction, match="liveness"):
        _taken_back_with_what_stood_before(stage)


def _calm(life: chain_life.Life) -> dict[str, float]:
    life.liar = False
    return dict.fromkeys((*chain_life.FAULTS, "lies"), 0.0)


def _taken_back_with_what_stood_before(stage: Stage) -> None:
    """Somebody else's transaction, ours behind it, and a reorg that takes both."""
    with stage.life():
        life = chain_life.Life(stage, Random("a gap"), "a gap")
        life._foreign()
        life.node.mine()
        life._record()
        life._round()
        life.node.mine()
        life.node.reorg(2)
        life.live(0)


def test_a_free_nonce_is_filled(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chain_life.Life, "_climate", lambda life: _calm(life))
    _taken_back_with_what_stood_before(stage)
