"""Where the traceability lot code of a lot was assigned (21 CFR 1.1310, "traceability lot code source").

    our own code        the site where the oldest of our lots with this code began: a split inherits code and source
    a party's code      that party's card
    a GLN or a name     the card of the partner of that name; of a GLN alone the number itself
    a web address       a reference to the source, not a location
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from sqlalchemy import Connection, text

from service.domain.errors import BadName
from service.domain.identifiers import check_gln
from service.records.cards import NOWHERE, Card, Cards
from service.records.supplements import Said


@dataclass(frozen=True, slots=True)
class Source:
    """`key` names the card of the location; `added`: a supplement said so."""

    key: str | None = None
    gln: str | None = None
    reference: str | None = None
    added: bool = False


UNKNOWN = Source()


class Sources:
    def __init__(self, connection: Connection, party_id: int, origin: str, cards: Cards) -> None:
        self._connection, self._party_id, self._cards = connection, party_id, cards
        self._parties = f"https://{origin.partition('/')[0]}/party/"
        self._sites: dict[tuple[int, str], str] = {}

    def load(self, rows: Sequence[Any]) -> None:
        """The sites where our own codes of these rows were assigned."""
        own = {(row.item_id, row.tlc) for row in rows if row.tlc_source == row.me_uri and row.tlc is not None}
        new = sorted(own - self._sites.keys())
        if new:
            items, codes = [item for item, _ in new], [code for _, code in new]
            asked = {"party": self._party_id, "items": items, "codes": codes}
            for row in self._connection.execute(_BEGAN, asked):
                self._sites[row.item_id, row.tlc] = row.site

    def of(self, row: Any, added: Said | None) -> Source:
        """What the lot says; where it is silent, what was said later."""
        told = row.tlc_source if row.tlc_source is not None else (added.value if added else None)
        if told is None:
            return UNKNOWN
        if told == row.me_uri:
            return Source(f"site {self._sites.get((row.item_id, row.tlc), row.site)}")
        if told.startswith(self._parties):
            return Source(f"partner {unquote(told.removeprefix(self._parties))}")
        if told.startswith(("https://", "http://")):
            return Source(reference=told)
        return Source(f"partner {told}", _gln(told), added=row.tlc_source is None)

    def card(self, source: Source) -> Card:
        if source.key is None:
            return NOWHERE
        kind, _, code = source.key.partition(" ")
        return self._cards.of("site" if kind == "site" else "partner", code)


def _gln(told: str) -> str | None:
    try:
        return check_gln(told)
    except BadName:
        return None


_BEGAN = text("""
    SELECT a.item_id, a.tlc, s.code AS site
    FROM unnest(CAST(:items AS bigint[]), CAST(:codes AS text[])) AS a (item_id, tlc)
    CROSS JOIN LATERAL (
        SELECT min(lot.id) AS id FROM warehouse.lot
        WHERE lot.party_id = :party AND lot.traceability_lot_code = a.tlc AND lot.item_id = a.item_id) oldest
    CROSS JOIN LATERAL (
        SELECT leg.place FROM warehouse.leg WHERE leg.lot_id = oldest.id AND leg.place > 0 ORDER BY movement LIMIT 1
    ) first
    JOIN warehouse.location l ON l.id = first.place JOIN warehouse.site s ON s.id = l.site_id
""")
