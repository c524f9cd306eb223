"""The failures, one by one: each makes something fail for good and yields; what comes after puts it right again."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from eth_account import Account

from anchoring import contract
from service.local import node
from tests.campaigns.alarms_stage import ETHER, REASON, Stage
from tests.tools.rpc_proxy import altered, answered, delayed, drop_request

GWEI = 10**9


@dataclass(frozen=True, slots=True)
class Blow:
    """`kinds`: the alarms of which one must stand. `clear`: those that a person must clear afterwards. `disk`: whether
    the product must have a disk of its own for it."""

    name: str
    kinds: tuple[str, ...]
    act: Callable[[Stage], Any]
    clear: tuple[str, ...] = ()
    disk: bool = False


BLOWS: list[Blow] = []


Act = Callable[[Stage], Iterator[None]]


def blow(name: str, *kinds: str, clear: tuple[str, ...] = (), disk: bool = False) -> Callable[[Act], object]:
    def take(act: Act) -> object:
        BLOWS.append(Blow(name, kinds, contextmanager(act), clear, disk))
        return act

    return take


# The line and the node


@blow("the chain does not answer", "NODE AWAY")
def away(on: Stage) -> Iterator[None]:
    on.line.on("*", drop_request)
    yield
    on.line.heal()


@blow("the chain takes questions and never answers", "NODE AWAY")
def mute(on: Stage) -> Iterator[None]:
    on.line.on("*", delayed(600))
    yield
    on.line.heal()


@blow("the node serves another chain id", "WRONG CHAIN")
def wrong_chain(on: Stage) -> Iterator[None]:
    on.line.on("eth_chainId", answered("0x1"))
    yield
    on.line.heal()


@blow("the node is far behind", "NODE BEHIND")
def behind(on: Stage) -> Iterator[None]:
    first = on.chain.rpc("eth_getBlockByNumber", "0x1", False)
    on.line.on("eth_getBlockByNumber", answered(first), where=lambda asked: asked[0] in ("latest", "finalized"))
    yield
    on.line.heal()


@blow("the clocks are an hour apart", "CLOCK")
def clock(on: Stage) -> Iterator[None]:
    ahead = altered(lambda block: block and block | {"timestamp": hex(int(block["timestamp"], 16) + 3600)})
    on.line.on("eth_getBlockByNumber", ahead, where=lambda asked: asked[0] == "latest")
    yield
    on.line.heal()


@blow("the contract has other code", "CONTRACT CHANGED", clear=("CONTRACT CHANGED",))
def other_code(on: Stage) -> Iterator[None]:
    on.line.on("eth_getCode", answered("0x6001"))
    yield
    on.line.heal()


@blow("the chain is gone, an empty one serves in its place", "CHAIN LOST", clear=("CHAIN LOST",))
def chain_lost(on: Stage) -> Iterator[None]:
    other, before = node.start_anvil("--timestamp", "1700000000"), on.line.target
    try:
        on.line.target = other.url
        yield
    finally:
        on.line.target = before
        other.stop()


@blow("final blocks are taken back", "FINALITY VIOLATION")
def finality(on: Stage) -> Iterator[None]:
    last = on.running.status()["final"]["block"]
    depth = int(on.chain.rpc("eth_blockNumber"), 16) - last + 1
    on.chain.rpc("anvil_reorg", depth, [])
    yield
    on.typed("accept-reorg", *REASON)


# Money and keys


@blow("the account is empty", "NO MONEY")
def no_money(on: Stage) -> Iterator[None]:
    on.chain.rpc("anvil_setBalance", on.account, "0x0")
    on.must_record()
    yield
    on.chain.rpc("anvil_setBalance", on.account, hex(100 * ETHER))


@blow("the account is nearly empty", "LITTLE MONEY")
def little_money(on: Stage) -> Iterator[None]:
    block = on.chain.rpc("eth_getBlockByNumber", "latest", False)
    price = int(block["baseFeePerGas"], 16) + GWEI
    on.chain.rpc("anvil_setBalance", on.account, hex(1_500_000 * price))
    on.must_record()
    yield
    on.chain.rpc("anvil_setBalance", on.account, hex(100 * ETHER))
    on.must_record()


@blow("a block costs two thousand times as much", "FEE CAP")
def fee_spike(on: Stage) -> Iterator[None]:
    with _expensive(on):
        yield


@blow("an anchor is late (10 s are allowed)", "LATE")
def late(on: Stage) -> Iterator[None]:
    with _expensive(on):
        yield


@contextmanager
def _expensive(on: Stage) -> Iterator[None]:
    on.chain.rpc("anvil_setNextBlockBaseFeePerGas", hex(1_000_000 * GWEI))
    on.chain.rpc("evm_mine")
    on.must_record()
    yield
    on.chain.rpc("anvil_setNextBlockBaseFeePerGas", hex(GWEI))
    on.chain.rpc("evm_mine")


@blow("somebody else uses the anchorer key", "KEY USED ELSEWHERE", clear=("KEY USED ELSEWHERE",))
def foreign_use(on: Stage) -> Iterator[None]:
    nonce = int(on.chain.rpc("eth_getTransactionCount", on.account, "latest"), 16)
    sent = {"to": on.account, "value": 0, "nonce": nonce, "gas": 21_000, "gasPrice": 2 * GWEI, "chainId": node.CHAIN_ID}
    raw = Account.from_key(on.anchorer).sign_transaction(sent).raw_transaction
    on.chain.rpc("eth_sendRawTransaction", "0x" + raw.hex().removeprefix("0x"))
    yield


@blow("the guardian has replaced the anchorer", "NOT ANCHORER")
def not_anchorer(on: Stage) -> Iterator[None]:
    _replace_anchorer(on, "0x" + "77" * 20)
    on.must_record()
    yield
    _replace_anchorer(on, on.account)


def _replace_anchorer(on: Stage, account: str) -> None:
    guardian = on.secret("guardian.address")
    on.chain.rpc("anvil_setBalance", guardian, hex(ETHER))
    on.chain.rpc("anvil_impersonateAccount", guardian)
    data = "0x" + contract._calldata("replaceAnchorer", account).hex()
    on.chain.rpc("eth_sendTransaction", {"from": guardian, "to": on.contract, "data": data})
    on.chain.rpc("evm_mine")  # before the next anchor, or there is nothing to be refused


@blow("the worker is started with another log key", "LOG KEY")
def log_key(on: Stage) -> Iterator[None]:
    path = on.running.folder / "secrets" / "log.key"
    kept = path.read_text()
    path.write_text(on.dice.randbytes(32).hex())
    os.kill(on.part("service.cli", "worker"), signal.SIGKILL)
    yield
    path.write_text(kept)


# Processes


@blow("the worker hangs", "WORKER AWAY")
def hangs(on: Stage) -> Iterator[None]:
    with on.asleep(on.part("service.cli", "worker")):
        yield


@blow("the worker is dead and nobody starts it", "WORKER AWAY")
def dead(on: Stage) -> Iterator[None]:
    worker = on.part("service.cli", "worker")
    with on.asleep(on.running.process.pid):
        os.kill(worker, signal.SIGKILL)
        yield


@blow("what is recorded is not sequenced", "QUEUE LATE")
def queue_late(on: Stage) -> Iterator[None]:
    with on.asleep(on.part("service.cli", "worker")):
        on.must_record()
        yield
