"""The chain in Python beside Anvil: the same things are done to both, and every answer that the worker asks for is the
same on both. What is different by nature is left out or told: hashes of blocks are compared by their places, and the
model is told what gas each transaction took on Anvil.

On these answers stands the campaign `chain`, which is played on the model.
"""

import secrets
from hashlib import sha256
from random import Random

import pytest

from anchoring import contract
from anchoring.contract import LotAnchor
from anchoring.onchain import GWEI, Address, Fees
from anchoring.pushing import classify
from anchoring.rpc import Refused, Rpc
from tests.contracts import logs, rfc6962
from tests.tools.devchain import model, pyevm, server
from tests.tools.devchain.server import Served

KEYS = [sha256(name).digest() for name in (b"one anchorer", b"another")]
GUARDIAN = Address(b"\x9a" * 20)
LOG = logs.leaves(64)


class Both:
    """Anvil and the chain in Python, in step: each block has the same time and, told by Anvil, the same gas."""

    def __init__(self, anvil, served):
        self.nodes = (anvil, served)
        self.rpcs = (Rpc(anvil.url), Rpc(served.url))
        self.node = served.door.node
        self.time = max(rpc.head().time for rpc in self.rpcs) + 10
        for node in self.nodes:
            node.rpc("evm_setAutomine", False)
        for key in KEYS:
            self.give(key)
        self.shift = self.mine() - self.node.latest.number
        self.deploy()

    def give(self, key):
        to = contract.checksummed(contract.address_of(key))
        for node in self.nodes:
            asked = {"from": node.rpc("eth_accounts")[0], "to": to, "value": hex(10**18)}
            node.rpc("eth_sendTransaction", asked)

    def deploy(self):
        code = contract.creation(contract.address_of(KEYS[0]), GUARDIAN)
        self.offer(KEYS[0], None, code, 0, 4_000_000, 10 * GWEI, GWEI)
        self.mine()
        self.contract = contract.created_by(contract.address_of(KEYS[0]), 0)
        self.mine()
        self.first = self.node.latest.number  # what comes after it may be taken back

    # What is done to both

    def offer(self, key, to, data, nonce, gas, max_fee, tip):
        """The same bytes to both; they say the same, in the meaning of the worker's table."""
        fees = Fees(max_fee, tip)
        signed = contract.sign(key, chain_id=31337, nonce=nonce, to=to, calldata=data, gas=gas, fees=fees, legacy=False)
        said = []
        for rpc in self.rpcs:
            try:
                rpc.send(signed.raw)
                said.append(None)
            except Refused as refused:
                said.append(classify(refused.message))
        assert said[0] == said[1], (said, nonce, max_fee, tip)
        return signed

    def mine(self):
        """A block on both at the same time; the number on Anvil."""
        self.time += 1
        anvil, served = self.nodes
        anvil.rpc("evm_setNextBlockTimestamp", self.time)
        anvil.rpc("evm_mine")
        head = self.rpcs[0].head()
        self.tell_gas(head.number)
        if not hasattr(self.node.engine, "measured"):  # of a call that reverts it charges less for calldata (EIP-7623)
            served.rpc("anvil_setNextBlockBaseFeePerGas", hex(head.base_fee))
        served.rpc("evm_setNextBlockTimestamp", self.time)
        served.rpc("evm_mine")
        return self.rpcs[0].head().number

    def tell_gas(self, number):
        block = self.nodes[0].rpc("eth_getBlockByNumber", hex(number), False)
        for tx_hash in block["transactions"]:
            used = int(self.nodes[0].rpc("eth_getTransactionReceipt", tx_hash)["gasUsed"], 16)
            if hasattr(self.node.engine, "measured"):
                self.node.engine.measured[bytes.fromhex(tx_hash[2:])] = used

    def reorg(self, depth, transactions):
        anvil, _ = self.nodes
        anvil.rpc("anvil_reorg", depth, [["0x" + raw.hex(), at] for raw, at in transactions])
        head = self.rpcs[0].head().number
        for number in range(head - depth + 1, head + 1):
            self.tell_gas(number)
        blocks = [self.rpcs[0].block(number) for number in range(head - depth + 1, head + 1)]
        self.node.reorg(depth, transactions, [(block.time, block.base_fee) for block in blocks])
        self.time = max(self.time, blocks[-1].time)
        self.base_fee(GWEI)  # Anvil goes on from what blocks cost that are gone

    def rollback(self, depth):
        for node in self.nodes:
            node.rpc("anvil_rollback", depth)
        self.base_fee(GWEI)

    def base_fee(self, wei):
        for node in self.nodes:
            node.rpc("anvil_setNextBlockBaseFeePerGas", hex(wei))

    def drop_all(self):
        for node in self.nodes:
            node.rpc("anvil_dropAllTransactions")

    # What is asked of both

    def compare(self, hashes):
        seen = [self.seen(rpc, shift, hashes) for rpc, shift in zip(self.rpcs, (self.shift, 0), strict=True)]
        assert seen[0] == seen[1]

    def seen(self, rpc, shift, hashes):
        """Everything that the worker asks for, with block numbers counted from one beginning."""
        head = rpc.head()
        held = LotAnchor(rpc, self.contract)
        blocks = [rpc.block(number + shift) for number in range(head.number - shift + 1)]
        places = {block.hash: block.number - shift for block in blocks[1:]}
        accounts = [contract.address_of(key) for key in KEYS]
        told = {
            "head": (head.number - shift, head.time, head.base_fee),
            "state": (held.head(head), held.accumulator(head), held.anchorer(head)),
            "before": held.head(blocks[-2]),
            "nonces": [(rpc.nonce(each, head), rpc.pending_nonce(each)) for each in accounts],
            "code": rpc.code(self.contract, head),
            "balance": rpc.balance(accounts[1], head),
        }
        events = [(e.index, e.size, e.log_root, e.block - shift, places[e.block_hash], e.tx_hash)
                  for e in held.events(shift, head.number)]  # fmt: skip
        receipts = []
        for tx_hash in hashes:
            found = rpc.receipt(tx_hash)
            receipts.append(None if found is None else (found.block - shift, places[found.block_hash], found.ok))
        return told | {"events": events, "receipts": receipts}

    def refusals(self, plan):
        """What a call of the contract says before it is sent: the error with its numbers. (Where no block is named,
        Anvil estimates on top of its pool.)"""
        said = []
        for rpc in self.rpcs:
            call = {"from": "0x" + contract.address_of(KEYS[0]).hex(), "to": "0x" + self.contract.hex()}
            try:
                rpc.call("eth_estimateGas", call | {"data": "0x" + contract.anchor_call(*plan).hex()}, "latest")
                said.append(None)
            except Refused as refused:
                said.append(contract.explain(refused.data))
        assert said[0] == said[1]


