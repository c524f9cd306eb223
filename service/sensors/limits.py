"""What holds where: limits of zones (a location, a site, a vehicle), and what items ask of wherever they lie."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Row, text

from service.domain.errors import BadName, UnknownThing
from service.domain.kinetics import ENERGY
from service.domain.sensors import check_limits, format_measure, parse_measure
from service.people import changes
from service.people.changes import Author
from service.sensors.keeping import At, place_of

NOTHING = {"humidity_min": None, "humidity_max": None, "allowed_s": 0, "hysteresis": 0, "model": None,
           "reference": None, "energy": ENERGY, "q10": 2000, "ages_first": False}  # fmt: skip


def set_zone(
    connection: Connection, author: Author, at: At, kind: str, *, low: int | None, high: int | None, allowed_s: int,
    hysteresis: int,
) -> None:
    """From now on; excursions that there were stay. Raises UnknownThing, BadName."""
    check_limits(low, high, hysteresis, kind)
    place = place_of(connection, author.party_id, at)
    before = connection.execute(_ZONE, {"party": author.party_id, "kind": kind, **place}).one_or_none()
    new = {"low": low, "high": high, "allowed_s": allowed_s, "hysteresis": hysteresis}
    old: dict[str, Any] = dict.fromkeys(new) if before is None else {name: getattr(before, name) for name in new}
    connection.execute(_SET_ZONE, {"party": author.party_id, "kind": kind, **place, **new})
    made = {name: (old[name], value) for name, value in new.items() if old[name] != value}
    changes.keep(connection, author, "limit", f"{at.name} {kind}"[:80], made)


def end_zone(connection: Connection, author: Author, at: At, kind: str) -> None:
    """No limit of the zone's own any more. Raises UnknownThing."""
    place = place_of(connection, author.party_id, at)
    ended = connection.execute(_END_ZONE, {"party": author.party_id, "kind": kind, **place}).one_or_none()
    if ended is None:
        raise UnknownThing("limit", f"{at.name} {kind}")
    gone = {name: (getattr(ended, name), None) for name in ("low", "high", "allowed_s", "hysteresis")}
    changes.keep(connection, author, "limit", f"{at.name} {kind}"[:80], gone)


def zones(connection: Connection, party_id: int) -> list[dict[str, Any]]:
    """All limits of zones, as they are shown."""
    return [
        {"at": {"location": row.location, "site": row.site, "vehicle": row.vehicle}, "kind": row.kind,
         "low": _said(row.low), "high": _said(row.high), "allowed_seconds": row.allowed_s,
         "hysteresis": format_measure(row.hysteresis)}
        for row in connection.execute(_ZONES, {"party": party_id})
    ]  # fmt: skip


def stability(connection: Connection, party_id: int, item: str) -> dict[str, Any]:
    """As it is shown; what was never said is nothing. Raises UnknownThing."""
    row = connection.execute(_STABILITY, {"party": party_id, "item": item}).one_or_none()
    if row is None:
        raise UnknownThing("item", item)
    said = _kept(row)
    return {
        "item": item, "humidity_min": _said(said["humidity_min"]), "humidity_max": _said(said["humidity_max"]),
        "allowed_seconds": said["allowed_s"], "hysteresis": format_measure(said["hysteresis"]), "model": said["model"],
        "reference": _said(said["reference"]), "energy": said["energy"], "q10": format_measure(said["q10"]),
        "ages_first": said["ages_first"],
    }  # fmt: skip


def set_stability(connection: Connection, author: Author, item: str, wanted: Mapping[str, Any]) -> None:
    """`wanted` by column. Raises UnknownThing, BadName."""
    row = connection.execute(_STABILITY, {"party": author.party_id, "item": item}).one_or_none()
    if row is None:
        raise UnknownThing("item", item)
    old = _kept(row)
    new = old | dict(wanted)
    _check(new)
    connection.execute(_SET_STABILITY, {"item": row.of_item, **new})
    connection.execute(FORGET, {"item": row.of_item})
    made = {name: (old[name], new[name]) for name in new if old[name] != new[name]}
    changes.keep(connection, author, "stability", item, made)


