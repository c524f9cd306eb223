"""Lots of a party by the number that somebody read, and those whose number looks like it.

A number is that of the party or the manufacturer's, which stands on the package. Both are found through an index of
look-alike keys: what is equal looks alike, so one question answers for both, and none reads all lots.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, text

from service.domain.lookalikes import look_alike_key

MOST = 50

_COLUMNS = """lot.id, lot.uri, lot.number, lot.manufacturer_lot, lot.item_id, lot.expiry_date, lot.production_date,
    item.code AS item FROM warehouse.lot JOIN warehouse.item ON item.id = lot.item_id"""

_ALIKE = text(f"""
    SELECT * FROM (
        SELECT {_COLUMNS} WHERE lot.party_id = :party AND warehouse.lot_skeleton(number) = :key
            AND (CAST(:item AS bigint) IS NULL OR item_id = :item)
        UNION
        SELECT {_COLUMNS} WHERE lot.party_id = :party AND warehouse.lot_skeleton(manufacturer_lot) = :key
            AND (CAST(:item AS bigint) IS NULL OR item_id = :item) AND manufacturer_lot <> number
    ) AS found
    ORDER BY (number = :number OR manufacturer_lot = :number) DESC, number, id LIMIT {MOST}
""")  # noqa: S608 -- only our own column list is put in
_BY_URI = text(f"SELECT {_COLUMNS} WHERE lot.party_id = :party AND lot.uri = :uri")


@dataclass(frozen=True, slots=True)
class LotFound:
    id: int
    uri: str
    number: str
    manufacturer_lot: str | None
    item_id: int
    expiry_date: date | None
    production_date: date | None
    item: str

    def is_named(self, number: str) -> bool:
        return number in (self.number, self.manufacturer_lot)


@dataclass(frozen=True, slots=True)
class Lots:
    """`exact` bear the number itself; `alike` only look like it."""

    exact: tuple[LotFound, ...]
    alike: tuple[LotFound, ...]


def lots_named(connection: Connection, party_id: int, number: str, item_id: int | None = None) -> Lots:
    """Of one item, or of all. `number` is ASCII."""
    given = {"party": party_id, "key": look_alike_key(number), "number": number, "item": item_id}
    found = _lots(connection.execute(_ALIKE, given).all())
    exact = tuple(each for each in found if each.is_named(number))
    return Lots(exact, tuple(each for each in found if not each.is_named(number)))


def lot_of_uri(connection: Connection, party_id: int, uri: str) -> tuple[LotFound, ...]:
    return tuple(_lots(connection.execute(_BY_URI, {"party": party_id, "uri": uri}).all()))


def _lots(rows: Sequence[Row[Any]]) -> list[LotFound]:
    return [LotFound(*row) for row in rows]
