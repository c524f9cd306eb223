"""Electronic signatures (21 CFR 11.50, 11.70; EU GMP Annex 11 §14): who, when, what it means, what was shown.

A signature is of a person, under that person's code; the printed name is looked up when it is shown, for it may have to
be erased. `method` says how the person was known: `company-key` is the company's word that it was this person.
"""

import json
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any, Literal, get_args

from service.domain.errors import DomainError

Meaning = Literal["authorship", "review", "approval", "rejection"]
MEANINGS: tuple[Meaning, ...] = get_args(Meaning)

MEANT: dict[str, Meaning] = {"approve": "approval", "reject": "rejection"}

Subject = Literal["case", "count", "recall", "signing-keys", "erasure", "changes"]
SUBJECTS: tuple[Subject, ...] = get_args(Subject)

COMPANY_KEY = "company-key"


class ShownOther(DomainError):
    slug = "shown-other"
    title = "It is not what this person was shown"

    def __init__(self, what: str, expected: str, seen: str) -> None:
        detail = f"the {what} as it is has the hash {expected}, signed was {seen}"
        super().__init__(detail, expected=expected, seen=seen)


@dataclass(frozen=True, slots=True)
class Signature:
    """`shown` is the hash of exactly what was displayed, `at` and `proven_at` (when the person last gave a password or
    the like; None for a key) are milliseconds, `words` what the person says to it."""

    person: str
    meaning: Meaning
    words: str | None
    shown: str
    method: str
    proven_at: int | None
    at: int


def shown_hash(record: bytes) -> str:
    """Of what is on the screen, base64url SHA-256, as statements are named."""
    return urlsafe_b64encode(sha256(record).digest()).rstrip(b"=").decode()


def as_shown(what: Any) -> bytes:
    """What is on the screen as bytes that can be hashed: JSON without white space, members sorted."""
    return json.dumps(what, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str).encode()


def check_shown(what: str, record: bytes, shown: str | None) -> str:
    """The record's hash; raises ShownOther if the person was shown something else."""
    expected = shown_hash(record)
    if shown is not None and shown != expected:
        raise ShownOther(what, expected, shown)
    return expected


def standing_approvals(signatures: Sequence[Signature]) -> list[Signature]:
    """Those that no rejection came after, one for each person, the first first."""
    standing: dict[str, Signature] = {}
    for each in signatures:
        if each.meaning == "rejection":
            standing.clear()
        elif each.meaning == "approval":
            standing.setdefault(each.person, each)
    return list(standing.values())


def sheet_of(signatures: Sequence[Signature]) -> bytes:
    """Signatures as the bytes whose hash stands in the statement that they led to: none can be taken off it or put
    under another record."""
    return as_shown([asdict(each) for each in signatures])
