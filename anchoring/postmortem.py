"""Why a transaction that was mined did nothing: the same call is asked again at the block before.

Without a limit first, which gives the contract's own reason; then with the gas that it had. A call that failed because
of others' bytes in the same block passes both times: then only the receipt speaks.
"""

from __future__ import annotations

from typing import Any

from anchoring import contract
from anchoring.rpc import Refused, Rpc, TxReceipt


def reason(rpc: Rpc, call: dict[str, Any], gas: int, receipt: TxReceipt) -> str:
    """One sentence. `call`: from, to and data as sent; `gas`: its limit."""
    return f"{_cause(rpc, call, gas, receipt)}, in block {receipt.block}, {receipt.gas_used} of {gas} gas"


def _cause(rpc: Rpc, call: dict[str, Any], gas: int, receipt: TxReceipt) -> str:
    if receipt.ok:
        return "status 1, and the contract does not hold it"
    before = rpc.head(hex(max(0, receipt.block - 1)))
    try:
        rpc.simulate(call, before)
    except Refused as refused:
        return f"reverted: {contract.explain(refused.data) or refused.message}"
    try:
        rpc.simulate(call | {"gas": hex(gas)}, before)
    except Refused:
        return "out of gas"
    return "reverted, though at the block before the same call passes"
