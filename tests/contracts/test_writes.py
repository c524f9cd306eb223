"""What each call writes: these slots of this contract, and nothing anywhere else but the sender's nonce and the
fees.
"""

from typing import Any

import eth_abi
from eth_utils import keccak

from tests.contracts import logs, overridden
from tests.contracts.onchain import Chain, LotAnchor

LOG = logs.leaves(200)
HEAD, LOG_ROOT, ANCHORER, GUARDIAN, OFFERED = {overridden.HEAD}, {1}, {2}, {3}, {4}
PROPOSAL = {overridden.PROPOSAL, overridden.PROPOSAL + 1}


def test_the_slots_are_those_that_the_compiler_reports(compiled: dict[str, Any]) -> None:
    (unit,) = (unit["LotAnchor"] for unit in compiled["contracts"].values() if "LotAnchor" in unit)
    layout = unit["storageLayout"]
    slots = {variable["label"]: int(variable["slot"]) for variable in layout["storage"]}
    assert slots == {
        "_head": overridden.HEAD,
        "_logRoot": overridden.LOG_ROOT,
        "anchorer": overridden.ANCHORER,
        "guardian": overridden.GUARDIAN,
        "offeredGuardian": overridden.OFFERED,
        "proposedEpoch": overridden.PROPOSAL,
        "epochs": overridden.EPOCHS,
        "_accumulator": overridden.FRONTIER,
    }
    state = next(t for name, t in layout["types"].items() if "State" in name)
    assert {m["label"]: int(m["slot"]) for m in state["members"]} == {"frontier": 0, "groups": overridden.LEVELS}


def test_an_anchor_writes_the_head_the_root_and_one_level(contract: LotAnchor) -> None:
    """The level is the number of ones at the end of the count; the 64th anchor of a group also writes the group."""
    for index in range(130):
        receipt = contract.anchor(*logs.step(LOG, index, index + 1))
        level = (index ^ (index + 1)).bit_length() - 1
        group = {_entry(index // 64, overridden.GROUPS)} if index % 64 == 63 else set()
        assert written(contract, receipt) == HEAD | LOG_ROOT | {overridden.FRONTIER + level} | group


def test_the_guardian_writes_offices_the_proposal_and_the_epoch(chain: Chain, contract: LotAnchor) -> None:
    logs.anchor_sizes(contract, LOG, [3, 9, 10])
    new_anchorer, new_guardian = chain.accounts[5:7]
    epoch = _entry(1, overridden.EPOCHS)
    guardian = contract.guardian
    for sender, function, arguments, slots in [
        (guardian, "replaceAnchorer", [new_anchorer], ANCHORER | HEAD),
        (guardian, "offerGuardian", [new_guardian], OFFERED),
        (new_guardian, "acceptGuardian", [], GUARDIAN | OFFERED | HEAD),
        (new_guardian, "proposeEpoch", [0, b"\x52" * 32], PROPOSAL),
        (new_guardian, "cancelEpoch", [], PROPOSAL),
        (new_guardian, "proposeEpoch", [0, b"\x52" * 32], PROPOSAL),
        (new_guardian, "openEpoch", logs.opening(contract, 0), HEAD | LOG_ROOT | PROPOSAL | {epoch, epoch + 1}),
    ]:
        if function == "openEpoch":
            chain.later(4 * 24 * 3600)
        assert written(contract, contract.send(sender, function, *arguments)) == slots, function


def written(contract: LotAnchor, receipt: dict[str, Any]) -> set[int]:
    """The slots that a mined transaction changed, after a look that it changed nothing else."""
    tracer = {"tracer": "prestateTracer", "tracerConfig": {"diffMode": True}}
    changed = contract.chain.rpc("debug_traceTransaction", receipt["transactionHash"], tracer)
    before, after = changed["pre"].get(contract.address, {}), changed["post"].get(contract.address, {})
    others = set(changed["post"]) - {contract.address, receipt["from"], "0x" + "00" * 20}
    assert not others and set(after) <= {"storage"}, changed["post"]
    return {int(slot, 16) for part in (before, after) for slot in part.get("storage", {})}


def _entry(key: int, mapping: int) -> int:
    """Slot of a mapping's entry."""
    return int.from_bytes(keccak(eth_abi.encode(["uint256", "uint256"], [key, mapping])), "big")
