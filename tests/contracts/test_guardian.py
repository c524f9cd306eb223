"""What the guardian can do, and what an epoch leaves behind."""

import pytest

from tests.contracts import logs, rfc6962
from tests.contracts.model import Model
from tests.contracts.onchain import Chain, LotAnchor, Reverted, decode_events

DAY = 24 * 3600
LOG = logs.leaves(64)
REASON = b"\x52" * 32
NOBODY = "0x" + "00" * 20


def test_a_replaced_anchorer_anchors_no_more_and_its_follower_does(chain: Chain, contract: LotAnchor) -> None:
    old, new = contract.anchorer, chain.accounts[5]
    contract.anchor(*logs.step(LOG, 0, 3))
    receipt = contract.send(contract.guardian, "replaceAnchorer", new)
    assert decode_events(receipt) == [("AnchorerReplaced", (old, new, 1))]
    with pytest.raises(Reverted):
        contract.send(old, "anchor", *logs.step(LOG, 3, 5))
    contract.send(new, "anchor", *logs.step(LOG, 3, 5))
    assert contract.view("head")[0] == 5
    assert contract.view("head")[5] == 1, "a verifier sees the rotation"


def test_a_rotation_changes_nothing_else(chain: Chain, contract: LotAnchor) -> None:
    logs.anchor_sizes(contract, LOG, [3, 9])
    before = contract.view("head")
    contract.send(contract.guardian, "replaceAnchorer", chain.accounts[5])
    assert contract.view("head") == (*before[:5], before[5] + 1)


def test_the_guardian_hands_over_only_when_the_other_accepts(chain: Chain, contract: LotAnchor) -> None:
    old, new = contract.guardian, chain.accounts[6]
    assert decode_events(contract.send(old, "offerGuardian", new)) == [("GuardianOffered", (new,))]
    contract.send(old, "replaceAnchorer", chain.accounts[5])  # still in office
    receipt = contract.send(new, "acceptGuardian")
    assert decode_events(receipt) == [("GuardianReplaced", (old, new, 2))]
    assert contract.view("head")[5] == 2, "a verifier sees this rotation too"
    assert contract.view("offeredGuardian") == NOBODY
    with pytest.raises(Reverted) as seen:
        contract.send(old, "replaceAnchorer", chain.accounts[7])
    assert seen.value.name == "NotGuardian"
    contract.send(new, "replaceAnchorer", chain.accounts[7])


def test_an_offer_is_taken_back_by_offering_to_nobody(chain: Chain, contract: LotAnchor) -> None:
    contract.send(contract.guardian, "offerGuardian", chain.accounts[6])
    contract.send(contract.guardian, "offerGuardian", NOBODY)
    with pytest.raises(Reverted) as seen:
        contract.send(chain.accounts[6], "acceptGuardian")
    assert seen.value.name == "NotOffered"


def test_one_key_never_holds_both_offices(chain: Chain, contract: LotAnchor) -> None:
    for function, sender, argument in [
        ("replaceAnchorer", contract.guardian, [contract.guardian]),
        ("acceptGuardian", contract.anchorer, []),
    ]:
        contract.send(contract.guardian, "offerGuardian", contract.anchorer)
        with pytest.raises(Reverted) as seen:
            contract.send(sender, function, *argument)
        assert seen.value.name == "SameKey"
    with pytest.raises(Reverted) as nobody:
        contract.send(contract.guardian, "replaceAnchorer", NOBODY)
    assert nobody.value.name == "ZeroAddress"


def test_an_epoch_is_announced_and_can_be_taken_back(chain: Chain, contract: LotAnchor) -> None:
    logs.anchor_sizes(contract, LOG, [3, 9, 10])
    receipt = contract.send(contract.guardian, "proposeEpoch", 1, REASON)
    opens_at = chain.block(receipt["blockNumber"])[1] + 3 * DAY
    assert decode_events(receipt) == [("EpochProposed", (1, 1, opens_at, REASON))]
    assert contract.view("proposedEpoch") == (1, opens_at, REASON)
    assert decode_events(contract.send(contract.guardian, "cancelEpoch")) == [("EpochCancelled", (1,))]
    assert contract.view("proposedEpoch") == (0, 0, bytes(32))
    assert contract.view("head")[4] == 0


