"""The lies of ledger format §6, by name: each is mined, reverts with the error that names it, and leaves every view
as it was.
"""

from typing import Any

import pytest

from tests.contracts import logs, rfc6962
from tests.contracts.model import climb, roots_of_subproof
from tests.contracts.onchain import Chain, LotAnchor, Reverted, encode

OLD, NEW = 21, 33
LOG = logs.leaves(64)
#: Entry 5 replaced, everything after it as before.
FORK = [*LOG[:5], logs.leaves(1, "another history")[0], *LOG[6:]]
PROOF = rfc6962.proof(OLD, LOG[:NEW])
ROOT, OLD_ROOT, FORK_ROOT = rfc6962.mth(LOG[:NEW]), rfc6962.mth(LOG[:OLD]), rfc6962.mth(FORK[:NEW])
OTHER_PROOF = rfc6962.proof(OLD + 2, LOG[:NEW])
MAP_ROOT = logs.map_root("any")
SOME_HASH = b"\x77" * 32
LARGEST = 2**53 - 1


def extend(old: int = OLD, new: int = NEW, root: bytes = ROOT, proof: list[bytes] = PROOF) -> list[Any]:
    return [old, new, root, MAP_ROOT, proof]


def flipped(hash_: bytes) -> bytes:
    return bytes([hash_[0] ^ 1]) + hash_[1:]


LIES: dict[str, tuple[list[Any], Reverted]] = {
    "a fork with its own valid path": (
        extend(root=FORK_ROOT, proof=rfc6962.proof(OLD, FORK[:NEW])),
        Reverted("WrongOldRoot", (OLD_ROOT, rfc6962.mth(FORK[:OLD]))),
    ),
    "a fork with the honest path": (extend(root=FORK_ROOT), Reverted("WrongNewRoot", (FORK_ROOT, ROOT))),
    "one bit of the root flipped": (extend(root=flipped(ROOT)), Reverted("WrongNewRoot", (flipped(ROOT), ROOT))),
    "the old root anchored again under a larger size": (
        extend(root=OLD_ROOT),
        Reverted("WrongNewRoot", (OLD_ROOT, ROOT)),
    ),
    "the first hash of the proof dropped": (extend(proof=PROOF[1:]), Reverted("WrongProofLength", (7, 6))),
    "the last hash of the proof dropped": (extend(proof=PROOF[:-1]), Reverted("WrongProofLength", (7, 6))),
    "a hash added before the proof": (extend(proof=[SOME_HASH, *PROOF]), Reverted("WrongProofLength", (7, 8))),
    "a hash added after the proof": (extend(proof=[*PROOF, SOME_HASH]), Reverted("WrongProofLength", (7, 8))),
    "no proof": (extend(proof=[]), Reverted("WrongProofLength", (7, 0))),
    "65 hashes": (extend(proof=[SOME_HASH] * 65), Reverted("WrongProofLength", (7, 65))),
    "a proof of the right length for another pair of sizes": (
        extend(proof=OTHER_PROOF),
        Reverted("WrongOldRoot", (OLD_ROOT, roots_of_subproof(OLD, NEW, True, list(OTHER_PROOF), OLD_ROOT)[0])),
    ),
    "an old size one too small": (extend(old=OLD - 1), Reverted("WrongOldSize", (OLD, OLD - 1))),
    "an old size one too large": (extend(old=OLD + 1), Reverted("WrongOldSize", (OLD, OLD + 1))),
    "a first anchor where there is one": (extend(old=0, proof=[]), Reverted("WrongOldSize", (OLD, 0))),
    "the same size and root again": (extend(new=OLD, root=OLD_ROOT, proof=[]), Reverted("SizeNotGreater", (OLD, OLD))),
    "the same size with another root": (
        extend(new=OLD, root=FORK_ROOT, proof=[]),
        Reverted("SizeNotGreater", (OLD, OLD)),
    ),
    "a smaller size": (extend(new=OLD - 1), Reverted("SizeNotGreater", (OLD, OLD - 1))),
    "size 0": (extend(new=0, proof=[]), Reverted("SizeNotGreater", (OLD, 0))),
    "size 2^53": (extend(new=2**53), Reverted("SizeTooLarge", (LARGEST, 2**53))),
    "the largest size that the ABI can say": (extend(new=2**64 - 1), Reverted("SizeTooLarge", (LARGEST, 2**64 - 1))),
}


@pytest.mark.parametrize("lie", LIES)
def test_the_anchorer_cannot_anchor(contract: LotAnchor, lie: str) -> None:
    logs.anchor_sizes(contract, LOG, [4, OLD])
    arguments, expected = LIES[lie]
    assert refused(contract, contract.anchorer, "anchor", arguments) == expected
    contract.anchor(*extend())  # the honest one still passes


