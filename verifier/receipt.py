"""Receipt, `lotproof-receipt/1`: the log's signed word that an entry is in it.

    {format, entry, index, path, checkpoint}

It is given with the answer to a movement, before anything is anchored: it binds the log, not the
chain. Whoever keeps it can later show a log that left the entry out (`verifier.fraud`). The checks
carry the numbers of a lot proof: 1 form, 2 of this lot, 5 in the log, 6 signed by the log.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from verifier import uri
from verifier.checkpoint import Checkpoint, parse_checkpoint
from verifier.encoding import array, integer, load_document, members, string, unb64, unb64_hash
from verifier.entry import Entry, parse_entry
from verifier.errors import Refuted
from verifier.hashing import LeafHash, leaf_hash
from verifier.merkle import MAX_LOG_PATH, verify_inclusion
from verifier.note import MAX_NOTE, Note, parse_note
from verifier.policy import Policy
from verifier.report import Findings, Report, unanswered
from verifier.signers import check_log

FORMAT = "lotproof-receipt/1"
MAX_RECEIPT = 64 * 1024  # a note of 16 KiB and 53 hashes
TITLES = {1: "Form", 2: "Of this lot", 5: "In the log", 6: "Signed by the log"}
CAVEATS = (
    "A receipt is the log's signed word, not yet anchored on a chain: keep it, and compare it with a later lot proof.",
)

_RECEIPT = frozenset({"format", "entry", "index", "path", "checkpoint"})


@dataclass(frozen=True, slots=True)
class SignedCheckpoint:
    """A checkpoint and the note it came in."""

    note: Note
    checkpoint: Checkpoint


@dataclass(frozen=True, slots=True)
class Receipt:
    """An entry, its place and its way to the root of a checkpoint."""

    entry: Entry
    leaf: LeafHash
    index: int
    path: tuple[bytes, ...]
    signed: SignedCheckpoint


def parse_receipt(data: bytes) -> Receipt:
    """The receipt in a file; raises Refuted (check 1)."""
    return read_receipt(load_document(data, MAX_RECEIPT))


def read_receipt(value: Any) -> Receipt:
    """The receipt of parsed JSON; raises Refuted (check 1)."""
    receipt = members(value, "receipt", _RECEIPT)
    if receipt["format"] != FORMAT:
        raise Refuted("format", FORMAT, receipt["format"])
    raw = unb64(string(receipt["entry"], "entry"))
    path = tuple(unb64_hash(text) for text in array(receipt["path"], "path length", MAX_LOG_PATH))
    signed = read_checkpoint(receipt["checkpoint"])
    return Receipt(parse_entry(raw), leaf_hash(raw), integer(receipt["index"], "index"), path, signed)


def read_checkpoint(value: Any) -> SignedCheckpoint:
    """The signed checkpoint of a text; raises Refuted (check 1)."""
    note = parse_note(string(value, "checkpoint", MAX_NOTE))
    return SignedCheckpoint(note, parse_checkpoint(note.body))


def verify_receipt(data: bytes, policy: Policy, lot: str | None = None) -> Report:
    """The report on a receipt; with `lot`, and only then, also whether it is that lot's. Raises nothing."""
    form = Findings(1)
    receipt = form.attempt(parse_receipt, data)
    if receipt is None:
        rest = [unanswered(number, "the form was refused", title) for number, title in list(TITLES.items())[1:]]
        return Report("receipt", (form.answer(), *rest), caveats=CAVEATS)
    of_lot, included, signed = (Findings(number, TITLES[number]) for number in (2, 5, 6))
    if lot is not None:
        of_lot.attempt(_check_lot, receipt, lot, policy.origin)
    included.attempt(check_included, receipt)
    signed.attempt(check_log, receipt.signed.note, receipt.signed.checkpoint, policy)
    asked = (form, included, signed) if lot is None else (form, of_lot, included, signed)
    answers = tuple(found.answer() for found in asked)
    return Report("receipt", answers, _facts(receipt), CAVEATS)


def check_included(receipt: Receipt) -> None:
    """Raises Refuted unless the entry is in the log under the receipt's checkpoint."""
    checkpoint = receipt.signed.checkpoint
    verify_inclusion(receipt.index, checkpoint.size, receipt.leaf, receipt.path, checkpoint.log_root)


def _check_lot(receipt: Receipt, lot: str, origin: str) -> None:
    expected = uri.subject(uri.LOT, origin, uri.check_uri(uri.LOT, lot))
    if receipt.entry.subject != expected:
        raise Refuted("subject of the receipt", expected, receipt.entry.subject)


def _facts(receipt: Receipt) -> dict[str, Any]:
    return {
        "index": receipt.index,
        "sequence": receipt.entry.sequence,
        "subject": receipt.entry.subject.hex(),
        "statement_hash": receipt.entry.statement_hash.hex(),
        "recorded_at": receipt.entry.recorded_at,
        "checkpoint_size": receipt.signed.checkpoint.size,
    }
