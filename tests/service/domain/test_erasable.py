"""What may be erased is a short list; whatever else is asked for is refused, and told what is on the list."""

import pytest

from service.domain.commands import COMMANDS
from service.domain.erasable import (
    EXPECTED,
    KEPT_WHOLE,
    Erasable,
    NotErasable,
    check_approver,
    check_basis,
    check_movement,
    erasable,
)
from service.domain.errors import BadText, NeedsApproval

STAYS = (
    "lots", "quantityList", "quantityList[0]", "childQuantityList[0]", "inputQuantityList[0]", "outputQuantityList[0]",
    "epcList[0]", "sourceList[0]", "destinationList[0]", "bizStep", "disposition", "persistentDisposition", "type",
    "action", "eventID", "eventTime", "eventTimeZoneOffset", "readPoint", "bizLocation", "ilmd", "parentID",
    "lotproof:journal", "lotproof:lot1", "lotproof:supplier", "lotproof:certificate", "lotproof:witnesses",
    "lotproof:case", "lotproof:pallet", "lotproof:witnessed", "lotproof:qualityStatus", "lotproof:missing1",
    "lotproof:refused1", "lotproof:recalledLot", "lotproof:transfer", "bizTransactionList", "bizTransactionList[01]",
    "bizTransactionList[-1]", "bizTransactionList[0]x", "", "iss", "jti",
)  # fmt: skip


@pytest.mark.parametrize("name", STAYS)
def test_what_proofs_and_balances_stand_on_stays(name: str) -> None:
    with pytest.raises(NotErasable) as refused:
        erasable(name)
    assert (refused.value.expected, refused.value.seen) == (EXPECTED, name)


def test_names_and_notes_may_go() -> None:
    assert erasable("lotproof:reason") == Erasable("lotproof:reason", "reason")
    assert erasable("bizTransactionList[12]") == Erasable("bizTransactionList", "documents", 12)


@pytest.mark.parametrize("type", sorted(COMMANDS))
def test_what_stopped_freed_or_destroyed_goods_stays_whole(type: str) -> None:
    if type not in KEPT_WHOLE:
        check_movement(type, ())
        return
    with pytest.raises(NotErasable, match=f"got a {type}"):
        check_movement(type, ())


def test_words_that_stand_in_another_record_stay_here_too() -> None:
    with pytest.raises(NotErasable, match="one of a quarantine case"):
        check_movement("hold", ("a quarantine case", "a count"))


def test_the_law_does_not_repeat_what_is_to_go() -> None:
    check_basis("GDPR Art. 17(1)(a)", ["Ms Wu"])
    with pytest.raises(BadText) as refused:
        check_basis("asked for by Ms Wu", ["Ms Wu"])
    assert "Ms Wu" not in str(refused.value)


def test_who_asks_does_not_approve() -> None:
    check_approver("u-2", "u-1")
    with pytest.raises(NeedsApproval):
        check_approver("u-1", "u-1")
