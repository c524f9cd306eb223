"""A naive Python model beside the real contract: the same calls, honest and forged, must give the same views or the
same error.

The model (tests/contracts/model.py) shares no code and no formula with the contract. After each step all views are
compared; a refusal is compared with its numbers. Time travels, epochs open, keys change hands, groups are sealed.
"""

from collections import Counter
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from tests.contracts import logs, rfc6962
from tests.contracts.model import LARGEST, NOBODY, Anchor, Model
from tests.contracts.onchain import Chain, LotAnchor, Reverted

HOURS = st.sampled_from([0, 1, 23, 71, 72, 73, 24 * 10])
GROWTH = st.integers(1, 40)
LIE = [
    *("none", "fork", "flipped root", "flipped hash", "dropped first", "dropped last", "added", "replaced", "swapped"),
    *("other old size", "equal size", "smaller size", "beyond 2^53", "65 hashes", "no proof", "a stranger"),
]
MUST_HAPPEN = {
    f"{function} {outcome}"
    for function, outcomes in {
        "anchor": "done WrongOldSize SizeNotGreater WrongProofLength WrongOldRoot WrongNewRoot",
        "replaceAnchorer": "done NotGuardian",
        "acceptGuardian": "done",
        "proposeEpoch": "done",
        "cancelEpoch": "done",
        "openEpoch": "done TooOld WrongPeak",
    }.items()
    for outcome in outcomes.split()
}


