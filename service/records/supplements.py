"""What is said later of a movement, of a lot, or of a lot in a movement: where the statement is silent.

A supplement never changes what was recorded, and none is ever changed: the newest for a field counts, all stay, with
who said it, when and why. Its value is in no statement; a record that uses one says so (`added_later`).
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, select, text
from sqlalchemy.dialects.postgresql import insert

from service.domain.errors import BadName, DomainError, UnknownThing
from service.domain.identifiers import DOCUMENT_TYPES, check_text
from service.domain.quantities import parse_amount
from service.domain.sensors import parse_measure
from service.models.records import supplement
from service.models.tables import lot, movement

OF_LOTS = (
    "tlc_source", "tlc_source_reference", "production_date", "farm", "field_name", "harvester", "harvested_on",
    "received_on", "received_quantity", "received_unit", "cooled_at", "cooled_on",
)  # fmt: skip
OF_MOVEMENTS = (
    "document_type", "document_number", "shipped_on", "quality_condition", "inspected_by", "checked_by",
    "transaction_statement", "arrival_temperature", "departure_temperature",
)  # fmt: skip
OF_LINES = ("unit_price", "currency", "containers")
FIELDS = (*OF_LOTS, *OF_MOVEMENTS, *OF_LINES)
DAYS = ("production_date", "harvested_on", "received_on", "cooled_on", "shipped_on")
AMOUNTS = ("unit_price", "containers", "received_quantity")
CELSIUS = ("arrival_temperature", "departure_temperature")


class SupplementTaken(DomainError):
    slug = "supplement-id-taken"
    title = "This id was used for another supplement"

    def __init__(self, id: UUID) -> None:
        super().__init__(f"supplement {id}: expected what was said with it before, or another id", seen=str(id))


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSupplement:
    """`movement` is a movement's id, `lot` a lot's URI; which of the two a field needs, `check_scope` says."""

    id: UUID
    field: str
    value: str
    reason: str
    movement: UUID | None = None
    lot: str | None = None


def add(connection: Connection, party_id: int, who: str, now: datetime, new: NewSupplement) -> tuple[Row[Any], bool]:
    """The row, and whether it is new. Raises UnknownThing, BadName, BadText, BadQuantity, SupplementTaken."""
    check_scope(new)
    check_value(new.field, new.value)
    values = {
        "party_id": party_id, "id": new.id, "movement": _movement(connection, party_id, new.movement),
        "lot_id": _lot(connection, party_id, new.lot), "field": new.field, "value": new.value, "reason": new.reason,
    }  # fmt: skip
    made = connection.execute(
        insert(supplement).values(**values, who=who, at=now).on_conflict_do_nothing().returning(supplement.c.number)
    ).one_or_none()
    row = connection.execute(_SHOWN, {"party": party_id, "id": new.id}).one()
    if any(getattr(row, name) != value for name, value in values.items()):
        raise SupplementTaken(new.id)
    return row, made is not None


def listed(connection: Connection, party_id: int, before: int | None, limit: int) -> list[Row[Any]]:
    """The newest first."""
    return list(connection.execute(_LISTED, {"party": party_id, "before": before, "limit": limit}))


def check_scope(new: NewSupplement) -> None:
    """Of a lot, of a movement, or of a lot in a movement: as the field is."""
    wanted = (new.field in OF_MOVEMENTS or new.field in OF_LINES, new.field in OF_LOTS or new.field in OF_LINES)
    if (new.movement is not None, new.lot is not None) != wanted:
        expected = " and ".join(name for name, needed in zip(("movement", "lot"), wanted, strict=True) if needed)
        given = [name for name in ("movement", "lot") if getattr(new, name) is not None]
        raise BadName(new.field, f"{expected}, by which it is said what it is of", " and ".join(given) or "neither")


def check_value(field: str, value: str) -> None:
    check_text(field, value)
    if field in DAYS:
        try:
            date.fromisoformat(value)
        except ValueError:
            raise BadName(field, "a date like 2027-06-30", value) from None
    if field in AMOUNTS:
        parse_amount(value, 6)
    if field in CELSIUS:
        parse_measure(value)
    if field == "document_type" and value not in DOCUMENT_TYPES:
        raise BadName(field, ", ".join(DOCUMENT_TYPES), value)
    if field == "currency" and not (len(value) == 3 and value.isascii() and value.isalpha() and value.isupper()):
        raise BadName(field, "three letters (ISO 4217)", value)
    if field == "transaction_statement" and value != "made":
        raise BadName(field, "made", value)


@dataclass(frozen=True, slots=True)
class Said:
    """One supplement as rows use it."""

    value: str
    who: str
    at: datetime


class Supplements:
    """Of the movements and lots of one block. What is said of a lot holds for all lots of its item that have the same
    traceability lot code: a split inherits it."""

    def __init__(self, connection: Connection, movements: Collection[int], lots: Collection[int]) -> None:
        self._said: dict[tuple[int | None, int | None], dict[str, Said]] = defaultdict(dict)
        asked = {"movements": list(movements), "lots": list(lots)}
        for row in connection.execute(_OF, asked):
            self._said[row.movement, row.lot_id][row.field] = Said(row.value, row.who, row.at)

    def of(self, movement: int, lot_id: int) -> Mapping[str, Said]:
        """The newest of each field for this lot in this movement."""
        known = self._said
        return known.get((None, lot_id), {}) | known.get((movement, None), {}) | known.get((movement, lot_id), {})


_OF = text("""
    SELECT * FROM (
        SELECT number, movement, lot_id, field, value, who, at FROM warehouse.supplement
        WHERE movement = ANY(CAST(:movements AS bigint[]))
        UNION ALL
        SELECT s.number, NULL, alike.id, s.field, s.value, s.who, s.at
        FROM unnest(CAST(:lots AS bigint[])) AS asked (id) JOIN warehouse.lot alike ON alike.id = asked.id
        JOIN warehouse.lot said ON (said.party_id, said.traceability_lot_code, said.item_id)
            = (alike.party_id, alike.traceability_lot_code, alike.item_id) OR said.id = alike.id
        JOIN warehouse.supplement s ON s.lot_id = said.id AND s.movement IS NULL
    ) found ORDER BY number
""")
_READ = """
    SELECT s.*, m.id AS movement_id, l.uri FROM warehouse.supplement s
    LEFT JOIN warehouse.movement m ON m.number = s.movement LEFT JOIN warehouse.lot l ON l.id = s.lot_id
    WHERE s.party_id = :party
"""
_SHOWN = text(f"{_READ} AND s.id = :id")
_LISTED = text(
    f"{_READ} AND (CAST(:before AS bigint) IS NULL OR s.number < :before) ORDER BY s.number DESC LIMIT :limit"
)


def _movement(connection: Connection, party_id: int, id: UUID | None) -> int | None:
    if id is None:
        return None
    found = connection.scalar(select(movement.c.number).where(movement.c.party_id == party_id, movement.c.id == id))
    if found is None:
        raise UnknownThing("movement", str(id))
    return int(found)


def _lot(connection: Connection, party_id: int, uri: str | None) -> int | None:
    if uri is None:
        return None
    found = connection.scalar(select(lot.c.id).where(lot.c.party_id == party_id, lot.c.uri == uri))
    if found is None:
        raise UnknownThing("lot", uri)
    return int(found)