@pytest.mark.parametrize("at", range(len(PROOF)))
def test_the_anchorer_cannot_replace_or_flip_a_hash_of_the_proof(contract: LotAnchor, at: int) -> None:
    logs.anchor_sizes(contract, LOG, [OLD])
    for other in (flipped(PROOF[at]), SOME_HASH, PROOF[at - 1], bytes(32)):
        seen = refused(contract, contract.anchorer, "anchor", extend(proof=[*PROOF[:at], other, *PROOF[at + 1 :]]))
        assert seen.name in ("WrongOldRoot", "WrongNewRoot")
        assert seen.numbers[0] == (OLD_ROOT if seen.name == "WrongOldRoot" else ROOT)


def test_the_first_anchor_has_no_proof_and_a_size(contract: LotAnchor) -> None:
    for arguments, expected in [
        (extend(old=0), Reverted("WrongProofLength", (0, 7))),
        (extend(old=0, proof=[SOME_HASH]), Reverted("WrongProofLength", (0, 1))),
        (extend(old=0, new=0, proof=[]), Reverted("SizeNotGreater", (0, 0))),
        (extend(old=1), Reverted("WrongOldSize", (0, 1))),
        (extend(old=0, new=2**53, proof=[]), Reverted("SizeTooLarge", (LARGEST, 2**53))),
    ]:
        assert refused(contract, contract.anchorer, "anchor", arguments) == expected


def test_nobody_but_the_anchorer_anchors(chain: Chain, contract: LotAnchor) -> None:
    logs.anchor_sizes(contract, LOG, [OLD])
    for sender in (contract.guardian, chain.accounts[0], chain.accounts[9]):
        assert refused(contract, sender, "anchor", extend()) == Reverted("NotAnchorer", (contract.anchorer, sender))


def test_sizes_beyond_64_bits_are_not_even_decoded(contract: LotAnchor) -> None:
    logs.anchor_sizes(contract, LOG, [OLD])
    data = encode("anchor", extend())
    for word in (0, 1):
        bent = data[: 4 + 32 * word] + b"\x01" + data[5 + 32 * word :]
        with pytest.raises(Reverted) as seen:
            contract.chain.rpc(
                "eth_call", {"from": contract.anchorer, "to": contract.address, "data": "0x" + bent.hex()}, "latest"
            )
        assert seen.value == Reverted("", ())


# ---------------------------------------------------------------- the guardian's lies

DAY = 24 * 3600


@pytest.fixture
def forty(contract: LotAnchor) -> LotAnchor:
    """Forty anchors; the lies are about restarting from anchor 35, of which the path is two hashes under the smaller
    peak.
    """
    logs.anchor_sizes(contract, LOG, range(1, 41))
    return contract


def test_nobody_but_the_guardian_touches_offices_and_epochs(chain: Chain, forty: LotAnchor) -> None:
    propose(forty, 35)
    chain.later(4 * DAY)
    for sender in (forty.anchorer, chain.accounts[9]):
        for function, arguments in [
            ("replaceAnchorer", [sender]),
            ("offerGuardian", [sender]),
            ("proposeEpoch", [35, SOME_HASH]),
            ("cancelEpoch", []),
            ("openEpoch", shown(forty, 35)),
        ]:
            assert refused(forty, sender, function, arguments) == Reverted("NotGuardian", (forty.guardian, sender))
        nobody = "0x" + "00" * 20
        assert refused(forty, sender, "acceptGuardian", []) == Reverted("NotOffered", (nobody, sender))


def test_an_epoch_is_not_opened_before_three_days_are_over(chain: Chain, forty: LotAnchor) -> None:
    propose(forty, 35)
    opens_at = forty.view("proposedEpoch")[1]
    chain.rpc("evm_setNextBlockTimestamp", opens_at - 1)
    seen = refused(forty, forty.guardian, "openEpoch", shown(forty, 35))
    assert seen == Reverted("TooEarly", (opens_at, opens_at - 1))
    chain.rpc("evm_setNextBlockTimestamp", opens_at)
    forty.send(forty.guardian, "openEpoch", *shown(forty, 35))


def test_an_epoch_does_not_reach_back_more_than_thirty_days(chain: Chain, forty: LotAnchor) -> None:
    arguments = shown(forty, 35)
    oldest = arguments[5]
    propose(forty, 35)
    chain.rpc("evm_setNextBlockTimestamp", oldest + 30 * DAY + 1)
    seen = refused(forty, forty.guardian, "openEpoch", arguments)
    assert seen == Reverted("TooOld", (oldest + 1, oldest))


def test_an_epoch_reaches_back_thirty_days_to_the_second(chain: Chain, forty: LotAnchor) -> None:
    arguments = shown(forty, 35)
    propose(forty, 35)
    chain.rpc("evm_setNextBlockTimestamp", arguments[5] + 30 * DAY)
    forty.send(forty.guardian, "openEpoch", *arguments)