def plans(dice, size):
    """Calls of `anchor` on top of `size`: mostly right ones, and those that are wrong in one thing."""
    new = min(len(LOG), size + dice.randint(1, 3))
    old, new, root, map_root, proof = logs.step(LOG, size, new)
    kind = dice.choice(("right", "right", "right", "stale", "root", "proof", "smaller"))
    if kind == "stale" and size:
        return size - 1, new, root, map_root, rfc6962.proof(size - 1, LOG[:new]) if size > 1 else []
    if kind == "root":
        return old, new, sha256(root).digest(), map_root, proof
    if kind == "proof":
        return old, new, root, map_root, [*proof, bytes(32)]
    if kind == "smaller":
        return old, old, root, map_root, proof
    return old, new, root, map_root, proof


def play(both, dice, steps):
    """Random transactions, blocks, reorgs and prices; both agree after each."""
    hashes, fee = [], {}
    for _ in range(steps):
        what = dice.choice(("send", "send", "mine", "mine", "again", "more", "reorg", "fee", "drop", "gap", "shorter"))
        head, sender = both.rpcs[1].head(), contract.address_of(KEYS[0])
        nonce = both.rpcs[1].nonce(sender, head)
        size = LotAnchor(both.rpcs[1], both.contract).head(head).size
        plan = plans(dice, size)
        if what in ("send", "more", "gap"):
            nonce += dice.choice((1, 2)) if what == "gap" else 0
            max_fee = fee.get(nonce, 2 * GWEI) * (3 if what == "more" else 1)
            fee[nonce] = max_fee
            data, gas = contract.anchor_call(*plan), dice.choice((300_000, 300_000, 40_000))
            hashes.append(both.offer(KEYS[0], both.contract, data, nonce, gas, max_fee, max_fee // 2).tx_hash)
            both.refusals(plan)
        elif what == "again" and both.node.pool:
            raw = dice.choice(list(both.node.pool.values())).raw
            for rpc in both.rpcs:
                with pytest.raises(Refused):
                    rpc.send(raw)
        elif what == "mine":
            both.mine()
        elif what == "reorg" and both.node.latest.number - both.first > 3:
            depth = dice.randint(1, 3)
            both.drop_all()  # what a reorg leaves hanging in its pool Anvil still counts as ready
            gone = [tx.raw for block in both.node.blocks[-depth:] for tx in block.transactions]
            both.reorg(depth, [(raw, number) for number, raw in enumerate(gone[:depth]) if dice.random() < 0.5][:1])
        elif what == "shorter" and both.node.latest.number - both.first > 1:
            both.drop_all()
            both.rollback(1)
        elif what == "drop":
            both.drop_all()
            fee.clear()
        elif what == "fee":
            both.base_fee(dice.choice((GWEI, GWEI // 2)))
            both.mine()
        both.compare(hashes[-12:])


@pytest.fixture(params=[model.Engine, pyevm.Engine], ids=["the model", "py-evm"])
def both(request, fresh_anvil):
    with Served(server.development(request.param())) as served:
        yield Both(fresh_anvil, served)


def test_it_answers_as_anvil_does_whatever_happens(both):
    seed = secrets.randbits(32)
    print("seed", seed)  # shown where it fails
    play(both, Random(seed), 30)
