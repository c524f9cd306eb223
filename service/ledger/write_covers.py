"""What is under quarantine cases, as movements change it: less before their legs are written, more after them.

At every moment the database then finds at least as much held as is covered.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from psycopg import Connection as Driver

from service.ledger import queries
from service.ledger.placing import columns
from service.ledger.written import Written


def uncover(raw: Driver[Any], movements: Sequence[Written]) -> None:
    rows = [row for row in _changes(movements) if row[3] < 0]
    if rows:
        done = raw.execute(queries.UNCOVER, columns(rows, 4))
        assert done.rowcount == len(rows), f"expected to take goods from {len(rows)} covers, got {done.rowcount}"


def cover(raw: Driver[Any], movements: Sequence[Written]) -> None:
    """And which movements touched which case."""
    rows = [row for row in _changes(movements) if row[3] > 0]
    if rows:
        raw.execute(queries.COVER, columns(rows, 4))
    touched = {(each.case, written.number) for written in movements for each in written.decision.covers}
    if touched:
        raw.execute(queries.MOVED_IN_CASES, columns(sorted(touched), 2))


def _changes(movements: Sequence[Written]) -> list[tuple[int, int, int, int]]:
    changes: dict[tuple[int, int, int], int] = defaultdict(int)
    for written in movements:
        for case, lot_id, place, units in written.decision.covers:
            changes[case, lot_id, int(place)] += units
    return [(*key, units) for key, units in sorted(changes.items())]
