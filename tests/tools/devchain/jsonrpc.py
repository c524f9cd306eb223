"""JSON-RPC: the questions that a node is asked, in the words of Ethereum's own API and of Anvil's for developers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from eth_account import Account

from tests.tools.devchain.node import GAS_LIMIT, Block, Call, Node, Outcome, Refusal
from tests.tools.devchain.transactions import Tx

TIP = 10**9


class Door:
    """Answers requests to one node; `unlocked`: keys with which it signs by itself."""

    def __init__(self, node: Node, unlocked: Sequence[bytes]) -> None:
        self.node = node
        self._unlocked = {Account.from_key(key).address.lower(): key for key in unlocked}
        self._methods: dict[str, Callable[..., Any]] = {
            name: getattr(self, name) for name in dir(self) if name.split("_")[0] in _FAMILIES
        }

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """The whole answer to one request."""
        head = {"jsonrpc": "2.0", "id": request.get("id")}
        try:
            return head | {"result": self.call(request["method"], *request.get("params", []))}
        except Refusal as refusal:
            error = {"code": refusal.code, "message": refusal.message}
            return head | {"error": error | ({"data": refusal.data} if refusal.data else {})}

    def call(self, method: str, *params: Any) -> Any:
        """The result; Refusal."""
        found = self._methods.get(method)
        if found is None:
            raise Refusal(f"the method {method} does not exist", -32601)
        return found(*params)

    # The chain

    def web3_clientVersion(self) -> str:
        return self.node.engine.client

    def eth_chainId(self) -> str:
        return hex(self.node.chain_id)

    def eth_blockNumber(self) -> str:
        return hex(self.node.latest.number)

    def eth_accounts(self) -> list[str]:
        return list(self._unlocked)

    def eth_gasPrice(self) -> str:
        return hex(self.node.upcoming_base_fee() + TIP)

    def eth_maxPriorityFeePerGas(self) -> str:
        return hex(TIP)

    def eth_getBlockByNumber(self, which: str, full: bool = False) -> Any:
        found = self._named(which)
        return None if found is None else _block(found, full)

    def eth_getBlockByHash(self, wanted: str, full: bool = False) -> Any:
        found = self.node.hashed(_bytes(wanted))
        return None if found is None else _block(found, full)

    def eth_getTransactionByHash(self, wanted: str) -> Any:
        placed = self.node.place(_bytes(wanted))
        if placed is not None:
            block, index = placed
            return _transaction(block.transactions[index]) | _where(block, index)
        waiting = next((tx for tx in self.node.pool.values() if tx.hash == _bytes(wanted)), None)
        return None if waiting is None else _transaction(waiting) | dict.fromkeys(_WHERE)

    def eth_getTransactionReceipt(self, wanted: str) -> Any:
        placed = self.node.place(_bytes(wanted))
        return None if placed is None else _receipt(*placed)

    def eth_getLogs(self, wanted: dict[str, Any]) -> list[dict[str, Any]]:
        first, last = (self._named(wanted.get(name, "latest")) for name in ("fromBlock", "toBlock"))
        start = len(self.node.blocks) if first is None else first.number
        end = len(self.node.blocks) - 1 if last is None else last.number
        found = [log for number in range(start, end + 1) for log in _logs(self.node.blocks[number])]
        return [log for log in found if _wanted(log, wanted)]

    # The state

    def eth_getBalance(self, address: str, at: Any = "latest") -> str:
        return hex(self.node.engine.balance(self._at(at), _bytes(address)))

    def eth_getTransactionCount(self, address: str, at: Any = "latest") -> str:
        if at == "pending":
            return hex(self.node.pending_nonce(_bytes(address)))
        return hex(self.node.engine.nonce(self._at(at), _bytes(address)))

    def eth_getCode(self, address: str, at: Any = "latest") -> str:
        return _hex(self.node.engine.code(self._at(at), _bytes(address)))

    def eth_call(self, asked: dict[str, str], at: Any = "latest") -> str:
        return _hex(self.node.engine.call(self._at(at), _call(asked)))

    def eth_estimateGas(self, asked: dict[str, str], at: Any = "latest") -> str:
        return hex(self.node.engine.estimate(self._at(at), _call(asked)))

    # Sending

    def eth_sendRawTransaction(self, raw: str) -> str:
        return _hex(self.node.take(_bytes(raw)).hash)

    def eth_sendTransaction(self, asked: dict[str, str]) -> str:
        key = self._unlocked.get(asked["from"].lower())
        if key is None:
            raise Refusal("no such account is unlocked here")
        sender = _bytes(asked["from"])
        fees = {"maxFeePerGas": 4 * self.node.upcoming_base_fee() + TIP, "maxPriorityFeePerGas": TIP}
        transaction: dict[str, Any] = fees | {
            "type": 2, "chainId": self.node.chain_id, "nonce": self.node.pending_nonce(sender),
            "value": _number(asked.get("value")), "data": asked.get("data", "0x"),
            "gas": _number(asked.get("gas")) or self.node.engine.estimate(self.node.latest, _call(asked)),
        }  # fmt: skip
        if asked.get("to"):
            transaction["to"] = _bytes(asked["to"])
        return _hex(self.node.take(bytes(Account.sign_transaction(transaction, key).raw_transaction)).hash)

    # For developers

    def evm_mine(self, *_: Any) -> str:
        self.node.mine()
        return "0x0"

    def evm_setAutomine(self, on: bool) -> None:
        self.node.automine = on

    def anvil_getAutomine(self) -> bool:
        return self.node.automine

    def evm_setNextBlockTimestamp(self, time: int) -> None:
        self.node.next_time = time

    def evm_snapshot(self) -> str:
        return hex(self.node.snapshot())

    def evm_revert(self, number: str) -> bool:
        return self.node.revert(int(number, 16))

    def anvil_reorg(self, depth: int, transactions: Sequence[Sequence[Any]] = ()) -> None:
        self.node.reorg(depth, [(_bytes(raw), int(at)) for raw, at in transactions])

    def anvil_rollback(self, depth: int) -> None:
        self.node.rollback(depth)

    def anvil_dropTransaction(self, wanted: str) -> str | None:
        found = [key for key, tx in self.node.pool.items() if tx.hash == _bytes(wanted)]
        for key in found:
            del self.node.pool[key]
        return wanted if found else None

    def anvil_dropAllTransactions(self) -> None:
        self.node.pool.clear()

    def anvil_setNextBlockBaseFeePerGas(self, fee: str) -> None:
        self.node.next_base_fee = int(fee, 16)

    def txpool_status(self) -> dict[str, str]:
        ready = sum(nonce < self.node.pending_nonce(sender) for sender, nonce in self.node.pool)
        return {"pending": hex(ready), "queued": hex(len(self.node.pool) - ready)}

    # Which block is meant

    def _named(self, which: str) -> Block | None:
        tags = {"latest": self.node.latest, "pending": self.node.latest, "earliest": self.node.blocks[0]}
        if which in tags:
            return tags[which]
        if which in ("finalized", "safe"):
            return self.node.finalized
        return self.node.numbered(int(which, 16))

    def _at(self, which: Any) -> Block:
        if isinstance(which, dict):
            hashed = which.get("blockHash")
            found = self.node.hashed(_bytes(hashed)) if hashed else self._named(which["blockNumber"])
        else:
            found = self._named(which)
        if found is None:
            raise Refusal("block not found", -32001)
        return found


_FAMILIES = ("web3", "eth", "evm", "anvil", "txpool")
_WHERE = ("blockNumber", "blockHash", "transactionIndex")


def _where(block: Block, index: int) -> dict[str, str]:
    return dict(zip(_WHERE, (hex(block.number), _hex(block.hash), hex(index)), strict=True))


def _block(block: Block, full: bool) -> dict[str, Any]:
    held = [_transaction(tx) | _where(block, at) if full else _hex(tx.hash) for at, tx in enumerate(block.transactions)]
    return {
        "number": hex(block.number), "hash": _hex(block.hash), "parentHash": _hex(block.parent),
        "timestamp": hex(block.time), "baseFeePerGas": hex(block.base_fee), "gasUsed": hex(block.gas_used),
        "gasLimit": hex(GAS_LIMIT), "transactions": held,
    }  # fmt: skip


def _transaction(tx: Tx) -> dict[str, Any]:
    return {
        "hash": _hex(tx.hash), "from": _hex(tx.sender), "to": None if tx.to is None else _hex(tx.to),
        "nonce": hex(tx.nonce), "gas": hex(tx.gas), "value": hex(tx.value), "input": _hex(tx.data),
        "type": "0x0" if tx.legacy else "0x2", "maxFeePerGas": hex(tx.max_fee), "gasPrice": hex(tx.max_fee),
    }  # fmt: skip


def _receipt(block: Block, index: int) -> dict[str, Any]:
    tx, outcome = block.transactions[index], block.outcomes[index]
    return _where(block, index) | {
        "transactionHash": _hex(tx.hash), "from": _hex(tx.sender), "to": None if tx.to is None else _hex(tx.to),
        "status": hex(outcome.ok), "gasUsed": hex(outcome.gas_used),
        "contractAddress": None if outcome.contract is None else _hex(outcome.contract),
        "effectiveGasPrice": hex(tx.price(block.base_fee)), "logs": _logs_of(block, index, outcome),
    }  # fmt: skip


def _logs(block: Block) -> list[dict[str, Any]]:
    return [log for at, outcome in enumerate(block.outcomes) for log in _logs_of(block, at, outcome)]


def _logs_of(block: Block, index: int, outcome: Outcome) -> list[dict[str, Any]]:
    told = _where(block, index) | {"transactionHash": _hex(block.transactions[index].hash)}
    return [
        told | {"address": _hex(log.address), "topics": [_hex(topic) for topic in log.topics], "data": _hex(log.data)}
        for log in outcome.logs
    ]


def _wanted(log: dict[str, Any], wanted: dict[str, Any]) -> bool:
    topics = wanted.get("topics", [])
    at = wanted.get("address", log["address"]).lower() == log["address"]
    return at and all(topic in (None, seen) for topic, seen in zip(topics, log["topics"], strict=False))


def _call(asked: dict[str, str]) -> Call:
    to = asked.get("to")
    data = asked.get("data") or asked.get("input") or "0x"
    gas = asked.get("gas")
    sender = _bytes(asked.get("from", "0x" + "00" * 20))
    return Call(sender, _bytes(to) if to else None, _bytes(data), int(gas, 16) if gas else None)


def _number(value: str | None) -> int:
    return 0 if value is None else int(value, 16)


def _bytes(value: str) -> bytes:
    return bytes.fromhex(value[2:])


def _hex(value: bytes) -> str:
    return "0x" + value.hex()
