"""C17, C18, C28: the service is stopped, or the database dies, at the worst moment; nothing is sent that is not kept.

C27, the database restored from an older backup, is test_restore.py; C18 with a new epoch test_epoch_anew.py.
"""

import os
import signal
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from anchoring import deploy
from anchoring.alarms import Kind
from service import db, migrating
from service.local import node as nodes
from service.local import postgres
from tests.anchoring.chain.test_chain_failures import deploy_elsewhere
from tests.anchoring.chain.test_worker import eventually, look, mining, record, settings, working
from tests.anchoring.chain.world import GUARDIAN, World
from tests.conftest import own_cluster
from tests.tools.databases import admit
from tests.tools.rpc_proxy import Proxy, answered


def kinds(engine):
    return {alarm.kind for alarm in look(engine).alarms}


def test_c17_a_chain_id_that_changes_mid_run_stops_anchoring_and_nothing_is_signed_for_it(engine, anvil, key):
    deploy.ensure(engine, anvil.url, key, GUARDIAN)
    with Proxy(anvil.url) as line, mining(anvil), working(settings(engine, key, line.url)):
        record(engine)
        eventually(lambda: look(engine).final_anchor)
        line.on("eth_chainId", answered("0x3e7"))
        eventually(lambda: Kind.WRONG_CHAIN in kinds(engine))
        sent = line.count("eth_sendRawTransaction")
        record(engine)
        eventually(lambda: look(engine).entries == 2)  # the warehouse goes on: it is a wrong endpoint
        assert (look(engine).unanchored, look(engine).in_flight) == (1, 0)
        assert line.count("eth_sendRawTransaction") == sent
        line.heal()
        eventually(lambda: (a := look(engine).final_anchor) and a.size == 2)
        assert kinds(engine) == set()


def test_c17_with_another_chain_id_nothing_is_recorded_on_a_database_that_just_came_up(unseen, anvil, key):
    deploy.ensure(unseen, anvil.url, key, GUARDIAN)
    with Proxy(anvil.url) as line:
        line.on("eth_chainId", answered("0x3e7"))
        with working(settings(unseen, key, line.url), until_ready=False) as ready:
            eventually(lambda: Kind.WRONG_CHAIN in kinds(unseen))
            with pytest.raises(Exception, match="not compared with the chain"):
                record(unseen)
            assert not ready.is_set()


def test_c18_a_chain_that_is_reset_mid_run_with_our_contract_at_the_same_address_halts_everything(
    engine, fresh_anvil, key, tmp_path
):
    world = World(engine, fresh_anvil, key=key)
    given = settings(engine, key, fresh_anvil.url)
    with working(given):
        with mining(fresh_anvil):
            record(engine)
            eventually(lambda: look(engine).final_anchor)
        port, time = fresh_anvil.port, world.rpc.head().time
        fresh_anvil.stop()
        renewed = nodes.start_anvil("--timestamp", str(time - 60), port=port, log=tmp_path / "renewed.log")
        try:
            world.node = renewed
            assert deploy_elsewhere(world) == world.deployment.contract
            eventually(lambda: Kind.CHAIN_LOST in kinds(engine), 60)
            record(engine)
            assert look(engine).halted and look(engine).entries == 1
            assert world.events() == []  # not one anchor on the chain that is not ours
        finally:
            renewed.stop()
    assert kinds(engine) >= {Kind.CHAIN_LOST} and look(engine).final_anchor is None  # final is what a chain says


@contextmanager
def killable():
    """A PostgreSQL, and the means to kill it (-9, all of it) and to start it again."""
    with own_cluster() as (cluster, restart):

        def kill():
            pid = int((cluster.data / "postmaster.pid").read_text().split()[0])
            backends = Path(f"/proc/{pid}/task/{pid}/children")  # they end by themselves too, but some moments later
            for each in (pid, *(backends.read_text().split() if backends.exists() else ())):
                with suppress(ProcessLookupError):
                    os.kill(int(each), signal.SIGKILL)
            eventually(lambda: not postgres.answers(cluster))

        postgres.create_database(cluster, "killed")
        migrating.migrate(cluster.url("killed"))
        yield cluster.url("killed"), kill, restart


@pytest.mark.parametrize("moment", ["planned", "signed", "pushed"])
def test_c28_postgresql_killed_around_the_commit_of_signed_bytes_never_lets_bytes_out_that_are_not_kept(
    fresh_anvil, moment
):
    """`planned`: not signed yet; `signed`: kept, not sent; `pushed`: sent, what follows is not kept."""
    with killable() as (url, kill, restart), Proxy(fresh_anvil.url) as line:
        engine = db.engine_for(url)
        admit(url)
        world = World(engine, fresh_anvil)
        world.record()

        def passed(step):
            if step == moment:
                kill()

        with pytest.raises(Exception):  # noqa: B017 - whatever the driver says of a server that is gone
            for _ in range(3):
                world.tick(worker=world.worker(line.url, passed=passed))
        before = line.count("eth_sendRawTransaction")
        assert before == (1 if moment == "pushed" else 0)
        restart()
        engine.dispose()
        sent = {bytes.fromhex(params[0][2:]) for name, params in line.calls if name == "eth_sendRawTransaction"}
        kept = {bytes(raw) for (raw,) in world.rows("SELECT raw FROM ledger.signed_transaction")}
        assert sent <= kept and len(kept) == (0 if moment == "planned" else 1)
        admit(url)
        world.settle(world.worker(line.url))
        assert len(world.events()) == 1
        world.audit()
        engine.dispose()
