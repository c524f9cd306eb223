"""Changing an item: what it is called and its policies at any time, what its lots are counted and named by never again
once there are lots.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, exists, select
from sqlalchemy.exc import IntegrityError

from service.domain.errors import BadName, DomainError, ThingExists
from service.domain.identifiers import check_gtin, check_text, check_unit
from service.models.tables import item, lot, party
from service.people import changes
from service.people.changes import Author

IDENTITY = ("gtin", "unit", "decimals")


class LotsExist(DomainError):
    slug = "lots-exist"
    title = "What the lots of an item are named and counted by stays"

    def __init__(self, code: str, field: str, old: object, new: object) -> None:
        super().__init__(f"item {code!r} has lots: expected {field} {old}, got {new}",
                         expected=old, seen=new, item=code, field=field)


def change(connection: Connection, author: Author, code: str, wanted: Mapping[str, Any]) -> bool:
    """Whether the party has such an item; raises LotsExist, ThingExists (GTIN), BadName, BadText.

    Whoever begins a lot locks its party first and reads the item after (`service.ledger.load`). So under the same lock
    "it has no lots" stays true until we commit.
    """
    if any(field in wanted for field in IDENTITY):
        connection.execute(select(party.c.id).where(party.c.id == author.party_id).with_for_update(key_share=True))
    mine = (item.c.party_id == author.party_id, item.c.code == code)
    found = connection.execute(select(item).where(*mine).with_for_update(key_share=True)).one_or_none()
    if found is None:
        return False
    made = {field: (getattr(found, field), new) for field, new in wanted.items() if new != getattr(found, field)}
    _check(connection, found, made)
    if made:
        _update(connection, found, {field: new for field, (_, new) in made.items()})
    changes.keep(connection, author, "item", code, {
        field: (_json(old), _json(new)) for field, (old, new) in made.items()
    })  # fmt: skip
    return True


def _check(connection: Connection, found: Any, made: Mapping[str, tuple[Any, Any]]) -> None:
    with_lots = any(field in made for field in IDENTITY) and connection.scalar(
        select(exists().where(lot.c.item_id == found.id))
    )
    for field, (old, new) in made.items():
        if with_lots and field in IDENTITY:
            raise LotsExist(found.code, field, old, new)
        if field in ("name", "spec") and new is not None:
            check_text(field, new)
    if made.get("gtin", (None, None))[1] is not None:
        check_gtin(made["gtin"][1])
    if "unit" in made:
        check_unit(made["unit"][1])
    low, high = (made.get(name, (None, getattr(found, name)))[1] for name in ("storage_min", "storage_max"))
    if low is not None and high is not None and high < low:
        raise BadName("storage_max", f"at least {low}", str(high))


def _update(connection: Connection, found: Any, values: Mapping[str, Any]) -> None:
    try:
        with connection.begin_nested():
            connection.execute(item.update().where(item.c.id == found.id).values(**values))
    except IntegrityError:
        raise ThingExists("GTIN", str(values.get("gtin"))) from None


def _json(value: Any) -> Any:
    return str(value) if isinstance(value, Decimal) else value
