"""What a person who approves is shown, as bytes that can be hashed: the case from its opening to its last decision.

It follows from the acts alone, which are never changed, so the hash can be checked for ever. A new fact reopens the
review, so nothing that matters comes after the decision that is approved.
"""

from collections.abc import Sequence
from typing import Any

from service.domain.commands import Document
from service.domain.signing import Signature, as_shown, shown_hash
from service.ledger.signatures import sheet_named
from verifier.encoding import b64url

PROOF = "testres"
"""Of the CBV's business transactions, "test result"."""


def record_of(case: Any, acts: Sequence[Any]) -> bytes:
    decided = max((act.sequence for act in acts if act.act == "decide"), default=0) if case.ruling else 0
    told = [act for act in acts if not decided or act.sequence <= decided]
    return as_shown({
        "case": case.id, "scope": case.scope, "cause": case.cause, "words": case.words,
        "acts": [
            {"act": act.act, "by": act.person, "at": act.at, "words": act.words, "detail": act.detail}
            for act in told
        ],
    })  # fmt: skip


def evidence(record: bytes, acts: Sequence[Any], signed: Sequence[Signature]) -> tuple[Document, ...]:
    """For the movement's statement: the record, each attachment, and who signed, named by hashes (RFC 6920)."""
    files = [b64url(bytes.fromhex(act.detail["sha256"])) for act in acts if act.act == "attach"]
    named = [Document(PROOF, f"ni:///sha-256;{name}") for name in dict.fromkeys([shown_hash(record), *files])]
    return (*named, sheet_named(signed))
