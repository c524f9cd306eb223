"""The chain check against the real contract on Anvil and on Ganache, and the contract's own spelling."""

import hashlib
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from eth_abi import encode
from eth_utils import keccak

from contracts import artifact
from verifier import audit, rpc
from verifier.chain import Block, agreed
from verifier.errors import Refuted, Unavailable
from verifier.http import Deadline
from verifier.policy import Policy, parse_policy
from verifier.report import Verdict
from verifier.rpc import RpcNode
from verifier.verify import verify

from .maker import AnchorRecord, World, lot_name
from .vectors import naive_consistency, naive_map


def signature(entry: dict[str, Any]) -> str:
    return f"{entry['name']}({','.join(argument['type'] for argument in entry['inputs'])})"


def test_the_selectors_are_those_of_the_contract() -> None:
    abi = {signature(entry): entry for entry in artifact()["abi"] if entry["type"] in ("function", "event")}
    for spelled, constant in (
        ("head()", rpc.HEAD),
        ("accumulator()", rpc.ACCUMULATOR),
        ("sealedGroup(uint64)", rpc.SEALED_GROUP),
        ("epochs(uint64)", rpc.EPOCHS),
    ):
        assert keccak(text=spelled)[:4].hex() == constant
        assert spelled in abi
    assert "Anchored(uint64,uint64,bytes32,bytes32)" in abi
    assert keccak(text="Anchored(uint64,uint64,bytes32,bytes32)").hex() == rpc.ANCHORED


def test_the_answers_have_the_words_that_the_contract_gives() -> None:
    outputs = {e["name"]: [o["type"] for o in e["outputs"]] for e in artifact()["abi"] if e["type"] == "function"}
    assert outputs["head"] == ["uint64", "bytes32", "uint64", "uint64", "uint64", "uint64"]
    assert outputs["accumulator"] == ["uint64", "bytes32[]"]
    assert outputs["sealedGroup"] == ["bytes32"]
    assert outputs["epochs"] == ["uint64", "uint64", "uint64", "bytes32"]


class Deployed:
    """A LotAnchor of its own on a development node, anchored to by hand."""

    def __init__(self, ask: Callable[..., Any], url: str) -> None:
        self.ask, self.url = ask, url
        self.anchorer, guardian = ask("eth_accounts")[:2]
        arguments = encode(["address", "address"], [self.anchorer, guardian]).hex()
        receipt = self._send({"data": artifact()["bytecode"] + arguments})
        self.address = receipt["contractAddress"]

    def _send(self, transaction: dict[str, Any]) -> Any:
        sent = self.ask("eth_sendTransaction", {"from": self.anchorer, "gas": hex(5_000_000)} | transaction)
        for _ in range(200):
            receipt = self.ask("eth_getTransactionReceipt", sent)
            if receipt:
                assert receipt["status"] == "0x1", receipt
                return receipt
            time.sleep(0.02)
        raise AssertionError("not mined")

    def anchor(self, world: World) -> None:
        """Anchor the world as it stands, and note down what the block says."""
        size, old = len(world.entries), world.anchors[-1].size if world.anchors else 0
        proof = naive_consistency(old, world.leaves[:size]) if old else []
        roots = world.node(0, size), naive_map(world.items(size))
        call = keccak(text="anchor(uint64,uint64,bytes32,bytes32,bytes32[])")[:4]
        call += encode(["uint64", "uint64", "bytes32", "bytes32", "bytes32[]"], [old, size, *roots, proof])
        receipt = self._send({"to": self.address, "data": "0x" + call.hex()})
        number = int(receipt["blockNumber"], 16)
        block_time = int(self.ask("eth_getBlockByNumber", hex(number), False)["timestamp"], 16)
        world.anchors.append(AnchorRecord(len(world.anchors), 0, size, *roots, number, block_time))
        world.now = block_time

    def policy(self, world: World, **changes: Any) -> Policy:
        code = bytes.fromhex(self.ask("eth_getCode", self.address, "latest")[2:])
        changes = {
            "chain_id": int(self.ask("eth_chainId"), 16),
            "genesis": self.ask("eth_getBlockByNumber", "0x0", False)["hash"],
            "contract": self.address,
            "code_hash": "0x" + hashlib.sha256(code).hexdigest(),
            "max_clock_skew": 10**9,  # these worlds live in a time of their own
        } | changes
        return parse_policy(world.policy(**changes))

    def node(self) -> RpcNode:
        return RpcNode(self.url, Deadline(30))


def told(deployed: Deployed, anchors: int = 3) -> tuple[World, str]:
    """A story whose anchors stand in the real contract."""
    world, lot = World(now=int(time.time())), lot_name(1)
    for name in ("farm", "mill"):
        world.keys(name, [name])
    deployed.anchor(world)
    for _ in range(anchors - 1):
        world.movement("farm", [lot])
        deployed.anchor(world)
    return world, lot


