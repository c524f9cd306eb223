"""What a person must look at, and what stops until someone did.

An alarm of a kind is open once. A *halting* one says that evidence contradicts evidence: signing checkpoints,
anchoring and recording stop until someone who has understood it clears it by name (`admission.may_sign` asks for
both this and the comparison with the chain); if the cause is still there, the next look at the chain raises it again.
All others tell of a nuisance (no node, no money); they go by themselves when it is over.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum

from sqlalchemy import Connection, text

from anchoring.pace import clock


class Kind(Enum):
    """Every alarm there is: its name, whether it halts, and what to do."""

    FORK = (
        "FORK",
        True,
        (
            "The contract holds a log that is not ours. Compare the transaction in the detail with this service's "
            "own: if it is foreign, the anchorer key was used elsewhere: have the guardian replace it and open an "
            "epoch from the last good anchor. If it is ours, this database was changed: restore it and compare "
            "with an auditor's copy."
        ),
    )
    ROLLBACK = (
        "ROLLBACK",
        True,
        (
            "The contract, or what was signed last, is ahead of this database: it was restored from an older backup, "
            "or the anchorer key was used elsewhere. Restore a newer backup, or bring back what is missing from a "
            "mirror, partners' proofs and the queue (lotproof recover); until then nothing is recorded."
        ),
    )
    CHAIN_LOST = (
        "CHAIN LOST",
        True,
        (
            "The node serves another chain with the same chain id: its genesis block differs. Point it at the "
            "right chain. If the chain is gone for good, deploy anew (deploy --again); the old anchors stay "
            "visible as lost."
        ),
    )
    FINALITY_VIOLATION = (
        "FINALITY VIOLATION",
        True,
        (
            "A block that was final is no longer part of the chain. Ask another node. If the chain really took it "
            "back, accept the loss by name; the log is then anchored again."
        ),
    )
    CONTRACT_CHANGED = (
        "CONTRACT CHANGED",
        True,
        (
            "The contract does not have the code or does not hold the anchors that it had. Ask another node; if "
            "all agree, deploy anew (deploy --again)."
        ),
    )
    LEDGER_BROKEN = (
        "LEDGER BROKEN",
        True,
        (
            "What is stored contradicts itself, so nothing more is signed. Run the audit: it names the row. Restore "
            "the database from before the damage; entries since then come back from partners' proofs."
        ),
    )
    WRONG_CHAIN = (
        "WRONG CHAIN",
        False,
        "The node has another chain id: correct the RPC endpoint.",
    )
    NODE_AWAY = (
        "NODE AWAY",
        False,
        "The chain node does not answer. Recording goes on; anchoring resumes by itself.",
    )
    NODE_BEHIND = (
        "NODE BEHIND",
        False,
        (
            "The node shows a chain that ends before blocks it showed earlier. Wait until it has caught up, or "
            "use another one."
        ),
    )
    NODE_INCONSISTENT = (
        "NODE INCONSISTENT",
        False,
        (
            "The node's events and the contract's state disagree, or nodes disagree about what one of them shows. Use "
            "another one."
        ),
    )
    NO_MONEY = (
        "NO MONEY",
        False,
        "Send ether to the anchorer's account; anchoring resumes by itself.",
    )
    LITTLE_MONEY = (
        "LITTLE MONEY",
        False,
        "The anchorer's account pays for only a few more anchors: send ether.",
    )
    FEE_CAP = (
        "FEE CAP",
        False,
        ("Blocks cost more than the fee cap: anchoring waits. Raise the cap if the growing un-anchored tail is worse."),
    )
    NOT_ANCHORER = (
        "NOT ANCHORER",
        False,
        "The contract takes anchors from another key: the guardian has replaced it. Configure the new key.",
    )
    REVERTED = (
        "REVERTED",
        False,
        "The contract refuses the anchor, for the reason in the detail. It is tried again, more and more rarely.",
    )
    LATE = (
        "LATE",
        False,
        "Checkpoints wait too long for their anchor; see the other alarms for the cause.",
    )
    NO_CONTRACT = (
        "NO CONTRACT",
        False,
        "Deploy the contract, or pay for its deployment.",
    )
    CLOCK = (
        "CLOCK",
        False,
        (
            "This machine's clock and the chain's blocks are far apart. Set the clock, or use a node that is not far "
            "behind. Times that lie ahead of the chain make proofs fail until it has caught up."
        ),
    )
    WORKER_AWAY = (
        "WORKER AWAY",
        False,
        "No worker has shown itself: start it, or look into its log. Recording goes on, receipts and anchors wait.",
    )
    QUEUE_LATE = (
        "QUEUE LATE",
        False,
        "Recorded movements wait too long for their place in the log: see the worker's log.",
    )
    DISK_FULL = (
        "DISK FULL",
        False,
        (
            "The database's disk is full: everything can be read, nothing is recorded. Make room there; recording goes "
            "on by itself, and nothing that was acknowledged is lost."
        ),
    )
    KEY_USED_ELSEWHERE = (
        "KEY USED ELSEWHERE",
        False,
        (
            "Somebody else sends transactions with the anchorer key; if this database was just restored, it may have "
            "been this service. Else have the guardian replace the key. Then clear this alarm."
        ),
    )
    LOG_KEY = (
        "LOG KEY",
        False,
        (
            "A worker was given another log key than the one that signed the newest checkpoint, and ended. Give it "
            "that one. If the key is being replaced, name the old one in LOTPROOF_LOG_KEY_BEFORE (docs/operations.md)."
        ),
    )
    WAREHOUSE_BEHIND = (
        "WAREHOUSE BEHIND",
        False,
        (
            "The log came back from others and the warehouse's rows of some statements did not. Nothing is recorded "
            "about the lots concerned (lotproof recover --list) until each was looked at and settled "
            "(lotproof recover --settle)."
        ),
    )
    WRONG_MAP_ROOT = (
        "WRONG MAP ROOT",
        False,
        (
            "An anchor carries the right log root and a wrong map root: it was not made here. Lots cannot be "
            "proved under it; the next anchor heals that. See KEY USED ELSEWHERE, then clear this alarm."
        ),
    )

    def __init__(self, title: str, halts: bool, advice: str) -> None:
        self.title, self.halts, self.advice = title, halts, advice

    @property
    def passes(self) -> bool:
        """Whether it goes by itself when a look at the chain no longer finds it."""
        return not self.halts and self not in _STAY


_STAY = (Kind.KEY_USED_ELSEWHERE, Kind.WRONG_MAP_ROOT, Kind.WAREHOUSE_BEHIND, Kind.LATE)

# While one of these is open, nothing is shown as final.
DOUBTS_FINALITY = (Kind.FINALITY_VIOLATION, Kind.CHAIN_LOST, Kind.CONTRACT_CHANGED)


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alarm that is open."""

    kind: Kind
    detail: str
    raised_at: int

    @property
    def advice(self) -> str:
        return self.kind.advice


