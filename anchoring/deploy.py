"""The contract of this log: deployed once, recorded for ever, found again after any crash.

The signed bytes are committed before they are sent. The address follows from sender and nonce and the code hash from
the artifact, so the row is complete before the chain knows of it, and whoever finds it later just sends the same
bytes again.

Chain identity = chain id + genesis hash + contract address + code hash: an empty, restarted Anvil has the same chain
id and gives the same contract address.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy import Connection, Engine, text

from anchoring import admission, alarms, contract, deployments, ours, unaccounted
from anchoring.alarms import Kind
from anchoring.contract import parse_address
from anchoring.deployments import Deployment
from anchoring.fees import capped, market, raised
from anchoring.onchain import GWEI, Address, Fees
from anchoring.pace import Clock, clock
from anchoring.prover import log_root
from anchoring.rpc import Block, Refused, Rpc

FEE_CAP = 500 * GWEI
DEPLOY_GAS = 4_000_000  # measured: 1.6 million
GIFT = 100 * 10**18  # from a development node's rich account
DEVELOPMENT = ("anvil/", "hardhat", "ganache", "ethereumjs testrpc")
Recorder = Callable[[Connection, Deployment | None, Deployment], None]
"""Writes down, in the transaction, that the first contract (None: there was none) gives way to the second."""

_LOCK = 0x6C6F7470_64706C79  # any constant: two that deploy at the same moment take turns


class NeedsEther(Exception):
    """The account cannot pay; the sentence names address and amount."""

    def __init__(self, address: Address, missing: int) -> None:
        self.address, self.missing = contract.checksummed(address), missing
        ether = f"{missing / 10**18:.6f} ether"
        super().__init__(f"send at least {ether} to {self.address}, then try again: it pays for the contract")


class NotYet(Exception):
    """The deployment was sent and is in no block yet; asking again goes on waiting."""


class Damaged(Exception):
    """The log is not what was signed; no new contract is deployed on it."""


class WrongChain(Exception):
    """The node serves another chain than the one this log's contract stands on."""


def ensure(
    engine: Engine, url: str, key: bytes, guardian: str, *, now: Clock = clock, wait: float = 60,
    fee_cap: int = FEE_CAP, legacy_fees: bool | None = None,
) -> Deployment:  # fmt: skip
    """The contract of this log; deployed if there is none, sent again if it is in no block yet.

    `url`: of the node; `key`: the anchorer's, who also pays for the deployment; `guardian`: an address, 0x and 40
    digits; `legacy_fees`: whether transactions are of the old kind, decided once; None: if blocks have no base fee.
    Raises NeedsEther, NotYet after `wait` seconds, WrongChain; Damaged if the log came back from others and its
    contract did not; Away and Refused as the node does.
    """
    deployer = _Deployer(Rpc(url), key, parse_address(guardian), now, fee_cap, legacy_fees)
    with engine.begin() as conn:
        _take_turns(conn)
        found = deployments.current(conn)
        if found is None and unaccounted.came_back(conn, ours.newest_size(conn)):
            raise Damaged("this log was brought back without its contract: that of before must be named, or given up")
        found = found or deployer.sign(conn, "the first")
    require_chain(deployer.rpc, found)
    return found if found.state != "signed" else deployer.settle(engine, found, wait)


def again(
    engine: Engine, url: str, key: bytes, guardian: str, *, reason: str, now: Clock = clock, wait: float = 60,
    fee_cap: int = FEE_CAP, legacy_fees: bool | None = None, record: Recorder | None = None,
) -> Deployment:  # fmt: skip
    """Start over with a new contract because the old one or its chain is lost: an operator's decision, with a reason.

    The old deployment and its anchors stay as rows. The halting alarms about them are cleared in the reason's name, the
    database counts as compared, since no chain is left to compare it with, and `record` writes the decision into the
    log, all in the transaction that signs the deployment. Raises Damaged while an alarm says that the log itself is not
    what it was: a new contract would hide that.
    """
    assert reason, "expected a reason"
    deployer = _Deployer(Rpc(url), key, parse_address(guardian), now, fee_cap, legacy_fees)
    with engine.begin() as conn:
        _take_turns(conn)
        _demand_whole(conn)
        before, made = deployments.current(conn), deployer.sign(conn, reason)
        for kind in (Kind.CHAIN_LOST, Kind.CONTRACT_CHANGED, Kind.FINALITY_VIOLATION):
            alarms.clear(conn, kind, f"deployed anew: {reason}", now())
        size = ours.newest_size(conn)
        root = log_root(conn, size) if size else None
        admission.admit(conn, size, root, f"nobody: deployed anew: {reason}", now())
        if record is not None:
            record(conn, before, made)
    return deployer.settle(engine, made, wait)


def _demand_whole(conn: Connection) -> None:
    open_kinds = {alarm.kind: alarm.detail for alarm in alarms.open_alarms(conn)}
    for kind in (Kind.ROLLBACK, Kind.FORK, Kind.LEDGER_BROKEN):
        if kind in open_kinds:
            raise Damaged(f"{kind.title} is open, and a new contract would hide it: {open_kinds[kind]}")


def require_chain(rpc: Rpc, known: Deployment) -> None:
    """WrongChain unless the node serves the chain of this deployment."""
    chain_id = rpc.chain_id()
    if chain_id != known.chain_id:
        raise WrongChain(f"expected chain id {known.chain_id}, {rpc.name} has {chain_id}")
    genesis = rpc.head("0x0").hash
    if genesis != known.genesis:
        raise WrongChain(f"expected genesis block {known.genesis.hex()}, {rpc.name} has {genesis.hex()}")


