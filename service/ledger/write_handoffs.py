"""Rows of handoffs and transfers: offered, answered, what was missing, and what became of that."""

from collections.abc import Sequence
from typing import Any

from psycopg import Connection as Driver

from service.domain.things import Handoff
from service.ledger import queries
from service.ledger.adding import Target, add, binary
from service.ledger.written import Written

_HANDOFFS = Target("warehouse.handoff", "movement bigint, id uuid, sender_id bigint, receiver_id bigint,"
                   " from_location_id bigint, statement_hash bytea, expires_at bigint, to_site_id bigint")  # fmt: skip
_LINES = Target("warehouse.handoff_line", "movement bigint, line smallint, lot_id bigint, units bigint,"
                " status warehouse.stock_status")  # fmt: skip


def write_handoffs(raw: Driver[Any], movements: Sequence[Written]) -> None:
    """Offers first, for an answer may stand in the same call as another's offer."""
    about = [(written, written.decision.handoff) for written in movements if written.decision.handoff is not None]
    _offers(raw, [(written, handoff) for written, handoff in about if handoff.state == "offered"])
    answers = [(written, handoff) for written, handoff in about if _answers(written, handoff)]
    _answered(raw, answers)
    _fell_short(raw, answers)
    _settled(raw, [(written, handoff) for written, handoff in about if written.decision.settled is not None])


def _answers(written: Written, handoff: Handoff) -> bool:
    return handoff.state != "offered" and written.decision.settled is None


def _offers(raw: Driver[Any], offers: Sequence[tuple[Written, Handoff]]) -> None:
    handoffs, lines = [], []
    for written, handoff in offers:
        until = None if handoff.expires_at is None else int(handoff.expires_at.timestamp() * 1000)
        handoffs.append((written.number, handoff.id, handoff.sender_id, handoff.receiver_id, handoff.from_location_id,
                         binary(written.statement.statement_hash), until, handoff.to_site_id))  # fmt: skip
        lines += [(written.number, number, line.lot_id, line.units, line.status)
                  for number, line in enumerate(handoff.lines)]  # fmt: skip
    add(raw, _HANDOFFS, handoffs)
    add(raw, _LINES, lines)


def _answered(raw: Driver[Any], answers: Sequence[tuple[Written, Handoff]]) -> None:
    rows = [(handoff.receiver_id, handoff.id, handoff.state, written.number) for written, handoff in answers]
    if rows:
        done = raw.execute(queries.ANSWER_HANDOFFS, _columns(rows))
        assert done.rowcount == len(rows), f"INV-S4: expected to answer {len(rows)} handoffs, got {done.rowcount}"


def _fell_short(raw: Driver[Any], answers: Sequence[tuple[Written, Handoff]]) -> None:
    rows = [
        (handoff.receiver_id, handoff.id, number, line.lot_id, line.missing, line.refused, written.number)
        for written, handoff in answers
        for number, line in enumerate(handoff.lines)
        if line.missing or line.refused
    ]
    if rows:
        raw.execute(queries.FELL_SHORT, _columns(rows))


def _settled(raw: Driver[Any], settled: Sequence[tuple[Written, Handoff]]) -> None:
    rows = []
    for written, handoff in settled:
        assert written.decision.settled is not None
        outcome = "lost" if written.decision.to is None else "found"
        line = written.decision.settled - 1
        rows.append((handoff.receiver_id, handoff.id, line, written.number, outcome))
    if rows:
        done = raw.execute(queries.SETTLED, _columns(rows))
        assert done.rowcount == len(rows), f"INV-S4: expected to settle {len(rows)} lines, got {done.rowcount}"


def _columns(rows: Sequence[tuple[object, ...]]) -> list[list[object]]:
    return [list(column) for column in zip(*rows, strict=True)]
