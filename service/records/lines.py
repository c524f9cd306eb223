"""The spine of the records: one line for each movement and lot, with everything that is known of the two.

Lines stream in the order of recording, a thousand at a time: what a block needs beside the movement (products, cards,
supplements, proofs) is one question each. A period is one of event times; what was recorded late is found, because
nothing can be recorded much before it happened.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

import orjson
from sqlalchemy import Connection, text

from service.domain.quantities import format_quantity
from service.ledger.moments import moment
from service.records.cards import Card, Cards
from service.records.proof import Proofs
from service.records.sources import Source, Sources
from service.records.supplements import Said, Supplements
from service.reports.report import STREAM, Asked, Row, milliseconds

BLOCK = 1000
NAMING = ("farm", "harvester", "cooled_at")
"""The supplements whose value names a partner's card."""

EARLY = timedelta(days=1)
"""By how much less an event can be recorded before it happened; `service.domain.rules` allows minutes."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What the lines of one block share."""

    cards: Cards
    supplements: Supplements
    sources: Sources
    proofs: Proofs


class Line:
    """One lot in one movement. `net` is what the party's places gained of it (below zero: lost), in smallest units;
    where nothing came or went, `units` is what was put on hold or taken off."""

    __slots__ = ("_seen", "_used", "happened", "later", "net", "partner", "row", "said", "source", "units")

    def __init__(self, row: Any, seen: Seen) -> None:
        self.row, self._seen = row, seen
        self.said: dict[str, Any] = orjson.loads(row.content)
        self.net: int = row.available + row.held
        self.units: int = abs(self.net) or abs(row.held)
        self.later: Mapping[str, Said] = seen.supplements.of(row.number, row.lot_id)
        self._used = list[str]()
        self.happened = _happened(self.said, row)
        self.partner = _partner(self.said, row)
        self.source: Source = seen.sources.of(row, self.later.get("tlc_source"))

    @property
    def type(self) -> str:
        return str(self.row.type)

    @property
    def quantity(self) -> str:
        return self.amount(self.units)

    def amount(self, units: int) -> str:
        return format_quantity(units, self.row.decimals)

    @property
    def day(self) -> date:
        return self.happened.date()

    @property
    def here(self) -> Card:
        """The site where it happened."""
        return self._seen.cards.of("site", self.row.site)

    @property
    def there(self) -> Card:
        """The other side: a partner, or the other site of the same party."""
        if self.row.other_site:
            return self._seen.cards.of("site", self.row.other_site)
        return self._seen.cards.of("partner", self.partner)

    @property
    def us(self) -> Card:
        return self._seen.cards.of("party", self.row.me)

    def partner_card(self, name: str | None) -> Card:
        return self._seen.cards.of("partner", name)

    @property
    def source_card(self) -> Card:
        if self.source.added:
            self.added("tlc_source")
        return self._seen.sources.card(self.source)

    @property
    def documents(self) -> tuple[str | None, str | None]:
        """Types and numbers of the reference documents, in the same order."""
        told = self.said.get("documents") or ()
        types, numbers = "; ".join(each["type"] for each in told), "; ".join(each["id"] for each in told)
        return types or self.added("document_type"), numbers or self.added("document_number")

    def added(self, field: str) -> str | None:
        """A supplement, and that this row used it."""
        found = self.later.get(field)
        if found is None:
            return None
        self._used.append(f"{field} ({found.who}, {found.at.astimezone(UTC):%Y-%m-%d})")
        return found.value

    def added_day(self, field: str) -> date | None:
        value = self.added(field)
        return date.fromisoformat(value) if value else None

    def proven(self, row: Row) -> Row:
        """The row with its proof, and with what `Fix` names things by."""
        later = "; ".join(dict.fromkeys(self._used)) or None
        return row | {
            "movement": self.row.id, "recorded_at": moment(self.row.recorded_at), "added_later": later,
            "_lot": self.row.uri, "_item": self.row.item, **self._seen.proofs.of(self.row.statement_hash, self.row.uri),
        }  # fmt: skip


def _happened(said: Mapping[str, Any], row: Any) -> datetime:
    """With the offset that was told, else by the clock of the site."""
    told = said.get("event_time")
    return datetime.fromisoformat(told) if told else moment(row.recorded_at).astimezone(ZoneInfo(row.zone))


def _partner(said: Mapping[str, Any], row: Any) -> str | None:
    """Who is on the other side, as cards name it: a name of the movement's, or the code of a party."""
    return said.get("supplier") or said.get("customer") or (None if row.other_site else row.other)


Rows = Callable[[Line], Row | None]


def spine(make: Rows, types: Sequence[str], regime: str | None = None) -> Callable[[Connection, Asked], Iterator[Row]]:
    """The rows of a record: what `make` makes of each line of movements of these types, of items under this rule."""

    def rows(connection: Connection, asked: Asked) -> Iterator[Row]:
        return limited((line.proven(row) for line in lines(connection, asked, types, regime)
                         if (row := make(line)) is not None), asked.limit)  # fmt: skip

    return rows


def lines(connection: Connection, asked: Asked, types: Sequence[str], regime: str | None = None) -> Iterator[Line]:
    """Those of the period, of the lot or of the traceability lot code that `asked` names."""
    first, last = asked.values.get("from_"), asked.values.get("to")
    cards = Cards(connection, asked.party_id)
    sources = Sources(connection, asked.party_id, asked.origin, cards)
    for rows in connection.execute(_LINES, _values(asked, types, regime), execution_options=STREAM).partitions(BLOCK):
        for line in _block(connection, asked, cards, sources, rows):
            if (first is None or line.happened >= first) and (last is None or line.happened < last):
                yield line


