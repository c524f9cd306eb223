"""PostgreSQL is restarted under a running stack: nothing is recorded until it was compared; then it goes on."""

import time
from threading import Event, Thread

import pytest

import anchoring
from anchoring import deploy
from anchoring.pace import ChainSettings
from service import db, migrating
from service.app import create_app
from service.local import postgres
from service.settings import Settings
from tests.anchoring.chain.test_worker import eventually, look, mining, settings
from tests.anchoring.chain.world import GUARDIAN
from tests.conftest import own_cluster
from tests.service.api.conftest import OPERATOR_KEY, Caller
from tests.tools.rpc_proxy import Proxy, drop_request


@pytest.fixture
def server(tmp_path_factory):
    """A PostgreSQL that a test may restart."""
    with own_cluster() as (cluster, restart):
        postgres.create_database(cluster, "restarted")
        migrating.migrate(cluster.url("restarted"))
        yield cluster.url("restarted"), restart


@pytest.fixture
def stack(server, anvil, key, tmp_path):
    """Web and worker on it: the operator, the engine, the line to the node, `restart()`."""
    url, restart = server
    engine = db.engine_for(url)
    deploy.ensure(engine, anvil.url, key, GUARDIAN)
    with Proxy(anvil.url) as line, mining(anvil):
        given = settings(engine, key, line.url)
        worker = anchoring.WorkerSettings(
            url.replace("postgresql:", "postgresql+psycopg:"), given.origin, given.log_key, given.rpc_urls, key,
            ChainSettings(min_interval=100, poll=200), tmp_path / "kept",
        )  # fmt: skip
        app = create_app(Settings(url, given.origin, kek=bytes(32), operator_key=OPERATOR_KEY))
        stop, ready = Event(), Event()
        thread = Thread(target=anchoring.Worker(worker).run, args=(stop, ready.set))
        thread.start()
        try:
            assert ready.wait(20)
            yield Caller(app.test_client(), OPERATOR_KEY), engine, line, restart
        finally:
            stop.set()
            thread.join()
            house = app.extensions["lotproof"]
            house.gather.close()
            house.engine.dispose()
            house.writer.dispose()
            engine.dispose()


def register(operator, code):
    """Tries until it is recorded; the answers on the way and the seconds that it took."""
    said, begun = [], time.monotonic()
    while time.monotonic() - begun < 60:
        answer = operator.send("POST", "/parties", {"id": code, "name": code})
        if answer.status_code == 201:
            return said, time.monotonic() - begun
        assert answer.status_code == 503, answer.get_data(as_text=True)
        said.append(answer.get_json()["type"].rpartition(":")[2])
        time.sleep(0.05)
    raise AssertionError(said[-3:])


def test_recording_resumes_by_itself_within_seconds(stack):
    operator, engine, _, restart = stack
    register(operator, "first")
    for code in ("second", "third"):
        eventually(lambda: look(engine).final_anchor)
        restart()
        said, seconds = register(operator, code)
        print(f"recorded again {seconds:.1f} s after the server answered, {len(said)} refusals: {sorted(set(said))}")
        assert set(said) <= {"not-now", "not-compared"} and seconds < 20
    eventually(lambda: look(engine).entries == 3)
    assert [alarm.kind.title for alarm in look(engine).alarms if alarm.kind.halts] == []


def test_also_while_the_chain_is_away(stack):
    operator, engine, line, restart = stack
    register(operator, "first")
    eventually(lambda: look(engine).entries == 1)
    line.on("*", drop_request)
    restart()
    register(operator, "second")
    eventually(lambda: look(engine).entries == 2)
    with engine.connect() as conn:
        by = conn.exec_driver_sql("SELECT by FROM ledger.admission ORDER BY started").scalars().all()
    assert by[-1] == "the last signed checkpoint" and len(by) == 2