class Halt(Exception):
    """Evidence contradicts evidence: raise the alarm and stop."""

    def __init__(self, kind: Kind, detail: str) -> None:
        assert kind.halts
        super().__init__(f"{kind.title}: {detail}")
        self.kind, self.detail = kind, detail


_BY_TITLE = {kind.title: kind for kind in Kind}


def open_alarms(conn: Connection) -> list[Alarm]:
    """All open alarms, halting ones first."""
    rows = conn.execute(
        text(
            "SELECT kind, detail, raised_at FROM ledger.alarm WHERE cleared_at IS NULL"
            " ORDER BY halts DESC, raised_at, id"
        )
    )
    return [Alarm(_BY_TITLE[kind], detail, raised_at) for kind, detail, raised_at in rows]


def halted(conn: Connection) -> bool:
    """Whether a halting alarm is open."""
    found = conn.execute(text("SELECT 1 FROM ledger.alarm WHERE cleared_at IS NULL AND halts LIMIT 1"))
    return found.first() is not None


def raise_alarm(conn: Connection, kind: Kind, detail: str, now: int) -> bool:
    """Open an alarm, unless one of this kind is open already; whether it is new."""
    made = conn.execute(
        text(
            "INSERT INTO ledger.alarm (kind, halts, detail, raised_at) VALUES (:kind, :halts, :detail, :now)"
            " ON CONFLICT (kind) WHERE cleared_at IS NULL DO NOTHING RETURNING id"
        ),
        {"kind": kind.title, "halts": kind.halts, "detail": detail, "now": now},
    )
    return made.first() is not None


def clear(conn: Connection, kind: Kind, by: str, now: int) -> bool:
    """Close an alarm; `by` says who did it and why. Whether one was open."""
    assert by, "expected the name of whoever clears the alarm"
    cleared = conn.execute(
        text(
            "UPDATE ledger.alarm SET cleared_at = :now, cleared_by = :by"
            " WHERE kind = :kind AND cleared_at IS NULL RETURNING id"
        ),
        {"kind": kind.title, "by": by, "now": now},
    )
    return cleared.first() is not None


def clear_alarm(conn: Connection, name: str, by: str, now: int | None = None) -> bool:
    """Close the alarm of this name; False if none is open, or if no alarm is called so."""
    kind = _BY_TITLE.get(name.upper())
    return kind is not None and clear(conn, kind, by, clock() if now is None else now)


def clear_passed(conn: Connection, standing: Collection[Kind], now: int) -> None:
    """Close those that go by themselves and were not found again."""
    for alarm in open_alarms(conn):
        if alarm.kind.passes and alarm.kind not in standing:
            clear(conn, alarm.kind, "passed", now)