def stands(rpc: Rpc, known: Deployment, at: Block) -> bool:
    """Whether the contract has its code at that block."""
    return sha256(rpc.code(known.contract, at)).digest() == known.code_hash


def _take_turns(conn: Connection) -> None:
    conn.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})


@dataclass(frozen=True, slots=True)
class _Deployer:
    """Who deploys, and how."""

    rpc: Rpc
    key: bytes
    guardian: Address
    now: Clock
    fee_cap: int
    legacy_fees: bool | None

    def sign(self, conn: Connection, reason: str, last: Deployment | None = None) -> Deployment:
        """Sign a deployment and write it down. With `last`: its replacement, same nonce and address, more fee; the same
        again if the cap allows no more."""
        rpc, at = self.rpc, self.rpc.head()
        sender = contract.address_of(self.key)
        legacy = at.base_fee is None if self.legacy_fees is None else self.legacy_fees
        fees: Fees | None = capped(market(rpc, at, legacy), at.base_fee, self.fee_cap)
        if last is not None and fees is not None:
            fees = raised(last.fees, fees, self.fee_cap)
        if fees is None:
            assert last is not None
            return last
        code = contract.creation(sender, self.guardian)
        _pay(rpc, sender, DEPLOY_GAS * fees.max_fee)
        nonce = rpc.nonce(sender, rpc.head()) if last is None else last.nonce
        # On an empty chain with the id of one that is gone the same bytes would be the same transaction.
        chain_id, gas = rpc.chain_id(), _gas(rpc, sender, code) + deployments.many(conn)
        signed = contract.sign(
            self.key, chain_id=chain_id, nonce=nonce, to=None, calldata=code, gas=gas, fees=fees, legacy=legacy
        )
        conn.execute(
            _INSERT,
            {
                "chain": chain_id, "genesis": rpc.head("0x0").hash, "contract": contract.created_by(sender, nonce),
                "code": contract.code_hash(), "sender": sender, "guardian": self.guardian, "legacy": legacy,
                "nonce": nonce, "hash": signed.tx_hash, "max_fee": fees.max_fee, "tip": fees.tip, "raw": signed.raw,
                "reason": reason, "now": self.now(),
            },
        )  # fmt: skip
        made = deployments.current(conn)
        assert made is not None
        return made

    def settle(self, engine: Engine, found: Deployment, wait: float) -> Deployment:
        """Send until the contract stands in a block."""
        if _passed_over(self.rpc, found):
            found = self._sign_anew(engine, "another transaction took the nonce", None)
        deadline = time.monotonic() + wait
        while time.monotonic() < deadline:
            push(self.rpc, found)
            placed = place(engine, self.rpc, found)
            if placed is not None:
                return placed
            time.sleep(0.2)
        self._sign_anew(engine, "more fee", found)  # for the next try
        raise NotYet(f"the deployment 0x{found.tx_hash.hex()} is in no block after {wait:.0f} s")

    def _sign_anew(self, engine: Engine, reason: str, last: Deployment | None) -> Deployment:
        with engine.begin() as conn:
            _take_turns(conn)
            return self.sign(conn, reason, last)


_INSERT = text(
    "INSERT INTO ledger.deployment (chain_id, genesis, contract, code_hash, anchorer, guardian, legacy_fees,"
    " nonce, tx_hash, max_fee, tip, raw, reason, signed_at, state)"
    " VALUES (:chain, :genesis, :contract, :code, :sender, :guardian, :legacy,"
    " :nonce, :hash, :max_fee, :tip, :raw, :reason, :now, 'signed')"
)


def _gas(rpc: Rpc, sender: Address, code: bytes) -> int:
    needed = rpc.estimate({"from": contract.checksummed(sender), "data": "0x" + code.hex()})
    return min(needed * 13 // 10, DEPLOY_GAS)


def _passed_over(rpc: Rpc, found: Deployment) -> bool:
    """The account went past this nonce and the contract is not there: these bytes can never be mined."""
    at = rpc.head()
    return rpc.nonce(found.anchorer, at) > found.nonce and not stands(rpc, found, at)


def push(rpc: Rpc, found: Deployment) -> None:
    """Send the kept bytes; that they are known or mined already is no news."""
    try:
        rpc.send(found.raw)
    except Refused:
        return  # what is true is asked next


def place(engine: Engine, rpc: Rpc, found: Deployment) -> Deployment | None:
    """Write down in which block the contract stands; None if it does not."""
    at = rpc.head()
    if not stands(rpc, found, at):
        return None
    receipt = rpc.receipt(found.tx_hash)
    where = (at.number, at.hash) if receipt is None else (receipt.block, receipt.block_hash)
    with engine.begin() as conn:
        deployments.move(conn, found, "mined", *where)
        return deployments.current(conn)


def _pay(rpc: Rpc, sender: Address, needed: int) -> None:
    """On a development node the first unlocked account gives what is missing; elsewhere NeedsEther."""
    balance = rpc.balance(sender, rpc.head())
    if balance >= needed:
        return
    donor = _donor(rpc)
    if donor is None:
        raise NeedsEther(sender, needed - balance)
    gift = {"from": donor, "to": contract.checksummed(sender), "value": hex(GIFT)}
    if rpc.head().base_fee is None:
        gift["gasPrice"] = hex(rpc.gas_price())
    rpc.call("eth_sendTransaction", gift)
    deadline = time.monotonic() + 10
    while rpc.balance(sender, rpc.head()) < needed:
        if time.monotonic() >= deadline:
            raise NeedsEther(sender, needed - balance)
        time.sleep(0.05)


def _donor(rpc: Rpc) -> str | None:
    if not rpc.client().lower().startswith(DEVELOPMENT):
        return None
    accounts = rpc.call("eth_accounts")
    return str(accounts[0]) if accounts else None
