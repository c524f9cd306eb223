"""Approvals, and what the second one carries out: release and destruction, in the transaction of the approval."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid5

from service.cases.acts import advance, keep_act
from service.cases.goods import goods_rows, present
from service.cases.record import evidence, record_of
from service.domain.cases import APPROVERS, NEED_TWO, after, check_approver
from service.domain.commands import Command, Destroy, Line, Release
from service.domain.places import HOLD
from service.domain.quantities import format_quantity
from service.domain.rules import MAX_LINES
from service.domain.signing import MEANT, check_shown
from service.domain.states import IdTaken, WrongState
from service.ledger.desk import Desk, Movement
from service.ledger.signatures import Of, sign, signatures_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """`decision`: approve or reject; `meaning` in the person's words; `shown` is the hash of what was on the screen."""

    person: str
    decision: str
    meaning: str
    shown: str


def approve(desk: Desk, case: Any, said: Approval) -> None:
    """The second approval carries out what is approved. The same approval said again changes nothing."""
    acts = acts_of(desk, case.number)
    if _said_before(case, acts, said):
        return
    if case.state == "decided" and case.ruling not in NEED_TWO:
        raise WrongState("case", said.decision, f"decided, {' or '.join(NEED_TWO)}", f"decided, {case.ruling}")
    after(case.state, said.decision)
    if said.decision == "approve":
        check_approver(case.ruling, said.person, case.opened_by)
    record = record_of(case, acts)
    check_shown("case", record, said.shown)
    sign(desk, Of("case", str(case.id)), said.person, MEANT[said.decision], said.shown, said.meaning)
    keep_act(desk, case.number, said.decision, case.round, said.person, said.meaning, {"shown": said.shown})
    if said.decision == "reject":
        advance(desk, case, "reject")
        return
    people = sorted({each.person for each in _approvals(case, acts)} | {said.person})
    if len(people) >= APPROVERS:
        _carry_out(desk, case, acts, tuple(people), record)


def close(desk: Desk, case: Any, person: str, words: str) -> None:
    """The end of a case whose goods are all gone from it, or are decided to stay on hold without it."""
    after(case.state, "finish")
    left = present(goods_rows(desk.connection, [case.number]))
    if left and case.ruling != "keep_on_hold":
        shown = ", ".join(f"{row.lot} at {row.at or 'no place'}" for row in left[:5])
        raise WrongState("case", "finish", "decided to keep its goods on hold, or without goods", f"with {shown}")
    _let_go(desk, case)
    advance(desk, case, "finish")
    keep_act(desk, case.number, "finish", case.round, person, words, {})


def _let_go(desk: Desk, case: Any) -> None:
    """Nothing is under a closed case, what was lost from it neither."""
    desk.lock_lots({row.lot_id for row in goods_rows(desk.connection, [case.number])})
    desk.change("UPDATE warehouse.case_cover SET units = 0 WHERE case_number = :case AND units > 0", case=case.number)


def acts_of(desk: Desk, number: int) -> list[Any]:
    return desk.ask("SELECT * FROM warehouse.case_act WHERE case_number = :case ORDER BY sequence", case=number)


def _said_before(case: Any, acts: Sequence[Any], said: Approval) -> bool:
    """In this round, or in the last one that has ended by this very approval (the answer to it was lost)."""
    for act in acts:
        if act.act not in ("approve", "reject") or (act.round, act.person) != (case.round, said.person):
            continue
        if (act.act, act.detail["shown"]) != (said.decision, said.shown):
            raise IdTaken("approval of", said.person, f"{act.act} {act.detail['shown']}",
                          f"{said.decision} {said.shown}")
        return True
    return False


def _approvals(case: Any, acts: Sequence[Any]) -> list[Any]:
    return [act for act in acts if act.act == "approve" and act.round == case.round]


def _carry_out(desk: Desk, case: Any, acts: Sequence[Any], people: tuple[str, ...], record: bytes) -> None:
    decision = next(act for act in reversed(acts) if act.act == "decide")
    lines = _lines(desk, case, decision)
    signed = signatures_of(desk.connection, desk.party_id, Of("case", str(case.id)))
    commands: list[Command] = []
    for at, these in sorted(lines.items()):
        for part in range(0, len(these), MAX_LINES):
            commands.append(_command(case, decision, at, tuple(these[part : part + MAX_LINES]), people,
                                     evidence(record, acts, signed)))
    movements: list[Movement] = [
        (uuid5(case.id, f"{case.round}/{number}"), command) for number, command in enumerate(commands)
    ]
    desk.record(movements)
    act = "finish_part" if present(goods_rows(desk.connection, [case.number])) else "finish"
    if act == "finish":
        _let_go(desk, case)
    advance(desk, case, act)
    keep_act(desk, case.number, act, case.round, people[-1], decision.words, {"movements": len(movements)})


def _lines(desk: Desk, case: Any, decision: Any) -> dict[str, list[Line]]:
    """What is released or destroyed, by place. What is on its way between sites stays in the case."""
    lines: dict[str, list[Line]] = defaultdict(list)
    if case.ruling == "partial_release":
        for part in decision.detail["goods"]:
            lines[part["at"]].append(Line(part["item"], part["lot"], part["quantity"], HOLD))
        return lines
    for row in goods_rows(desk.connection, [case.number]):
        if row.at is not None:
            lines[row.at].append(Line(row.item, row.lot, format_quantity(row.units, row.decimals), HOLD))
    return lines


def _command(
    case: Any, decision: Any, at: str, lines: tuple[Line, ...], people: tuple[str, ...], documents: Any
) -> Command:
    if case.ruling == "destroy":
        return Destroy(from_=at, lines=lines, witnesses=tuple(decision.detail["witnesses"]),
                       certificate=decision.detail["certificate"], approved_by=people, case=case.id,
                       reason=decision.words, documents=documents)
    return Release(at=at, lines=lines, approved_by=people, case=case.id, reason=decision.words, documents=documents)
