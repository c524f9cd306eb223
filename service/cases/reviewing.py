"""Quality at work on a case: findings, attachments, the review, the decision; each one act on a locked case."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from service.cases.acts import advance, keep_act
from service.cases.goods import goods_rows, goods_shown
from service.domain.cases import after, check_ruling
from service.domain.errors import BadQuantity, DomainError, UnknownThing
from service.domain.identifiers import check_text
from service.domain.quantities import format_quantity, parse_quantity
from service.ledger.desk import Desk

MOST_FILES = 50
"""So that all of them can be named in the statement that decides."""


class TooManyFiles(DomainError):
    slug = "too-many-files"
    title = "A case takes no more attachments"

    def __init__(self, seen: int) -> None:
        super().__init__(f"expected at most {MOST_FILES} attachments, there are {seen}", expected=MOST_FILES, seen=seen)


@dataclass(frozen=True, slots=True)
class Part:
    """What of the case a partial release is about."""

    item: str
    lot: str
    at: str
    quantity: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    ruling: str
    reason: str
    by: str
    goods: tuple[Part, ...] = ()
    witnesses: tuple[str, ...] = ()
    certificate: str | None = None


def find(desk: Desk, case: Any, person: str, words: str, measured: Sequence[Mapping[str, str]]) -> None:
    advance(desk, case, "find")
    keep_act(desk, case.number, "find", case.round, person, words, {"measured": list(measured)})


def attach(desk: Desk, case: Any, person: str, file: Mapping[str, Any]) -> bool:
    """Whether it is new; a file that the case has is not attached again, and nothing changes."""
    after(case.state, "attach")
    there = desk.ask("""SELECT detail ->> 'sha256' AS sha256 FROM warehouse.case_act
        WHERE case_number = :case AND act = 'attach'""", case=case.number)
    if file["sha256"] in {row.sha256 for row in there}:
        return False
    if len(there) >= MOST_FILES:
        raise TooManyFiles(len(there))
    advance(desk, case, "attach")
    keep_act(desk, case.number, "attach", case.round, person, str(file["name"]), file)
    return True


def review(desk: Desk, case: Any, person: str, words: str) -> None:
    advance(desk, case, "review")
    keep_act(desk, case.number, "review", case.round, person, words, {})


def decide(desk: Desk, case: Any, decided: Decided) -> None:
    """What is decided, and about which goods as they are now."""
    check_ruling(decided.ruling, reason=decided.reason, witnesses=decided.witnesses, certificate=decided.certificate,
                 goods=bool(decided.goods))
    check_text("person", decided.by)
    advance(desk, case, "decide", ruling=decided.ruling)
    rows = goods_rows(desk.connection, [case.number])
    detail: dict[str, Any] = {"ruling": decided.ruling, "held": goods_shown(rows)}
    if decided.goods:
        detail["goods"] = [_part(rows, part) for part in decided.goods]
    if decided.ruling == "destroy":
        detail |= {"witnesses": decided.witnesses, "certificate": decided.certificate}
    keep_act(desk, case.number, "decide", case.round + 1, decided.by, decided.reason, detail)


def _part(rows: Sequence[Any], part: Part) -> dict[str, str]:
    for row in rows:
        if (row.item, row.lot, row.at) == (part.item, part.lot, part.at):
            if parse_quantity(part.quantity, row.decimals) > row.units:
                most = format_quantity(row.units, row.decimals)
                raise BadQuantity(f"at most {most} {row.unit} of {part.lot} at {part.at}, as is in the case",
                                  part.quantity)
            return {"item": part.item, "lot": part.lot, "at": part.at, "quantity": part.quantity}
    raise UnknownThing("part of the case", f"{part.lot} at {part.at}")
