"""The dry run: what would happen if the file were recorded now, judged by the rules that will judge it then.

Everything that the rows name is loaded and locked once, the rules decide on each row in order in memory, and nothing is
written: the transaction is rolled back by the caller. Rows that cannot be read, or are refused, are left out and named;
the others go on.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from service.domain.commands import Command
from service.domain.errors import DomainError, UnknownThing
from service.domain.rules import decide
from service.exchange.columns import Fault, Head, Known, command_of, head_of, movement_id
from service.exchange.sheets import Row, Unreadable
from service.ledger.adding import driver
from service.ledger.load import load
from service.ledger.requests import MovementRequest, Scribe

ROWS_LIMIT = 50_000
FAULTS_LIMIT = 50_000

_COLUMN_OF = {
    "insufficient-stock": "quantity", "stock-on-hold": "quantity", "bad-quantity": "quantity", "lot-exists": "lot",
    "lot-expired": "lot", "dates-disagree": "expiry_date", "bad-event-time": "event_time", "same-place": "to",
    "status-unclear": "status", "wrong-status": "status",
}  # fmt: skip


@dataclass(slots=True)
class Report:
    """`bad` counts rows; `faults` are at most FAULTS_LIMIT, of all of them."""

    rows: int = 0
    bad: int = 0
    faults: list[Fault] = field(default_factory=list)
    movements: Counter[str] = field(default_factory=Counter)
    lots: int = 0
    first: str | None = None
    last: str | None = None

    def add_bad(self, faults: Iterable[Fault]) -> None:
        self.bad += 1
        self.faults += faults
        del self.faults[FAULTS_LIMIT:]

    def add_good(self, command: Command, new_lots: int) -> None:
        self.movements[command.type] += 1
        self.lots += new_lots
        if command.event_time is not None:
            at = command.event_time.isoformat()
            self.first, self.last = self.first or at, at

    def summary(self) -> dict[str, Any]:
        """What would be recorded."""
        return {"movements": dict(sorted(self.movements.items())), "new_lots": self.lots,
                "first_event": self.first, "last_event": self.last}  # fmt: skip


def head_and_rows(kind: str, rows: Iterable[Row]) -> tuple[Head, list[Fault], list[Row]]:
    """The columns, what is wrong with them, and the rows below; raises Unreadable."""
    listed: list[Row] = []
    head: Head | None = None
    for number, cells in rows:
        if head is None:
            head, faults = head_of(kind, number, cells)
        elif len(listed) == ROWS_LIMIT:
            raise Unreadable(f"expected at most {ROWS_LIMIT} rows, got more: split the file")
        else:
            listed.append((number, cells))
    if head is None:
        raise Unreadable("expected a row with the names of the columns, got an empty file")
    return head, faults, listed


def requests_of(
    head: Head, rows: Sequence[Row], import_id: UUID, party: str, actor: str, known: Known
) -> list[tuple[int, MovementRequest | list[Fault]]]:
    """Each row as the request that it becomes, or what is wrong with it."""
    made: list[tuple[int, MovementRequest | list[Fault]]] = []
    for number, cells in rows:
        id = movement_id(import_id, number)
        command = command_of(head, number, cells, known, id)
        made.append((number, command if isinstance(command, list) else MovementRequest(party, actor, id, command)))
    return made


def judge(
    connection: Connection, scribe: Scribe, asked: Sequence[tuple[int, MovementRequest | list[Fault]]]
) -> Report:
    """Every row by the rules, in order; locks what the rows name until the transaction ends."""
    loaded = load(driver(connection), scribe, [each for _, each in asked if isinstance(each, MovementRequest)])
    report = Report(rows=len(asked))
    for number, each in asked:
        if isinstance(each, list):
            report.add_bad(each)
            continue
        try:
            party = loaded.book.party(each.party)
            decision = decide(loaded.book, party, each.id, each.command)
        except DomainError as error:
            report.add_bad([fault_of(number, each.command, error)])
        else:
            loaded.book.post(decision)
            report.add_good(each.command, len(decision.new_lots))
    return report


def fault_of(row: int, command: Command, error: DomainError) -> Fault:
    """A refusal, with the column that it is about as far as the rule knows."""
    expected, seen = (None if value is None else str(value) for value in (error.expected, error.seen))
    return Fault(row, _column(command, error), str(error), expected, seen)


def _column(command: Command, error: DomainError) -> str | None:
    named = error.where.get("field") or _COLUMN_OF.get(error.slug)
    if error.slug == "missing-lot-field":
        named = error.expected
    if isinstance(error, UnknownThing):
        kind = str(error.where["kind"])
        named = "lot" if kind.startswith("lot") else kind
        if kind == "location":
            named = "from" if getattr(command, "from_", None) == error.seen else "to"
    if named is None and "kind" in error.where:
        named = str(error.where["kind"]).replace(" ", "_").replace("lot_number", "lot")
    return None if named is None else str(named)