def _check(new: Mapping[str, Any]) -> None:
    if new["humidity_min"] is not None or new["humidity_max"] is not None:
        check_limits(new["humidity_min"], new["humidity_max"], 0, "humidity")
    if (new["model"] is None) != (new["reference"] is None):
        raise BadName("model", "a model with the reference temperature of the shelf life, or neither", "one of them")
    if new["ages_first"] and new["model"] is None:
        raise BadName("ages_first", "a model by which the lots age", "none")
    if new["reference"] is not None:
        check_limits(new["reference"], None, 0, "temperature")


def _kept(row: Row[Any]) -> dict[str, Any]:
    return dict(NOTHING) if row.allowed_s is None else {name: getattr(row, name) for name in NOTHING}


def _said(value: int | None) -> str | None:
    return None if value is None else format_measure(value)


def celsius(value: Any) -> int | None:
    """A storage limit of an item (a decimal of at most one place) in thousandths."""
    return None if value is None else parse_measure(f"{value:f}")


_SAME = """party_id = :party AND kind = CAST(:kind AS warehouse.reading_kind)
    AND location_id IS NOT DISTINCT FROM CAST(:location_id AS bigint)
    AND site_id IS NOT DISTINCT FROM CAST(:site_id AS bigint)
    AND vehicle IS NOT DISTINCT FROM CAST(:vehicle AS text)"""
_ZONE = text(f"SELECT * FROM warehouse.zone_limit WHERE {_SAME} FOR NO KEY UPDATE")  # noqa: S608
_SET_ZONE = text("""
    INSERT INTO warehouse.zone_limit (party_id, location_id, site_id, vehicle, kind, low, high, allowed_s, hysteresis)
    VALUES (:party, :location_id, :site_id, :vehicle, CAST(:kind AS warehouse.reading_kind), :low, :high, :allowed_s,
        :hysteresis)
    ON CONFLICT (party_id, location_id, site_id, vehicle, kind) DO UPDATE SET low = excluded.low, high = excluded.high,
        allowed_s = excluded.allowed_s, hysteresis = excluded.hysteresis
""")
_END_ZONE = text(f"DELETE FROM warehouse.zone_limit WHERE {_SAME} RETURNING *")  # noqa: S608
_ZONES = text("""
    SELECT z.kind::text AS kind, z.low, z.high, z.allowed_s, z.hysteresis, z.vehicle, t.code AS site,
        s.code || '/' || l.code AS location
    FROM warehouse.zone_limit z
    LEFT JOIN warehouse.location l ON l.id = z.location_id LEFT JOIN warehouse.site s ON s.id = l.site_id
    LEFT JOIN warehouse.site t ON t.id = z.site_id
    WHERE z.party_id = :party ORDER BY location, site, vehicle, kind
""")
_STABILITY = text("""
    SELECT i.id AS of_item, t.* FROM warehouse.item i LEFT JOIN warehouse.stability t ON t.item_id = i.id
    WHERE i.party_id = :party AND i.code = :item
""")
FORGET = text("""
    DELETE FROM warehouse.lot_ageing a USING warehouse.lot l WHERE l.id = a.lot_id AND l.item_id = :item
""")
_SET_STABILITY = text("""
    INSERT INTO warehouse.stability VALUES (:item, :humidity_min, :humidity_max, :allowed_s, :hysteresis, :model,
        :reference, :energy, :q10, :ages_first)
    ON CONFLICT (item_id) DO UPDATE SET humidity_min = excluded.humidity_min, humidity_max = excluded.humidity_max,
        allowed_s = excluded.allowed_s, hysteresis = excluded.hysteresis, model = excluded.model,
        reference = excluded.reference, energy = excluded.energy, q10 = excluded.q10, ages_first = excluded.ages_first
""")