class BesideTheModel(RuleBasedStateMachine):
    """`log` is what the log's operator holds; after an epoch he forks it at the head, as a real recovery would."""

    chain: Chain
    outcomes: Counter[str]

    @initialize()
    def deploy(self) -> None:
        self.contract = LotAnchor(self.chain)
        self.model = Model(self.contract.anchorer, self.contract.guardian)
        self.people = self.chain.accounts[1:6]
        self.log: list[bytes] = []
        self.serial = 0
        self.history: dict[bytes, list[bytes]] = {}

    # -- the anchorer

    @rule(growth=GROWTH, number=st.integers(1, 4))
    def anchor(self, growth: int, number: int) -> None:
        for _ in range(number):
            self._anchor(self.model.anchorer, *self._step(growth))

    @rule(number=st.integers(40, 64))
    @precondition(lambda self: len(self.model.anchors) < 70)
    def anchor_for_weeks(self, number: int) -> None:
        for _ in range(number):
            self._anchor(self.model.anchorer, *self._step(1), compare=False)
        self._compare()

    @precondition(lambda self: self.model.anchors)  # the first anchor may hold any root, and nobody could extend a lie
    @rule(data=st.data(), growth=GROWTH, lies=st.lists(st.sampled_from(LIE), min_size=2, max_size=6))
    def lie(self, data: st.DataObject, growth: int, lies: list[str]) -> None:
        for lie in lies:
            sender, arguments = self._lie(lie, data, list(self._step(growth)))
            self._anchor(sender, *arguments)

    # -- the guardian

    @rule(data=st.data())
    def replace_anchorer(self, data: st.DataObject) -> None:
        sender, following = self._someone(data, self.model.guardian), data.draw(st.sampled_from([*self.people, NOBODY]))
        self._send(sender, "replaceAnchorer", [following], lambda *_: self.model.replace_anchorer(sender, following))

    @rule(data=st.data())
    def offer_guardian(self, data: st.DataObject) -> None:
        sender, candidate = self._someone(data, self.model.guardian), data.draw(st.sampled_from([*self.people, NOBODY]))
        self._send(sender, "offerGuardian", [candidate], lambda *_: self.model.offer_guardian(sender, candidate))

    @rule(data=st.data())
    @precondition(lambda self: self.model.offered != NOBODY)
    def accept_guardian(self, data: st.DataObject) -> None:
        sender = self._someone(data, self.model.offered)
        self._send(sender, "acceptGuardian", [], lambda *_: self.model.accept_guardian(sender))

    @rule(data=st.data(), back=st.sampled_from([-1, 0, 1, 2, 5, 20, 70]))
    def propose_epoch(self, data: st.DataObject, back: int) -> None:
        self._propose(self._someone(data, self.model.guardian), max(0, len(self.model.anchors) - 1 - back))

    @rule(data=st.data())
    @precondition(lambda self: self.model.proposal)
    def cancel_epoch(self, data: st.DataObject) -> None:
        sender = self._someone(data, self.model.guardian)
        self._send(sender, "cancelEpoch", [], lambda *_: self.model.cancel_epoch(sender))

    @rule(data=st.data(), wait=HOURS)
    @precondition(lambda self: self.model.anchors)
    def open_epoch(self, data: st.DataObject, wait: int) -> None:
        """With whatever anchor and path; mostly refused."""
        self.chain.later(wait * 3600)
        shown = data.draw(st.sampled_from(self.model.anchors))
        path = self.model.path(self.model.proposal.index if self.model.proposal else 0)
        path = data.draw(st.sampled_from([path, path[:-1], [*path, shown.log_root], path[::-1]]))
        self._open(self._someone(data, self.model.guardian), shown, path)

    @rule(
        back=st.integers(0, 70), meanwhile=st.integers(0, 3), wait=st.sampled_from([71, 73, 74, 75, 24 * 26, 24 * 31])
    )
    @precondition(lambda self: len(self.model.anchors) > 1)
    def recover(self, back: int, meanwhile: int, wait: int) -> None:
        """The way out after a theft: propose, wait while the thief anchors on, open."""
        if not self.model.proposal:
            self._propose(self.model.guardian, max(0, len(self.model.anchors) - 2 - back))
        for _ in range(meanwhile):
            self._anchor(self.model.anchorer, *self._step(2))
        self.chain.later(wait * 3600)
        index = self.model.proposal.index if self.model.proposal else 0
        self._open(self.model.guardian, self.model.anchors[index], self.model.path(index))

    @rule(wait=HOURS)
    def wait(self, wait: int) -> None:
        self.chain.later(wait * 3600)

    # -- inside

    def _step(self, growth: int) -> tuple[int, int, bytes, bytes, list[bytes]]:
        old = self.model.live().size
        self.log = self.log[:old]
        for _ in range(growth):
            self.serial += 1
            self.log.append(sha256(b"entry %d" % self.serial).digest())
        return logs.step(self.log, old, old + growth)

    def _log_at(self, anchor: Anchor) -> list[bytes]:
        """The log up to an earlier anchor, which an epoch may have brought back after others had replaced its end."""
        log = self.history[anchor.log_root]
        assert rfc6962.mth(log) == anchor.log_root
        return log

    def _propose(self, sender: str, index: int) -> None:
        reason = sha256(b"%d" % index).digest()
        self._send(
            sender, "proposeEpoch", [index, reason], lambda _, t: self.model.propose_epoch(sender, t, index, reason)
        )

    def _open(self, sender: str, shown: Anchor, path: list[bytes]) -> None:
        before = len(self.model.opened)
        arguments = [shown.epoch, shown.size, shown.log_root, shown.map_root, shown.block, shown.time, path]
        self._send(sender, "openEpoch", arguments, lambda _, t: self.model.open_epoch(sender, t, shown, path))
        if len(self.model.opened) > before:
            self.log = self._log_at(shown)

    def _lie(self, lie: str, data: st.DataObject, honest: list[Any]) -> tuple[str, list[Any]]:
        old, new, log_root, map_root, proof = honest
        sender, where = self.model.anchorer, data.draw(st.integers(0, max(0, len(proof) - 1)))
        flipped = lambda h: bytes([h[0] ^ 1 << where % 8]) + h[1:]  # noqa: E731
        if lie == "fork" and old:
            fork = [flipped(self.log[0]), *self.log[1:]]
            log_root, proof = rfc6962.mth(fork), rfc6962.proof(old, fork)
        elif lie == "flipped root":
            log_root = flipped(log_root)
        elif lie == "flipped hash" and proof:
            proof[where] = flipped(proof[where])
        elif lie in ("dropped first", "dropped last"):
            proof = proof[1:] if lie == "dropped first" else proof[:-1]
        elif lie == "added":
            proof = [*proof[:where], log_root, *proof[where:]]
        elif lie == "replaced" and proof:
            proof[where] = map_root
        elif lie == "swapped":
            proof = proof[::-1]
        elif lie == "other old size":
            old = max(0, old + data.draw(st.sampled_from([-1, 1, 2**52])))
        elif lie == "equal size":
            new, proof = old, []
        elif lie == "smaller size":
            new = max(0, old - 1)
        elif lie == "beyond 2^53":
            new = data.draw(st.sampled_from([LARGEST, LARGEST + 1, 2**64 - 1]))
        elif lie == "65 hashes":
            proof = [log_root] * 65
        elif lie == "no proof":
            proof = []
        elif lie == "a stranger":
            sender = data.draw(st.sampled_from(self.people))
        return sender, [old, new, log_root, map_root, proof]

    def _someone(self, data: st.DataObject, usually: str) -> str:
        return data.draw(st.sampled_from([usually] * 15 + self.people))

    def _anchor(self, sender: str, *arguments: Any, compare: bool = True) -> None:
        def beside(block: int, time: int) -> None:
            self.model.anchor(sender, block, time, *arguments)
            self.history[arguments[2]] = list(self.log)

        self._send(sender, "anchor", list(arguments), beside, compare)

    def _send(
        self, sender: str, function: str, arguments: list[Any], beside: Callable[[int, int], None], compare: bool = True
    ) -> None:
        """Mine it, then let the model do the same in the block that was mined; a refusal mines a block as well."""
        refused = agreed = None
        try:
            self.contract.send(sender, function, *arguments)
        except Reverted as error:
            refused = error
        try:
            beside(*self.chain.block())
        except Reverted as error:
            agreed = error
        self.outcomes[f"{function} {refused.name if refused else 'done'}"] += 1
        assert refused == agreed, function
        if compare:
            self._compare()

    def _compare(self) -> None:
        model = self.model
        groups, epochs = range(len(model.anchors) // 64 + 1), range(len(model.opened) + 2)
        expected: list[tuple[str, list[int], Any]] = [
            ("head", [], model.head()),
            ("accumulator", [], model.accumulator()),
            ("anchorer", [], model.anchorer),
            ("guardian", [], model.guardian),
            ("offeredGuardian", [], model.offered),
            ("proposedEpoch", [], model.proposed_epoch()),
            *(("sealedGroup", [g], model.sealed_group(g)) for g in groups),
            *(("epochs", [n], model.epoch(n)) for n in epochs),
        ]
        seen = self.contract.views([(function, arguments) for function, arguments, _ in expected])
        assert [
            (function, arguments, value) for (function, arguments, _), value in zip(expected, seen, strict=True)
        ] == expected


@pytest.mark.parametrize("seed", ["the same each time", "fresh"])
def test_every_sequence_of_calls_leaves_the_contract_as_the_model(chain: Chain, seed: str) -> None:
    machine = type("Machine", (BesideTheModel,), {"chain": chain, "outcomes": Counter()})
    many = 6 if seed == "fresh" else 12
    once = settings(max_examples=many, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(machine, settings=settings(once, derandomize=seed != "fresh", database=None))
    print(sorted(machine.outcomes.items()))
    if seed != "fresh":
        assert not MUST_HAPPEN - set(machine.outcomes), "a fuzzer that never gets there proves nothing"
