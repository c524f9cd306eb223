"""Where the lives of the chain campaign are played: a database and a chain that are as new at the beginning of each.

A life takes place inside one transaction of PostgreSQL that is rolled back in the end; what the worker commits becomes
a savepoint. That makes a new database out of an old one in a millisecond instead of fifty. The pool has one
connection and does not wait: a step that would need two at once is found out.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.pool import QueuePool

from anchoring import contract, deploy, deployments
from anchoring.anchorer import Anchorer
from anchoring.pace import ChainSettings
from anchoring.rpc import Rpc
from service import db
from tests.tools.devchain import model
from tests.tools.devchain.jsonrpc import Door
from tests.tools.devchain.server import Served, development

KEY = sha256(b"anchorer of the campaign").digest()
GUARDIAN = "0x" + "9a" * 20
FINAL_DEPTH = 13  # deeper than any reorg that is made
_READS = ("SELECT", "RELEASE", "SAVEPOINT", "ROLLBACK", "BEGIN")


class Rewinding:
    """An engine whose commits are undone by `rewound`. `at_commit` is called around each commit of a change, with
    whether it is done: what it raises comes out of the commit."""

    def __init__(self, url: str) -> None:
        self.engine = create_engine(
            db.driver_url(url), poolclass=QueuePool, pool_size=1, max_overflow=0, pool_timeout=0,
            isolation_level="AUTOCOMMIT",
        )  # fmt: skip
        self.at_commit: Callable[[bool], None] = lambda done: None
        self._inside = self.changed = False
        with self.engine.connect() as conn:
            conn.execute(text("SELECT 1"))
        dialect: Any = self.engine.dialect
        dialect.do_commit, dialect.do_rollback = self._commit, self._rollback
        event.listen(self.engine, "before_cursor_execute", self._note)

    def _note(self, conn: Connection, cursor: Any, statement: str, *_: Any) -> None:
        self.changed = self.changed or not statement.lstrip().startswith(_READS)

    def _commit(self, connection: Any) -> None:
        if not (self._inside and self.changed):
            return
        self.at_commit(False)
        connection.execute("RELEASE SAVEPOINT step; SAVEPOINT step")
        self.changed = False
        self.at_commit(True)

    def _rollback(self, connection: Any) -> None:
        driven = getattr(connection, "driver_connection", connection)
        if self._inside and (self.changed or driven.info.transaction_status.name == "INERROR"):
            connection.execute("ROLLBACK TO SAVEPOINT step")
        self.changed = False

    @contextmanager
    def rewound(self) -> Iterator[None]:
        """Everything that is committed inside is undone at the end."""
        self._plain("BEGIN; SAVEPOINT step")
        self._inside, self.changed = True, False
        try:
            yield
        finally:
            self._inside = False
            self._plain("ROLLBACK")

    def tidy(self) -> None:
        """Free what undone lives left in the tables."""
        self._plain("VACUUM ledger.entry, ledger.checkpoint, ledger.intent, ledger.attempt, ledger.signed_transaction")
        self._plain("VACUUM ledger.anchor, ledger.alarm, ledger.map_page")

    def _plain(self, words: str) -> None:
        connection: Any = self.engine.raw_connection()
        connection.driver_connection.execute(words)
        connection.close()


class Chain:
    """The fake chain by its door, and what only the one who plays it may do."""

    def __init__(self, door: Door) -> None:
        self.door, self.node = door, door.node

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        return self.door.answer(request)

    def call(self, method: str, *params: Any) -> Any:
        return self.door.call(method, *params)


class Honest(Rpc):
    """A line that never fails, in process: bytes in, bytes out."""

    def __init__(self, url: str, ask: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
        super().__init__(url)
        self._ask = ask

    def _post(self, body: bytes) -> bytes:
        return json.dumps(self._ask(json.loads(body))).encode()


class Stage:
    """One for each process: a database with a contract that is final, and the chain on which it stands."""

    def __init__(self, url: str) -> None:
        self.rewinding = Rewinding(url)
        door = development(model.Engine(), finalized=FINAL_DEPTH)
        self.chain = Chain(door)
        self.time = door.node.latest.time * 1000
        sender = contract.checksummed(contract.address_of(KEY))
        door.call("eth_sendTransaction", {"from": door.call("eth_accounts")[0], "to": sender, "value": hex(10**19)})
        with Served(door) as served:
            deploy.ensure(self.engine, served.url, KEY, GUARDIAN, now=lambda: self.time)
        door.node.mine(FINAL_DEPTH + 2)
        self.honest = Honest("honest", self.chain.ask)
        Anchorer(self.engine, [self.honest], KEY, ChainSettings(), lambda: self.time).tick()
        door.node.automine = False
        self._start = door.node.snapshot()
        with self.engine.connect() as conn:
            found = deployments.current(conn)
        assert found is not None and found.state == "final"
        self.deployment = found

    @property
    def engine(self) -> Engine:
        return self.rewinding.engine

    @contextmanager
    def life(self) -> Iterator[None]:
        """From the same beginning as every other."""
        self.chain.node.revert(self._start)
        self.time = self.chain.node.latest.time * 1000
        with self.rewinding.rewound():
            yield
