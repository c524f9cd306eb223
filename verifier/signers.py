"""Who signed a checkpoint: the log, exactly once, and the witnesses that the policy demands (check 6).

A signature of an unknown key is ignored; a wrong one of a known key is refused. A witness signs the
time too (C2SP tlog-cosignature):

    cosignature/v1 LF time <seconds> LF <body of the note>
"""

from __future__ import annotations

from verifier import ed25519
from verifier.checkpoint import Checkpoint
from verifier.errors import Refuted
from verifier.note import COSIGNATURE, ED25519, Note, NoteSignature, key_id
from verifier.policy import NamedKey, Policy

_TIME = 8


def check_signers(note: Note, checkpoint: Checkpoint, policy: Policy) -> int:
    """How many witnesses signed; raises Refuted unless the log and the quorum did."""
    check_log(note, checkpoint, policy)
    signed = sum(_cosigned(note, witness) for witness in policy.witnesses)
    if signed < policy.quorum:
        raise Refuted("witness quorum", f"{policy.quorum} witnesses", signed)
    return signed


def check_log(note: Note, checkpoint: Checkpoint, policy: Policy) -> None:
    """Raises Refuted unless the policy's log signed the checkpoint, exactly once; asks for no witness."""
    if checkpoint.origin != policy.origin:
        raise Refuted("origin", policy.origin, checkpoint.origin)
    known = {(key.name, key_id(key.name, ED25519, key.public)): key for key in policy.log_keys}
    lines = [line for line in note.signatures if (line.name, line.key_id) in known]
    if len(lines) != 1:
        raise Refuted(f"signatures of {policy.origin}", 1, len(lines))
    key = known[lines[0].name, lines[0].key_id]
    ed25519.verify(key.public, lines[0].signature, note.body.encode("utf-8"))


def _cosigned(note: Note, witness: NamedKey) -> bool:
    expected = witness.name, key_id(witness.name, COSIGNATURE, witness.public)
    lines = [line for line in note.signatures if (line.name, line.key_id) == expected]
    for line in lines:
        _check_cosignature(line, witness, note.body)
    return bool(lines)


def _check_cosignature(line: NoteSignature, witness: NamedKey, body: str) -> None:
    time = int.from_bytes(line.signature[:_TIME], "big")
    message = f"cosignature/v1\ntime {time}\n{body}".encode()
    ed25519.verify(witness.public, line.signature[_TIME:], message)
