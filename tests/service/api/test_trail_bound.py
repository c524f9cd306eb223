"""The web process binds what was changed and signed in its house, as the role it has, and tells what the log holds."""

from flask import Flask
from sqlalchemy import Engine, text

from service.api.house import House
from service.audit.trail import trail_is_as_bound
from service.audit.warehouse import audit_warehouse
from tests.service.api.conftest import Caller
from tests.tools.waiting import eventually


def house(app: Flask) -> House:
    return app.extensions["lotproof"]  # type: ignore[no-any-return]


def waiting(owner: Engine) -> int:
    """Changes that are on no sheet."""
    with owner.connect() as connection:
        return int(connection.scalar(text(
            "SELECT count(*) FROM warehouse.change WHERE number >"
            " coalesce((SELECT max(changes_to) FROM warehouse.trail_sheet), 0)")) or 0)  # fmt: skip


def test_what_is_changed_at_the_door_is_bound_within_seconds(app: Flask, owner: Engine, maker: Caller) -> None:
    maker.post("/items", {"code": "TRAIL", "name": "Something new", "unit": "H87"})
    assert waiting(owner)
    stop = house(app).binder.start(seconds=0.05)
    eventually(lambda: not waiting(owner))
    maker.send("PATCH", "/items/TRAIL", {"name": "Something else", "reason": "as agreed"})
    eventually(lambda: not waiting(owner))
    stop.set()
    with owner.connect() as connection:
        assert list(trail_is_as_bound(connection)) == []
        assert {each.check for each in audit_warehouse(connection, house(app).origin)} == set()


def test_two_processes_bind_each_row_once(app: Flask, owner: Engine, maker: Caller) -> None:
    maker.post("/items", {"code": "TWICE", "name": "Something new", "unit": "H87"})
    binder = house(app).binder
    assert binder.tick() and not binder.tick()
    assert not waiting(owner)


def test_while_the_ledger_is_read_only_what_waits_goes_on_waiting(app: Flask, owner: Engine, maker: Caller) -> None:
    maker.post("/items", {"code": "LATER", "name": "Something new", "unit": "H87"})
    with owner.begin() as connection:
        connection.execute(
            text("INSERT INTO ledger.alarm (kind, halts, detail, raised_at) VALUES ('FORK', true, 'test', 1)")
        )
    assert house(app).binder.tick() == 0 and waiting(owner)
    with owner.begin() as connection:
        connection.execute(text("UPDATE ledger.alarm SET cleared_at = 2, cleared_by = 'test'"))
    assert house(app).binder.tick() and not waiting(owner)
