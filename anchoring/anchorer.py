"""Brings the newest checkpoint to the contract and watches it until it is final.

One round, `tick`:

    1  look     is this our chain, where does it end, what does the contract hold there          look
    2  mirror   what a reorg took away is lost; what is new is kept if events and state agree    mirror
    3  settle   what the contract holds at the final block is final
    4  compare  the contract's head must be a head of our log: else FORK or ROLLBACK, and stop
    5  resolve  what became of the bytes that were signed, judged by the contract's state
    6  act      push the same bytes again, replace them (same nonce, more fee), or sign anew         sender

The order is the safety argument. Nothing is sent that is not committed before; nothing new is signed while anything
signed is unresolved, and never before the contract's state was read in the same round. A crash between any two steps
loses only work: the next round begins with 1 and finds out. The contract is the fence (compare and swap on the
anchored size); that only one worker runs saves work and money, not correctness.

Newest checkpoint only: a backlog of a thousand checkpoints is one transaction, the consistency proof covers them all.
tests/anchoring/chain/ breaks the chain, the line, and every step of this.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import IntegrityError

from anchoring import (
    admission,
    alarms,
    anchors,
    deploy,
    deployments,
    intents,
    mirror,
    opinion,
    ours,
    postmortem,
    unaccounted,
)
from anchoring.alarms import Halt, Kind
from anchoring.anchors import Anchor, Sighting
from anchoring.contract import LotAnchor, NotThisContract
from anchoring.deployments import Deployment
from anchoring.intents import InFlight, Intent
from anchoring.keyuse import KeyUse
from anchoring.look import Behind, CodeMissing, Look, OtherChain, look
from anchoring.mirror import Disagrees
from anchoring.onchain import TxHash
from anchoring.pace import ChainSettings, Clock
from anchoring.prover import log_root
from anchoring.rpc import Moved, Rpc
from anchoring.sender import Sender, as_call
from anchoring.skew import Skew
from anchoring.watch import ROUNDS_BEHIND, ROUNDS_OF_ALARM, ROUNDS_OF_DOUBT, NotNow, Watch

# A crash between every two of these is tried in test_crashes.py.
STEPS = (
    "looked", "lost", "sighted", "kept", "finalized", "sealed", "compared", "resolved", "planned", "signed", "pushed",
)  # fmt: skip


class Round(Enum):
    """How a round ended."""

    NO_CONTRACT = "no contract is deployed"
    HALTED = "an alarm that halts is open"
    NOT_NOW = "the chain cannot be relied on at this moment"
    WAITED = "nothing to do, or bytes are on their way"
    PUSHED = "bytes were handed to the node"


class Anchorer:
    """The anchoring side of one log. Holds nothing in memory that it cannot lose."""

    def __init__(
        self,
        engine: Engine,
        rpcs: Sequence[Rpc],
        key: bytes,
        settings: ChainSettings,
        now: Clock,
        passed: Callable[[str], None] = lambda step: None,
    ) -> None:
        """The first endpoint is written to; what is called final must be so on all. `passed` hears each step."""
        self._engine, self._settings, self._now, self._passed = engine, settings, now, passed
        self._rpc, self._others = rpcs[0], tuple(rpcs[1:])
        self._watch = Watch(engine, now)
        self._sender = Sender(engine, self._rpc, key, settings, now, self._watch, passed)
        self._counted_on: int | None = None  # the deployment on whose chain these two look:
        self._key_use, self._skew = self._unknowing()
        self._compared = 0  # our size at the last comparison
        self._agreed: int | None = None  # our size when this very process last saw the contract agree with our log

    def _unknowing(self) -> tuple[KeyUse, Skew]:
        return KeyUse(self._engine, self._rpc, self._sender.address, self._watch), Skew()

    def tick(self) -> Round:
        """One round. Raises Away if the node gives no answer; all else that it sees becomes a state or an alarm."""
        self._watch.begin()
        with self._engine.connect() as conn:
            known = deployments.current(conn)
            halted = alarms.halted(conn)
        if halted:
            return Round.HALTED
        if known is None:
            self._watch.warn(Kind.NO_CONTRACT, "none was deployed yet")
            return Round.NO_CONTRACT
        try:
            return self._round(known)
        except Halt as halt:
            return self._halt(known, halt)
        except NotThisContract as error:
            self._watch.doubt(Kind.NODE_INCONSISTENT, str(error), ROUNDS_OF_ALARM)
            return Round.NOT_NOW
        except (NotNow, Moved, InFlight, IntegrityError):  # the last: another worker wrote the same row first
            return Round.NOT_NOW

    def _halt(self, known: Deployment, halt: Halt) -> Round:
        """Stop everything, unless another node does not see what that rests on."""
        if halt.kind is Kind.ROLLBACK and not self._still_behind():
            return Round.NOT_NOW
        with self._engine.connect() as conn:
            url = opinion.dissenter(conn, halt, self._others, known, self._settings.finality)
        if url is None:
            self._watch.alarm(halt.kind, halt.detail)
            return Round.HALTED
        what = f"{self._rpc.name}: {halt}; {url} shows no such thing"
        self._watch.doubt(Kind.NODE_INCONSISTENT, what, ROUNDS_OF_ALARM)
        return Round.NOT_NOW

    def _still_behind(self) -> bool:
        """Whether our log is as short as it was when it was compared: it may have been brought back since."""
        with self._engine.begin() as conn:
            return admission.undisturbed(conn) and ours.newest_size(conn) == self._compared

    def _round(self, known: Deployment) -> Round:
        if known.id != self._counted_on:  # nonces and heights of a chain that was given up say nothing about this one
            self._counted_on = known.id
            self._key_use, self._skew = self._unknowing()
        seen = self._look(known)
        self._passed("looked")
        self._mirror(known, seen)
        self._settle(known, seen)
        self._compare(seen)
        self._passed("compared")
        self._key_use.check(known, seen)
        waiting = self._resolve(known, seen)
        self._passed("resolved")
        failed = self._sender.failures(known, seen)
        acted = self._sender.push_all(known, seen, waiting) if waiting else self._sender.anchor(known, seen, failed)
        self._sender.count_money(seen)
        self._watch.end()
        return Round.PUSHED if acted else Round.WAITED

    # 1 look

    def _look(self, known: Deployment) -> Look:
        try:
            seen = look(self._rpc, known, self._settings.finality)
        except OtherChain as error:
            self._watch.warn(Kind.WRONG_CHAIN, str(error))
            raise NotNow from error
        except Behind as error:
            raise self._watch.doubt(Kind.NODE_BEHIND, str(error), ROUNDS_BEHIND) from error
        except CodeMissing as error:
            self._bring_back(known, str(error))
            raise NotNow from error
        except NotThisContract as error:
            raise self._watch.contradiction(Kind.CONTRACT_CHANGED, str(error)) from error
        odd = self._skew.judge(seen.latest, self._now())
        if odd is not None:
            self._watch.warn(Kind.CLOCK, odd)
        return seen

    def _bring_back(self, known: Deployment, why: str) -> None:
        """Until the deployment is final a reorg may take it away: the same bytes bring it back to the same address."""
        if known.state == "final":
            raise self._watch.contradiction(Kind.CONTRACT_CHANGED, why)
        self._watch.warn(Kind.NO_CONTRACT, f"{why}; its deployment 0x{known.tx_hash.hex()} is sent again")
        deploy.push(self._rpc, known)
        deploy.place(self._engine, self._rpc, known)

    # 2 mirror

    def _mirror(self, known: Deployment, seen: Look) -> None:
        if known.state == "signed":
            deploy.place(self._engine, self._rpc, known)
            raise NotNow("the contract was seen for the first time")
        self._check_final_block()
        self._demote(seen)
        self._passed("lost")
        try:
            self._take_in(known, seen)
        except (Disagrees, NotThisContract) as error:
            raise self._watch.doubt(Kind.NODE_INCONSISTENT, str(error), ROUNDS_OF_ALARM) from error

    def _check_final_block(self) -> None:
        with self._engine.connect() as conn:
            last = anchors.newest_final(conn)
        if last is None:
            return
        there = self._rpc.block(last.block)
        if there is None:
            what = f"there is no block {last.block}, which was final"
            raise self._watch.doubt(Kind.NODE_BEHIND, what, ROUNDS_BEHIND)
        if there.hash != last.block_hash:
            what = f"block {last.block} was 0x{last.block_hash.hex()} and final; it is 0x{there.hash.hex()}"
            raise self._watch.contradiction(Kind.FINALITY_VIOLATION, what)

    def _demote(self, seen: Look) -> None:
        with self._engine.connect() as conn:
            mined = anchors.mined(conn)
        gone, contradicted = mirror.taken_away(self._rpc, seen.latest, mined)
        if not gone:
            return
        what = f"block {gone[0].block} of anchor {gone[0].index} is not there"
        if not contradicted:  # the chain only ends earlier: nothing says that the block will not be back
            raise self._watch.doubt(Kind.NODE_BEHIND, f"{what}; the chain ends at {seen.latest.number}", ROUNDS_BEHIND)
        if not self._watch.believed("reorg", ROUNDS_OF_DOUBT):
            raise NotNow(what)
        with self._engine.begin() as conn:
            mirror.lose(conn, gone, self._now())
        self._sender.forget()

    def _take_in(self, known: Deployment, seen: Look) -> None:
        with self._engine.connect() as conn:
            _, live = anchors.counts(conn)
            if seen.head.count < live:
                what = f"expected {live} anchors, the contract holds {seen.head.count}"
                raise self._watch.contradiction(Kind.CONTRACT_CHANGED, what)
            sightings = mirror.sight(conn, self._rpc, seen, known)
        self._passed("sighted")
        with self._engine.begin() as conn:
            mirror.keep(conn, known, seen, sightings, self._now())
            restored = self._may_be_restored(seen, ours.newest_size(conn))
            for sighting in sightings:
                self._judge(conn, sighting, restored)
        self._passed("kept")

    def _judge(self, conn: Connection, sighting: Sighting, restored: bool) -> None:
        """An anchor that this log did not send, or with a map root that it never had, is worth a person's look. In a
        database that may be older than the chain, or was, they may be our own: then ROLLBACK is said, nothing else."""
        event = sighting.event
        told = f"anchor {event.index} of size {event.size}, transaction 0x{event.tx_hash.hex()}"
        if sighting.intent is None and not restored and not unaccounted.came_back(conn, event.size):
            self._watch.alarm_in(conn, Kind.KEY_USED_ELSEWHERE, f"{told}, was not signed here")
        own = ours.map_root(conn, event.size)
        if own is not None and own != event.map_root:
            what = f"{told}: expected {own.hex()}, seen {event.map_root.hex()}"
            self._watch.alarm_in(conn, Kind.WRONG_MAP_ROOT, what)

    # 3 settle

    def _settle(self, known: Deployment, seen: Look) -> None:
        if known.state == "mined":
            self._settle_deployment(known, seen)
        with self._engine.connect() as conn:
            waiting = any(anchor.block <= seen.final.number for anchor in anchors.mined(conn))
        if waiting:
            self._finalize(seen)
        self._passed("finalized")
        with self._engine.begin() as conn:
            final, _ = anchors.counts(conn)
            for number, root in mirror.new_groups(conn, seen, final):
                anchors.keep_sealed(conn, known.id, number, root)
        self._passed("sealed")

    def _settle_deployment(self, known: Deployment, seen: Look) -> None:
        if known.block is not None and known.block <= seen.final.number and deploy.stands(self._rpc, known, seen.final):
            with self._engine.begin() as conn:
                deployments.move(conn, known, "final", known.block, known.block_hash)

    def _finalize(self, seen: Look) -> None:
        others = [LotAnchor(rpc, seen.contract.address) for rpc in self._others]
        try:
            with self._engine.connect() as conn:
                count = mirror.final_count(conn, seen, others)
        except (Disagrees, NotThisContract) as error:
            self._watch.doubt(Kind.NODE_INCONSISTENT, str(error), ROUNDS_OF_ALARM)
            return  # nothing becomes final; anchoring goes on
        with self._engine.begin() as conn:
            mirror.finalize(conn, count, self._now())

    # 4 compare

    def _compare(self, seen: Look) -> None:
        """The contract's head must be a head of our log; only then may anything be written to this database."""
        with self._engine.begin() as conn:
            size, last = ours.newest_size(conn), anchors.newest(conn)
            self._compared = size
            if seen.head.size > size:
                raise self._ahead(seen, size, last)
            root = log_root(conn, seen.head.size) if seen.head.size else None
            if root is not None and root != seen.head.log_root:
                told = f"our log root is {root.hex()}, the contract's {seen.head.log_root.hex()}"
                raise Halt(Kind.FORK, f"at size {seen.head.size} {told}{_by(last)}")
            admission.admit(conn, seen.head.size, root, "the contract", self._now())
        self._agreed = size

    def _ahead(self, seen: Look, size: int, last: Anchor | None) -> Halt:
        foreign = last is not None and last.intent is None and not self._may_be_restored(seen, size)
        lost = admission.missing(size, seen.head.size)
        what = f"our log has {size} entries, the contract holds {seen.head.size}: {lost}{_by(last)}"
        return Halt(Kind.FORK if foreign else Kind.ROLLBACK, what)

    def _may_be_restored(self, seen: Look, size: int) -> bool:
        """Whether the contract is ahead of us because an older backup was restored. It is not where this very process
        saw both agree before and our log did not shrink since: then somebody else anchored."""
        return seen.head.size > size and (self._agreed is None or self._agreed > size)

    # 5 resolve

    def _resolve(self, known: Deployment, seen: Look) -> list[Intent]:
        """The intents whose bytes can still do what they were signed for, in the order of their nonces."""
        waiting = self._waiting(known, seen)
        used = {sender: self._rpc.nonce(sender, seen.latest) for sender in {intent.sender for intent in waiting}}
        viable, expected = [], seen.head.size
        for intent in waiting:
            if intent.nonce < used[intent.sender]:
                self._spent(known, intent)
            elif intent.sender != self._sender.address:
                self._become(intent, "superseded", f"0x{intent.sender.hex()}, who signed it, anchors no more")
            elif intent.plan.old_size != expected:
                self._become(intent, "superseded", f"the contract is at size {seen.head.size}")
            else:
                viable.append(intent)
                expected = intent.plan.size
        if viable and self._waits_behind_a_gap(viable[0], used[viable[0].sender]):
            why = f"nonce {used[viable[0].sender]} before it is free: what used it is gone from the chain"
            for intent in viable:
                self._become(intent, "superseded", why)
            return []
        return viable

    def _waiting(self, known: Deployment, seen: Look) -> list[Intent]:
        """What is signed and not in a block. Who signed saw the anchors before kept; if these are more than we saw, our
        look says nothing about it: judged by that, bytes that are on their way would be given up."""
        with self._engine.connect() as conn:
            waiting = intents.unresolved(conn, known.id)
            _, live = anchors.counts(conn)  # after it: what was signed in between is not judged either
        if live > seen.head.count:
            raise NotNow("somebody saw more since we looked")
        return waiting

    def _waits_behind_a_gap(self, first: Intent, used: int) -> bool:
        """Whether nothing is on its way for a nonce before that of `first`, which can then never be mined: a reorg took
        away a transaction that nobody sends again, a failed one of ours or a foreign one.

        What a pool says of it is believed as long as nothing is stuck: after a reorg Anvil's counts what hangs in it.
        """
        pending = self._rpc.pending_nonce(first.sender) or 0
        if first.nonce <= used or (first.nonce <= pending and not self._sender.is_stuck(first)):
            return False
        if not self._watch.believed(f"gap {used}", ROUNDS_OF_ALARM):
            raise NotNow(f"nonce {first.nonce} waits behind {used}, which nobody uses")
        return True

    def _spent(self, known: Deployment, intent: Intent) -> None:
        """At one and the same block its nonce is used and the contract does not hold its anchor: it cannot succeed.

        A receipt only says why. Where there is none, somebody else used the nonce, or the node has not indexed it yet.
        """
        with self._engine.connect() as conn:
            sent = intents.transactions_of(conn, intent.id)
            call = as_call(conn, known, intent.plan, intent.sender)
        for tx_hash, gas in sent:
            receipt = self._rpc.receipt(tx_hash)
            if receipt is not None:
                self._become(intent, "failed", postmortem.reason(self._rpc, call, gas, receipt), tx_hash)
                return
        if not self._watch.believed(f"no receipt {intent.id}", ROUNDS_OF_ALARM):
            raise NotNow(f"nonce {intent.nonce} is used, and no receipt says by what")
        what = f"nonce {intent.nonce} was used by a transaction that was not signed here"
        self._watch.alarm(Kind.KEY_USED_ELSEWHERE, what)
        self._become(intent, "failed", what)

    def _become(self, intent: Intent, state: str, detail: str, tx_hash: TxHash | None = None) -> None:
        with self._engine.begin() as conn:
            intents.become(conn, intent.id, state, self._now(), detail=detail, tx_hash=tx_hash)


def _by(last: Anchor | None) -> str:
    if last is None:
        return ""
    whose = "not signed here" if last.intent is None else "signed here"
    return f" (anchor {last.index}, transaction 0x{last.tx_hash.hex()}, {whose})"
