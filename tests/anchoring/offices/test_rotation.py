"""C25, C26: the anchorer's key is replaced, in peace and after a theft; what the operator is told, and what a
stranger's verifier says at each stage of an old proof, of a new one and of the thief's anchor.
"""

import json
from pathlib import Path
from typing import Any

from anchoring import contract
from tests.anchoring.offices.conftest import Office
from tests.anchoring.offices.town import NEXT, Town

HEIR = contract.checksummed(contract.address_of(NEXT))
DAYS = 86_400


def with_anchor(proof: Path, anchor: dict[str, Any]) -> Path:
    """The file with the thief's anchor in the place of its newest, path and all else as it was."""
    told = json.loads(proof.read_text())
    told["anchors"].append({**told["anchors"][-1], **anchor})
    told["anchors"][-1]["path"] = []
    bent = proof.with_name("thief.lotproof.json")
    bent.write_text(json.dumps(told))
    return bent


def test_c25_a_key_is_replaced_while_a_transaction_of_the_old_one_is_on_its_way(town: Town, office: Office) -> None:
    town.open()
    town.record("A")
    town.final()
    old = town.proof("A")
    town.chain.rpc("evm_setAutomine", False)
    town.record("B")
    town.until(lambda: town.chain.rpc("txpool_status")["pending"] != "0x0")
    town.rest()
    sent = town.rows("SELECT raw, tx_hash FROM ledger.signed_transaction ORDER BY signed_at DESC LIMIT 1")[0]
    town.chain.rpc("anvil_dropAllTransactions")  # it is late, and arrives after the guardian's
    town.chain.rpc("evm_setAutomine", True)

    code, told = office("rotate", HEIR)
    assert (code, "rotations  1" in told) == (0, True), told
    assert office("rotate", HEIR)[1].startswith("already so"), "given again, it does nothing"
    town.chain.rpc("eth_sendRawTransaction", "0x" + bytes(sent.raw).hex())
    sought = "0x" + bytes(sent.tx_hash).hex()
    town.until(lambda: town.chain.rpc("eth_getTransactionReceipt", sought))
    receipt = town.chain.rpc("eth_getTransactionReceipt", sought)
    assert receipt["status"] == "0x0", "the old key's transaction is refused"

    town.fund(contract.address_of(NEXT))
    town.work(NEXT)
    town.final()
    refused = town.verify(old, rotations=0)[0]
    assert (refused.proven, refused.report["exit"]) == (False, 1)
    assert refused.why == "epoch and rotations: expected epoch 0, 0 rotations, seen epoch 0, 1 rotations"
    now = town.verify(old, town.proof("B"), rotations=1)
    assert [each.proven for each in now] == [True, True], "old proofs stay; only the policy is a new one"
    states = [state for (state,) in town.rows("SELECT state FROM ledger.intent ORDER BY id")]
    assert states.count("failed") + states.count("superseded") == 1 and states[-1] == "final", states
    assert town.alarms() <= {"KEY USED ELSEWHERE"}


def test_c26_after_a_theft_the_guardian_pauses_rotates_and_opens_an_epoch(
    town: Town, office: Office, command: Office
) -> None:
    town.open()
    town.record("A")
    town.final()
    old, good = town.proof("A"), town.status()["final"]["index"]
    thiefs = with_anchor(old, town.steal())
    town.until(lambda: "FORK" in town.alarms())
    said = [each.report["exit"] for each in town.verify(old, thiefs, rotations=0)]
    assert said == [0, 1], "what was anchored before the theft stays proven; the thief's anchor proves nothing"

    assert office("pause")[0] == 0
    assert "paused" in office("show")[1]
    assert town.verify(old, rotations=0)[0].report["exit"] == 1, "whoever does not expect a rotation stops"
    assert office("open") == (1, "lotproof: nothing was changed: no epoch is proposed; 0 were opened so far\n")
    assert office("propose", str(good), "--reason", "the anchorer's key was stolen")[0] == 0
    early, told = office("open")
    assert (early, "it opens at" in told) == (1, True), told
    assert office("rotate", HEIR)[0] == 0

    town.chain.rpc("evm_increaseTime", 3 * DAYS + 1)
    town.chain.rpc("evm_mine")
    opened, told = office("open")
    assert (opened, "epoch 1 is open" in told) == (0, True), told
    assert command("status", "--clear", "FORK", "--reason", "G. Uardian: key replaced, epoch 1 opened")[0] in (0, 1)
    town.fund(contract.address_of(NEXT))
    town.work(NEXT)
    town.record("B")
    town.final()

    assert town.verify(old, rotations=2)[0].why.startswith("epoch and rotations"), "nor an epoch"
    now = town.verify(old, town.proof("B"), thiefs, rotations=2, epoch=1)
    assert [each.report["exit"] for each in now] == [0, 0, 1]
    assert "FORK" not in town.alarms()


def test_the_guardians_office_goes_in_two_steps_and_acts_can_be_prepared_only(
    town: Town, office: Office, command: Office
) -> None:
    key = town.folder / "next.key"
    key.write_text(f"0x{NEXT.hex()}\n")
    prepared, told = command("office", "offer", HEIR)
    assert (prepared, "nothing was sent" in told, "data   0x" in told) == (0, True, True), told
    assert command("office", "accept", HEIR)[0] == 1, "it is not offered yet"
    assert office("offer", HEIR)[0] == 0
    assert office("accept", HEIR)[0] == 1, "another key must sign"
    town.fund(contract.address_of(NEXT))
    code, told = command("office", "accept", HEIR, "--key-file", str(key))
    assert (code, f"guardian   {HEIR.lower()}" in told) == (0, True), told
    refused, told = office("rotate", "0x" + "11" * 20)
    assert (refused, "must sign this" in told) == (1, True), told
    assert command("office", "rotate", "0x12")[0] == 1
    assert command("office", "rotate", HEIR)[0] == 1, "one key never holds both offices"
