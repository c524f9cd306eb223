"""Eight actors in any order at any time, by forge, on the committed code; and what halmos proves of it, where there is
one.

The rules are Solidity (`forge/State.sol` for one call, `forge/Invariants.t.sol` for the whole past). The long form
with fresh seeds is `./lotproof campaign contract`.
"""

import re

import pytest

from tests.contracts import forging

NO_FORGE = "NO FORGE: expected it and npm's solc in node_modules (./lotproof test) or FORGE_BIN"
NO_HALMOS = "NO HALMOS: nothing was proved symbolically; expected `halmos` 0.3.3 on the PATH or HALMOS_BIN"

MUST_HAPPEN = {
    *("anchor done", "anchor NotAnchorer", "anchor WrongNewRoot", "anchor WrongOldRoot", "anchor SizeNotGreater"),
    *("replaceAnchorer done", "replaceAnchorer NotGuardian", "acceptGuardian done", "acceptGuardian NotOffered"),
    *("proposeEpoch done", "proposeEpoch NotGuardian", "openEpoch done", "openEpoch TooEarly", "openEpoch NotGuardian"),
}


@pytest.mark.skipif(forging.forge() is None, reason=NO_FORGE)
def test_whoever_calls_in_whatever_order_the_contract_keeps_its_rules() -> None:
    with forging.project() as made:
        told = forging.fuzz(made, runs=8, depth=50, seed=2026)
        assert re.search(r"1 tests passed, 0 failed", told), told
        assert not MUST_HAPPEN - set(made.outcomes()), "a fuzzer that never gets there proves nothing"


@pytest.mark.skipif(forging.forge() is None or forging.halmos() is None, reason=NO_HALMOS)
@pytest.mark.parametrize("quick", ["check_onlyTheAnchorer", "check_theGuardianCan", "check_nothingElse"])
def test_from_any_state_nobody_else_gets_in(quick: str) -> None:
    with forging.project(proofs=True) as made:
        assert "0 failed" in forging.prove(made, contract="Proofs", function=quick)
