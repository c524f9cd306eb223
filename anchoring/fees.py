"""What a transaction may cost. Pure but for the one question to the node.

A first try pays twice the base fee of now (six full blocks of +12.5 % fit under it) plus the tip the node suggests. A
replacement must raise *both* fees by at least 10 % or nodes refuse it; 12.5 % leaves room for rounding. Nothing is
signed above the cap: the un-anchored tail grows instead, and an alarm says so.
"""

from __future__ import annotations

from anchoring.onchain import GWEI, Fees
from anchoring.rpc import Block, Rpc


class AboveCap(Exception):
    """The chain asks for more than the cap allows."""

    def __init__(self, needed: int, cap: int) -> None:
        super().__init__(f"a block asks for {needed / GWEI:.3f} gwei a gas, the cap is {cap / GWEI:.3f}")


def market(rpc: Rpc, at: Block, legacy: bool) -> Fees:
    """What the node thinks is paid now, with room for a rising base fee."""
    if legacy or at.base_fee is None:
        price = rpc.gas_price()
        return Fees(price, price)
    tip = rpc.tip()
    return Fees(2 * at.base_fee + tip, tip)


def capped(fees: Fees, base_fee: int | None, cap: int) -> Fees:
    """`fees` under the cap; AboveCap if not even the next block can be paid below it."""
    needed = fees.tip if base_fee is None else base_fee + base_fee // 8
    if needed > cap:
        raise AboveCap(needed, cap)
    return Fees(min(fees.max_fee, cap), min(fees.tip, cap))


def raised(last: Fees, wanted: Fees, cap: int) -> Fees | None:
    """Fees that replace `last`: at least an eighth more on both, and at least `wanted`; None if the cap forbids it."""
    max_fee = max(_eighth_more(last.max_fee), wanted.max_fee)
    tip = max(_eighth_more(last.tip), wanted.tip)
    if max_fee > cap:
        max_fee = cap
    if max_fee < _eighth_more(last.max_fee):
        return None
    return Fees(max_fee, min(tip, max_fee))


def _eighth_more(wei: int) -> int:
    return wei + wei // 8 + 1
