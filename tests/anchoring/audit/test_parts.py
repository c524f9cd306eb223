"""The lot maps looked at part by part: nothing in an honest ledger, and of every lie what one way through them says."""

import pytest

from anchoring.audit import ledger_steps, log
from tests.anchoring.audit.world import audited, lying

_PAGE = "id = (SELECT id FROM ledger.map_page ORDER BY id OFFSET mod({0}, {pages}) LIMIT 1)"
_SIGNED = "size = (SELECT size FROM ledger.checkpoint ORDER BY size OFFSET mod({0}, {checkpoints}) LIMIT 1)"
LIES = [
    ("map_page", ("UPDATE ledger.map_page SET page = set_byte(page, mod({0}, length(page)),"
     f" 255 - get_byte(page, mod({{0}}, length(page)))) WHERE {_PAGE}")),
    ("map_page", f"DELETE FROM ledger.map_page WHERE {_PAGE}"),
    ("checkpoint", f"UPDATE ledger.checkpoint SET map_page = map_page + 1 WHERE {_SIGNED}"),
    ("checkpoint", f"UPDATE ledger.checkpoint SET map_page = NULL WHERE {_SIGNED}"),
]  # fmt: skip


@pytest.fixture
def parts(honest, monkeypatch):
    """Steps of about a hundred entries each."""
    monkeypatch.setattr(log, "PART", 100)

    def of(connection):
        return [check for name, check in ledger_steps(connection) if name.startswith("lot maps")]

    with honest.engine.connect() as connection:
        assert len({name for name, _ in ledger_steps(connection)}) == len(ledger_steps(connection))
        assert len(of(connection)) > 3
        assert [found for check in of(connection) for found in check(connection, audited())] == []
    return of


@pytest.mark.parametrize(("table", "lie"), LIES)
@pytest.mark.parametrize("where", [0, 7, 18, 58, 83, 111])
def test_the_parts_say_what_the_whole_says(honest, parts, table, lie, where):
    with lying(honest.engine, f"ledger.{table}") as connection:
        have = {f"{name}s": many(connection, name) for name in ("map_page", "checkpoint")}
        told = lie.format(where, pages=have["map_pages"], checkpoints=have["checkpoints"])
        assert connection.exec_driver_sql(told).rowcount == 1
        whole = set(log.check_maps(connection, audited()))
        assert whole
        assert {found for check in parts(connection) for found in check(connection, audited())} == whole


def many(connection, table):
    return connection.exec_driver_sql(f"SELECT count(*) FROM ledger.{table}").scalar_one()