def _block(connection: Connection, asked: Asked, cards: Cards, sources: Sources, rows: Sequence[Any]) -> list[Line]:
    sources.load(rows)
    supplements = Supplements(connection, {row.number for row in rows}, {row.lot_id for row in rows})
    proofs = Proofs(connection, asked.origin, {bytes(row.statement_hash) for row in rows})
    seen = Seen(cards, supplements, sources, proofs)
    made = [Line(row, seen) for row in rows]
    cards.load(_keys(made))
    return made


def _keys(made: Sequence[Line]) -> list[str]:
    """The cards that these lines may speak of."""
    sites = {line.row.site for line in made} | {line.row.other_site for line in made}
    named = {line.later[name].value for line in made for name in NAMING if name in line.later}
    partners = named | {line.partner for line in made} | {line.row.supplier for line in made}
    found = {f"site {site}" for site in sites if site} | {f"partner {name}" for name in partners if name}
    found |= {line.source.key for line in made if line.source.key}
    return sorted(found | {f"party {line.row.me}" for line in made})


def _values(asked: Asked, types: Sequence[str], regime: str | None) -> dict[str, Any]:
    first = asked.values.get("from_")
    return {
        "party": asked.party_id, "types": list(types), "regime": regime, "lot": asked.values.get("lot"),
        "tlc": asked.values.get("tlc"), "since": None if first is None else milliseconds(first - EARLY),
        "after": asked.after, "movement": asked.values.get("movement"),
    }  # fmt: skip


def limited(rows: Iterator[Row], limit: int | None) -> Iterator[Row]:
    """Rows of the first so many movements, none of them torn apart."""
    for number, (_, group) in enumerate(groupby(rows, key=lambda row: row["movement"])):
        if limit is not None and number >= limit:
            return
        yield from group


# From movement to movement, each with its lots and their legs by key: a page costs a page, and a file begins at once.
# Of a lot that is asked for all its lines, and of transformations that touched it also those of the other lots.
_LINES = text("""
    WITH wanted AS MATERIALIZED (
        SELECT id FROM warehouse.lot WHERE party_id = :party
            AND (uri = :lot OR (CAST(:lot AS text) IS NULL AND traceability_lot_code = :tlc))
    ), begin AS MATERIALIZED (
        SELECT greatest(
            CASE WHEN CAST(:since AS bigint) IS NOT NULL THEN coalesce(
                (SELECT min(number) FROM warehouse.movement WHERE party_id = :party AND recorded_at >= :since),
                1::bigint << 62) END,
            (SELECT number + 1 FROM warehouse.movement WHERE party_id = :party AND id = CAST(:after AS uuid)), 0
        ) AS number
    )
    SELECT m.number, m.id, m.type, m.actor, m.recorded_at, m.statement_hash, m.content, here.available, here.held,
        lot.id AS lot_id, lot.number AS lot, lot.uri, lot.item_id, lot.production_date, lot.expiry_date,
        lot.manufacturer_lot, lot.supplier, lot.traceability_lot_code AS tlc, lot.traceability_source AS tlc_source,
        item.code AS item, item.name, item.spec, item.gtin, item.unit, item.decimals, s.code AS site, s.zone,
        me.code AS me, me.uri AS me_uri, other.code AS other, there.code AS other_site, offered.state AS handoff_state,
        p.regimes, p.raw, p.brand, p.commodity, p.variety, p.pack_size, p.pack_style, p.generic_name, p.trade_name,
        p.dosage_form, p.strength, p.ndc, p.container_size, p.manufacturer, p.approval_number, p.holder
    FROM (
        SELECT * FROM warehouse.movement WHERE party_id = :party AND number >= (SELECT number FROM begin)
            AND type = ANY(:types) AND (CAST(:movement AS uuid) IS NULL OR id = CAST(:movement AS uuid))
            AND (coalesce(:lot, :tlc) IS NULL
                 OR number IN (SELECT o.movement FROM wanted JOIN warehouse.leg o ON o.lot_id = wanted.id))
        ORDER BY number
    ) m CROSS JOIN LATERAL unnest(m.lots) AS named (uri)
    JOIN warehouse.lot ON lot.party_id = :party AND lot.uri = named.uri
    CROSS JOIN LATERAL (
        SELECT min(place) AS place, coalesce(sum(units) FILTER (WHERE status = 'available'), 0)::bigint AS available,
            coalesce(sum(units) FILTER (WHERE status = 'hold'), 0)::bigint AS held
        FROM warehouse.leg WHERE leg.lot_id = lot.id AND leg.movement = m.number AND leg.place > 0 HAVING count(*) > 0
    ) here
    JOIN warehouse.item ON item.id = lot.item_id
    JOIN warehouse.location l ON l.id = here.place JOIN warehouse.site s ON s.id = l.site_id
    JOIN warehouse.party me ON me.id = m.party_id
    LEFT JOIN warehouse.product p ON p.item_id = lot.item_id
    LEFT JOIN warehouse.handoff offered ON offered.movement = m.number
    LEFT JOIN warehouse.handoff answered ON answered.answer = m.number AND m.type IN ('accept', 'arrive')
    LEFT JOIN warehouse.party other ON other.id = coalesce(answered.sender_id, offered.receiver_id)
    LEFT JOIN warehouse.location began ON began.id = answered.from_location_id AND m.type = 'arrive'
    LEFT JOIN warehouse.site there ON there.id = coalesce(began.site_id, offered.to_site_id)
    WHERE (CAST(:regime AS text) IS NULL OR p.regimes @> ARRAY[CAST(:regime AS text)])
        AND (coalesce(:lot, :tlc) IS NULL OR lot.id IN (SELECT id FROM wanted)
             OR m.type IN ('merge', 'repack', 'produce', 'rework'))
    ORDER BY m.number, lot.id
""")
