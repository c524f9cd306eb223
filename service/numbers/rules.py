"""Rules of a party: made once and never changed, since numbers that they gave stand on packages; and which one fits.

The rule of an item itself goes before one of its category, and that before one for all.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, false, func, or_, select
from sqlalchemy.dialects.postgresql import insert

from service.domain.errors import ThingExists, UnknownThing
from service.domain.identifiers import check_code, check_text
from service.domain.lot_patterns import parse
from service.domain.lot_rules import Per, Reset, Rule, check_rule
from service.domain.number_errors import RuleDoesNotApply, RuleUnclear
from service.models.numbers import item_category, lot_number_rule
from service.models.tables import item, site
from service.numbers.things import Found, item_of

_table = lot_number_rule
LISTED = select(
    _table.c.code, _table.c.name, _table.c.pattern, _table.c.reset, _table.c.per, _table.c.start,
    item.c.code.label("item"), _table.c.category,
).outerjoin(item, item.c.id == _table.c.item_id)  # fmt: skip


@dataclass(frozen=True, slots=True)
class NewRule:
    code: str
    name: str
    pattern: str
    reset: Reset = "day"
    per: Per = "rule"
    start: int = 1
    item: str | None = None
    category: str | None = None


def create_rule(connection: Connection, party: str, party_id: int, new: NewRule) -> Row[Any]:
    """Raises BadRule, BadName, BadText, UnknownThing, ThingExists."""
    check_code("rule", new.code)
    check_text("name", new.name)
    item_id = item_of(connection, party_id, new.item).id if new.item else None
    codes = _longest_codes(connection, party, party_id, new)
    check_rule(Rule(parse(new.pattern), new.reset, new.per, new.start), codes)
    row = {
        "party_id": party_id, "code": new.code, "name": new.name, "pattern": new.pattern, "reset": new.reset,
        "per": new.per, "start": new.start, "item_id": item_id, "category": new.category,
    }  # fmt: skip
    made = connection.scalar(insert(_table).values(row).on_conflict_do_nothing().returning(_table.c.id))
    if made is None:
        raise ThingExists("rule", new.code)
    return connection.execute(LISTED.where(_table.c.id == made)).one()


def rule_for(connection: Connection, party_id: int, code: str | None, of: Found) -> tuple[Found, Rule]:
    """The rule of that code, which must be for this item; without a code the one that fits the item best."""
    row = _chosen(connection, party_id, code, of) if code else _fitting(connection, party_id, of)
    return row, Rule(parse(row.pattern), row.reset, row.per, row.start)


def set_category(
    connection: Connection, party_id: int, category: str, items: tuple[str, ...]
) -> dict[str, str | None]:
    """Put these items into the category, out of any other; where each was. Raises UnknownThing for the first that is
    not there."""
    check_text("category", category)
    found = {code: item_of(connection, party_id, code) for code in items}
    ids = {each.id for each in found.values()}
    rows = [{"item_id": id, "party_id": party_id, "category": category} for id in sorted(ids)]
    made = insert(item_category).values(rows)
    connection.execute(
        made.on_conflict_do_update(index_elements=["item_id"], set_={"category": made.excluded.category})
    )
    return {code: each.category for code, each in found.items()}


def _chosen(connection: Connection, party_id: int, code: str, of: Found) -> Found:
    asked = select(_table, item.c.code.label("item")).outerjoin(item, item.c.id == _table.c.item_id)
    row = connection.execute(asked.where(_table.c.party_id == party_id, _table.c.code == code)).one_or_none()
    if row is None:
        raise UnknownThing("rule", code)
    if row.item_id not in (None, of.id):
        raise RuleDoesNotApply(code, of.code, f"item {row.item!r}", of.code)
    if row.category not in (None, of.category):
        raise RuleDoesNotApply(code, of.code, f"category {row.category!r}", of.category or "no category")
    return row


def _fitting(connection: Connection, party_id: int, of: Found) -> Found:
    in_category = _table.c.category == of.category if of.category else false()  # == None would be IS NULL
    fits = or_(_table.c.item_id == of.id, in_category, _table.c.item_id.is_(None) & _table.c.category.is_(None))
    rows = connection.execute(select(_table).where(_table.c.party_id == party_id, fits).order_by(_table.c.code)).all()
    best = max(map(_closeness, rows), default=0)
    closest = [row for row in rows if _closeness(row) == best]
    if len(closest) != 1:
        raise RuleUnclear(of.code, [row.code for row in closest])
    return closest[0]


def _closeness(row: Found) -> int:
    return 2 if row.item_id else 1 if row.category else 0


def _longest_codes(connection: Connection, party: str, party_id: int, new: NewRule) -> dict[str, int]:
    """Of the codes there are now; one that comes later and is longer is refused when it is to take a number."""
    items = select(func.max(func.length(item.c.code))).where(item.c.party_id == party_id)
    if new.item:
        items = items.where(item.c.code == new.item)
    elif new.category:
        items = items.join(item_category, item_category.c.item_id == item.c.id).where(
            item_category.c.category == new.category
        )
    sites = select(func.max(func.length(site.c.code))).where(site.c.party_id == party_id)
    return {
        "party": len(party),
        "item": connection.scalar(items) or 1,
        "site": connection.scalar(sites) or 1,
    }
