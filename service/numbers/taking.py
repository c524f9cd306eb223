"""Lot numbers, taken for ever: each is given once, whoever asks at the same time and whoever names lots by hand.

    take      under the party's lock: has this id its numbers already? else count up, skip what exists, keep
    preview   the same without lock and without effect

A number that was taken and never used stays taken: it may have been printed.
"""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Connection, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as insert_or_leave

from service.domain.lookalikes import look_alike_key
from service.domain.lot_patterns import Facts
from service.domain.lot_rules import Rule, free_numbers
from service.domain.number_errors import SerialUsedUp, TakingIdTaken
from service.models.numbers import lot_number_counter, lot_number_rule, lot_number_taken, lot_number_taking
from service.models.tables import item, site
from service.numbers.rules import rule_for
from service.numbers.things import Found, alone, item_of, site_of, today

_KNOWN = text("""
    SELECT number FROM warehouse.lot_number_taken WHERE item_id = :item AND number = ANY(CAST(:numbers AS text[]))
    UNION
    SELECT number FROM warehouse.lot WHERE item_id = :item AND number = ANY(CAST(:numbers AS text[]))
    UNION
    SELECT n.number FROM unnest(CAST(:keys AS text[]), CAST(:numbers AS text[])) AS n (key, number), LATERAL (
        SELECT FROM warehouse.lot WHERE party_id = :party AND warehouse.lot_skeleton(manufacturer_lot) = n.key
            AND item_id = :item AND manufacturer_lot <> lot.number AND manufacturer_lot = n.number LIMIT 1) AS labelled
""")
"""The last part: a lot with a GTIN is named by its manufacturer's number, so that number is no new name either. LATERAL
with LIMIT makes the planner look each number up; left to itself it reads all lots for a thousand of them.
"""


@dataclass(frozen=True, slots=True)
class Asked:
    """`rule` is None where the one that fits the item best is meant."""

    id: UUID
    item: str
    site: str
    count: int
    rule: str | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    id: UUID
    rule: str
    item: str
    site: str
    day: date
    numbers: tuple[str, ...]
    replayed: bool


@dataclass(frozen=True, slots=True)
class _Where:
    """A rule met with an item, a site and a day."""

    party_id: int
    row: Found
    rule: Rule
    item: Found
    site: Found
    facts: Facts

    @property
    def counter(self) -> dict[str, object]:
        return {
            "rule_id": self.row.id,
            "period": self.rule.period(self.facts.day),
            "item_id": self.item.id if "item" in self.rule.per else 0,
            "site_id": self.site.id if "site" in self.rule.per else 0,
        }


def take(connection: Connection, party: str, party_id: int, asked: Asked, actor: str, now: datetime) -> Taken:
    """Raises UnknownThing, RuleUnclear, RuleDoesNotApply, SerialUsedUp, TakingIdTaken, BadName."""
    alone(connection, party_id)
    before = _taken_before(connection, party_id, asked)
    if before is not None:
        return before
    where = _where(connection, party, party_id, asked, now=now)
    _begin(connection, where)
    numbers, following = _free(connection, where, _next(connection, where), asked.count)
    if len(numbers) < asked.count:
        raise _used_up(where, asked.count, len(numbers))
    _keep(connection, where, asked, actor, now, numbers, following)
    return Taken(asked.id, where.row.code, asked.item, asked.site, where.facts.day, tuple(numbers), replayed=False)


def preview(
    connection: Connection, party: str, party_id: int, asked: Asked, day: date | None, now: datetime
) -> tuple[date, list[str]]:
    """The numbers that would come next, and the day they are for; fewer where the serial is used up."""
    where = _where(connection, party, party_id, asked, day=day, now=now)
    return where.facts.day, _free(connection, where, _next(connection, where), asked.count)[0]


def _where(
    connection: Connection, party: str, party_id: int, asked: Asked, *, now: datetime, day: date | None = None
) -> _Where:
    of, at = item_of(connection, party_id, asked.item), site_of(connection, party_id, asked.site)
    row, rule = rule_for(connection, party_id, asked.rule, of)
    facts = Facts(day or today(at, now), at.code, of.code, party)
    return _Where(party_id, row, rule, of, at, facts)


def _begin(connection: Connection, where: _Where) -> None:
    row = {**where.counter, "next": where.rule.start}
    connection.execute(insert_or_leave(lot_number_counter).values(row).on_conflict_do_nothing())


def _next(connection: Connection, where: _Where) -> int:
    asked = select(lot_number_counter.c.next).filter_by(**where.counter)
    return next(iter(connection.scalars(asked)), where.rule.start)


def _free(connection: Connection, where: _Where, serial: int, count: int) -> tuple[list[str], int]:
    def known(numbers: list[str]) -> set[str]:
        keys = [look_alike_key(number) for number in numbers]
        given = {"item": where.item.id, "party": where.party_id, "numbers": numbers, "keys": keys}
        return set(connection.scalars(_KNOWN, given))

    return free_numbers(where.rule, where.facts, serial, count, known)


def _used_up(where: _Where, expected: int, seen: int) -> SerialUsedUp:
    last = f"{where.rule.pattern.last_serial}"
    return SerialUsedUp(f"rule {where.row.code!r}", where.rule.period(where.facts.day), expected, seen, last)


def _keep(
    connection: Connection, where: _Where, asked: Asked, actor: str, now: datetime, numbers: list[str], following: int
) -> None:
    connection.execute(update(lot_number_counter).filter_by(**where.counter).values(next=following))
    connection.execute(
        insert(lot_number_taking).values(
            party_id=where.party_id, id=asked.id, rule_id=where.row.id, item_id=where.item.id, site_id=where.site.id,
            chosen=asked.rule is not None, day=where.facts.day, count=asked.count, actor=actor, taken_at=now,
        )
    )
    connection.execute(
        insert(lot_number_taken),
        [
            {"item_id": where.item.id, "number": number, "party_id": where.party_id, "taking": asked.id,
             "position": position}
            for position, number in enumerate(numbers)
        ],
    )


def _taken_before(connection: Connection, party_id: int, asked: Asked) -> Taken | None:
    """What this id took; TakingIdTaken if it asked for something else then."""
    table = lot_number_taking
    found = connection.execute(
        select(table.c.chosen, table.c.day, table.c.count, lot_number_rule.c.code.label("rule"),
               item.c.code.label("item"), site.c.code.label("site"))
        .join(lot_number_rule, lot_number_rule.c.id == table.c.rule_id)
        .join(item, item.c.id == table.c.item_id).join(site, site.c.id == table.c.site_id)
        .where(table.c.party_id == party_id, table.c.id == asked.id)
    ).one_or_none()
    if found is None:
        return None
    before = _shown(found.count, found.item, found.site, found.rule if found.chosen else None)
    again = _shown(asked.count, asked.item, asked.site, asked.rule)
    if before != again:
        raise TakingIdTaken(str(asked.id), before, again)
    return Taken(asked.id, found.rule, found.item, found.site, found.day, _numbers(connection, party_id, asked.id),
                 replayed=True)


def _numbers(connection: Connection, party_id: int, id: UUID) -> tuple[str, ...]:
    table = lot_number_taken
    asked = select(table.c.number).where(table.c.party_id == party_id, table.c.taking == id).order_by(table.c.position)
    return tuple(connection.scalars(asked))


def _shown(count: int, item: str, site: str, rule: str | None) -> str:
    return f"{count} for {item} at {site} by {rule or 'the rule that fits'}"
