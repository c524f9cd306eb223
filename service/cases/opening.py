"""A case is opened, and the goods that it is about are held, in one transaction."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

from service.cases.acts import keep_act, keep_movements
from service.domain.cases import Lying, NothingToHold, taken_in
from service.domain.commands import Hold, Line
from service.domain.errors import BadText
from service.domain.quantities import format_quantity, parse_quantity
from service.domain.rules import MAX_LINES
from service.domain.states import IdTaken
from service.ledger.desk import Desk, Movement, hash_of


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCase:
    """About a whole lot (`item` and `lot`), everything `at` a place, or a lot at a place, whole or `quantity` of it."""

    id: UUID
    cause: str
    words: str
    by: str
    item: str | None = None
    lot: str | None = None
    at: str | None = None
    quantity: str | None = None
    status: str | None = None

    @property
    def scope(self) -> str:
        whole_lot = self.item is not None and self.lot is not None
        if (self.item is None) == (self.lot is None):
            if self.at is not None and whole_lot:
                return "quantity"
            if self.at is not None and self.quantity is None and self.status is None:
                return "place"
            if whole_lot and self.quantity is None and self.status is None:
                return "lot"
        raise BadText("about", "item and lot, or at, or item, lot and at with or without quantity",
                      ", ".join(name for name in ("item", "lot", "at", "quantity", "status") if getattr(self, name)))


@dataclass(frozen=True, slots=True)
class _Concerned:
    """Goods that the case takes in: `hold` of them now, `cover` altogether."""

    row: Any
    hold: int
    cover: int


def open_case(desk: Desk, asked: NewCase) -> bool:
    """Whether it is new; asked again, it is what it was. Raises DomainError."""
    scope, hashed = asked.scope, hash_of(asked)
    known = desk.ask("SELECT content_hash FROM warehouse.quarantine_case WHERE party_id = :party AND id = :id",
                     party=desk.party_id, id=asked.id)
    if known:
        if known[0].content_hash != hashed:
            raise IdTaken("case", str(asked.id), known[0].content_hash.hex(), hashed.hex())
        return False
    _keep(desk, asked, scope, hashed, _concerned(desk, asked))
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCaseOfGoods:
    """About what lies of these lots at these places (ids; None: wherever they lie); opened by a rule."""

    id: UUID
    cause: str
    words: str
    by: str
    goods: tuple[tuple[int, int | None], ...]


def open_case_of_goods(desk: Desk, asked: NewCaseOfGoods) -> int:
    """The number of the new case. Raises NothingToHold, and what recording raises."""
    return _keep(desk, asked, "goods", hash_of(asked), _among(desk, asked.goods))


def _keep(
    desk: Desk, asked: NewCase | NewCaseOfGoods, scope: str, hashed: bytes, concerned: Sequence[_Concerned]
) -> int:
    number = desk.ask(_INSERT, party=desk.party_id, id=asked.id, scope=scope, cause=asked.cause, words=asked.words,
                      by=asked.by, at=desk.now, hash=hashed)[0].number
    recorded = desk.record(_holds(asked, concerned))
    desk.change(_COVER, case=number, lots=[each.row.lot_id for each in concerned],
                places=[each.row.place for each in concerned], units=[each.cover for each in concerned])
    keep_movements(desk, number, recorded)
    keep_act(desk, number, "open", 0, asked.by, asked.words, {"cause": asked.cause, "goods": _taken(concerned)})
    return int(number)


def _concerned(desk: Desk, asked: NewCase) -> list[_Concerned]:
    """Locks the lots, then looks at what lies where."""
    places = desk.places(asked.at) if asked.at is not None else None
    if asked.item is not None and asked.lot is not None:
        lots, places = [desk.lot(asked.item, asked.lot)], places and places[:1]
    else:
        lots = [id for id, in desk.ask(_LOTS_AT, places=places)]
    desk.lock_lots(lots)
    found = []
    for row in desk.ask(_LYING, lots=lots, places=places):
        units = None if asked.quantity is None else parse_quantity(asked.quantity, row.decimals)
        lying = Lying(row.lot, row.at, int(row.available), int(row.held), int(row.covered))
        hold, cover = taken_in(lying, units, asked.status)
        if cover:
            found.append(_Concerned(row, hold, cover))
    if not found:
        raise NothingToHold("goods that are under no open case", "none")
    return found


def _among(desk: Desk, goods: Sequence[tuple[int, int | None]]) -> list[_Concerned]:
    """Locks the lots, then looks at what of them lies where it is asked for."""
    desk.lock_lots({lot for lot, _ in goods})
    everywhere = {lot for lot, place in goods if place is None}
    found = []
    for row in desk.ask(_LYING, lots=sorted({lot for lot, _ in goods}), places=None):
        if row.lot_id in everywhere or (row.lot_id, row.place) in goods:
            lying = Lying(row.lot, row.at, int(row.available), int(row.held), int(row.covered))
            hold, cover = taken_in(lying, None, None)
            if cover:
                found.append(_Concerned(row, hold, cover))
    if not found:
        raise NothingToHold("goods that are under no open case", "none")
    return found


def _holds(asked: NewCase | NewCaseOfGoods, concerned: Sequence[_Concerned]) -> list[Movement]:
    by_place: dict[str, list[Line]] = defaultdict(list)
    for each in concerned:
        if each.hold:
            row = each.row
            by_place[row.at].append(Line(row.item, row.lot, format_quantity(each.hold, row.decimals)))
    movements: list[Movement] = []
    for at, lines in sorted(by_place.items()):
        for part in range(0, len(lines), MAX_LINES):
            these = tuple(lines[part : part + MAX_LINES])
            hold = Hold(at=at, reason=f"{asked.cause}: {asked.words}"[:200], lines=these)
            movements.append((uuid5(asked.id, f"hold/{at}/{part}"), hold))
    return movements


def _taken(concerned: Sequence[_Concerned]) -> list[dict[str, str]]:
    return [
        {"item": each.row.item, "lot": each.row.lot, "at": each.row.at,
         "quantity": format_quantity(each.cover, each.row.decimals), "unit": each.row.unit}
        for each in concerned
    ]  # fmt: skip


_LOTS_AT = """SELECT DISTINCT lot_id FROM warehouse.balance WHERE place = ANY(:places) AND units > 0"""
_LYING = """
    SELECT b.lot_id, b.place, i.code AS item, l.number AS lot, i.decimals, i.unit, s.code || '/' || p.code AS at,
        coalesce(sum(b.units) FILTER (WHERE b.status = 'available'), 0) AS available,
        coalesce(sum(b.units) FILTER (WHERE b.status = 'hold'), 0) AS held,
        coalesce((SELECT sum(c.units) FROM warehouse.case_cover c
                  WHERE (c.lot_id, c.place) = (b.lot_id, b.place)), 0) AS covered
    FROM warehouse.balance b JOIN warehouse.lot l ON l.id = b.lot_id JOIN warehouse.item i ON i.id = l.item_id
    JOIN warehouse.location p ON p.id = b.place JOIN warehouse.site s ON s.id = p.site_id
    WHERE b.lot_id = ANY(:lots) AND b.place > 0 AND b.units > 0
        AND (CAST(:places AS bigint[]) IS NULL OR b.place = ANY(:places))
    GROUP BY b.lot_id, b.place, i.id, l.id, s.id, p.id ORDER BY at, item, lot
"""
_INSERT = """
    INSERT INTO warehouse.quarantine_case (party_id, id, scope, cause, words, opened_by, opened_at, content_hash)
    VALUES (:party, :id, :scope, :cause, :words, :by, :at, :hash) RETURNING number
"""
_COVER = """
    INSERT INTO warehouse.case_cover (case_number, lot_id, place, units)
    SELECT :case, * FROM unnest(CAST(:lots AS bigint[]), CAST(:places AS bigint[]), CAST(:units AS bigint[]))
"""
