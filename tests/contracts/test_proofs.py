"""Consistency proofs and accumulator paths of every shape, through the real contract: all small ones, and ones up to
2^53-1.

Proofs come from the recursive definition (rfc6962.py); what a forged one must be answered comes from the naive model.
"""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.contracts import logs, rfc6962
from tests.contracts.model import LARGEST, Anchor, Model, check_consistency
from tests.contracts.onchain import Chain, LotAnchor, Reverted
from tests.contracts.overridden import Overridden

MAP_ROOT = b"\x4d" * 32

#: Around the powers of two is where trees change their shape.
SIZES = st.one_of(
    st.integers(1, 300),
    st.integers(1, LARGEST),
    st.builds(lambda k, d: min(max(2**k + d, 1), LARGEST), st.integers(0, 53), st.integers(-3, 3)),
    st.builds(lambda k, j: (2**k + 2**j) % LARGEST + 1, st.integers(0, 52), st.integers(0, 52)),
)


def at_size(contract: LotAnchor, size: int, root: bytes) -> Overridden:
    state = Overridden(contract)
    state.set_head(size=size, count=1, epoch=0)
    state.set_log_root(root)
    return state


def test_every_pair_of_sizes_up_to_48_extends_and_no_fork_of_it_does(chain: Chain, contract: LotAnchor) -> None:
    log, fork = logs.leaves(48), logs.leaves(48, "fork")
    for new in range(2, 49):
        honest, forged = [], []
        for old in range(1, new):
            state = at_size(contract, old, rfc6962.mth(log[:old]))
            honest.append(state.call_anchor(*logs.step(log, old, new)))
            other = [*log[: old - 1], *fork[old - 1 : new]]
            forged.append(state.call_anchor(*logs.step(other, old, new)))
        answers = chain.batch([*honest, *forged, honest[0]])
        assert all(answer == "0x" for answer in answers[: new - 1])
        refusals = answers[new - 1 : -1]
        assert all(
            isinstance(answer, Reverted) and answer.name in ("WrongOldRoot", "WrongNewRoot") for answer in refusals
        )


@settings(max_examples=60, deadline=None)
@given(one=SIZES, other=SIZES, mark=st.integers(0, LARGEST), seed=st.integers(0, 2**32))
def test_a_proof_between_any_sizes_is_judged_as_the_naive_model_does(
    chain: Chain, one: int, other: int, mark: int, seed: int
) -> None:
    old, new = min(one, other), max(one, other)
    if old == new:
        return
    contract = _deployed(chain)
    log = logs.Vast(new, ((mark % old, b"\x22" * 32), (old - 1, b"\x33" * 32), (new - 1, b"\x44" * 32)))
    old_root, new_root, proof = rfc6962.mth(log[:old]), rfc6962.mth(log), rfc6962.proof(old, log)
    assert len(proof) <= 54
    tries = [(new_root, proof), *_forged(random.Random(seed), log, old, new_root, proof)]
    state = at_size(contract, old, old_root)
    answers = chain.batch([state.call_anchor(old, new, root, MAP_ROOT, sent) for root, sent in tries])
    assert answers == [_judge(old, new, old_root, root, sent) for root, sent in tries]
    assert answers[0] == "0x"


def _forged(
    dice: random.Random, log: logs.Vast, old: int, new_root: bytes, proof: list[bytes]
) -> list[tuple[bytes, list[bytes]]]:
    new = len(log)
    fork = logs.Vast(new, ((dice.randrange(old), b"\x55" * 32),))
    at = dice.randrange(len(proof))
    flipped = bytes([proof[at][0] ^ 1 << dice.randrange(8)]) + proof[at][1:]
    return [
        (rfc6962.mth(fork), rfc6962.proof(old, fork)),
        (rfc6962.mth(fork), proof),
        (bytes([new_root[0] ^ 1]) + new_root[1:], proof),
        (new_root, [*proof[:at], flipped, *proof[at + 1 :]]),
        (new_root, proof[:at] + proof[at + 1 :]),
        (new_root, [*proof[:at], new_root, *proof[at:]]),
        (new_root, [*proof, proof[-1]]),
        (new_root, dice.sample(proof, len(proof))),
        (new_root, []),
        (new_root, [new_root] * 65),
    ]


def _judge(old: int, new: int, old_root: bytes, new_root: bytes, proof: list[bytes]) -> str | Reverted:
    try:
        check_consistency(old, new, old_root, new_root, proof)
    except Reverted as refusal:
        return refusal
    return "0x"


_contracts: dict[int, LotAnchor] = {}


def _deployed(chain: Chain) -> LotAnchor:
    """One contract for all examples; nothing is mined on it."""
    if id(chain) not in _contracts:
        _contracts[id(chain)] = LotAnchor(chain)
    return _contracts[id(chain)]


def test_every_anchor_is_found_under_its_peak_and_at_no_other_place(contract: LotAnchor) -> None:
    model = Model("", "")
    for count in range(1, 28):
        model.anchors.append(Anchor(0, count, b"\x01" * 32, MAP_ROOT, count, 1_000_000 + count))
        for index, shown in enumerate(model.anchors):
            state = Overridden(contract)
            state.set_head(size=count, count=count, epoch=0)
            state.set_peaks(count, list(model.accumulator()[1]))
            state.set_proposal(index, opens_at=1)
            assert state.may_open(shown, model.path(index))
            for other in {index - 1, index + 1, index ^ 2, index ^ 4} & set(range(count)) - {index}:
                assert not state.may_open(model.anchors[other], model.path(other)), "another anchor's leaf and path"
