"""What was measured is what was sealed: each cover is the one that a notice of the log names, each sheet is under its
cover, and each reading is on its sheet as it is; with the points where it was made and who sent it.

Whatever came after the last cover is held by nothing yet; it is sealed within a minute.
"""

from collections.abc import Generator, Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, text

from anchoring import Finding
from service.audit.bound import Bound, those_named
from service.audit.differ import Rows, Table, absent, differences
from service.sensors.sealing import HASH, NOTICE
from service.sensors.sheet import NoReadings, Sheet, parse_cover, parse_sheet, text_hash

COVER = Table("warehouse.reading_cover", ("statement_hash",))
SHEET = Table("warehouse.reading_sheet", ("cover", "position"))
READING = Table("warehouse.reading", ("number",))
HEADS = {
    "sensor": Table("warehouse.sensor", ("id",)), "point": Table("warehouse.sensor_point", ("id",)),
    "batch": Table("warehouse.reading_batch", ("number",)),
}  # fmt: skip
_NAMED, _SEALED = "covers of readings are those that the log names", "readings are as they were sealed"
_NOTICED = "whoever has the readings in the device, or kept what was shown"
BOUND = Bound(COVER, NOTICE, HASH, text_hash, "a cover", _NAMED, _NOTICED)
_LOWEST = -(2**63)
Told = dict[str, dict[tuple[Any, ...], Mapping[str, Any]]]


def readings_are_as_sealed(connection: Connection) -> Iterator[Finding]:
    """Covers first, then sheets, then the rows that they speak of."""
    yield from those_named(connection, BOUND)
    told: Told = {name: {} for name in HEADS}
    last = 0
    for cover in connection.execute(_COVERS):
        last = yield from _cover(connection, cover, told, last)
    for row in connection.execute(_STRAY):
        yield Finding(_NAMED, SHEET.name, SHEET.row((row.cover, row.position)), "", "no such row", "a sheet", None,
                      _NOTICED)  # fmt: skip
    for name, table in HEADS.items():
        yield from _heads(connection, name, table, told[name])


def _cover(connection: Connection, cover: Any, told: Told, last: int) -> Generator[Finding, None, int]:
    """Returns the number of the last reading under it."""
    sheets = yield from _sheets(connection, cover)
    lines = [(sheet.rows("sensor")[0], line) for sheet in sheets for line in sheet.lines]
    for sheet in sheets:
        for name, row in sheet.heads:
            told[name][(row.get(HEADS[name].key[0]),)] = row
    to = max((line.number for _, line in lines), default=last)
    if cover.readings_to != to:
        yield Finding(_NAMED, COVER.name, BOUND.where(cover), "readings_to", to, cover.readings_to, None, _NOTICED)
    expected: Rows = {(line.number,): line._asdict() | {"sensor_id": sensor.get("id"),
                                                       "party_id": sensor.get("party_id")} for sensor, line in lines}
    seen = {(row.number,): row._mapping for row in connection.execute(_READINGS, {"after": last or _LOWEST, "to": to})}
    yield from differences(_SEALED, READING, expected, seen, lambda key: None, _NOTICED)
    return to


def _sheets(connection: Connection, cover: Any) -> Generator[Finding, None, list[Sheet]]:
    """Those of a cover that can be read; a finding for each that is not the one that the cover names."""
    try:
        hashes = parse_cover(cover.content)
    except NoReadings as wrong:
        yield Finding(_NAMED, COVER.name, BOUND.where(cover), "content", "a cover", str(wrong), None, _NOTICED)
        return []
    there = {row.position: row.content for row in connection.execute(_OF, {"cover": cover.number})}
    found = []
    for at, expected in enumerate(hashes):
        key = SHEET.row((cover.number, at))
        if at not in there:
            yield absent(_NAMED, SHEET, key, expected, None, _NOTICED)
            continue
        if text_hash(there[at]) != expected:
            yield Finding(_NAMED, SHEET.name, key, "content", expected, text_hash(there[at]), None, _NOTICED)
        try:
            found.append(parse_sheet(there[at]))
        except NoReadings as wrong:
            yield Finding(_NAMED, SHEET.name, key, "content", "a sheet", str(wrong), None, _NOTICED)
    for at in sorted(there.keys() - set(range(len(hashes)))):
        key = SHEET.row((cover.number, at))
        yield Finding(_NAMED, SHEET.name, key, "", "no such row", "a sheet", None, _NOTICED)
    return found


def _heads(connection: Connection, name: str, table: Table, told: Rows) -> Iterator[Finding]:
    ids = [key[0] for key in told]
    rows = connection.execute(_HEADS[name], {"ids": ids})
    seen = {(row[0],): row._mapping for row in rows}
    yield from differences(_SEALED, table, told, seen, lambda key: None, _NOTICED)


_COVERS = text("SELECT number, statement_hash, content, readings_to FROM warehouse.reading_cover ORDER BY number")
_OF = text("SELECT position, content FROM warehouse.reading_sheet WHERE cover = :cover ORDER BY position")
_STRAY = text("""
    SELECT cover, position FROM warehouse.reading_sheet s
    WHERE NOT EXISTS (SELECT FROM warehouse.reading_cover c WHERE c.number = s.cover) ORDER BY 1, 2
""")
_READINGS = text("""
    SELECT number, party_id, sensor_id, at, kind::text AS kind, value, batch FROM warehouse.reading
    WHERE number > :after AND number <= :to
""")
_HEADS = {
    "sensor": text("SELECT id, party_id, code FROM warehouse.sensor WHERE id = ANY(:ids)"),
    "point": text("SELECT id, party_id, sensor_id, since, location_id, site_id, vehicle FROM warehouse.sensor_point"
                  " WHERE id = ANY(:ids)"),
    "batch": text("SELECT number, party_id, who, source, received_at FROM warehouse.reading_batch"
                  " WHERE number = ANY(:ids)"),
}  # fmt: skip
