"""The log once more, as a stranger reads it: other code, from what is published, beside the chain (`verifier.audit`).

Entry bundles, tiles and the newest note are read as they are given out. What the checks before this one found row by
row is seen here as a whole; it names an index, and no row. It takes longer than all of them, and goes on after it was
stopped, with what it keeps in `Audited.folder`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path

from sqlalchemy import Connection

from anchoring.audit.chain import nodes_of
from anchoring.audit.finding import Audited, Finding
from anchoring.audit.policy import newest_contract, policy_of
from anchoring.audit.rows import rows, stream
from anchoring.errors import NotInLedger
from anchoring.publication import tile_bytes
from verifier.audit import Work, audit_log
from verifier.chain import Node
from verifier.errors import Refuted, Unavailable
from verifier.policy import Policy
from verifier.report import Report
from verifier.resume import NotResumable, Resume

_ENTRIES = r"""
    SELECT '\x01'::bytea || substring(int2send(kind) FROM 2) || subject || int8send(sequence) || previous
           || statement_hash || int8send(recorded_at)
      FROM ledger.entry WHERE index >= %b AND index < %b ORDER BY index"""
_CHECK = "the log as a stranger reads it"
_TOLD = "whoever audits the published log"


def check_as_stranger(connection: Connection, audited: Audited) -> Iterator[Finding]:
    """What the verifier refutes of the published log; with nodes, of its anchors too."""
    newest = rows(connection, "SELECT note FROM ledger.checkpoint ORDER BY size DESC LIMIT 1")
    if not newest:
        return
    note = str(newest[0][0])
    contract = newest_contract(connection)
    nodes = nodes_of(audited) if contract is not None and contract.state != "signed" else []
    policy = policy_of(audited, contract, *_epoch_of(nodes, policy_of(audited, contract)))
    report = _audited(connection, audited, policy, nodes, note)
    for answer in report.answers:
        for refuted in answer.refuted:
            what = f"{answer.title}: {refuted.what}"
            yield Finding(_CHECK, "", what, "", refuted.expected, refuted.seen, None, _TOLD)


def _epoch_of(nodes: Sequence[Node], policy: Policy) -> tuple[int, int]:
    """The operator knows his own guardian's acts: he takes the contract's word for how many there were."""
    try:
        state = nodes[0].state(nodes[0].newest(policy.finality), policy.contract) if nodes else None
    except (Unavailable, Refuted):
        state = None
    return (state.epoch, state.rotations) if state else (0, 0)


def _audited(connection: Connection, audited: Audited, policy: Policy, nodes: Sequence[Node], note: str) -> Report:
    def entries(first: int, size: int) -> Iterator[bytes]:
        for (raw,) in stream(connection, _ENTRIES, first, size):
            yield raw or b""

    def tile(level: int, number: int, width: int) -> bytes:
        try:
            return tile_bytes(connection, level, number, width)
        except (NotInLedger, AssertionError) as error:
            raise Refuted(f"tile {level}/{number}", f"{width} hashes", str(error)) from error

    for again in (False, True):
        try:
            work = Work(audited.jobs, _resume(audited.folder, note), audited.progress)
            return audit_log(entries, note, policy, nodes, 0, tile, work=work)
        except NotResumable:
            if again or audited.folder is None:
                raise
            Resume(_file(audited.folder), "").forget()  # of another state of the log: begin anew
    raise AssertionError("never")


def _file(folder: Path) -> Path:
    return folder / "audit.log"


def _resume(folder: Path | None, note: str) -> Resume | None:
    """Where it goes on: only an audit of this very checkpoint does."""
    return None if folder is None else Resume(_file(folder), sha256(note.encode()).hexdigest())
