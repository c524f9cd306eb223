"""The second implementation of the EVM: py-evm, in Python, by the people of Ethereum. It runs the contract's own code.

Blocks are real ones, with headers, tries and receipts that py-evm makes and checks itself; state is read at any block,
also at one that a reorg removed. Rules of the Shanghai fork, for which the contract is compiled.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from eth import constants
from eth.chains.base import MiningChain
from eth.consensus import ConsensusApplier, NoProofConsensus
from eth.db.atomic import AtomicDB
from eth.exceptions import OutOfGas, Revert
from eth.vm.forks.shanghai import ShanghaiVM
from eth.vm.spoof import SpoofTransaction

from tests.tools.devchain.node import GAS_LIMIT, Block, Call, Log, Outcome, Refusal
from tests.tools.devchain.transactions import Tx

RICHES = 10**24


class Development(ShanghaiVM):
    """Shanghai, but for two rules: what gas costs in a block and when it is are the node's to say. Developers set the
    price, and of two blocks that Anvil's reorg makes the second may be of the same second."""

    @classmethod
    def validate_header(cls, *_: Any, **__: Any) -> None:
        pass


class Engine:
    """py-evm. `Block.state` is the header."""

    client = "py-evm/shanghai"

    def genesis(self, chain_id: int, time: int, base_fee: int, rich: Sequence[bytes]) -> Block:
        configuration = ConsensusApplier(NoProofConsensus).amend_vm_configuration(((0, Development),))
        chain = MiningChain.configure("Development", vm_configuration=configuration, chain_id=chain_id)
        accounts = {address: {"balance": RICHES, "nonce": 0, "code": b"", "storage": {}} for address in rich}
        header = {
            "difficulty": 0, "gas_limit": GAS_LIMIT, "timestamp": time, "nonce": bytes(8), "mix_hash": bytes(32),
            "coinbase": constants.ZERO_ADDRESS, "base_fee_per_gas": base_fee, "extra_data": b"",
        }  # fmt: skip
        self.chain: Any = chain.from_genesis(AtomicDB(), header, accounts)
        return _block(self.chain.get_canonical_block_by_number(0), (), ())

    def build(self, parent: Block, time: int, base_fee: int, transactions: Sequence[Tx]) -> Block:
        fields = {"gas_limit": GAS_LIMIT, "timestamp": time}
        header = self.chain.get_vm(parent.state).create_header_from_parent(parent.state, **fields)
        header = header.copy(base_fee_per_gas=base_fee)
        vm = self.chain.get_vm(header)
        decoded = [vm.get_transaction_builder().decode(tx.raw) for tx in transactions]
        filled, receipts, computations = vm.apply_all_transactions(decoded, header)
        block = vm.set_block_transactions_and_withdrawals(vm.get_block(), filled, decoded, receipts)
        mined = vm.mine_block(block).block
        self.chain.chaindb.persist_header(mined.header)
        return _block(mined, transactions, _outcomes(receipts, computations))

    # Looking

    def nonce(self, at: Block, address: bytes) -> int:
        return int(self._state(at).get_nonce(address))

    def balance(self, at: Block, address: bytes) -> int:
        return int(self._state(at).get_balance(address))

    def code(self, at: Block, address: bytes) -> bytes:
        return bytes(self._state(at).get_code(address))

    def call(self, at: Block, call: Call) -> bytes:
        return bytes(self._run(at, call, GAS_LIMIT if call.gas is None else call.gas).output)

    def estimate(self, at: Block, call: Call) -> int:
        """The least that is enough, to within a thousand."""
        self._run(at, call, GAS_LIMIT)
        low, high = 21_000, GAS_LIMIT
        while high - low > 1000:
            middle = min((low + high) // 2, low * 2)
            try:
                self._run(at, call, middle)
                high = middle
            except Refusal:
                low = middle
        return high

    def _state(self, at: Block) -> Any:
        return self.chain.get_vm(at.state).state

    def _run(self, at: Block, call: Call, gas: int) -> Any:
        vm = self.chain.get_vm(self.chain.create_header_from_parent(at.state))
        unsigned = vm.get_transaction_builder().create_unsigned_transaction(
            nonce=self.nonce(at, call.sender), gas_price=0, gas=gas, to=call.to or b"", value=0, data=call.data
        )
        spoofed = SpoofTransaction(unsigned, from_=call.sender)
        with vm.in_costless_state() as state:
            if spoofed.intrinsic_gas > gas:
                raise Refusal("intrinsic gas too low")
            computation = state.costless_execute_transaction(spoofed)
        if computation.is_error:
            raise _refusal(computation.error)
        return computation


def _refusal(error: Exception) -> Refusal:
    if isinstance(error, Revert):
        return Refusal("execution reverted", 3, "0x" + bytes(error.args[0]).hex())
    return Refusal("out of gas" if isinstance(error, OutOfGas) else f"execution failed: {type(error).__name__}")


def _outcomes(receipts: Sequence[Any], computations: Sequence[Any]) -> tuple[Outcome, ...]:
    found, before = [], 0
    for receipt, computation in zip(receipts, computations, strict=True):
        logs = tuple(Log(log.address, tuple(_word(each) for each in log.topics), log.data) for log in receipt.logs)
        made = computation.msg.storage_address if computation.msg.is_create else None
        found.append(Outcome(not computation.is_error, receipt.gas_used - before, made, logs))
        before = receipt.gas_used
    return tuple(found)


def _word(topic: int) -> bytes:
    return topic.to_bytes(32, "big")


def _block(block: Any, transactions: Sequence[Tx], outcomes: tuple[Outcome, ...]) -> Block:
    header = block.header
    return Block(
        block.number, block.hash, header.parent_hash, header.timestamp, header.base_fee_per_gas, header.gas_used,
        tuple(transactions), outcomes, header,
    )  # fmt: skip