def test_an_epoch_voids_what_came_after_and_touches_nothing_before(contract: LotAnchor, chain: Chain) -> None:
    """As in the bundle vectors: eleven anchors, ten kept, the next one is number 11 and stands in epoch 1."""
    logs.anchor_sizes(contract, LOG, range(1, 12))
    accumulator, kept = contract.view("accumulator"), logs.anchor_at(contract, 9)
    receipt = logs.open_epoch(contract, 9, REASON)
    opened_at = chain.block(receipt["blockNumber"])[1]
    assert decode_events(receipt) == [("EpochOpened", (1, 11, 10, REASON))]
    assert contract.view("epochs", 1) == (11, 10, opened_at, REASON)
    assert contract.view("epochs", 2) == (0, 0, 0, bytes(32))
    assert contract.view("proposedEpoch") == (0, 0, bytes(32))
    assert contract.view("head") == (10, kept.log_root, 11, kept.time, 1, 0), "the head is anchor 9 again"
    assert contract.view("accumulator") == accumulator, "voided anchors stay provable, as voided"
    contract.anchor(*logs.step(LOG, 10, 20))
    newest = logs.anchor_at(contract, 11)
    assert (newest.epoch, newest.size) == (1, 20)
    assert contract.view("accumulator") == Model("", "", anchors=logs.anchors_of(contract)).accumulator()


def test_an_epoch_is_the_way_out_of_a_root_that_nobody_can_extend(contract: LotAnchor, chain: Chain) -> None:
    """The thief extends the log by entries that only he has; the log's operator cannot prove anything from his root."""
    logs.anchor_sizes(contract, LOG, [8, 16])
    stolen = [*LOG[:16], *logs.leaves(4, "thief")]
    contract.anchor(*logs.step(stolen, 16, 20))
    with pytest.raises(Reverted) as stuck:
        contract.anchor(*logs.step(LOG, 20, 24))
    assert stuck.value.name == "WrongOldRoot"
    contract.send(contract.guardian, "replaceAnchorer", chain.accounts[5])
    logs.open_epoch(contract, 1, REASON)
    contract.send(chain.accounts[5], "anchor", *logs.step(LOG, 16, 24))
    assert contract.view("head")[:2] == (24, rfc6962.mth(LOG[:24]))


def test_an_anchor_sent_before_the_epoch_fails_after_it(contract: LotAnchor) -> None:
    """Compare and swap: what was built on the voided head does not fit on the restored one."""
    logs.anchor_sizes(contract, LOG, [8, 16, 20])
    logs.open_epoch(contract, 1)
    with pytest.raises(Reverted) as seen:
        contract.anchor(*logs.step(LOG, 20, 24))
    assert seen.value == Reverted("WrongOldSize", (16, 20))


def test_an_epoch_after_an_epoch_can_go_back_further(contract: LotAnchor) -> None:
    logs.anchor_sizes(contract, LOG, [8, 16, 20, 24])
    logs.open_epoch(contract, 2)
    contract.anchor(*logs.step(LOG, 20, 30))
    logs.open_epoch(contract, 0)
    assert contract.view("head")[:5] == (8, rfc6962.mth(LOG[:8]), 5, logs.anchor_at(contract, 0).time, 2)
    assert [contract.view("epochs", n)[:2] for n in (1, 2)] == [(4, 3), (5, 1)]


def test_an_epoch_restarts_from_an_anchor_of_a_later_epoch(contract: LotAnchor) -> None:
    logs.anchor_sizes(contract, LOG, [8, 16, 20])
    logs.open_epoch(contract, 0)
    for old, new in [(8, 9), (9, 12)]:
        contract.anchor(*logs.step(LOG, old, new))
    logs.open_epoch(contract, 3)
    assert contract.view("epochs", 2)[:2] == (5, 4)
    assert contract.view("head")[:2] == (9, rfc6962.mth(LOG[:9]))
