"""One life of a worker: steps in which things go wrong, then quiet, in which it must arrive.

a step      the log grows, blocks are built, a reorg of up to 12 blocks, a shorter chain, fees that leap, a pool that
            forgets, what was late arrives, somebody else uses our key; the worker is killed, rebuilt, doubled;
            then one round of the worker over a line that fails
quiet       blocks, an honest line, no more entries: the newest checkpoint is final within LIVES_IN steps
"""

from __future__ import annotations

import contextlib
from dataclasses import replace
from hashlib import sha256
from random import Random

import psycopg
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from anchoring import anchors, contract
from anchoring.anchorer import Anchorer
from anchoring.onchain import GWEI, Fees
from anchoring.pace import ChainSettings
from anchoring.rpc import Away, Refused
from tests.campaigns.campaign import Contradiction
from tests.campaigns.chain_checks import Checks
from tests.campaigns.chain_line import Killed, Line
from tests.campaigns.chain_stage import KEY, Stage
from tests.contracts import rfc6962
from tests.tools.devchain.node import Refusal

LIVES_IN = 40  # quiet steps in which the newest checkpoint must become final
PACE = ChainSettings(finality="finalized", min_interval=0, repush=0, fee_cap=50 * GWEI)
FAULTS = ("lost", "unanswered", "late", "twice", "garbage", "refused", "stale")


