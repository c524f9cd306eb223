"""While nobody compared the database with the chain since it came up, the door shows everything and records nothing."""

import pytest

from service.app import create_app
from service.local import postgres
from service.settings import Settings
from tests.service.api.conftest import OPERATOR_KEY, ORIGIN, Caller
from tests.tools import databases


@pytest.fixture
def unseen(pg, template):
    postgres.create_database(pg, "unseen", template)
    app = create_app(Settings(pg.url("unseen"), ORIGIN, kek=bytes(32), operator_key=OPERATOR_KEY))
    yield Caller(app.test_client(), OPERATOR_KEY), app.extensions["lotproof"]
    house = app.extensions["lotproof"]
    house.gather.close()
    house.engine.dispose()
    house.writer.dispose()
    postgres.drop_databases(pg, ["unseen"])


def test_it_says_what_is_awaited_and_goes_on_by_itself(pg, unseen):
    operator, _ = unseen
    answer = operator.send("POST", "/parties", {"id": "early", "name": "Early"})
    problem = answer.get_json()
    assert (answer.status_code, problem["type"]) == (503, "urn:lotproof:problem:not-compared")
    assert "comparison" in problem["awaited"] and "./lotproof status" in problem["advice"]
    assert int(answer.headers["Retry-After"]) > 0
    status = operator.get("/status")
    assert (status["admitted"], status["read_only"], status["alarms"]) == (False, True, [])
    databases.admit(pg.url("unseen"))
    operator.post("/parties", {"id": "early", "name": "Early"})
    assert operator.get("/status")["read_only"] is False


def test_a_database_that_came_up_between_two_looks_refuses_by_itself(unseen):
    operator, house = unseen
    house.halting.check = lambda: None  # the last look was at the server before
    answer = operator.send("POST", "/parties", {"id": "early", "name": "Early"})
    assert (answer.status_code, answer.get_json()["type"]) == (503, "urn:lotproof:problem:not-now")
