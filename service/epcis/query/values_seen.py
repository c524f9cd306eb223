"""The values that occur in the events that a reader may see: business steps, places, identifiers, in order.

Of its own events a party's values are stepped through by the index, one look for each; of those of others that concern
it, what it may see of them is read.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, text

from service.epcis.query.compiling import Reader


class Seen(NamedTuple):
    """`column` of `table`; `of_lots`: also shown of an event of which only a part is."""

    table: str
    column: str
    of_lots: bool


SEEN: Mapping[str, Seen] = {
    "eventTypes": Seen("epcis_event", "type", True),
    "bizSteps": Seen("epcis_event", "biz_step", True),
    "dispositions": Seen("epcis_event", "disposition", True),
    "bizLocations": Seen("epcis_event", "biz_location", False),
    "readPoints": Seen("epcis_event", "read_point", False),
    "epcs": Seen("epcis_event_epcs", "value", False),
}
_EVENT = {"epcis_event": "number", "epcis_event_epcs": "event"}


def values_seen(connection: Connection, reader: Reader, kind: str, after: str, most: int) -> list[str]:
    """The first `most` values behind `after`."""
    seen = SEEN[kind]
    asked = [_all(seen)] if reader.party is None else [_own(seen), _of_others(seen)]
    if reader.party is not None and kind == "epcs":
        asked.append(_HANDED)
    binds: dict[str, Any] = {"party": reader.party, "after": after, "most": most}
    together = " UNION ".join(f"({each})" for each in asked)
    return list(connection.scalars(text(f"SELECT v FROM ({together}) every ORDER BY v LIMIT :most"), binds))  # noqa: S608


def merged(standard: Sequence[str], found: Sequence[str], after: str, most: int) -> list[str]:
    """The words of a standard vocabulary and what else occurs, as one list."""
    return sorted({*(word for word in standard if word > after), *found})[:most]


def _all(seen: Seen) -> str:
    return (f"SELECT DISTINCT {seen.column} AS v FROM warehouse.{seen.table} WHERE {seen.column} > :after"  # noqa: S608
            " ORDER BY v LIMIT :most")  # fmt: skip


def _own(seen: Seen) -> str:
    def first(behind: str) -> str:
        return (f"SELECT {seen.column} FROM warehouse.{seen.table} WHERE party_id = :party"  # noqa: S608
                f" AND {seen.column} > {behind} ORDER BY {seen.column} LIMIT 1")  # fmt: skip

    return (
        f"WITH RECURSIVE own(v) AS (({first(':after')}) UNION ALL SELECT ({first('own.v')}) FROM own"  # noqa: S608
        " WHERE own.v IS NOT NULL) SELECT v FROM own WHERE v IS NOT NULL LIMIT :most"
    )


def _of_others(seen: Seen) -> str:
    whole = "" if seen.of_lots else " AND s.lots IS NULL"
    return (
        f"SELECT DISTINCT t.{seen.column} AS v FROM warehouse.epcis_sight s"  # noqa: S608
        f" JOIN warehouse.{seen.table} t ON t.{_EVENT[seen.table]} = s.event"
        f" WHERE s.party_id = :party AND t.{seen.column} > :after{whole} ORDER BY v LIMIT :most"
    )


_HANDED = (
    "SELECT DISTINCT l.v FROM warehouse.epcis_sight s CROSS JOIN unnest(s.lots) l(v)"
    " WHERE s.party_id = :party AND l.v > :after ORDER BY l.v LIMIT :most"
)
