"""Asks a report the way the door does, page by page, and as the stream that a file is made of."""

from typing import Any

from service.reports.report import Asked, Report, Row
from tests.service.ledger.world import ORIGIN, World


def party_id(world: World, party: str) -> int:
    return int(world.one("SELECT id FROM warehouse.party WHERE code = :p", p=party)[0])  # type: ignore[call-overload]


def ask(
    world: World, party: str, report: Report, limit: int | None = None, after: Any = None, **values: Any
) -> list[Row]:
    asked = Asked(party_id(world, party), world.clock(), ORIGIN, values, after, limit)
    with world.engine.connect() as connection:
        return list(report.rows(connection, asked))


def pages(world: World, party: str, report: Report, limit: int, **values: Any) -> list[Row]:
    """All pages of that size, one after the other."""
    found, after = list[Row](), None
    while rows := ask(world, party, report, limit, after, **values):
        assert len({row[report.key] for row in rows}) <= limit
        found, after = [*found, *rows], rows[-1][report.key]
    return found
