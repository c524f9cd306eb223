"""The world of the demo outside the suite: a stack of its own with the story played in it."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from service import migrating
from service.demo import play, prove, run, story
from service.demo.accounts import open_accounts
from service.demo.door import Door
from service.local import node, postgres
from tests.conftest import own_cluster
from tests.e2e import stack
from tests.tools import logins

FINAL_WITHIN = 60


@contextmanager
def played() -> Iterator[tuple[str, str]]:
    """Where it answers, and the key of the warehouse in it; all that was recorded is final."""
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    with own_cluster() as (cluster, _), TemporaryDirectory() as folder:
        postgres.create_database(cluster, "screens")
        migrating.migrate(cluster.url("screens"))
        logins.made(cluster)
        chain = node.start_anvil(log=Path(folder) / "anvil.log")
        try:
            with stack.running(cluster.url("screens"), chain, node.free_port()) as running:
                yield running.url, _told(running, Path(folder))
        finally:
            chain.stop()


def _told(running: stack.Running, folder: Path) -> str:
    told, stranger = story.read(), Door(running.url)
    accounts = open_accounts(Door(running.url, running.settings.operator_key), told, folder / "keys.json")
    files = prove.Files(folder)
    prove.write_policy(stranger, list(accounts.companies.values()), running.settings.rpc_urls, files)
    done = play.play(told, accounts, datetime.now(UTC).date(), run.receipt_checker(files))
    prove.await_final(stranger, done.size, FINAL_WITHIN)
    key = accounts.companies["tongqu"].door.key
    assert key is not None
    return key
