"""What an anchor costs on chain, beside a contract that only emits an event and one that fills a mapping."""

import random
from collections.abc import Iterator
from statistics import mean

from eth_account import Account
from web3 import Web3
from web3.contract import Contract

from anchoring.tree import Edge, Range, consistency, full_nodes, range_hash
from bench.rows import Row, Scale
from contracts import artifact
from service.local import node
from verifier.hashing import LeafHash, NodeHash, leaf_hash

ANCHORS = 220


def measure(scale: Scale) -> Iterator[Row]:
    chain = node.start_anvil()
    try:
        web3 = Web3(Web3.HTTPProvider(chain.url))
        yield from _compare(web3)
    finally:
        chain.stop()


def _compare(web3: Web3) -> Iterator[Row]:
    anchorer, guardian = web3.eth.accounts[0], Account.create().address
    history = list(_history(random.Random(6962)))
    ours = [
        _used(web3, call)
        for contract in [_deploy(web3, "LotAnchor", anchorer, guardian)]
        for call in (
            contract.functions.anchor(old, new, root, root, path) for old, new, root, path in history
        )
    ]
    event, mapping = _deploy(web3, "EventYardstick"), _deploy(web3, "MappingYardstick", anchorer)
    plain = [
        [_used(web3, contract.functions.anchor(at, new, root, root)) for at, (_, new, root, _) in enumerate(history)]
        for contract in (event, mapping)
    ]
    yield Row("gas an anchor, mean, beside an event only", mean(ours), "gas", "less", 65_000, ("event", mean(plain[0])))
    yield Row("gas an anchor, mean, beside a mapping", mean(ours), "gas", "less", 65_000, ("mapping", mean(plain[1])))
    yield Row("gas an anchor, max", max(ours), "gas", "less", None, ("mapping", max(plain[1])))
    yield Row("gas an anchor, min", min(ours), "gas", "less", None, ("mapping", min(plain[1])))


def _history(dice: random.Random) -> Iterator[tuple[int, int, bytes, list[bytes]]]:
    """Sizes and proofs of a log that grows by some hundred entries between anchors, as a busy warehouse's does."""
    leaves: list[LeafHash] = []
    edge, old = Edge(), 0
    for _ in range(ANCHORS):
        added = [leaf_hash(dice.randbytes(114)) for _ in range(dice.randrange(1, 600))]
        leaves += added
        edge, _tiles = edge.grown(added)
        path = [_hash(leaves, each) for each in consistency(old, edge.size)] if old else []
        yield old, edge.size, edge.root(), path
        old = edge.size


def _hash(leaves: list[LeafHash], part: Range) -> NodeHash:
    def full(node) -> NodeHash:  # type: ignore[no-untyped-def]
        grown, _ = Edge().grown(leaves[node.position << node.height : node.position + 1 << node.height])
        return NodeHash(grown.root())

    assert list(full_nodes(part))
    return range_hash(part, full)


def _deploy(web3: Web3, name: str, *arguments: object) -> Contract:
    built = artifact(name)
    factory = web3.eth.contract(abi=built["abi"], bytecode=built["bytecode"])
    sent = factory.constructor(*arguments).transact({"from": web3.eth.accounts[0]})
    return web3.eth.contract(web3.eth.wait_for_transaction_receipt(sent)["contractAddress"], abi=built["abi"])


def _used(web3: Web3, call) -> int:  # type: ignore[no-untyped-def]
    sent = call.transact({"from": web3.eth.accounts[0], "gas": 1_000_000})
    receipt = web3.eth.wait_for_transaction_receipt(sent, poll_latency=0.002)
    assert receipt["status"] == 1, f"anchor reverted: {receipt}"
    return int(receipt["gasUsed"])
