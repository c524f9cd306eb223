"""Acting on the chain: sign for the newest checkpoint, push what is signed, replace what is stuck.

Nothing is sent that is not committed before. Who calls has read the contract's state in the same round and knows which
intents are unresolved; at most one nonce is in flight, more only when a reorg took several anchors back at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlalchemy import Connection, Engine

from anchoring import admission, contract, intents, ours
from anchoring.alarms import Kind
from anchoring.deployments import Deployment
from anchoring.fees import AboveCap, capped, market, raised
from anchoring.intents import Failures, Intent, Plan, Transaction
from anchoring.look import Look
from anchoring.onchain import Address, Fees, TxHash
from anchoring.pace import ChainSettings, Clock, elapsed
from anchoring.pushing import Push, Said, push
from anchoring.rpc import Refused, Rpc
from anchoring.watch import ROUNDS_OF_ALARM, NotNow, Watch

REMEMBERED = 16  # hashes whose last push is remembered
LONGEST_REST = 900_000  # milliseconds between two tries of what fails when it is executed: about 100 a day


LEAST_GAS, MOST_GAS = 45_000, 116_000
"""What an anchor takes, by the length of its proof (`tests/contracts/test_gas.py`)."""


class Sender:
    """The hand that signs and pushes."""

    def __init__(
        self, engine: Engine, rpc: Rpc, key: bytes, settings: ChainSettings, now: Clock, watch: Watch,
        passed: Callable[[str], None],
    ) -> None:  # fmt: skip
        self._engine, self._rpc, self._key, self._settings = engine, rpc, key, settings
        self._now, self._watch, self._passed = now, watch, passed
        self.address = contract.address_of(key)
        self._pushed: dict[TxHash, int] = {}
        self._underpriced: set[TxHash] = set()
        self._reserve = 0  # wei below which money was short at the last anchor; 0: there was enough

    def forget(self) -> None:
        """A reorg threw transactions away: push again at once."""
        self._pushed.clear()

    # What is signed already

    def push_all(self, known: Deployment, seen: Look, waiting: Sequence[Intent]) -> bool:
        """Push what is signed. Only the first in line can be stuck for its fees, those behind wait for its nonce."""
        pushed = False
        for position, intent in enumerate(waiting):
            transaction = self._newest(intent.id)
            if position == 0 and self._is_stuck(transaction):
                transaction = self._replaced(known, seen, intent, transaction)
            pushed |= self._push(intent.id, transaction)
        return pushed

    def _newest(self, intent: int) -> Transaction:
        with self._engine.connect() as conn:
            return intents.newest_transaction(conn, intent)

    def is_stuck(self, intent: Intent) -> bool:
        """Whether its newest bytes are out for so long, or refused for their price, that they would be replaced."""
        return self._is_stuck(self._newest(intent.id))

    def _is_stuck(self, transaction: Transaction) -> bool:
        refused = transaction.signed.tx_hash in self._underpriced
        return refused or elapsed(self._now(), transaction.signed_at, self._settings.bump_after)

    def _replaced(self, known: Deployment, seen: Look, intent: Intent, last: Transaction) -> Transaction:
        """The same call with the same nonce for more money, as far as the cap allows."""
        wanted = self._price(known, seen)
        fees = None if wanted is None else raised(last.fees, wanted, self._settings.fee_cap)
        if fees is None:
            self._watch.warn(Kind.FEE_CAP, f"a replacement for nonce {intent.nonce} would pay more than the cap allows")
            return last
        with self._engine.begin() as conn:
            self._sign(conn, known, intent.id, intent.plan, intent.nonce, last.gas, fees)
        self._passed("signed")
        return self._newest(intent.id)

    # Something new

    def failures(self, known: Deployment, seen: Look) -> Failures:
        """What was mined on top of the anchored size of now and did nothing; an alarm as long as there is any."""
        with self._engine.connect() as conn:
            failed = intents.failures(conn, known.id, seen.head.size)
        if failed.count:
            self._watch.warn(Kind.REVERTED, f"on top of size {seen.head.size}: {failed.reason}")
        return failed

    def anchor(self, known: Deployment, seen: Look, failed: Failures) -> bool:
        """Sign for the newest checkpoint and push; False if there is nothing to do or something is in the way."""
        with self._engine.connect() as conn:
            plan = ours.plan(conn, seen.head.size)
            last = intents.last_signed_at(conn, known.id)
        if plan is None or (last is not None and not elapsed(self._now(), last, rest(self._settings, failed.count))):
            return False
        if not self._in_office(seen):
            return False
        nonce = self._nonce(known, seen)
        fees, gas = self._fees(known, seen, nonce), self._gas(known, plan, failed.count)
        if fees is None or gas is None or not self._can_pay(seen, gas, fees):
            return False
        self._passed("planned")
        return self._sign_and_push(known, plan, nonce, gas, fees)

    def _nonce(self, known: Deployment, seen: Look) -> int:
        """The next one at the block that was looked at; that block holds anchors of ours, and what these spent is not
        free. Signed anyway, it would be a second intent for one nonce as soon as a reorg takes the first one back."""
        nonce = self._rpc.nonce(self.address, seen.latest)
        with self._engine.connect() as conn:
            spent, ever = intents.spent_nonces(conn, known.id, self.address, seen.latest.number)
        if nonce <= spent:
            what = f"expected a nonce above {spent}, which an anchor in a block has spent; seen {nonce}"
            raise self._watch.doubt(Kind.NODE_INCONSISTENT, what, ROUNDS_OF_ALARM)
        if nonce <= ever:
            raise NotNow("somebody anchored since we looked")
        return nonce

    def _sign_and_push(self, known: Deployment, plan: Plan, nonce: int, gas: int, fees: Fees) -> bool:
        with self._engine.begin() as conn:
            if not admission.may_sign(conn):
                return False
            intent = intents.open_intent(conn, known.id, plan, self.address, nonce, self._now())
            self._sign(conn, known, intent, plan, nonce, gas, fees)
        # From here on the bytes may reach the chain at any time, whether this process lives or not.
        self._passed("signed")
        return self._push(intent, self._newest(intent))

    def _sign(
        self, conn: Connection, known: Deployment, intent: int, plan: Plan, nonce: int, gas: int, fees: Fees
    ) -> None:
        signed = contract.sign(
            self._key, chain_id=known.chain_id, nonce=nonce, to=known.contract, calldata=_calldata(conn, plan),
            gas=gas, fees=fees, legacy=known.legacy_fees,
        )  # fmt: skip
        intents.keep_transaction(
            conn, intent, signed, chain_id=known.chain_id, contract=known.contract, sender=self.address, nonce=nonce,
            gas=gas, fees=fees, now=self._now(),
        )  # fmt: skip

    def _in_office(self, seen: Look) -> bool:
        anchorer = seen.contract.anchorer(seen.latest)
        if anchorer != self.address:
            self._watch.warn(Kind.NOT_ANCHORER, f"the contract takes anchors from {contract.checksummed(anchorer)}")
        return anchorer == self.address

    # What it may cost

    def _price(self, known: Deployment, seen: Look) -> Fees | None:
        wanted = market(self._rpc, seen.latest, known.legacy_fees)
        try:
            return capped(wanted, seen.latest.base_fee, self._settings.fee_cap)
        except AboveCap as error:
            self._watch.warn(Kind.FEE_CAP, str(error))
            return None

    def _fees(self, known: Deployment, seen: Look, nonce: int) -> Fees | None:
        """Bytes of an intent that came to nothing may still wait in a pool under this nonce: pay more than they did."""
        wanted = self._price(known, seen)
        with self._engine.connect() as conn:
            earlier = intents.highest_fees(conn, known.chain_id, known.contract, self.address, nonce)
        if wanted is None or earlier is None:
            return wanted
        more = raised(earlier, wanted, self._settings.fee_cap)
        if more is None:
            self._watch.warn(Kind.FEE_CAP, f"nonce {nonce} was offered {earlier.max_fee} wei; more is above the cap")
        return more

    def _gas(self, known: Deployment, plan: Plan, failed: int) -> int | None:
        """A gas limit with room, twice as much after each failure, under the cap; or None if the contract refuses the
        call already now."""
        with self._engine.connect() as conn:
            call = as_call(conn, known, plan, self.address)
        try:
            return min(_needed(self._rpc.estimate(call)) * 13 // 10 << failed, self._settings.gas_cap)
        except Refused as refused:
            if contract.error_name(refused.data) == "WrongOldSize":
                raise NotNow("somebody anchored since we looked") from refused
            self._watch.warn(Kind.REVERTED, f"size {plan.size}: {contract.explain(refused.data) or refused.message}")
            return None

    def _can_pay(self, seen: Look, gas: int, fees: Fees) -> bool:
        account, balance = contract.checksummed(self.address), self._rpc.balance(self.address, seen.latest)
        if balance < gas * fees.max_fee:
            needed = _ether(gas * fees.max_fee)
            self._watch.warn(Kind.NO_MONEY, f"{account} has {_ether(balance)}; one anchor may take {needed}")
            return False
        reserve = self._settings.few_anchors * gas * ((seen.latest.base_fee or fees.max_fee) + fees.tip)
        self._reserve = reserve if balance < reserve else 0
        self.count_money(seen)
        return True

    def count_money(self, seen: Look) -> None:
        """LITTLE MONEY, as long as the account holds less than a few anchors take at the price of the last one."""
        if not self._reserve:
            return
        balance = self._rpc.balance(self.address, seen.latest)
        if balance >= self._reserve:
            self._reserve = 0
            return
        account, left = contract.checksummed(self.address), balance * self._settings.few_anchors // self._reserve
        self._watch.warn(Kind.LITTLE_MONEY, f"{account} has {_ether(balance)}, for about {left} anchors")

    # The push

    def _push(self, intent: int, transaction: Transaction) -> bool:
        tx_hash = transaction.signed.tx_hash
        last = self._pushed.get(tx_hash)
        if last is not None and not elapsed(self._now(), last, self._settings.repush):
            return False
        said = self._said(transaction)
        self._passed("pushed")
        self._remember(tx_hash, said.outcome)
        if said.outcome is Push.NO_MONEY:
            self._watch.warn(Kind.NO_MONEY, f"{contract.checksummed(self.address)}: {said.words}")
        with self._engine.begin() as conn:
            intents.note(conn, intent, said.outcome.step, self._now(), tx_hash=tx_hash, detail=said.words)
        if said.away is not None:
            raise said.away
        return True

    def _said(self, transaction: Transaction) -> Said:
        """What the node says to the bytes. Some (Ganache) call bytes that they hold already too cheap to replace
        themselves: that is no reason to pay more."""
        said = push(self._rpc, transaction.signed.raw)
        if said.outcome is Push.UNDERPRICED and self._rpc.sender_and_nonce(transaction.signed.tx_hash) is not None:
            return Said(Push.KNOWN, said.words)
        return said

    def _remember(self, tx_hash: TxHash, outcome: Push) -> None:
        self._pushed.pop(tx_hash, None)
        self._pushed[tx_hash] = self._now()
        while len(self._pushed) > REMEMBERED:
            forgotten = next(iter(self._pushed))
            del self._pushed[forgotten]
            self._underpriced.discard(forgotten)
        if outcome is Push.UNDERPRICED:
            self._underpriced.add(tx_hash)


def rest(settings: ChainSettings, failed: int) -> int:
    """Milliseconds from one signature to the next: the chosen interval; 2^n times as much after n failures in a row."""
    if failed == 0:
        return settings.min_interval
    return max(settings.min_interval, min(max(settings.min_interval, settings.poll) << failed, LONGEST_REST))


def as_call(conn: Connection, known: Deployment, plan: Plan, sender: Address) -> dict[str, str]:
    """What `plan` asks of the contract, in the words of JSON-RPC."""
    return {"from": _hex(sender), "to": _hex(known.contract), "data": _hex(_calldata(conn, plan))}


def _calldata(conn: Connection, plan: Plan) -> bytes:
    return contract.anchor_call(plan.old_size, plan.size, plan.log_root, plan.map_root, ours.proof(conn, plan))


def _needed(estimated: int) -> int:
    """An estimate below what any anchor takes is none: a limit too low would cost gas for nothing."""
    return estimated if estimated >= LEAST_GAS else MOST_GAS


def _ether(wei: int) -> str:
    return f"{wei / 10**18:.6f} ether"


def _hex(value: bytes) -> str:
    return "0x" + value.hex()
