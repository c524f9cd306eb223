"""The contract, as committed, against everybody: fuzzed, tried out to the end for small logs, and proved.

    fuzzed      eight actors, honest and not, in any order and over months, by forge: `tests/contracts/forge/State.sol`
                says what one call may change, `Invariants.t.sol` what all calls add up to; in whatever state, the
                guardian can replace the anchorer, the old key then anchors no more and the new one goes on
    exhaustive  every two sizes up to 96: the proof of the RFC is accepted; with any hash of it flipped, dropped or
                added, and from a history that differs in its last anchored entry, it is refused
    proved      by halmos, where there is one: from any state, with any arguments, by anybody, for any SHA-256 (and that
                it has no collisions where roots are compared): what each function may change, and by whom

60,000 calls and 96 sizes at scale 1; `minutes`: fuzz for so long instead.
"""

import re
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from time import monotonic

from bench.rows import Row
from service.local import node
from tests.campaigns.campaign import Contradiction, Plan
from tests.contracts import forging, logs, rfc6962
from tests.contracts.onchain import Chain, LotAnchor, Reverted
from tests.contracts.test_proofs import at_size

ACTORS, DEPTH, ROUND, CALLS, SIZES = 8, 60, 20, 60_000, 96
AT_ONCE = 200  # a node takes requests of up to 2 MB
PROOFS = {"Proofs": "what one call may change, from any state", "Consistent": "only consistent roots, sizes up to 8"}
ENOUGH = 0.5  # below it nothing is proved: that takes minutes
Tried = tuple[str, tuple[str, list[object]], bool]


def campaign(plan: Plan) -> Iterator[Row]:
    """Figures of all three; raises Contradiction at the first thing that must not be."""
    yield from _fuzzed(plan)
    yield from _exhaustive(plan)
    if plan.scale >= ENOUGH:
        yield from _proved()


def _fuzzed(plan: Plan) -> Iterator[Row]:
    if forging.forge() is None:
        yield Row("NOT FUZZED: no forge, or no solc of npm", 0, "calls")
        return
    calls, rounds, begun, outcomes = 0, 0, monotonic(), Counter[str]()
    runs = min(ROUND, plan.many(CALLS // DEPTH))
    while monotonic() - begun < 60 * plan.minutes if plan.minutes else calls < plan.many(CALLS):
        calls, rounds = calls + runs * DEPTH, rounds + 1
        outcomes += _round(plan.dice(f"round {rounds}").getrandbits(64), runs)
    yield Row("actors", ACTORS, "people")
    yield Row("sequences of calls", rounds * runs, f"sequences of {DEPTH}")
    yield Row("acts", calls, "acts")
    yield Row("calls of the contract", sum(outcomes.values()), "calls")
    yield Row("seconds of fuzzing", monotonic() - begun, "s")
    for outcome, number in sorted(outcomes.items()):
        yield Row(f"  {outcome}", number, "calls")


def _round(seed: int, runs: int) -> Counter[str]:
    with forging.project() as made:
        try:
            forging.fuzz(made, runs=runs, depth=DEPTH, seed=seed)
        except AssertionError as found:
            raise Contradiction(f"forge --fuzz-seed {seed:#x}", "invariants that hold", str(found)[-3000:]) from None
        return made.outcomes()


def _exhaustive(plan: Plan) -> Iterator[Row]:
    most, begun = max(8, plan.many(SIZES)), monotonic()
    with tempfile.TemporaryDirectory() as folder:
        anvil = node.start_anvil(log=Path(folder) / "anvil.log")
        try:
            chain = Chain(anvil.url)
            contract = LotAnchor(chain)
            tried = sum(_pairs(chain, contract, size, plan) for size in range(2, most + 1))
        finally:
            anvil.stop()
    yield Row("pairs of sizes, all there are", most * (most - 1) // 2, f"pairs up to {most}")
    yield Row("proofs tried on them", tried, "calls")
    yield Row("seconds of trying", monotonic() - begun, "s")


def _pairs(chain: Chain, contract: LotAnchor, new: int, plan: Plan) -> int:
    """Every smaller size: how many proofs were judged, each as it must be."""
    log, dice = logs.leaves(new), plan.dice(f"size {new}").randrange
    cases = [case for old in range(1, new) for case in _cases(contract, log, old, new, dice)]
    answers = [answer for at in range(0, len(cases), AT_ONCE) for answer in _asked(chain, cases[at : at + AT_ONCE])]
    for (name, _, honest), answer in zip(cases, answers, strict=True):
        if (answer == "0x") != honest or not (honest or isinstance(answer, Reverted)):
            raise Contradiction(name, "accepted" if honest else "refused", answer)
    return len(cases)


def _asked(chain: Chain, cases: Sequence[Tried]) -> list[object]:
    """What the contract says to each; one call alone would raise."""
    return chain.batch([call for _, call, _ in cases] * 2)[: len(cases)]


def _cases(
    contract: LotAnchor, log: Sequence[bytes], old: int, new: int, dice: Callable[[int], int]
) -> Iterator[Tried]:
    state = at_size(contract, old, rfc6962.mth(log[:old]))
    _, _, root, map_root, proof = logs.step(log, old, new)
    fork = [*log[: old - 1], *logs.leaves(1, "fork"), *log[old:]]

    def case(name: str, root: bytes, proof: Sequence[bytes], honest: bool = False) -> Tried:
        return f"{old} to {new}: {name}", state.call_anchor(old, new, root, map_root, list(proof)), honest

    yield case("the proof of the RFC", root, proof, True)
    yield case("another history", rfc6962.mth(fork), rfc6962.proof(old, fork))
    yield case("another history with the true proof", rfc6962.mth(fork), proof)
    for at, hash_ in enumerate(proof):
        flipped = bytes([hash_[0] ^ 1 << dice(8)]) + hash_[1:]
        yield case(f"hash {at} flipped", root, [*proof[:at], flipped, *proof[at + 1 :]])
        yield case(f"hash {at} dropped", root, [*proof[:at], *proof[at + 1 :]])
        yield case(f"hash {at} doubled", root, [*proof[:at], hash_, *proof[at:]])


def _proved() -> Iterator[Row]:
    if forging.forge() is None or forging.halmos() is None:
        yield Row("NOT PROVED: expected `halmos` 0.3.3 on the PATH or HALMOS_BIN", 0, "properties")
        return
    with forging.project(proofs=True) as made:
        for contract, about in PROOFS.items():
            begun = monotonic()
            try:
                told = forging.prove(made, contract=contract)
            except AssertionError as found:
                raise Contradiction(f"halmos --contract {contract}", "proved", str(found)[-3000:]) from None
            yield Row(f"proved: {about}", len(re.findall(r"\[PASS\]", told)), "properties")
            yield Row("  seconds of proving", monotonic() - begun, "s")
