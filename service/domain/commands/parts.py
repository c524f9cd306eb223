"""What commands are made of: documents, lines, and the form that all commands share."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar, Literal

Status = Literal["available", "hold"]
Quality = Literal["passed", "failed", "pending"]


@dataclass(frozen=True, slots=True)
class Document:
    """A business document; `type` is a CBV business transaction type (po, desadv, recadv, inv, prodorder ...)."""

    type: str
    id: str


@dataclass(frozen=True, slots=True)
class Line:
    """`status` may be left out where the lot lies in one status only; what leaves takes what is available."""

    item: str
    lot: str
    quantity: str
    status: Status | None = None


@dataclass(frozen=True, slots=True)
class NewLotLine:
    """A line that may begin a lot. `lot` is the party's own number, `manufacturer_lot` the AI 10 on the label.

    `quality` is what was found on arrival: `passed` makes the goods available although the item waits for quality,
    `failed` and `pending` hold them; without it the item and the place decide. `damaged` is the part of `quantity` that
    arrived unfit and is held.
    """

    item: str
    lot: str
    quantity: str
    production_date: date | None = None
    expiry_date: date | None = None
    retest_date: date | None = None
    manufacturer_lot: str | None = None
    traceability_lot_code: str | None = None
    traceability_source: str | None = None
    quality: Quality | None = None
    damaged: str | None = None


@dataclass(frozen=True, slots=True)
class Output:
    lot: str
    quantity: str


@dataclass(frozen=True, slots=True)
class ItemMatch:
    """Says which own item takes in an item of the sender that has no GTIN in common: `theirs` is the sender's code."""

    theirs: str
    ours: str


@dataclass(frozen=True, slots=True)
class AnswerLine:
    """How one line of an offer or transfer arrived; `line` counts from 1. What is in neither figure is missing."""

    line: int
    accepted: str
    refused: str = "0"


@dataclass(frozen=True, slots=True)
class CountLine:
    """What was counted of a lot in one status; `counted` may be 0."""

    item: str
    lot: str
    counted: str
    status: Status = "available"


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """`event_time` carries its offset; without it, the moment of recording in the site's time zone is meant.

    Not `witnessed`: taken over from another system's records; nobody told this ledger when it happened.
    """

    type: ClassVar[str]
    event_time: datetime | None = None
    documents: tuple[Document, ...] = ()
    reason: str | None = None
    witnessed: bool = True
