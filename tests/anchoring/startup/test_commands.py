"""`lotproof status` and `lotproof accept-reorg`, as an operator types them."""

import json

import pytest
from sqlalchemy import text

from anchoring import alarms
from anchoring.alarms import Kind
from service import cli
from service.local import node
from tests.anchoring.chain.test_chain_failures import take_back
from tests.anchoring.chain.test_worker import ORIGIN, record
from tests.anchoring.chain.world import World

VARIABLES = ("LOTPROOF_DATABASE_URL", "LOTPROOF_ORIGIN", "LOTPROOF_RPC_URL", "LOTPROOF_DATA")


@pytest.fixture
def typed(monkeypatch, capsys, tmp_path):
    """`typed(engine, "status")`: exit code and what was said."""

    def command(engine, *argv, rpc="http://127.0.0.1:9"):
        url = engine.url.render_as_string(hide_password=False)
        for name, value in zip(VARIABLES, (url, ORIGIN, rpc, str(tmp_path)), strict=True):
            monkeypatch.setenv(name, value)
        code = cli.main(list(argv))
        said = capsys.readouterr()
        return code, said.out + said.err

    return command


def test_a_log_at_rest_is_told_with_exit_code_0(engine, typed):
    record(engine)
    code, said = typed(engine, "status")
    assert code == 0 and "ALARM" not in said
    assert "0 entries sequenced, 1 waiting" in said and "0 transactions in flight" in said and "admitted   yes" in said


def test_a_database_that_was_not_compared_is_exit_code_1(unseen, typed):
    code, said = typed(unseen, "status")
    assert code == 1 and "admitted   NO" in said


def test_an_alarm_is_told_with_what_to_do_and_cleared_with_a_reason(engine, typed):
    with engine.begin() as conn:
        alarms.raise_alarm(conn, Kind.ROLLBACK, "entries 4 to 9 are missing. Signed last:\nexample.com\n10\n", 1)
    code, said = typed(engine, "status")
    assert code == 1 and "ALARM      ROLLBACK: entries 4 to 9 are missing" in said
    assert "\n           10\n           The contract, or what was signed last, is ahead" in said
    assert typed(engine, "status", "--clear", "rollback")[0] == 1  # no reason
    code, said = typed(engine, "status", "--clear", "rollback", "--reason", "A. Tester: it was a test")
    assert (code, "ALARM" in said) == (0, False)


def test_a_dead_worker_is_an_alarm_that_nobody_can_clear(engine, typed):
    with engine.begin() as conn:
        conn.execute(text("INSERT INTO ledger.heartbeat VALUES ('sequencer', 1, '')"))
    code, said = typed(engine, "status")
    assert code == 1 and "WORKER AWAY: no sign of life from the sequencer" in said
    code, said = typed(engine, "status", "--clear", "worker away", "--reason", "A. Tester")
    assert code == 1 and "goes by itself" in said


def test_as_json_it_is_what_the_api_answers(engine, typed):
    code, said = typed(engine, "status", "--json")
    told = json.loads(said)
    assert code == 0 and told["origin"] == ORIGIN and told["admitted"] and told["alarms"] == []
    assert {"lag", "in_flight", "unanchored", "read_only"} <= told.keys()


@pytest.fixture
def taken_back(engine, fresh_anvil):
    """A world whose final anchor is no longer in the chain."""
    world = World(engine, fresh_anvil)
    world.record()
    world.settle()
    take_back(world)
    for _ in range(5):
        world.tick()
    assert "FINALITY VIOLATION" in world.alarms()
    return world


def test_what_the_chain_took_back_is_accepted_by_name_and_anchored_again(taken_back, typed):
    assert typed(taken_back.engine, "accept-reorg", "--reason", " ", rpc=taken_back.node.url)[0] == 1
    code, said = typed(taken_back.engine, "accept-reorg", "--reason", "O. Perator looked", rpc=taken_back.node.url)
    assert (code, said) == (0, "1 anchors are lost; the worker anchors the newest checkpoint again\n")
    taken_back.settle()
    assert taken_back.states() == ["lost", "final"] and taken_back.alarms() == []


def test_every_node_must_say_so(taken_back, typed, anvil, ganache):
    mine = taken_back.node.url
    for other in (ganache.url, "http://127.0.0.1:9"):
        code, said = typed(taken_back.engine, "accept-reorg", "--reason", "O. Perator", rpc=f"{mine},{other}")
        assert code == 1 and "nothing was changed" in said
    assert "FINALITY VIOLATION" in taken_back.alarms() and taken_back.states() == ["final"]


def test_where_all_nodes_still_have_the_blocks_nothing_is_lost(engine, typed, tmp_path):
    first = node.start_anvil(log=tmp_path / "first.log")
    try:
        world = World(engine, first)
        world.record()
        world.settle()
        with engine.begin() as conn:
            alarms.raise_alarm(conn, Kind.FINALITY_VIOLATION, "one node said so", 1)
        code, said = typed(engine, "accept-reorg", "--reason", "O. Perator", rpc=first.url)
        assert code == 0 and said.startswith("0 anchors are lost")
        assert world.states() == ["final"] and world.alarms() == []
    finally:
        first.stop()
