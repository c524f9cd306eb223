"""How a lot begins: as a new one, as a known one that more arrives of, as a child, or taken over from another party.

Known master data is never overwritten by a movement: what disagrees is refused and is quality's business.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from service.domain.book import Book
from service.domain.commands import NewLotLine
from service.domain.errors import DatesDisagree, LotConflict, LotExists, MissingLotField
from service.domain.identifiers import check_lot_number, check_text
from service.domain.things import Item, Location, Lot, Party

_GIVEN = ("production_date", "expiry_date", "retest_date", "manufacturer_lot", "traceability_lot_code",
          "traceability_source")
# Who is the source of a lot two parties may see differently (opening stock); when it expires they may not.
_SHARED = ("production_date", "expiry_date", "retest_date")


def begin_lot(book: Book, party: Party, item: Item, line: NewLotLine, at: Location, supplier: str | None) -> Lot:
    """A lot that this party does not have yet; LotExists names the one that is in the way."""
    uri = label_uri(book, party, item, line)
    for known in (book.lots_by_number.get((item.id, line.lot)), book.lots_by_uri.get((party.id, uri))):
        if known is not None:
            raise LotExists(item.code, line.lot, known.uri)
    expiry = line.expiry_date or _by_shelf_life(item, line.production_date)
    _check_complete(item, line, expiry, received=supplier is not None)
    _check_dates(line, expiry, book.today(at.site))
    for field in ("traceability_lot_code", "traceability_source"):
        if getattr(line, field) is not None:
            check_text(field.replace("_", " "), getattr(line, field))
    return Lot(
        id=next(book.lot_ids), party_id=party.id, item_id=item.id, number=line.lot, uri=uri,
        production_date=line.production_date, expiry_date=expiry, retest_date=line.retest_date,
        manufacturer_lot=line.manufacturer_lot or (line.lot if supplier is None else None), supplier=supplier,
        traceability_lot_code=line.traceability_lot_code or line.manufacturer_lot or line.lot,
        traceability_source=line.traceability_source or (party.uri if supplier is None else None),
    )


def more_of_lot(book: Book, party: Party, item: Item, line: NewLotLine) -> Lot | None:
    """The known lot that this line adds to, None if there is none; a field that is given must agree with it."""
    known = book.lots_by_number.get((item.id, line.lot))
    if known is None:
        return None
    for field in _GIVEN:
        given, stored = getattr(line, field), getattr(known, field)
        if given is not None and given != stored:
            raise LotConflict(line.lot, field, _shown(stored), _shown(given))
    return known


def child_lot(book: Book, party: Party, item: Item, parent: Lot, number: str) -> Lot:
    """INV-S3: a child of a warehouse split inherits every date and the traceability lot code."""
    uri = book.name_lot(party, item, check_lot_number(number))
    for known in (book.lots_by_number.get((item.id, number)), book.lots_by_uri.get((party.id, uri))):
        if known is not None:
            raise LotExists(item.code, number, known.uri)
    return replace(parent, id=next(book.lot_ids), number=number, uri=uri)


def merged_lot(book: Book, party: Party, item: Item, parents: Sequence[Lot], number: str) -> Lot:
    """INV-S3: what is poured together has the earliest dates, and a traceability lot code of its own."""
    uri = book.name_lot(party, item, check_lot_number(number))
    for known in (book.lots_by_number.get((item.id, number)), book.lots_by_uri.get((party.id, uri))):
        if known is not None:
            raise LotExists(item.code, number, known.uri)
    return Lot(
        id=next(book.lot_ids), party_id=party.id, item_id=item.id, number=number, uri=uri,
        production_date=earliest(parents, "production_date"), expiry_date=earliest(parents, "expiry_date"),
        retest_date=earliest(parents, "retest_date"), supplier=_common(parents, "supplier"),
        manufacturer_lot=_common(parents, "manufacturer_lot"), traceability_lot_code=number,
        traceability_source=party.uri,
        recall=max((lot.recall for lot in parents if lot.recall is not None), default=None),
    )


def within_dates(line: NewLotLine, parents: Sequence[Lot]) -> NewLotLine:
    """A line whose lot is made of the same goods: without dates it has the earliest, with later ones it is refused."""
    dates: dict[str, date | None] = {}
    for field in _SHARED:
        given, first = getattr(line, field), earliest(parents, field)
        if given is not None and first is not None and given > first and field != "production_date":
            raise DatesDisagree(line.lot, f"{field} {first} or before, as of its parents", given.isoformat())
        dates[field] = given or first
    return replace(line, **dates)  # type: ignore[arg-type]


def earliest(lots: Sequence[Lot], field: str) -> date | None:
    """The earliest of the dates that are known."""
    return min((value for lot in lots if (value := getattr(lot, field)) is not None), default=None)


def _common(lots: Sequence[Lot], field: str) -> str | None:
    values = {getattr(lot, field) for lot in lots}
    return values.pop() if len(values) == 1 else None


def taken_over(book: Book, party: Party, item: Item, theirs: Lot, sender: Party) -> tuple[Lot, bool]:
    """This party's record of a lot that is handed to it, and whether it is new. The URI stays: the chain goes on.

    A record without an expiry date takes in no goods that have one: they would never expire again.
    """
    known = book.lots_by_uri.get((party.id, theirs.uri))
    if known is None:
        same_number = book.lots_by_number.get((item.id, theirs.number))
        if same_number is not None:
            raise LotConflict(theirs.number, "uri", same_number.uri, theirs.uri)
        began = next(book.lot_ids)
        return replace(theirs, id=began, party_id=party.id, item_id=item.id, supplier=sender.uri, recall=None), True
    if known.item_id != item.id:
        raise LotConflict(known.number, "item", book.items_by_id[known.item_id].code, item.code)
    for field in _SHARED:
        ours, other = getattr(known, field), getattr(theirs, field)
        if ours != other and (None not in (ours, other) or (ours is None and field == "expiry_date")):
            raise LotConflict(known.number, field, _shown(ours), _shown(other))
    return known, False


def label_uri(book: Book, party: Party, item: Item, line: NewLotLine) -> str:
    """With a GTIN, the lot is named as on the package: by the manufacturer's lot where one is given."""
    number = check_lot_number(line.lot)
    if line.manufacturer_lot is not None:
        check_lot_number(line.manufacturer_lot)
        if item.gtin is not None:
            number = line.manufacturer_lot
    return book.name_lot(party, item, number)


def _by_shelf_life(item: Item, produced: date | None) -> date | None:
    if produced is None or item.shelf_life_days is None:
        return None
    return produced + timedelta(days=item.shelf_life_days)


def _check_complete(item: Item, line: NewLotLine, expiry: date | None, *, received: bool) -> None:
    if item.needs_expiry and expiry is None:
        raise MissingLotField(item.code, line.lot, "expiry_date")
    if item.needs_production_date and line.production_date is None:
        raise MissingLotField(item.code, line.lot, "production_date")
    if item.needs_manufacturer_lot and received and line.manufacturer_lot is None:
        raise MissingLotField(item.code, line.lot, "manufacturer_lot")


def _check_dates(line: NewLotLine, expiry: date | None, today: date) -> None:
    produced = line.production_date
    if produced is None:
        return
    if produced > today:
        raise DatesDisagree(line.lot, f"produced by {today}", produced.isoformat())
    if expiry is not None and expiry < produced:
        raise DatesDisagree(line.lot, f"an expiry date from {produced} on", expiry.isoformat())


def _shown(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value
