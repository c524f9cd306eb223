"""The pick: what the list asks for, what the scanner saw, and whether they are the same.

A wrong scan names what was scanned, what was expected and what to do; it changes nothing. Item may be scanned as the
party's code or as the GTIN on the box, the lot as the party's number or as the manufacturer's on the label.
"""

from dataclasses import dataclass
from datetime import datetime

from service.domain.allocation_reasons import BY_HAND
from service.domain.commands import Document, Line, Pick
from service.domain.orders import DOCUMENTS
from service.domain.orders_errors import PickEnded, WrongScan
from service.domain.quantities import format_quantity

LONGEST_REASON = 200


@dataclass(frozen=True, slots=True)
class PickLine:
    """One stop of the walk. `ended` is why the rest is no longer picked here, None while it is; `kind` the order's;
    `why` this lot."""

    number: int
    order: str
    item: str
    gtin: str | None
    lot: str
    label_lot: str | None
    place: str
    to: str
    units: int
    picked: int
    ended: str | None
    decimals: int
    unit: str
    kind: str = "sales"
    why: str = ""

    @property
    def open(self) -> int:
        return 0 if self.ended is not None else self.units - self.picked

    def shown(self, units: int) -> str:
        return f"{format_quantity(units, self.decimals)} {self.unit}"


@dataclass(frozen=True, slots=True)
class Scan:
    item: str
    lot: str
    place: str


def check_scan(line: PickLine, scan: Scan) -> None:
    """The right goods at the right place; raises WrongScan."""
    if scan.place != line.place:
        raise WrongScan("place", scan.place, line.place, f"go to {line.place}")
    if scan.item not in (line.item, line.gtin):
        raise WrongScan("item", scan.item, line.item, f"put it back and take {line.item}")
    if scan.lot not in (line.lot, line.label_lot):
        raise WrongScan("lot", scan.lot, line.lot, f"put it back and take lot {line.lot}, or report the line short")


def check_amount(line: PickLine, units: int, short: bool) -> None:
    """Never more than the list says; raises PickEnded, WrongScan."""
    if not line.open:
        raise PickEnded(line.number, line.ended or "picked")
    if units > line.open:
        raise WrongScan("quantity", line.shown(units), f"at most {line.shown(line.open)}",
                        f"put {line.shown(units - line.open)} back")
    if short and units == line.open:
        raise WrongScan("quantity", line.shown(units), f"less than {line.shown(line.open)}",
                        "leave the reason out: nothing is short")


def pick_command(line: PickLine, quantity: str, reason: str | None, event_time: datetime | None) -> Pick:
    """The movement of a confirmed pick; it says if the lot was chosen by hand. The only place that knows its type."""
    return Pick(
        from_=line.place, to=line.to, lines=(Line(line.item, line.lot, quantity, "available"),),
        documents=(Document(DOCUMENTS[line.kind], line.order),), reason=_reason(line, reason),
        event_time=event_time,
    )  # fmt: skip


def _reason(line: PickLine, short: str | None) -> str | None:
    if not line.why.startswith(BY_HAND):
        return short
    return f"{short}; {line.why}"[:LONGEST_REASON].rstrip() if short else line.why[:LONGEST_REASON].rstrip()
