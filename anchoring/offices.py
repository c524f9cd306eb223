"""The offices of the contract: who holds them, and the acts by which they change hands or an epoch is opened.

An act is looked at before it is signed: where it is done already nothing is sent, so that a command that was cut off is
simply given again; where the contract would refuse it, its reason is told. It can also be prepared only, for a guardian
whose key is in a multisig or a device. Nothing is written to the database: the anchorer sees on the chain what came of
it.

The contract knows no pause. An anchorer whose key nobody has is one: `pause` gives the office to `NOBODYS`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine

from anchoring import anchors, contract, deploy, deployments, mirror, postmortem
from anchoring.contract import LotAnchor, checksummed
from anchoring.deploy import FEE_CAP, NeedsEther, NotYet
from anchoring.deployments import Deployment
from anchoring.fees import AboveCap, capped, market
from anchoring.look import look
from anchoring.onchain import Address, Head, TxHash
from anchoring.pushing import push
from anchoring.rpc import Refused, Rpc, TxReceipt

ZERO = Address(bytes(20))
NOBODYS = Address(bytes(18) + b"\xde\xad")  # nobody has a key of it
PACE = 0.2  # seconds between two looks for a receipt


class NotAllowed(Exception):
    """The contract refuses the act, or another key must sign it."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """An epoch that was announced; `opens_at` in seconds since 1970."""

    index: int
    opens_at: int
    reason: bytes


@dataclass(frozen=True, slots=True)
class Offices:
    """Who holds what at the newest block, whose time is `time`. `offered` None: to nobody."""

    anchorer: Address
    guardian: Address
    offered: Address | None
    proposal: Proposal | None
    head: Head
    time: int


@dataclass(frozen=True, slots=True)
class Act:
    """What `by` must sign, in one sentence and in bytes; `done`: whether a state is the one that it leads to."""

    by: Address
    words: str
    calldata: bytes
    done: Callable[[Offices], bool]


@dataclass(frozen=True, slots=True)
class Desk:
    """The contract of this log, where its acts are prepared and carried out."""

    rpc: Rpc
    known: Deployment

    @classmethod
    def of(cls, conn: Connection, url: str) -> Desk:
        """Raises NotAllowed where no contract was deployed or its code is not there, WrongChain, Away."""
        known, rpc = deployments.current(conn), Rpc(url)
        if known is None:
            raise NotAllowed("no contract was deployed yet")
        deploy.require_chain(rpc, known)
        if not deploy.stands(rpc, known, rpc.head()):
            raise NotAllowed(f"the contract {checksummed(known.contract)} does not have its code on this chain")
        return cls(rpc, known)

    def offices(self) -> Offices:
        """As they are at the newest block."""
        at, there = self.rpc.head(), LotAnchor(self.rpc, self.known.contract)
        index, opens_at, reason = there.proposed_epoch(at)
        offered = there.offered_guardian(at)
        return Offices(
            there.anchorer(at), there.guardian(at), None if offered == ZERO else offered,
            Proposal(index, opens_at, reason) if opens_at else None, there.head(at), at.time,
        )  # fmt: skip

    # The acts

    def replace(self, following: Address) -> Act:
        """Give the anchorer's office to another key, at once."""
        words = f"the anchorer is {checksummed(following)}"
        return self._act("replaceAnchorer", words, lambda o: o.anchorer == following, following)

    def pause(self) -> Act:
        """Give the anchorer's office to nobody."""
        words = f"nobody anchors: the anchorer is {checksummed(NOBODYS)}, of which nobody has the key"
        return self._act("replaceAnchorer", words, lambda o: o.anchorer == NOBODYS, NOBODYS)

    def offer(self, candidate: Address | None) -> Act:
        """Offer the guardian's office; None takes the offer back."""
        whom = "nobody" if candidate is None else checksummed(candidate)
        words = f"the guardian's office is offered to {whom}"
        return self._act("offerGuardian", words, lambda o: o.offered == candidate, candidate or ZERO)

    def accept(self, candidate: Address) -> Act:
        """Take the office that was offered to `candidate`, who signs."""
        words = f"the guardian is {checksummed(candidate)}"
        return Act(candidate, words, contract.office_call("acceptGuardian"), lambda o: o.guardian == candidate)

    def propose(self, index: int, reason: bytes) -> Act:
        """Announce that the log will restart from anchor `index`; `reason`: SHA-256 of a published text."""
        words = f"an epoch is proposed that keeps the anchors 0 to {index}"
        wanted = (index, reason)
        return self._act(
            "proposeEpoch", words, lambda o: o.proposal is not None and (o.proposal.index, o.proposal.reason) == wanted,
            index, reason,
        )  # fmt: skip

    def cancel(self) -> Act:
        """Take the proposal back."""
        return self._act("cancelEpoch", "no epoch is proposed", lambda o: o.proposal is None)

    def open(self, engine: Engine) -> Act:
        """Carry out the proposal; raises NotAllowed where there is none or its time has not come."""
        now = self.offices()
        if now.proposal is None:
            raise NotAllowed(f"no epoch is proposed; {now.head.epoch} were opened so far")
        if now.time < now.proposal.opens_at:
            raise NotAllowed(f"it opens at {moment(now.proposal.opens_at)}, the newest block is of {moment(now.time)}")
        following = now.head.epoch + 1
        words = f"epoch {following} is open and goes on from anchor {now.proposal.index}"
        shown = self._shown(engine, now.proposal.index)
        return self._act("openEpoch", words, lambda o: o.head.epoch >= following, *shown)

    def _shown(self, engine: Engine, index: int) -> list[Any]:
        """The anchor as it was hashed, and its path to the peak of now. The anchorer may have stopped before a thief
        did: what it has not seen is read from the chain, and forgotten again."""
        with engine.connect() as conn:
            seen = look(self.rpc, self.known, "latest")
            mirror.keep(conn, self.known, seen, mirror.sight(conn, self.rpc, seen, self.known), seen.latest.time * 1000)
            proof = anchors.with_paths(conn, anchors.anchors_from(conn, index, 1), seen.head.count)[0]
            conn.rollback()
        told = proof.epoch, proof.size, proof.log_root, proof.map_root, proof.block, proof.time
        return [*told, list(proof.path)]

    def _act(self, name: str, words: str, done: Callable[[Offices], bool], *arguments: Any) -> Act:
        return Act(self.offices().guardian, words, contract.office_call(name, *arguments), done)

    # Looked at, and carried out

    def is_done(self, act: Act) -> bool:
        return act.done(self.offices())

    def rehearse(self, act: Act) -> int:
        """The gas it takes; NotAllowed with the contract's reason where it would be refused."""
        try:
            return self.rpc.estimate(self._call(act))
        except Refused as refused:
            raise NotAllowed(contract.explain(refused.data) or refused.message) from refused

    def carry_out(self, act: Act, key: bytes, *, wait: float = 60, fee_cap: int = FEE_CAP) -> TxReceipt:
        """Sign, send, and wait until the contract is in the state that the act leads to.

        Raises NotAllowed, NeedsEther; NotYet where it is in no block after `wait` seconds: given again, the
        same act takes the same nonce or finds itself done.
        """
        sender = contract.address_of(key)
        if sender != act.by:
            raise NotAllowed(f"{checksummed(act.by)} must sign this, the key given is that of {checksummed(sender)}")
        gas, at = self.rehearse(act) * 13 // 10, self.rpc.head()
        try:
            fees = capped(market(self.rpc, at, self.known.legacy_fees), at.base_fee, fee_cap)
        except AboveCap as dear:
            raise NotAllowed(str(dear)) from dear
        missing = gas * fees.max_fee - self.rpc.balance(sender, at)
        if missing > 0:
            raise NeedsEther(sender, missing)
        signed = contract.sign(
            key, chain_id=self.known.chain_id, nonce=self.rpc.nonce(sender, at), to=self.known.contract,
            calldata=act.calldata, gas=gas, fees=fees, legacy=self.known.legacy_fees,
        )  # fmt: skip
        push(self.rpc, signed.raw)  # whatever it answers: what is true is asked next
        return self._settled(act, signed.tx_hash, gas, wait)

    def _settled(self, act: Act, sent: TxHash, gas: int, wait: float) -> TxReceipt:
        deadline = time.monotonic() + wait
        while time.monotonic() < deadline:
            receipt = self.rpc.receipt(sent)
            if receipt is not None and not receipt.ok:
                raise NotAllowed(postmortem.reason(self.rpc, self._call(act), gas, receipt))
            if receipt is not None and self.is_done(act):
                return receipt
            time.sleep(PACE)
        raise NotYet(f"transaction 0x{sent.hex()} was sent and is in no block after {wait:.0f} s")

    def _call(self, act: Act) -> dict[str, str]:
        hexed = (act.by, self.known.contract, act.calldata)
        return dict(zip(("from", "to", "data"), (f"0x{each.hex()}" for each in hexed), strict=True))


def address(text: str) -> Address:
    """The address in `text`; NotAllowed if it is none, or its mixed case is not its checksum."""
    try:
        return contract.parse_address(text)
    except ValueError as wrong:
        raise NotAllowed(str(wrong)) from wrong


def moment(seconds: int) -> str:
    """A block's time as a person reads it."""
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")
