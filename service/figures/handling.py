"""How goods are handled: whether picks follow the rule, whether counts agree, whether codes are scanned or typed."""

from typing import Any

from sqlalchemy import Connection, text

from service.domain.allocation_reasons import BY_HAND
from service.figures import Period, share

MOST_REASONS = 20
_ORDERED = "chosen: this lot was ordered"

_PICKS = text("""
    SELECT line.reason, count(DISTINCT (pick.list_id, pick.number)) AS lines FROM warehouse.pick
    JOIN warehouse.pick_list l ON l.id = pick.list_id
    JOIN warehouse.pick_line line ON line.list_id = pick.list_id AND line.number = pick.number
    WHERE l.party_id = :party AND pick.units > 0 AND pick.picked_at > to_timestamp(:since / 1000.0)
        AND pick.picked_at <= to_timestamp(:now / 1000.0)
    GROUP BY 1
""")
_COUNTS = text("""
    SELECT count(*) AS lines, count(*) FILTER (WHERE line.counted = line.book_then) AS exact
    FROM warehouse.count_sheet sheet JOIN warehouse.count_line line ON line.sheet = sheet.number
    WHERE sheet.party_id = :party AND line.counted IS NOT NULL AND line.book_then IS NOT NULL
        AND line.counted_at > :since AND line.counted_at <= :now
""")
_SCANS = text("""
    SELECT count(*) AS scans, count(*) FILTER (WHERE symbology IS NULL) AS typed,
        count(*) FILTER (WHERE outcome <> 'ok') AS errors
    FROM warehouse.scan WHERE party_id = :party AND at > to_timestamp(:since / 1000.0)
        AND at <= to_timestamp(:now / 1000.0)
""")


def picks(connection: Connection, asked: Period) -> dict[str, Any]:
    """`by_rule` / (`by_rule` + `by_hand`) is obedience: a lot that was ordered by its number is no choice of ours."""
    lines = {row.reason: row.lines for row in connection.execute(_PICKS, _values(asked))}
    by_hand = {reason.removeprefix(BY_HAND): count for reason, count in lines.items() if reason.startswith(BY_HAND)}
    ordered, hand = lines.get(_ORDERED, 0), sum(by_hand.values())
    by_rule = sum(lines.values()) - ordered - hand
    often = sorted(by_hand.items(), key=lambda each: (-each[1], each[0]))[:MOST_REASONS]
    return {
        "lines": sum(lines.values()), "by_rule": by_rule, "ordered": ordered, "by_hand": hand,
        "obedience": share(by_rule, by_rule + hand),
        "overrides": [{"reason": reason, "lines": count} for reason, count in often],
    }  # fmt: skip


def counts(connection: Connection, asked: Period) -> dict[str, Any]:
    """Of lines counted, how many had exactly what the books said at that moment."""
    row = connection.execute(_COUNTS, _values(asked)).one()
    return {"lines": row.lines, "exact": row.exact, "accuracy": share(row.exact, row.lines)}


def scans(connection: Connection, asked: Period) -> dict[str, Any]:
    """A code that came without the identifier of a scanner was typed, or read by a scanner that sends none."""
    row = connection.execute(_SCANS, _values(asked)).one()
    return {"scans": row.scans, "typed": row.typed, "errors": row.errors,
            "scanned": share(row.scans - row.typed, row.scans)}  # fmt: skip


def _values(asked: Period) -> dict[str, int]:
    return {"party": asked.party_id, "since": asked.since, "now": asked.now}
