"""An audit in steps, each of which can be done by itself: in another process, or in another run.

    catalogue        how the database is built (left out where `everything` is asked about the rows alone)
<ledger>         the steps of `anchoring.ledger_steps`
things           parties, keys, keys of rows, the rules of stock
movements n      the movements of one range of numbers
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from sqlalchemy import Connection, text

import anchoring
from anchoring import Audited, Finding
from service.audit import catalogue
from service.audit.block import LAST
from service.audit.differ import NOBODY
from service.audit.guarded import guarded
from service.audit.journals import Lasting
from service.audit.warehouse import Range, audit_movements, audit_things

RANGE = 20_000
"""Movements of one step."""


class Step(NamedTuple):
    name: str
    within: Range | None = None


@dataclass
class Done:
    """What a step found, and what only later steps can tell."""

    findings: list[Finding]
    lasting: Lasting = field(default_factory=Lasting)


CATALOGUE = Step("catalogue")


def steps(connection: Connection, built: bool = True) -> Iterator[Step]:
    """In an order in which the first findings are the telling ones."""
    if built:
        yield CATALOGUE
    for name, _ in anchoring.ledger_steps(connection):
        yield Step(name)
    yield Step("parties, keys and rules")
    query = "SELECT coalesce(min(number), 1), coalesce(max(number), 0) FROM warehouse.movement"
    first, last = connection.execute(text(query)).one()
    starts = range(first // RANGE * RANGE, last + 1, RANGE) or range(1)
    for start in starts:
        after, end = start - 1, start + RANGE - 1
        yield Step(f"movements from {start:,}", _open_ended(after, end, start == starts[0], start == starts[-1]))


def _built_as_migrated(connection: Connection) -> Iterator[Finding]:
    for name, expected, seen in catalogue.compare(connection):
        yield Finding("the database is built as it was migrated", "", name, "", expected, seen, None, NOBODY)


def _open_ended(after: int, end: int, first: bool, last: bool) -> Range:
    """Rows that name a movement below the first or above the last one lie in those steps."""
    return (-LAST if first else after, LAST if last else end)


def carry_out(connection: Connection, step: Step, asked: Audited) -> Done:
    """In a snapshot; raises what the database raises."""
    if step.within is not None:
        lasting = Lasting()
        return Done(list(audit_movements(connection, asked.origin, asked.progress, step.within, lasting)), lasting)
    ledger: dict[str, Callable[[Connection, Audited], Iterator[Finding]]] = dict(anchoring.ledger_steps(connection))
    if step == CATALOGUE:
        return Done(list(_built_as_migrated(connection)))
    if step.name in ledger:
        return Done(list(guarded(step.name, ledger[step.name](connection, asked))))
    return Done(list(audit_things(connection, asked.origin)))
