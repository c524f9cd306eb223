"""A question as SQL: one statement for all that a reader may see, the rows in order, no more than a page of them.

A reader who is a party sees its own events; those of others that name it as source or destination; and of lots that
were handed to it, a part of what others say of them. Each is a branch of its own with its own index, and each brings
at most a page. In the last branch a condition on what is not shown is never true: nobody finds by a question what the
answer would not show him.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from service.epcis.query.comparing import compared, found
from service.epcis.query.conditions import EVENT_TIME, Condition, Identifiers, Order, Question
from service.epcis.query.pages import Position

SHOWN_OF_A_LOT = frozenset({"base", "state", "lot"})
"""What of an event is shown to whom its lot was handed: as in proofs (`service.proof.disclosure`)."""


@dataclass(frozen=True, slots=True)
class Reader:
    """A party by its id; None is an auditor or a regulator, who sees all."""

    party: int | None


@dataclass(slots=True)
class Binds:
    """Values of a statement, each under a name of its own."""

    values: dict[str, Any] = field(default_factory=dict)

    def add(self, value: Any) -> str:
        name = f"b{len(self.values)}"
        self.values[name] = value
        return f":{name}"


@dataclass(frozen=True, slots=True)
class Window:
    """Which rows: at most `rows`, those behind `after`, or, where both places are given, of arrivals in (from, to]."""

    rows: int
    after: Position | None = None
    arrived: tuple[int, int] | None = None


def statement(question: Question, reader: Reader, window: Window) -> tuple[str, dict[str, Any]]:
    """SQL and binds. Rows: number, party_id, body, spelled, hash, movement, at (the key), lots (None: all is shown)."""
    binds = Binds()
    together = " UNION ALL ".join(f"({branch})" for branch in _branches(question, reader, window, binds))
    shown = "number, party_id, CAST(body AS text) AS body, spelled, hash, movement, CAST(key AS text) AS at, lots"
    order = _ordered(question.order, window, binds, "rows.")
    return f"SELECT {shown} FROM ({together}) rows {order}", binds.values  # noqa: S608


def _branches(question: Question, reader: Reader, window: Window, binds: Binds) -> Iterator[str]:
    if reader.party is None:
        yield _branch(question, window, binds, _Sight())
        return
    party = binds.add(reader.party)
    yield _branch(question, window, binds, _Sight(own=f"{{}}.party_id = {party}"))
    joined = f"JOIN warehouse.epcis_sight s ON s.event = {{}} AND s.party_id = {party} AND s.lots IS"
    yield _branch(question, window, binds, _Sight(seen=f"{joined} NULL"))
    if _may_ask(question):
        yield _branch(question, window, binds, _Sight(seen=f"{joined} NOT NULL", of_lots=True))


@dataclass(frozen=True, slots=True)
class _Sight:
    """Which events a branch looks at: a condition for `{}`, the table, or a join on `{}`, the event. `of_lots`: only
    what is shown of them."""

    own: str = ""
    seen: str = ""
    of_lots: bool = False


def _may_ask(question: Question) -> bool:
    """Whether all that is asked for is shown of an event of a lot that was handed over."""
    groups = {condition.group for condition in question.conditions} | {question.order.group}
    return groups <= SHOWN_OF_A_LOT


def _branch(question: Question, window: Window, binds: Binds, sight: _Sight) -> str:
    joins = [sight.seen.format("e.number")]
    wanted = [sight.own.format("e")] if sight.own else []
    for number, condition in enumerate(question.conditions):
        if isinstance(condition.target, Identifiers):
            joins.append(_identified(question, condition, f"m{number}", window, sight, binds))
        else:
            wanted.append(compared(condition, binds))
    if window.arrived is not None:
        joins.append(_ARRIVED)
        first, last = (binds.add(place) for place in window.arrived)
        wanted.append(f"a.place > {first} AND a.place <= {last}")
    key = _key(question.order, window, binds)
    wanted += _behind(question.order, window, f"({key}, e.number)", binds)
    lots = "s.lots" if sight.of_lots else "CAST(NULL AS text[])"
    return (
        f"SELECT e.number, e.party_id, e.body, e.spelled, e.hash, e.movement, {key} AS key, {lots} AS lots"  # noqa: S608
        f" FROM warehouse.epcis_event e {' '.join(joins)} WHERE {' AND '.join(wanted) or 'true'}"
        f" {_ordered(question.order, window, binds)}"
    )


_ARRIVED = (
    "JOIN warehouse.epcis_arrival a ON a.party_id = e.party_id AND a.event_id = e.event_id"
    " AND a.declares_error = e.declares_error"
)


def _identified(
    question: Question, condition: Condition, name: str, window: Window, sight: _Sight, binds: Binds
) -> str:
    """The events with one of these identifiers in one of these places, of those that the branch looks at: they are
    few. Where nothing else is asked, only as many as the page holds, by an index that is in the order of time."""
    assert isinstance(condition.target, Identifiers)
    values = f"CAST({binds.add(list(condition.values))} AS text[])"
    wanted = [sight.own.format("x")] if sight.own else []
    same = f"x.value = ANY ({values})"
    if condition.patterns:
        same = f"({same} OR x.value LIKE ANY (CAST({binds.add(list(condition.patterns))} AS text[])))"
    wanted.append(same)
    if sight.of_lots:
        wanted.append(f"s.lots && {values}")
    else:
        wanted.append(f"x.role = ANY (CAST({binds.add(list(condition.target.roles))} AS text[]))")
    first = ""
    if _is_all(question, window):
        wanted += _behind(question.order, window, "(x.event_time, x.event)", binds)
        way = "DESC" if question.order.descending else "ASC"
        first = f" ORDER BY x.event_time {way}, x.event {way} LIMIT {binds.add(window.rows)}"
    return (
        "JOIN (SELECT DISTINCT x.event_time, x.event FROM warehouse.epcis_event_epcs x"  # noqa: S608
        f" {sight.seen.format('x.event')} WHERE {' AND '.join(wanted)}{first}) {name} ON {name}.event = e.number"
    )


def _is_all(question: Question, window: Window) -> bool:
    """Whether one identifier is all that is asked for, and the order is that of time."""
    by_time = question.order.column == EVENT_TIME and question.order.field is None
    return by_time and window.arrived is None and len(question.conditions) == 1


def _key(order: Order, window: Window, binds: Binds) -> str:
    if window.arrived is not None:
        return "a.place"
    if order.field is None:
        return f"e.{order.column}"
    return f"coalesce((SELECT v.v FROM {found(order.field, binds)} LIMIT 1), CAST('null' AS jsonb))"  # noqa: S608


def _behind(order: Order, window: Window, row: str, binds: Binds) -> Sequence[str]:
    """Rows of one key come in the order of their numbers, which never changes: so a page begins where one ended."""
    if window.after is None:
        return ()
    kind = "bigint" if window.arrived is not None else "jsonb" if order.field else "timestamptz"
    at, number = binds.add(window.after.key), binds.add(window.after.number)
    sign = ">" if window.arrived is not None or not order.descending else "<"
    return (f"{row} {sign} (CAST({at} AS {kind}), CAST({number} AS bigint))",)


def _ordered(order: Order, window: Window, binds: Binds, outer: str = "") -> str:
    way = "ASC" if window.arrived is not None or not order.descending else "DESC"
    key, number = (f"{outer}key", f"{outer}number") if outer else ("key", "number")
    return f"ORDER BY {key} {way}, {number} {way} LIMIT {binds.add(window.rows)}"


