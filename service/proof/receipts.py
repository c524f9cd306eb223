"""The receipts of a movement: one for each lot that its statement entered."""

from collections.abc import Sequence
from typing import Any

import anchoring
from anchoring import Receipt
from verifier.uri import LOT, subject

_SUBJECT = slice(2, 34)  # in the bytes of an entry, §2 of the ledger format


def by_lot(lots: Sequence[str], receipts: Sequence[Receipt], origin: str) -> list[dict[str, Any]]:
    """Each lot with its receipt, in the order of `lots`."""
    of_subject = {receipt.entry[_SUBJECT]: receipt for receipt in receipts}
    return [{"lot": lot, "receipt": anchoring.format_receipt(of_subject[subject(LOT, origin, lot)])} for lot in lots]
