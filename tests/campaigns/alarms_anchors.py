"""Failures in what stands on the chain: anchors of others, a contract that shows or takes what it should not, a new one
that nobody builds.
"""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from eth_account import Account
from eth_account.typed_transactions import TypedTransaction
from hexbytes import HexBytes

from anchoring.contract import checksummed
from service.local import node
from tests.campaigns.alarms_blows import blow
from tests.campaigns.alarms_stage import ETHER, REASON, Stage
from tests.tools.rpc_proxy import Forward, Request, answered

MAP_ROOT = slice(100, 132)  # of the call data of `anchor`: | 4 | 32 old size | 32 size | 32 log root | 32 map root | …
HEAD, LOG_ROOT = "0x0", "0x1"  # slots of the contract


@blow("the node hides an event of the contract", "NODE INCONSISTENT")
def hidden_event(on: Stage) -> Iterator[None]:
    on.line.on("eth_getLogs", answered([]))
    on.must_record()
    yield
    on.line.heal()


@blow("the contract holds another root", "FORK", clear=("FORK",))
def other_root(on: Stage) -> Iterator[None]:
    with another_root(on):
        yield


@contextmanager
def another_root(on: Stage) -> Iterator[None]:
    """As if another history were anchored, until the end."""
    with _storage(on, LOG_ROOT, "0x" + "5a" * 32):
        yield


@contextmanager
def no_anchors(on: Stage) -> Iterator[None]:
    """As if nothing had ever been anchored, until the end."""
    with _storage(on, HEAD, f"0x{on.head >> 128 << 128:064x}"):
        yield


@contextmanager
def _storage(on: Stage, slot: str, value: str) -> Iterator[None]:
    kept = on.chain.rpc("eth_getStorageAt", on.contract, slot, "latest")
    on.chain.rpc("anvil_setStorageAt", on.contract, slot, value)
    yield
    on.chain.rpc("anvil_setStorageAt", on.contract, slot, kept)


@blow("blocks are too small for an anchor", "REVERTED")
def small_blocks(on: Stage) -> Iterator[None]:
    limit = on.chain.rpc("eth_getBlockByNumber", "latest", False)["gasLimit"]
    on.chain.rpc("evm_setBlockGasLimit", hex(40_000))
    on.must_record()
    yield
    on.chain.rpc("evm_setBlockGasLimit", limit)


@blow("an anchor carries another map root", "WRONG MAP ROOT", clear=("WRONG MAP ROOT", "KEY USED ELSEWHERE"))
def other_map(on: Stage) -> Iterator[None]:
    """A thief of the anchorer key is quicker by one transaction."""

    def forged(request: Request, forward: Forward) -> Request:
        request["params"] = [_with_another_map(on, request["params"][0])]
        return forward()

    on.line.on("eth_sendRawTransaction", forged, times=1)
    on.must_record()
    yield
    on.must_record()


def _with_another_map(on: Stage, raw: str) -> str:
    sent = TypedTransaction.from_bytes(HexBytes(raw)).as_dict()
    asked = {each: sent[each] for each in _ASKED} | {"chainId": node.CHAIN_ID, "to": checksummed(sent["to"])}
    data = bytearray(sent["data"])
    data[MAP_ROOT] = b"\x5a" * 32
    return "0x" + bytes(Account.from_key(on.anchorer).sign_transaction(asked | {"data": bytes(data)})[0]).hex()


_ASKED = ("type", "nonce", "gas", "value", "maxFeePerGas", "maxPriorityFeePerGas")


@blow("the chain is gone for good, and no block takes the new contract", "NO CONTRACT")
def new_contract(on: Stage) -> Iterator[None]:
    """What the alarm CHAIN LOST tells to do is done, on a chain that stands still for the time being."""
    _move(on)
    on.wait(lambda: "CHAIN LOST" in on.in_api())
    on.chain.rpc("evm_setIntervalMining", 0)
    keys = [_operator(on, name) for name in ("alice", "bob")]
    on.strikes()
    deploying = on.running.command("deploy", "--again", REASON[1], *keys, stdout=subprocess.DEVNULL)
    yield
    on.chain.rpc("evm_setIntervalMining", 1)
    assert deploying.wait(90) == 0, on.running.said()


def _move(on: Stage) -> None:
    """To a new chain, for ever."""
    lost = on.chain
    on.chain = node.start_anvil("--block-time", "1", "--timestamp", str(int(time.time()) - 60))
    on.chain.rpc("anvil_setBalance", on.account, hex(100 * ETHER))
    on.chain.rpc("evm_mine")
    on.line.target = on.chain.url
    lost.stop()


def _operator(on: Stage, name: str) -> str:
    """His key, in a file of his own, as an option."""
    file = Path(on.running.folder.parent, f"{name}.key")
    file.write_text(on.typed("api-key", "make", "operator", "--label", name).split()[0])
    return f"--operator={file}"
