"""Proof of fraud, `lotproof-fraud/1`: a receipt, and a later checkpoint whose map denies it.

    {format, receipt, checkpoint, head}
    head   {count, index, leaf, siblings}, or of an absent lot {count: 0, siblings, neighbour}

The map at size s is defined by the entries below s alone. So once a checkpoint is larger than the
receipt's index, its map must count the receipt's entry: a count below the receipt's sequence, under
the same log's signature, convicts the log before any third person. Exit code 0 means that the fraud
is proven. The checks: 1 form, 2 they contradict, 5 both follow from their roots, 6 both signed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from verifier.bundle import Bundle, Head, parse_head
from verifier.encoding import b64, load_document, members, unb64_hash
from verifier.errors import Refuted
from verifier.hashing import map_value
from verifier.lotmap import root_from_absence, root_from_membership
from verifier.policy import Policy
from verifier.receipt import Receipt, SignedCheckpoint, check_included, read_checkpoint, read_receipt
from verifier.report import Findings, Report, unanswered
from verifier.signers import check_log

FORMAT = "lotproof-fraud/1"
MAX_FRAUD = 128 * 1024
TITLES = {1: "Form", 2: "They contradict", 5: "Both follow from their roots", 6: "Both signed by the log"}
CAVEATS = ("If every check says yes, the log signed two things of which one is false; which one, no check can tell.",)

_FRAUD = frozenset({"format", "receipt", "checkpoint", "head"})
_LEAF = frozenset({"leaf"})


@dataclass(frozen=True, slots=True)
class Fraud:
    """What the log promised, and what it says later."""

    receipt: Receipt
    later: SignedCheckpoint
    head: Head
    last_leaf: bytes | None


def parse_fraud(data: bytes) -> Fraud:
    """The proof of fraud in a file; raises Refuted (check 1)."""
    fraud = members(load_document(data, MAX_FRAUD), "proof of fraud", _FRAUD)
    if fraud["format"] != FORMAT:
        raise Refuted("format", FORMAT, fraud["format"])
    head = fraud["head"]
    last_leaf = None
    if type(head) is dict and "leaf" in head:
        last_leaf = unb64_hash(head["leaf"])
        head = {name: value for name, value in head.items() if name not in _LEAF}
    parsed = Fraud(read_receipt(fraud["receipt"]), read_checkpoint(fraud["checkpoint"]), parse_head(head), last_leaf)
    if (parsed.head.count == 0) != (last_leaf is None):
        raise Refuted("head", "a leaf if and only if there are entries", parsed.head.count)
    return parsed


def verify_fraud(data: bytes, policy: Policy) -> Report:
    """The report on a proof of fraud; exit code 0 if the fraud is proven. Raises nothing."""
    form = Findings(1)
    fraud = form.attempt(parse_fraud, data)
    if fraud is None:
        rest = [unanswered(number, "the form was refused", title) for number, title in list(TITLES.items())[1:]]
        return Report("proof of fraud", (form.answer(), *rest), caveats=CAVEATS)
    contradict, follow, signed = (Findings(number, TITLES[number]) for number in (2, 5, 6))
    contradict.attempt(_check_contradiction, fraud)
    follow.attempt(check_included, fraud.receipt)
    follow.attempt(_check_map, fraud)
    for one in (fraud.receipt.signed, fraud.later):
        signed.attempt(check_log, one.note, one.checkpoint, policy)
    answers = tuple(found.answer() for found in (form, contradict, follow, signed))
    return Report("proof of fraud", answers, _facts(fraud), CAVEATS)


def fraud_of(receipt: dict[str, Any], proof: Bundle) -> dict[str, Any]:
    """The proof of fraud, as JSON, of a receipt and a later lot proof that denies it; raises Refuted if it does not.

    Does not check who signed the two: whose log it convicts, if any, `verify_fraud` says.
    """
    head: dict[str, Any] = {"count": proof.head.count, "siblings": [b64(sibling) for sibling in proof.head.siblings]}
    last = proof.history[-1] if proof.history else None
    if last is not None:
        head |= {"index": last.index, "leaf": b64(last.leaf)}
    else:
        beside = proof.head.neighbour
        head["neighbour"] = {"key": b64(beside[0]), "value": b64(beside[1])} if beside else None
    later = SignedCheckpoint(proof.note, proof.checkpoint)
    fraud = Fraud(read_receipt(receipt), later, proof.head, last.leaf if last else None)
    _check_contradiction(fraud)
    check_included(fraud.receipt)
    _check_map(fraud)
    return {"format": FORMAT, "receipt": receipt, "checkpoint": proof.note_text, "head": head}


def _check_contradiction(fraud: Fraud) -> None:
    index, sequence = fraud.receipt.index, fraud.receipt.entry.sequence
    if fraud.later.checkpoint.size <= index:
        raise Refuted("size of the later checkpoint", f"above the receipt's index {index}", fraud.later.checkpoint.size)
    if fraud.head.count >= sequence:
        raise Refuted("entries in the later map", f"fewer than {sequence}", fraud.head.count)


def _check_map(fraud: Fraud) -> None:
    subject, head = fraud.receipt.entry.subject, fraud.head
    if head.index is None:
        root = root_from_absence(subject, head.siblings, head.neighbour)
    else:
        assert fraud.last_leaf is not None  # the form says so
        root = root_from_membership(subject, map_value(head.count, head.index, fraud.last_leaf), head.siblings)
    if root != fraud.later.checkpoint.map_root:
        raise Refuted("map root of the later checkpoint", fraud.later.checkpoint.map_root, root)


def _facts(fraud: Fraud) -> dict[str, Any]:
    return {
        "promised_sequence": fraud.receipt.entry.sequence,
        "promised_at_size": fraud.receipt.signed.checkpoint.size,
        "later_size": fraud.later.checkpoint.size,
        "later_count": fraud.head.count,
        "subject": fraud.receipt.entry.subject.hex(),
    }
