"""The one door of the ledger: what the service may ask for.

    submit, await_receipts, receipts_of, format_receipt     a statement becomes entries of the log
    last_recorded                                           how new what it knows of some subjects is
    checkpoint, tile_bytes, entry_bundle_bytes              what the log publishes, and the anchors' own tiles
    prove_subject, anchor_proofs                            what a lot proof file is made of
    standings, gaps                                         how far each statement has come, what is missing
    Sequencer, Worker, run_worker                           the working side
    status, figures, waits, alarms, what may be done        how it stands
    ledger_steps, LONGEST, Audited, Finding                 the audit of every stored byte
    deploy, restoring                                       what an operator does when a chain or a database is lost
    offices                                                 who may do what at the contract, and how that changes

A statement is opaque here: a hash, a kind, and the subjects that it concerns.

What talks to a chain is loaded when it is first asked for: it takes seconds and 40 MB, and no web process needs it.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from anchoring.admission import Permission, admit, may_sign, permission
from anchoring.alarms import Alarm, clear_alarm
from anchoring.alarms import Kind as AlarmKind
from anchoring.anchors import Anchor, AnchorProof, anchor_proofs, anchor_tile_bytes, anchored
from anchoring.awaiting import await_receipts
from anchoring.checkpoints import SignedCheckpoint, checkpoint
from anchoring.deployments import Former, former
from anchoring.errors import LedgerBroken, LogKeyChanged, NotInLedger, Overtaken
from anchoring.figures import Figures, figures
from anchoring.pace import ChainSettings
from anchoring.prover import EntryProof, Head, Neighbour, SubjectProof, prove_subject
from anchoring.publication import entry_bundle_bytes, tile_bytes
from anchoring.receipts import Receipt, format_receipt, receipts_of
from anchoring.sequencer import Sequencer
from anchoring.standing import Standing, gaps, standings
from anchoring.status import Status, status
from anchoring.submissions import Submission, last_recorded, submit
from anchoring.waits import Wait, waits

if TYPE_CHECKING:
    from anchoring import deploy, offices, restoring
    from anchoring.audit import LONGEST, Audited, Check, Finding, ledger_steps
    from anchoring.deploy import Damaged, NeedsEther, NotYet, WrongChain
    from anchoring.recovery import NotAgreed, accept_reorg
    from anchoring.rehearsal import rehearse
    from anchoring.rpc import Away, rpcs
    from anchoring.worker import Worker, WorkerSettings, contradicted, run_worker

_OF_THE_CHAIN = {
    "LONGEST": "audit",
    "Audited": "audit",
    "Away": "rpc",
    "Check": "audit",
    "Damaged": "deploy",
    "Finding": "audit",
    "NeedsEther": "deploy",
    "NotAgreed": "recovery",
    "NotYet": "deploy",
    "Worker": "worker",
    "WorkerSettings": "worker",
    "WrongChain": "deploy",
    "accept_reorg": "recovery",
    "contradicted": "worker",
    "ledger_steps": "audit",
    "rehearse": "rehearsal",
    "rpcs": "rpc",
    "run_worker": "worker",
}


def __getattr__(name: str) -> Any:
    if name in ("deploy", "offices", "restoring"):
        return import_module(f"anchoring.{name}")
    if name not in _OF_THE_CHAIN:
        raise AttributeError(f"module 'anchoring' has no attribute {name!r}")
    return getattr(import_module(f"anchoring.{_OF_THE_CHAIN[name]}"), name)


__all__ = [
    "LONGEST",
    "Alarm",
    "AlarmKind",
    "Anchor",
    "AnchorProof",
    "Audited",
    "Away",
    "ChainSettings",
    "Check",
    "Damaged",
    "EntryProof",
    "Figures",
    "Finding",
    "Former",
    "Head",
    "LedgerBroken",
    "LogKeyChanged",
    "NeedsEther",
    "Neighbour",
    "NotAgreed",
    "NotInLedger",
    "NotYet",
    "Overtaken",
    "Permission",
    "Receipt",
    "Sequencer",
    "SignedCheckpoint",
    "Standing",
    "Status",
    "SubjectProof",
    "Submission",
    "Wait",
    "Worker",
    "WorkerSettings",
    "WrongChain",
    "accept_reorg",
    "admit",
    "anchor_proofs",
    "anchor_tile_bytes",
    "anchored",
    "await_receipts",
    "checkpoint",
    "clear_alarm",
    "contradicted",
    "deploy",
    "entry_bundle_bytes",
    "figures",
    "format_receipt",
    "former",
    "gaps",
    "last_recorded",
    "ledger_steps",
    "may_sign",
    "offices",
    "permission",
    "prove_subject",
    "receipts_of",
    "rehearse",
    "restoring",
    "rpcs",
    "run_worker",
    "standings",
    "status",
    "submit",
    "tile_bytes",
    "waits",
]
