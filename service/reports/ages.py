"""How old stock is, and how soon it expires: what lies in real places now, one row for each lot and site.

Days are counted at the site: an expiry date is the last usable day there.
"""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, text

from service.domain.expiry import has_expired
from service.domain.goods import goods_status
from service.domain.quantities import format_quantity
from service.papers.words import Words
from service.reports.report import (
    EXPIRY,
    GOODS_STATUS,
    ITEM,
    LOT,
    QUANTITY,
    STREAM,
    UNIT,
    URI,
    Asked,
    Report,
    Row,
    column,
)

AGES = (30, 60, 90, 180, 365)
WARNINGS = (0, 30, 60, 90)

# `held` is what of the quantity is on hold. The balance of a place may be zero: its row stays.
_LYING = """
    SELECT lot.id, item.code AS item, lot.number AS lot, lot.uri, s.code AS site, item.unit, item.decimals,
           lot.production_date, lot.expiry_date, sum(b.units)::bigint AS units,
           coalesce(sum(b.units) FILTER (WHERE b.status = 'hold'), 0)::bigint AS held,
           (to_timestamp(:now / 1000.0) AT TIME ZONE s.zone)::date AS today, s.zone,
           lot.recall IS NOT NULL AS recalled
    FROM warehouse.location l JOIN warehouse.site s ON s.id = l.site_id
    JOIN warehouse.balance b ON b.place = l.id AND b.place > 0 AND b.units > 0
    JOIN warehouse.lot ON lot.id = b.lot_id JOIN warehouse.item ON item.id = lot.item_id
    WHERE l.party_id = :party AND (CAST(:item AS text) IS NULL OR item.code = :item)
        {where}
    GROUP BY lot.id, item.id, s.id
"""

# The oldest lots first; received is when the first of the lot came into the party's hands, in the day of the site.
_AGEING = f"""
    WITH lying AS ({_LYING.format(where="")}),
    aged AS (
        SELECT lying.*, CASE WHEN :by = 'produced' THEN production_date ELSE (
            SELECT (to_timestamp(m.recorded_at / 1000.0) AT TIME ZONE zone)::date FROM warehouse.leg
            JOIN warehouse.movement m ON m.number = leg.movement WHERE leg.lot_id = lying.id
            ORDER BY leg.movement LIMIT 1) END AS since
        FROM lying
    ), page AS (
        SELECT uri, min(since) AS oldest FROM aged GROUP BY uri
    ), chosen AS (
        SELECT * FROM page
        WHERE CAST(:after AS text) IS NULL OR (coalesce(oldest, 'infinity'), uri)
            > (SELECT coalesce(p.oldest, 'infinity'), p.uri FROM page p WHERE p.uri = :after)
        ORDER BY oldest NULLS LAST, uri LIMIT :limit
    )
    SELECT aged.*, aged.today - aged.since AS days FROM chosen JOIN aged USING (uri)
    ORDER BY chosen.oldest NULLS LAST, uri, site
"""  # noqa: S608

_EXPIRING = f"""
    WITH lying AS ({_LYING.format(where='''AND lot.expiry_date <=
            (to_timestamp(:now / 1000.0) AT TIME ZONE s.zone)::date + CAST(:days AS integer)
        AND (CAST(:after AS text) IS NULL OR (lot.expiry_date, lot.uri) > (
            SELECT a.expiry_date, a.uri FROM warehouse.lot a WHERE a.party_id = :party AND a.uri = :after))''')}),
    chosen AS (SELECT DISTINCT expiry_date, uri FROM lying ORDER BY expiry_date, uri LIMIT :limit)
    SELECT lying.*, lying.expiry_date - lying.today AS days FROM chosen JOIN lying USING (expiry_date, uri)
    ORDER BY expiry_date, uri, site
"""  # noqa: S608


def ageing(connection: Connection, asked: Asked) -> Iterator[Row]:
    for row in _asked(connection, asked, _AGEING, by=asked.values.get("by", "received")):
        yield _head(row) | {"since": row.since, "days": row.days, "class": age_class(row.days)}


def expiring(connection: Connection, asked: Asked) -> Iterator[Row]:
    for row in _asked(connection, asked, _EXPIRING, days=asked.values.get("days", WARNINGS[-1])):
        yield _head(row) | {"days_left": row.days, "class": warning_class(row.days)}


def age_class(days: int | None) -> str:
    """`0-30`, `31-60`, ... `366-`; `unknown` where no date is known."""
    if days is None:
        return "unknown"
    least = 0
    for most in AGES:
        if days <= most:
            return f"{least}-{most}"
        least = most + 1
    return f"{least}-"


def warning_class(days_left: int) -> str:
    """`expired`, or the narrowest of 30, 60, 90 days that it still is within."""
    if days_left < 0:
        return "expired"
    return next((str(most) for most in WARNINGS[1:] if days_left <= most), f"{WARNINGS[-1]}+")


def _asked(connection: Connection, asked: Asked, query: str, **more: Any) -> Any:
    values = {"party": asked.party_id, "now": asked.milliseconds, "item": asked.values.get("item"),
              "after": asked.after, "limit": asked.limit, **more}
    return connection.execute(text(query), values, execution_options=STREAM)


def _head(row: Any) -> Row:
    return {
        "item": row.item, "lot": row.lot, "uri": row.uri, "site": row.site,
        "quantity": format_quantity(row.units, row.decimals), "on_hold": format_quantity(row.held, row.decimals),
        "unit": row.unit, "production_date": row.production_date, "expiry_date": row.expiry_date,
        "goods_status": goods_status(_status(row), expired=has_expired(row.expiry_date, row.today),
                                     recalled=row.recalled),
    }  # fmt: skip


def _status(row: Any) -> str:
    if not row.held:
        return "available"
    return "hold" if row.held == row.units else "partly_hold"


_HEAD = (ITEM, LOT, URI, column("site", "Site", "站点", width=8), QUANTITY,
         column("on_hold", "On hold", "冻结数量", "quantity", 10), UNIT, GOODS_STATUS,
         column("production_date", "Produced", "生产日期", "day"), EXPIRY)  # fmt: skip
AGEING = Report(
    "ageing", Words("Ageing", "库龄"),
    (*_HEAD, column("since", "Since", "起算日", "day"), column("days", "Days", "天数", "whole", 6),
     column("class", "Class (days)", "库龄段（天）", width=10)),
    "uri", ageing,
)  # fmt: skip
EXPIRY_WARNINGS = Report(
    "expiry", Words("Expiry warnings", "效期预警"),
    (*_HEAD, column("days_left", "Days left", "剩余天数", "whole", 8),
     column("class", "Within (days)", "预警段（天）", width=10)),
    "uri", expiring,
)  # fmt: skip