def test_a_file_is_verified_against_the_contract_on_anvil(anvil: Any) -> None:
    deployed = Deployed(anvil.rpc, anvil.url)
    world, lot = told(deployed)
    anvil.rpc("anvil_mine", hex(4))
    data = json.dumps(world.bundle(lot)).encode()
    node = deployed.node()
    report = verify([data], deployed.policy(world), [node, deployed.node()], now=int(time.time()))
    assert report.exit_code == 0, [answer.why for answer in report.answers]
    assert not node._by_number, "Anvil is asked by block hash"


def test_an_anchor_that_is_mined_but_not_final_gives_three(fresh_anvil: Any) -> None:
    deployed = Deployed(fresh_anvil.rpc, fresh_anvil.url)
    world, lot = told(deployed)
    fresh_anvil.rpc("anvil_mine", hex(40))
    world.movement("farm", [lot])
    deployed.anchor(world)
    data = json.dumps(world.bundle(lot)).encode()
    for finality, code in (("finalized", 3), (2, 3), ("latest", 0)):
        report = verify([data], deployed.policy(world, finality=finality), [deployed.node()], now=0)
        assert report.exit_code == code, [answer.why for answer in report.answers]


def test_ganache_is_asked_by_number_and_its_hash_is_compared(ganache: Any) -> None:
    deployed = Deployed(ganache.rpc, ganache.url)
    world, lot = told(deployed)
    data = json.dumps(world.bundle(lot)).encode()
    node = deployed.node()
    report = verify([data], deployed.policy(world, finality="latest"), [node], now=0)
    assert report.exit_code == 0, [answer.why for answer in report.answers]
    assert node._by_number


def test_sealed_groups_and_frontier_of_the_real_contract_are_those_of_the_naive_accumulator(anvil: Any) -> None:
    deployed = Deployed(anvil.rpc, anvil.url)
    world, lot = told(deployed, anchors=67)
    anvil.rpc("anvil_mine", hex(4))
    node = deployed.node()
    view = agreed(deployed.policy(world), [node], "latest", 0)
    assert view.state == world.state(67)
    assert view.sealed(0) == world.accumulator(0, 64)
    file = world.bundle(lot)
    for anchor in file["anchors"]:
        anchor["path"] = anchor["path"][:6]
    report = verify([json.dumps(file).encode()], deployed.policy(world), [node], now=0)
    assert report.exit_code == 0, [answer.why for answer in report.answers]


def test_a_whole_log_is_compared_with_every_event_of_the_real_contract(anvil: Any) -> None:
    deployed = Deployed(anvil.rpc, anvil.url)
    world, _ = told(deployed, anchors=5)
    anvil.rpc("anvil_mine", hex(4))
    policy = deployed.policy(world)
    report = audit.audit_log(world.entries, world.checkpoint(), policy, [deployed.node()])
    assert report.exit_code == 0, [answer.why for answer in report.answers]
    assert report.facts["anchors_compared"] == 5
    world.entries[-1], world.entries[-2] = world.entries[-2], world.entries[-1]
    report = audit.audit_log(world.entries, world.checkpoint(), policy, [deployed.node()])
    assert report.answer(7).verdict is Verdict.REFUTED


def test_another_contract_or_none_at_that_address_is_refuted_by_its_code(anvil: Any) -> None:
    deployed = Deployed(anvil.rpc, anvil.url)
    world, lot = told(deployed)
    anvil.rpc("anvil_mine", hex(4))
    data = json.dumps(world.bundle(lot)).encode()
    for contract in ("0x" + "11" * 20, deployed.anchorer):
        report = verify([data], deployed.policy(world, contract=contract), [deployed.node()], now=0)
        assert report.answer(7).verdict is Verdict.REFUTED
    empty = Deployed(anvil.rpc, anvil.url)
    report = verify([data], deployed.policy(world, contract=empty.address), [deployed.node()], now=0)
    assert report.answer(7).verdict is Verdict.REFUTED


def test_an_empty_restarted_chain_is_told_by_its_genesis(fresh_anvil: Any) -> None:
    deployed = Deployed(fresh_anvil.rpc, fresh_anvil.url)
    world, _ = told(deployed)
    with pytest.raises(Refuted, match="genesis"):
        agreed(deployed.policy(world, genesis="0x" + "00" * 32), [deployed.node()], "latest", 0)


def test_a_contract_that_cannot_be_read_at_a_block_leaves_the_question_open(anvil: Any) -> None:
    deployed = Deployed(anvil.rpc, anvil.url)
    node = deployed.node()
    gone = Block(10**9, bytes(32), 0)
    with pytest.raises(Unavailable):
        node.state(gone, deployed.address)
