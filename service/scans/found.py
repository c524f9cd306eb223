"""What the party has of what was read: item, lots, location, pallet. Each is one question with an index behind it."""

from dataclasses import dataclass

from sqlalchemy import Connection, text

from service.domain.errors import BadName
from service.domain.identifiers import check_gtin
from service.domain.sscc import LENGTH as SSCC_LENGTH
from service.numbers.lookalikes import ascii_of
from service.numbers.lookup import LotFound, Lots, lot_of_uri, lots_named
from service.scans.reading import Reading

LONGEST_NAME = 200

_ITEM = text("SELECT id, code, name, gtin FROM warehouse.item WHERE party_id = :party AND code = :name")
_ITEM_BY_GTIN = text("SELECT id, code, name, gtin FROM warehouse.item WHERE party_id = :party AND gtin = :name")
_LOCATIONS = """
    SELECT s.code || '/' || l.code FROM warehouse.location l JOIN warehouse.site s ON s.id = l.site_id
    WHERE s.party_id = :party AND """
_LOCATION = text(_LOCATIONS + "s.code = :site AND l.code = :name")
_LOCATION_BY_GLN = text(_LOCATIONS + "s.gln = :gln AND l.code = :name LIMIT 2")
_PALLET = text(_LOCATIONS + "l.code = :name AND l.kind = 'pallet' LIMIT 1")
_SITE_BY_GLN = text("SELECT code FROM warehouse.site WHERE party_id = :party AND gln = :name LIMIT 2")
_PARTY_URI = text("SELECT uri FROM warehouse.party WHERE id = :party")


@dataclass(frozen=True, slots=True)
class ItemFound:
    id: int
    code: str
    name: str
    gtin: str | None


@dataclass(frozen=True, slots=True)
class Found:
    """`number`, `gtin`, `gln` and `sscc` are as read, the others the party's own; `location` is SITE/LOC or SITE."""

    gtin: str | None = None
    number: str | None = None
    gln: str | None = None
    sscc: str | None = None
    item: ItemFound | None = None
    lots: tuple[LotFound, ...] = ()
    alike: tuple[LotFound, ...] = ()
    location: str | None = None
    pallet: str | None = None

    @property
    def item_code(self) -> str | None:
        """The item, read or known by its lots, if these are of one item."""
        codes = {self.item.code} if self.item else {each.item for each in self.lots}
        return codes.pop() if len(codes) == 1 else None

    @property
    def kinds(self) -> tuple[str, ...]:
        """What of it exists here."""
        there = {"lot": self.lots, "item": self.item, "location": self.location, "pallet": self.pallet}
        return tuple(kind for kind, thing in there.items() if thing)


class Looking:
    """Looks things of one party up."""

    def __init__(self, connection: Connection, party_id: int) -> None:
        self._connection, self._party_id = connection, party_id

    def of_elements(self, reading: Reading) -> Found:
        """What a GS1 code names; a lot is only looked for within its item."""
        gtin, number = reading.first("01", "02"), reading.first("10")
        gln, extension, sscc = reading.first("414"), reading.first("254"), reading.first("00")
        item = self._item(_ITEM_BY_GTIN, gtin.value) if gtin else None
        lots = self._lots(number.value, item) if number and item else Lots((), ())
        return Found(
            gtin=gtin.value if gtin else None, number=number.value if number else None,
            gln=gln.value if gln else None, sscc=sscc.value if sscc else None,
            item=item, lots=lots.exact, alike=lots.alike,
            location=self._place(gln.value, extension.value if extension else None) if gln else None,
            pallet=self._one(_PALLET, name=sscc.value) if sscc else None,
        )  # fmt: skip

    def lot_exists(self, item: ItemFound, number: str) -> bool:
        return bool(self._lots(number, item).exact)

    def of_text(self, code: str, site: str | None) -> Found:
        """What a plain code may be: a lot's number or URI, an item's code or GTIN, a location, a pallet."""
        if not code.isascii() or not code.isprintable() or not 0 < len(code) <= LONGEST_NAME:
            return Found(alike=self._alike(code))
        named = lots_named(self._connection, self._party_id, code)
        lots = lot_of_uri(self._connection, self._party_id, code) or named.exact
        pallet = self._one(_PALLET, name=code) if len(code) == SSCC_LENGTH and code.isdigit() else None
        return Found(
            number=code, item=self._item(_ITEM, code) or self._item(_ITEM_BY_GTIN, _as_gtin(code)), lots=lots,
            alike=() if lots else named.alike, location=None if pallet else self._location(code, site),
            sscc=code if pallet else None, pallet=pallet,
        )  # fmt: skip

    def of_link(self, uri: str) -> Found | None:
        """A lot whose own URI this is, whatever its path looks like."""
        lots = lot_of_uri(self._connection, self._party_id, uri) if uri.isascii() and uri.isprintable() else ()
        if not lots:
            return None
        item = self._item(_ITEM, lots[0].item)
        return Found(gtin=item.gtin if item else None, number=lots[0].number, item=item, lots=lots)

    def item_of_gtin(self, gtin: str) -> ItemFound | None:
        return self._item(_ITEM_BY_GTIN, gtin)

    def _lots(self, number: str, item: ItemFound) -> Lots:
        return lots_named(self._connection, self._party_id, number, item.id)

    def _alike(self, code: str) -> tuple[LotFound, ...]:
        resembled = ascii_of(code[:LONGEST_NAME])
        found = lots_named(self._connection, self._party_id, resembled) if resembled else Lots((), ())
        return found.exact + found.alike

    def _item(self, asked: object, name: str | None) -> ItemFound | None:
        if name is None:
            return None
        row = self._connection.execute(asked, {"party": self._party_id, "name": name}).one_or_none()  # type: ignore[call-overload]
        return ItemFound(*row) if row else None

    def _location(self, code: str, site: str | None) -> str | None:
        """`SITE/LOC`, the location's own URI, or its code where the scanner's site is known."""
        own = self._connection.scalar(_PARTY_URI, {"party": self._party_id})
        name = code.removeprefix(f"{own}/")
        if "/" in name:
            at, _, name = name.partition("/")
            return self._one(_LOCATION, site=at, name=name)
        return self._one(_LOCATION, site=site, name=name) if site else None

    def _place(self, gln: str, extension: str | None) -> str | None:
        """A GLN names a site, with an extension (AI 254) a location in it; where two sites share one, none is meant."""
        if extension:
            found = self._connection.scalars(_LOCATION_BY_GLN, self._given(gln=gln, name=extension)).all()
        else:
            found = self._connection.scalars(_SITE_BY_GLN, self._given(name=gln)).all()
        return str(found[0]) if len(found) == 1 else None

    def _one(self, asked: object, **names: str) -> str | None:
        return self._connection.scalar(asked, self._given(**names))  # type: ignore[call-overload,no-any-return]

    def _given(self, **names: str) -> dict[str, object]:
        return {"party": self._party_id, **names}


def _as_gtin(code: str) -> str | None:
    """A GTIN of any length with 14 digits; the check digit must be right, or it is no GTIN."""
    if len(code) not in (8, 12, 13, 14):
        return None
    try:
        return check_gtin(code.zfill(14))
    except BadName:
        return None