class Life:
    """Drawn from `dice`; `case` is what finds it again."""

    def __init__(self, stage: Stage, dice: Random, case: str) -> None:
        self.stage, self.dice, self.case, self.node = stage, dice, case, stage.chain.node
        self.pace = replace(PACE, bump_after=dice.choice((2_000, 10_000, 60_000)), repush=dice.choice((0, 0, 3_000)))
        self.leaves: list[bytes] = []
        self.roots: dict[int, bytes] = {}
        self.checks = Checks(case, stage, self.pace, self.roots)
        self.odds = self._climate()
        self.lines = [self._line()]
        self.workers = [self._worker()]
        self.wrong = self.kills = self.reorgs = self.steps = self.quiet = 0
        stage.rewinding.at_commit = self._at_commit
        self._commit_fault: tuple[int, str] | None = None

    def _climate(self) -> dict[str, float]:
        """How bad it is, and in which ways: some lives know one fault only, some all of them."""
        kinds = self.dice.sample(FAULTS, self.dice.randint(0, len(FAULTS)))
        bad = self.dice.choice((0.01, 0.03, 0.1))
        odds = {kind: bad * self.dice.random() * 2 for kind in kinds}
        odds["stale"] = 0.2 if "stale" in kinds else 0.0
        self.liar = self.dice.random() < 0.3
        return odds | {"lies": bad if self.liar else 0.0}

    def _line(self) -> Line:
        return Line(self.stage.chain, self.dice, self.odds, self.checks.heard)

    def _worker(self) -> Anchorer:
        """Where a node lies, another one tells the truth: what one alone says may halt everything."""
        rpcs = [self.lines[0], self.stage.honest] if self.liar else [self.lines[0]]
        return Anchorer(self.stage.engine, rpcs, KEY, self.pace, lambda: self.stage.time, self._passed)

    # A life

    def live(self, steps: int) -> None:
        """Contradiction with the first that goes wrong."""
        for self.steps in range(1, steps + 1):
            self._weather()
            self._round()
            self.checks.all(self.wrong + sum(line.misled for line in self.lines))
        self._become_quiet()
        for self.quiet in range(1, LIVES_IN + 1):
            self.stage.time += 5_000
            self.node.mine(self.dice.randint(1, 4))
            self._round()
            self.checks.all(self.wrong + sum(line.misled for line in self.lines))
            if self._arrived():
                return
        with self.stage.engine.connect() as conn:
            seen = list(conn.execute(text("SELECT size, state FROM ledger.intent ORDER BY id")))
            alarms = list(conn.execute(text("SELECT kind, detail FROM ledger.alarm WHERE cleared_at IS NULL")))
        raise Contradiction(f"{self.case}, liveness", f"size {len(self.leaves)} final", [*seen, *alarms])

    def _become_quiet(self) -> None:
        for name in self.odds:
            self.odds[name] = 0.0
        self.lines[0].late.clear()
        self.lines[0].kill_at = self._commit_fault = None
        self._kill_step = None
        self.node.next_base_fee = GWEI
        if not self.leaves:
            self._record()

    def _arrived(self) -> bool:
        with self.stage.engine.connect() as conn:
            newest = anchors.anchored(conn, final=True)
        return newest is not None and newest.size == len(self.leaves)

    # The worker

    _kill_step: int | None = None
    _in_round = False

    def _round(self) -> None:
        at = self.dice.randrange(len(self.workers))
        self.lines[0].begin()
        self._in_round = True
        try:
            self.workers[at].tick()
        except Killed:
            self.kills += 1
            self.wrong += 1
            self.workers[at] = self._worker()
        except (Away, Refused, OperationalError):
            pass
        finally:
            self._in_round = False

    def _passed(self, step: str) -> None:
        if self._kill_step is not None:
            self._kill_step -= 1
            if self._kill_step <= 0:
                self._kill_step = None
                raise Killed

    def _at_commit(self, done: bool) -> None:
        if self._commit_fault is None or not self._in_round:
            return
        left, what = self._commit_fault
        if done == (what == "undone"):
            return
        self._commit_fault = (left - 1, what) if left > 0 else None
        if left > 0:
            return
        if what == "killed":
            raise Killed
        raise psycopg.OperationalError("server closed the connection unexpectedly")

    # The weather

    def _weather(self) -> None:
        dice = self.dice
        self.stage.time += dice.randint(200, 15_000)
        happenings = (
            (0.5, self._record), (0.75, self._mine), (0.12, self._reorg), (0.03, self._shorter), (0.08, self._fees),
            (0.06, self._forget), (0.4, self._arrive), (0.04, self._foreign), (0.03, self._foreign_anchor),
            (0.12, self._kill), (0.05, self._rebuild), (0.03, self._another),
        )  # fmt: skip
        for odds, happening in happenings:
            if dice.random() < odds:
                happening()

    def _record(self) -> None:
        for _ in range(self.dice.randint(1, 3)):
            self.leaves.append(sha256(b"\x00" + len(self.leaves).to_bytes(4, "big")).digest())
        size, root = len(self.leaves), rfc6962.mth(tuple(self.leaves))
        known = max(self.roots, default=0)
        rows = [{"index": at, "leaf": self.leaves[at], "zero": bytes(32)} for at in range(known, size)]
        self.roots[size] = root
        with self.stage.engine.begin() as conn:
            conn.execute(_ENTRY, rows)
            conn.execute(_PAGE)
            conn.execute(_CHECKPOINT, {"size": size, "log": root, "map": sha256(root).digest(), "now": self.stage.time})

    def _mine(self) -> None:
        self.node.mine(self.dice.randint(1, 3))

    def _reorg(self) -> None:
        """Other blocks in the place of the newest; some of what they held comes back, in any of them."""
        depth = self.dice.randint(1, min(12, self._not_final()))
        removed = [tx for block in self.node.blocks[-depth:] for tx in block.transactions]
        back = [tx for tx in removed if self.dice.random() < 0.5]
        self.lines[0].branches = [(list(self.node.blocks), self.node.finalized.number)]
        self.node.reorg(depth, [(tx.raw, self.dice.randrange(depth)) for tx in back])
        self.wrong += len(removed) + 1
        self.reorgs += 1

    def _not_final(self) -> int:
        """How many blocks may still go; never none, for it takes more than a short chain to make a block final."""
        return self.node.latest.number - self.node.finalized.number

    def _shorter(self) -> None:
        depth = self.dice.randint(1, min(5, self._not_final()))
        self.wrong += sum(len(block.transactions) for block in self.node.blocks[-depth:]) + 1
        self.node.rollback(depth)
        self.reorgs += 1

    def _fees(self) -> None:
        self.node.next_base_fee = self.dice.choice((GWEI, 20 * GWEI, 60 * GWEI, 400 * GWEI))

    def _forget(self) -> None:
        self.node.pool.clear()

    def _arrive(self) -> None:
        """What was late, in any order."""
        late, self.lines[0].late = self.lines[0].late, []
        self.dice.shuffle(late)
        for raw in late:
            with contextlib.suppress(Refusal):
                self.stage.chain.call("eth_sendRawTransaction", raw)
            self.wrong += 1

    def _foreign(self) -> None:
        self._send(b"", bytes(20))

    def _foreign_anchor(self) -> None:
        """Somebody has our key and our log, and is quicker."""
        events = self.checks.events()
        old = events[-1][1] if events else 0
        if old < len(self.leaves) and self.roots:
            size = max(self.roots)
            path = rfc6962.proof(old, tuple(self.leaves[:size])) if old else []
            self._send(contract.anchor_call(old, size, self.roots[size], sha256(self.roots[size]).digest(), path))

    def _send(self, calldata: bytes, to: bytes | None = None) -> None:
        nonce = self.node.engine.nonce(self.node.latest, contract.address_of(KEY))
        signed = contract.sign(
            KEY, chain_id=self.node.chain_id, nonce=nonce, to=contract.Address(to or self.stage.deployment.contract),
            calldata=calldata, gas=300_000, fees=Fees(self.dice.choice((2, 1000)) * GWEI, GWEI), legacy=False,
        )  # fmt: skip
        with contextlib.suppress(Refusal):
            self.node.take(signed.raw)
        self.wrong += 1

    def _kill(self) -> None:
        """At a request, at a step, or around a commit, whichever comes first."""
        self.lines[0].kill_at = None
        match self.dice.randrange(3):
            case 0:
                self.lines[0].kill_at = self.lines[0].calls + self.dice.randint(1, 25)
            case 1:
                self._kill_step = self.dice.randint(1, 11)
            case _:
                what = self.dice.choice(("killed", "undone", "reported"))
                self._commit_fault = (self.dice.randint(0, 6), what)

    def _rebuild(self) -> None:
        self.workers[self.dice.randrange(len(self.workers))] = self._worker()

    def _another(self) -> None:
        if len(self.workers) < 3:
            self.workers.append(self._worker())


_ENTRY = text(
    "INSERT INTO ledger.entry (index, kind, subject, sequence, previous, statement_hash, recorded_at, leaf_hash)"
    " VALUES (:index, 1, :leaf, 1, :zero, :leaf, 1790000000000, :leaf)"
)
_PAGE = text("INSERT INTO ledger.map_page (id, page) VALUES (1, '') ON CONFLICT DO NOTHING")
_CHECKPOINT = text(
    "INSERT INTO ledger.checkpoint (size, log_root, map_root, map_page, note, signed_at)"
    " VALUES (:size, :log, :map, 1, 'note', :now)"
)


def lived(stage: Stage, dice: Random, case: str, steps: int) -> Life:
    """A whole life, from the beginning that all have in common."""
    with stage.life():
        life = Life(stage, dice, case)
        life.live(steps)
    return life
