"""What an honest anchorer sees."""

import pytest

from contracts import artifact
from tests.contracts import logs
from tests.contracts.model import Anchor
from tests.contracts.onchain import Chain, LotAnchor, Reverted, decode_events

LOG = logs.leaves(200)


def test_before_the_first_anchor_there_is_nothing(contract: LotAnchor) -> None:
    assert contract.view("head") == (0, bytes(32), 0, 0, 0, 0)
    assert contract.view("accumulator") == (0, ())
    assert contract.view("sealedGroup", 0) == bytes(32)
    assert contract.view("epochs", 1) == (0, 0, 0, bytes(32))
    assert contract.view("proposedEpoch") == (0, 0, bytes(32))


def test_the_offices_are_as_deployed(contract: LotAnchor) -> None:
    assert contract.view("anchorer") == contract.anchorer
    assert contract.view("guardian") == contract.guardian
    assert int(contract.view("offeredGuardian"), 16) == 0


def test_the_first_anchor_needs_no_proof_and_becomes_the_head(chain: Chain, contract: LotAnchor) -> None:
    step = logs.step(LOG, 0, 7)
    receipt = contract.anchor(*step)
    block, time = chain.block(receipt["blockNumber"])
    assert decode_events(receipt) == [("Anchored", (0, 7, step[2], step[3]))]
    assert contract.view("head") == (7, step[2], 1, time, 0, 0)
    assert contract.view("accumulator") == (1, (Anchor(0, 7, step[2], step[3], block, time).leaf(),))


def test_an_anchor_that_extends_the_log_becomes_the_head(contract: LotAnchor) -> None:
    logs.anchor_sizes(contract, LOG, [7, 8, 100])
    size, root, count, *_ = contract.view("head")
    assert (size, root, count) == (100, logs.step(LOG, 8, 100)[2], 3)


def test_the_first_anchor_may_be_of_the_largest_size_and_then_the_log_is_full(contract: LotAnchor) -> None:
    contract.anchor(0, 2**53 - 1, LOG[0], LOG[1], [])
    with pytest.raises(Reverted) as full:
        contract.anchor(2**53 - 1, 2**53, LOG[0], LOG[1], [])
    assert full.value == Reverted("SizeTooLarge", (2**53 - 1, 2**53))


def test_one_map_root_more_under_the_same_log_is_not_judged(contract: LotAnchor) -> None:
    """The contract does not look into the map: verifiers refuse a wrong map root, and the next anchor heals it."""
    old, new, root, _, proof = logs.step(LOG, 0, 7)
    contract.anchor(old, new, root, b"\xff" * 32, proof)
    contract.anchor(*logs.step(LOG, 7, 9))
    assert contract.view("head")[0] == 9


def test_sixty_four_anchors_are_sealed_and_stay(contract: LotAnchor) -> None:
    logs.anchor_sizes(contract, LOG, range(1, 64))
    assert contract.view("sealedGroup", 0) == bytes(32), "63 anchors are no group"
    contract.anchor(*logs.step(LOG, 63, 64))
    count, peaks = contract.view("accumulator")
    assert (count, len(peaks), contract.view("sealedGroup", 0)) == (64, 1, peaks[0])
    for size in range(65, 130):
        contract.anchor(*logs.step(LOG, size - 1, size))
    assert contract.view("sealedGroup", 0) == peaks[0]
    assert contract.view("sealedGroup", 1) not in (bytes(32), peaks[0])
    assert contract.view("sealedGroup", 2) == bytes(32)


def test_it_takes_no_ether_and_knows_no_other_call(chain: Chain, contract: LotAnchor) -> None:
    with_ether = {"from": chain.accounts[0], "to": contract.address, "value": "0x1"}
    for data in ("0x", "0x12345678", "0x" + "00" * 4):
        for call in (with_ether | {"data": data}, with_ether | {"data": data, "value": "0x0"}):
            with pytest.raises(Reverted):
                chain.rpc("eth_call", call, "latest")


def test_the_deployed_code_is_the_artifact_whoever_holds_the_offices(chain: Chain, contract: LotAnchor) -> None:
    """No immutables: the code hash that a policy pins is that of the compiled source."""
    other = LotAnchor(chain, chain.accounts[5], chain.accounts[6])
    for address in (contract.address, other.address):
        assert chain.rpc("eth_getCode", address, "latest") == artifact()["runtime"]


def test_it_is_not_deployed_without_offices_or_with_one_key_for_both(chain: Chain) -> None:
    one, nobody = chain.accounts[1], "0x" + "00" * 20
    for anchorer, guardian, refusal in [
        (nobody, one, Reverted("ZeroAddress", ())),
        (one, nobody, Reverted("ZeroAddress", ())),
        (one, one, Reverted("SameKey", (one,))),
    ]:
        with pytest.raises(Reverted) as seen:
            chain.try_to_deploy("LotAnchor", ["address", "address"], [anchorer, guardian])
        assert seen.value == refusal


def test_it_is_not_deployed_where_sha256_gives_something_else(chain: Chain) -> None:
    """Simulated the other way round: the chain is right, and one bit of the digest that the constructor expects is
    flipped.
    """
    expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    with pytest.raises(Reverted) as seen:
        chain.try_to_deploy(
            "LotAnchor",
            ["address", "address"],
            chain.accounts[1:3],
            change=lambda code: code.replace(expected, expected[:-1] + "c"),
        )
    assert seen.value == Reverted("NoSha256", ())
