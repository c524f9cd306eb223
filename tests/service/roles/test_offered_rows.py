"""Row-level security across two parties: what an offer shows to the one who is to answer it, and to nobody else."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import ProgrammingError

from service import db, standpoint
from service.local.postgres import Cluster
from tests.service.roles import alike
from tests.service.roles.alike import A, B, C, seen
from tests.tools import logins

DATABASE = "offered_rows"
SENDER = 7
"""Its number, and that of everything it has; it offered its lot to A."""
CONCERNED = ("item", "lot", "site", "location", "handoff", "handoff_line")
NOT_SHOWN = ("movement", "leg", "order_line", "statement")


@pytest.fixture(scope="module")
def columns(pg: Cluster, template: str) -> Iterator[alike.Tables]:
    about = {"handoff": {"receiver_id": A, "state": "'offered'"}, "balance": {"place": -3}}
    with alike.database(pg, template, DATABASE) as admin:
        with admin.begin() as connection:
            columns = alike.tables(connection)
            for table in (*CONCERNED, *NOT_SHOWN, "balance"):
                connection.exec_driver_sql(alike.row(table, columns[table], SENDER, **about.get(table, {})))
            connection.exec_driver_sql(alike.row("balance", columns["balance"], SENDER))
        yield columns


@pytest.fixture(scope="module")
def web(pg: Cluster, columns: alike.Tables) -> Iterator[Engine]:
    engine = db.engine_for(logins.web_url(pg, DATABASE))
    yield engine
    engine.dispose()


def test_who_is_offered_a_lot_sees_the_lot_and_where_it_came_from(web: Engine) -> None:
    with standpoint.of_parties({A}), web.connect() as connection:
        assert {table: seen(connection, table) for table in CONCERNED} == dict.fromkeys(CONCERNED, 2)
        assert {table: seen(connection, table) for table in NOT_SHOWN} == dict.fromkeys(NOT_SHOWN, 1)
        on_its_way = text("SELECT place FROM warehouse.balance WHERE lot_id = :lot")
        assert list(connection.scalars(on_its_way, {"lot": SENDER})) == [-3]
    for others in ({B}, {C}):
        with standpoint.of_parties(others), web.connect() as connection:
            assert seen(connection, "lot") == len(others & {B})


def test_who_is_offered_a_lot_locks_it_and_does_not_change_it(web: Engine) -> None:
    with standpoint.of_parties({A}), web.connect() as connection:
        lock = text("SELECT FROM warehouse.lot WHERE id = :lot FOR NO KEY UPDATE")
        assert connection.execute(lock, {"lot": SENDER}).rowcount == 1
        with pytest.raises(ProgrammingError, match="row-level security"):
            connection.execute(text("UPDATE warehouse.lot SET recall = 1 WHERE id = :lot"), {"lot": SENDER})


def test_legs_of_an_answer_are_its_own_movements(web: Engine, columns: alike.Tables) -> None:
    """Who was offered a lot writes legs of it in a movement of his own, and in nobody else's."""
    leg = columns["leg"]
    with standpoint.of_parties({A}), web.connect() as connection:
        connection.exec_driver_sql(alike.row("leg", leg, SENDER, movement=A))
        with pytest.raises(ProgrammingError, match="row-level security"):
            connection.exec_driver_sql(alike.row("leg", leg, SENDER, movement=SENDER, line=2))


def test_an_id_that_a_receiver_saw_before_is_taken_whoever_offered_it(web: Engine) -> None:
    asked = text("SELECT taken::text FROM warehouse.handoff_ids_taken(ARRAY[1], ARRAY[CAST(:id AS uuid)])")
    with standpoint.of_parties({C}), web.connect() as connection:
        for number, expected in ((SENDER, 1), (9, 0)):
            id = f"00000000-0000-4000-8000-00000000000{number}"
            assert len(connection.execute(asked, {"id": id}).all()) == expected
