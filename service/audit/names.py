"""What names items and places to the world is as it was signed: codes, GTINs, units, and the URIs of places.

Everything else about them (a name, a shelf life, a time zone) is a setting: it may change, and no statement holds it.
Nor does one hold an item or a place that no movement has named yet.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row

from anchoring import Finding
from service.audit.block import Block
from service.audit.differ import PROOF, Table, differences
from service.statements.places import location_uri, site_uri

ITEM = Table("warehouse.item", ("id",))
LOCATION = Table("warehouse.location", ("id",))
SITE = Table("warehouse.site", ("id",))
_CHECK = "items and places are named as was signed"

_ITEMS = "SELECT id, party_id, code, gtin, unit, decimals FROM warehouse.item WHERE id = ANY(:ids)"
_PLACES = """
    SELECT l.id, l.code, l.party_id, l.site_id, s.id AS site, s.party_id AS site_party, s.code AS site_code,
        s.gln, p.uri
    FROM warehouse.location l LEFT JOIN warehouse.site s ON s.id = l.site_id
    LEFT JOIN warehouse.party p ON p.id = s.party_id WHERE l.id = ANY(:ids)
"""


@dataclass
class Names:
    """Told of each block; every contradiction is said once. Remembers one line for each item and place."""

    items: dict[int, Any] = field(default_factory=dict)
    places: dict[int, Any] = field(default_factory=dict)

    def take(self, block: Block) -> Iterator[Finding]:
        told = [
            (number, journal["party"], each)
            for number, journal in block.journals.items()
            for each in journal.get("items", ())
        ]
        items = {each[0]: (number, (party, *each[1:])) for number, party, each in told}
        for id, number, row, said in self._new(block, self.items, items, _ITEMS):
            wanted = dict(zip(("party_id", "code", "gtin", "unit", "decimals"), said, strict=True))
            seen = {} if row is None else {(id,): dict(row._mapping)}
            yield from differences(_CHECK, ITEM, {(id,): wanted}, seen, lambda _, at=number: block.index(at), PROOF)  # type: ignore[misc]
        places = {
            each[0]: (number, (journal["party"], *each[1:]))
            for number, journal in block.journals.items()
            for each in journal.get("places", ())
        }
        for id, number, row, said in self._new(block, self.places, places, _PLACES):
            for table, key, column, expected, seen in _contradictions(id, row, *said):
                yield Finding(_CHECK, table.name, table.row((key,)), column, expected, seen, block.index(number), PROOF)

    def _new(self, block: Block, known: dict[int, Any], told: dict[int, Any], query: str) -> Iterator[tuple[Any, ...]]:
        """(id, movement, row or None, what was signed) of the things that no earlier block named in the same way."""
        new = {id: each for id, each in told.items() if known.get(id) != each[1]}
        known |= {id: said for id, (_, said) in new.items()}
        rows = {row.id: row for row in block.by_id(query, list(new))} if new else {}
        for id, (number, said) in new.items():
            yield id, number, rows.get(id), said


def _contradictions(
    id: int, row: Row[Any] | None, party: int, uri: str, site: int, called: str
) -> Iterator[tuple[Any, ...]]:
    """(table, id, column, expected, seen): which part of a place its rows spell otherwise than was signed."""
    if row is None:
        yield LOCATION, id, "", uri, "no such row"
    elif row.site_id != site:
        yield LOCATION, id, "site_id", site, row.site_id
    elif row.site is None:
        yield SITE, site, "", f"the site of {uri}", "no such row"
    else:
        yield from _spelled(row, party, uri, called)


def _spelled(row: Row[Any], party: int, uri: str, called: str) -> Iterator[tuple[Any, ...]]:
    code = uri.rpartition("/")[2]
    if row.code != code:
        yield LOCATION, row.id, "code", code, row.code
    if row.party_id != party:
        yield LOCATION, row.id, "party_id", party, row.party_id
    if row.site_party != party:
        yield SITE, row.site, "party_id", party, row.site_party
    elif row.site_code != called:
        yield SITE, row.site, "code", called, row.site_code
    elif location_uri(site_uri(row.uri, called, row.gln), code, row.gln) != uri:
        yield SITE, row.site, "gln", uri, row.gln
