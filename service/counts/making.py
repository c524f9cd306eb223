"""A sheet is made: which places, which lines, and what the book says of them at that moment."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from service.domain.count_sheets import MOST_LINES, MOST_PLACES, SheetTooLong
from service.domain.errors import BadText, UnknownThing
from service.domain.identifiers import check_text
from service.domain.states import IdTaken
from service.ledger.desk import Desk, hash_of


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSheet:
    """About `places`, or an `item` wherever it lies (at one `site`), or a `sample` of so many places of a `site`."""

    id: UUID
    by: str
    blind: bool
    places: tuple[str, ...] = ()
    item: str | None = None
    sample: int | None = None
    site: str | None = None

    @property
    def about(self) -> str:
        given = {"places": bool(self.places), "item": self.item is not None, "sample": self.sample is not None}
        chosen = [name for name, there in given.items() if there]
        if len(chosen) != 1 or (self.site is None and self.sample is not None) or (self.places and self.site):
            raise BadText("about", "places, or item with or without site, or sample with site",
                          ", ".join([*chosen, *(["site"] if self.site else [])]) or "nothing")
        return chosen[0]


def make_sheet(desk: Desk, asked: NewSheet) -> bool:
    """Whether it is new; asked again, it is what it has become."""
    about, hashed = asked.about, hash_of(asked)
    check_text("person", asked.by)
    known = desk.ask("SELECT content_hash FROM warehouse.count_sheet WHERE party_id = :party AND id = :id",
                     party=desk.party_id, id=asked.id)
    if known:
        if known[0].content_hash != hashed:
            raise IdTaken("count", str(asked.id), known[0].content_hash.hex(), hashed.hex())
        return False
    item, places = _item(desk, asked.item), _places(desk, asked, about)
    lines = desk.ask(_LINES, party=desk.party_id, places=places, item=item, site=_site(desk, asked.site),
                     most=MOST_LINES + 1)
    if len(lines) > MOST_LINES or (about == "item" and not lines):
        raise SheetTooLong("lines", f"1 to {MOST_LINES}", len(lines))
    number = desk.ask(_INSERT, party=desk.party_id, id=asked.id, about=about, blind=asked.blind, by=asked.by,
                      at=desk.now, hash=hashed)[0].number
    desk.change("INSERT INTO warehouse.count_place SELECT :sheet, unnest(CAST(:places AS bigint[]))",
                sheet=number, places=sorted({row.place for row in lines} | set(places or ())))
    desk.change(_LINE, sheet=number, lots=[row.lot_id for row in lines], places=[row.place for row in lines],
                statuses=[row.status for row in lines], units=[row.units for row in lines])
    return True


def find_sheet(desk: Desk, id: UUID) -> Any:
    """The party's sheet, locked, or None. Before lots."""
    found = desk.ask("SELECT * FROM warehouse.count_sheet WHERE party_id = :party AND id = :id FOR NO KEY UPDATE",
                     party=desk.party_id, id=id)
    return found[0] if found else None


def _item(desk: Desk, code: str | None) -> int | None:
    if code is None:
        return None
    for id, in desk.ask("SELECT id FROM warehouse.item WHERE party_id = :party AND code = :code",
                        party=desk.party_id, code=code):
        return int(id)
    raise UnknownThing("item", code)


def _site(desk: Desk, code: str | None) -> int | None:
    if code is None:
        return None
    for id, in desk.ask("SELECT id FROM warehouse.site WHERE party_id = :party AND code = :code",
                        party=desk.party_id, code=code):
        return int(id)
    raise UnknownThing("site", code)


def _places(desk: Desk, asked: NewSheet, about: str) -> Sequence[int] | None:
    """With the pallets that stand there; None means wherever the item lies."""
    if about == "item":
        return None
    if about == "sample":
        chosen = [id for id, in desk.ask(_LONGEST_AGO, site=_site(desk, asked.site), most=asked.sample)]
    else:
        chosen = [id for name in asked.places for id in desk.places(name)]
    if not 1 <= len(chosen) <= MOST_PLACES:
        raise SheetTooLong("places, pallets too,", f"1 to {MOST_PLACES}", len(chosen))
    return chosen


_LINES = """
    SELECT b.lot_id, b.place, b.status, b.units
    FROM warehouse.balance b JOIN warehouse.location p ON p.id = b.place JOIN warehouse.lot l ON l.id = b.lot_id
    WHERE p.party_id = :party AND b.units > 0 AND (CAST(:places AS bigint[]) IS NULL OR b.place = ANY(:places))
        AND (CAST(:item AS bigint) IS NULL OR l.item_id = :item)
        AND (CAST(:site AS bigint) IS NULL OR p.site_id = :site)
    ORDER BY b.place, b.lot_id, b.status LIMIT :most
"""
_INSERT = """
    INSERT INTO warehouse.count_sheet (party_id, id, about, blind, created_by, created_at, content_hash)
    VALUES (:party, :id, :about, :blind, :by, :at, :hash) RETURNING number
"""
_LINE = """
    INSERT INTO warehouse.count_line (sheet, lot_id, place, status, booked)
    SELECT :sheet, * FROM unnest(CAST(:lots AS bigint[]), CAST(:places AS bigint[]),
        CAST(:statuses AS warehouse.stock_status[]), CAST(:units AS bigint[]))
"""

# Places that were never counted, then those of which the last posted count is the oldest.
_LONGEST_AGO = """
    SELECT p.id FROM warehouse.location p LEFT JOIN (
        SELECT c.place, max(s.posted_at) AS counted FROM warehouse.count_place c
        JOIN warehouse.count_sheet s ON s.number = c.sheet WHERE s.state = 'posted' GROUP BY c.place) last
        ON last.place = p.id
    WHERE p.site_id = :site ORDER BY last.counted NULLS FIRST, p.code LIMIT :most
"""