def test_no_epoch_is_opened_unannounced_or_after_it_was_cancelled(chain: Chain, forty: LotAnchor) -> None:
    assert refused(forty, forty.guardian, "openEpoch", shown(forty, 35)) == Reverted("NoEpochProposed", ())
    propose(forty, 35)
    chain.later(4 * DAY)
    forty.send(forty.guardian, "cancelEpoch")
    assert refused(forty, forty.guardian, "openEpoch", shown(forty, 35)) == Reverted("NoEpochProposed", ())
    assert refused(forty, forty.guardian, "cancelEpoch", []) == Reverted("NoEpochProposed", ())


@pytest.mark.parametrize("field", range(6))
def test_an_epoch_restarts_from_the_anchor_as_it_was_and_no_other(chain: Chain, forty: LotAnchor, field: int) -> None:
    propose(forty, 35)
    chain.later(4 * DAY)
    arguments = shown(forty, 35)
    arguments[field] = flipped(arguments[field]) if isinstance(arguments[field], bytes) else arguments[field] + 1
    seen = refused(forty, forty.guardian, "openEpoch", arguments)
    assert seen.name == "WrongPeak" and seen.numbers[0] == forty.view("accumulator")[1][1]


def test_an_epoch_is_not_opened_with_a_wrong_path(chain: Chain, forty: LotAnchor) -> None:
    propose(forty, 35)
    chain.later(4 * DAY)
    *fields, path = shown(forty, 35)
    peak = forty.view("accumulator")[1][1]
    assert len(path) == 3 and climb(35, logs.anchor_at(forty, 35).leaf(), path) == peak
    for wrong in ([*path, SOME_HASH], path[:-1], []):
        seen = refused(forty, forty.guardian, "openEpoch", [*fields, wrong])
        assert seen == Reverted("WrongPathLength", (3, len(wrong)))
    for wrong in (path[::-1], [flipped(path[0]), *path[1:]], [*path[:-1], flipped(path[-1])]):
        seen = refused(forty, forty.guardian, "openEpoch", [*fields, wrong])
        assert (seen.name, seen.numbers[0]) == ("WrongPeak", peak)


@pytest.mark.parametrize("other", [34, 36, 3, 39])
def test_an_epoch_restarts_from_the_proposed_anchor_and_no_other(chain: Chain, forty: LotAnchor, other: int) -> None:
    propose(forty, 35)
    chain.later(4 * DAY)
    seen = refused(forty, forty.guardian, "openEpoch", shown(forty, other))
    assert seen.name in ("WrongPeak", "WrongPathLength")


def test_an_epoch_is_not_proposed_for_what_is_not_there_or_would_void_nothing(forty: LotAnchor) -> None:
    for index, expected in [
        (40, Reverted("NoSuchAnchor", (40, 40))),
        (2**64 - 1, Reverted("NoSuchAnchor", (40, 2**64 - 1))),
        (39, Reverted("NothingToVoid", (40, 39))),
    ]:
        assert refused(forty, forty.guardian, "proposeEpoch", [index, SOME_HASH]) == expected
    propose(forty, 35)
    opens_at = forty.view("proposedEpoch")[1]
    seen = refused(forty, forty.guardian, "proposeEpoch", [35, SOME_HASH])
    assert seen == Reverted("EpochAlreadyProposed", (35, opens_at)), "or the three days could be moved unseen"


def test_a_voided_anchor_does_not_come_back(chain: Chain, forty: LotAnchor) -> None:
    logs.open_epoch(forty, 35)
    head = forty.view("head")[0]
    forty.anchor(*logs.step(LOG, head, 50))
    forty.anchor(*logs.step(LOG, 50, 51))
    for index in (36, 39):
        seen = refused(forty, forty.guardian, "proposeEpoch", [index, SOME_HASH])
        assert seen == Reverted("AnchorVoided", (1, index))
    logs.open_epoch(forty, 35)
    for index, epoch in [(36, 2), (39, 2), (40, 2)]:
        seen = refused(forty, forty.guardian, "proposeEpoch", [index, SOME_HASH])
        assert seen == Reverted("AnchorVoided", (epoch, index))


def refused(contract: LotAnchor, sender: str, function: str, arguments: list[Any]) -> Reverted:
    """Mine it, and see that nothing came of it."""
    before = contract.everything()
    with pytest.raises(Reverted) as seen:
        contract.send(sender, function, *arguments)
    assert contract.everything() == before
    return seen.value


def propose(contract: LotAnchor, index: int) -> None:
    contract.send(contract.guardian, "proposeEpoch", index, SOME_HASH)


def shown(contract: LotAnchor, index: int) -> list[Any]:
    """The honest arguments of openEpoch."""
    return logs.opening(contract, index)
