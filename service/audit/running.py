"""All of the audit: in one snapshot, step by step, in several processes, and gone on with after it was stopped.

    everything(connection, asked) -> findings        in the connection's own snapshot, one step after the other
    Audit(url, asked).run() -> findings              in a snapshot of its own that helpers share (pg_export_snapshot)

With `asked.folder` each finished step is kept there. A run that goes on sees a later snapshot than the one that was
stopped: what is kept says what was true then. When nothing is left to do, nothing is left in the folder.
"""

import gc
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, replace
from multiprocessing import get_context

from sqlalchemy import Connection, Engine, text

from anchoring import LONGEST, Audited, Finding
from service import db
from service.audit.differ import NOBODY
from service.audit.journals import Lasting, unbound
from service.audit.kept import Kept, identity
from service.audit.probe import probe
from service.audit.steps import Done, Step, carry_out, steps

_SNAPSHOT = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"


def everything(connection: Connection, asked: Audited) -> Iterator[Finding]:
    """Every finding about what the rows say; read in a snapshot (REPEATABLE READ)."""
    lasting = Lasting()
    for step in steps(connection, built=False):
        done = carry_out(connection, step, asked)
        lasting.then(done.lasting)
        yield from done.findings
    yield from lasting.left(connection)


@dataclass
class Audit:
    """One audit of the database at `url`; `passed` is told of each step: its name, how many are done, of how many.

    `built`: also how the database is built (`service.audit.catalogue`).
    """

    url: str
    asked: Audited
    passed: Callable[[str, int, int], None] = lambda name, done, total: None
    built: bool = True
    unbound: int = 0
    """After `run`: how many movements have no journal, and so nothing that holds their rows."""

    def run(self) -> list[Finding]:
        engine = db.engine_for(self.url)
        try:
            with engine.connect() as connection:
                connection.execute(text(_SNAPSHOT))
                return self._all(connection)
        finally:
            engine.dispose()

    def _all(self, connection: Connection) -> list[Finding]:
        todo, kept = (
            list(steps(connection, self.built)),
            Kept(self.asked.folder, identity(connection, self.asked.origin)),
        )
        open = [step for step in todo if step not in kept.done]
        for number, (step, done) in enumerate(self.carried_out(connection, open), len(todo) - len(open) + 1):
            kept.keep(step, done)
            self.passed(step.name, number, len(todo))
        lasting, findings = Lasting(), []
        for step in todo:
            lasting.then(kept.done[step].lasting)
            findings += kept.done[step].findings
        findings += lasting.left(connection)
        kept.forget()
        self.unbound = unbound(connection)
        return _once(findings)

    def carried_out(self, connection: Connection, open: Sequence[Step]) -> Iterator[tuple[Step, Done]]:
        """Some steps, in `asked.jobs` processes that share the connection's snapshot; as each ends."""
        if self.asked.jobs < 2:
            yield from ((step, carry_out(connection, step, self.asked)) for step in open)
            return
        snapshot = connection.execute(text("SELECT pg_export_snapshot()")).scalar_one()
        alone = replace(self.asked, jobs=1, progress=_silent)  # what is told in a helper reaches nobody
        with ProcessPoolExecutor(self.asked.jobs, get_context("spawn")) as pool:
            ordered = sorted(open, key=lambda step: step.name != LONGEST)  # or it would be waited for at the end, alone
            running = {pool.submit(_helped, self.url, snapshot, step, alone): step for step in ordered}
            yield from _as_they_end(running)


def probed(url: str) -> list[Finding]:
    """Tables that swallow what is added to them, tried with rows that are taken back (`service.audit.probe`)."""
    engine = db.engine_for(url)
    try:
        with engine.connect() as connection:
            told = list(probe(connection))
            connection.rollback()
    finally:
        engine.dispose()
    return [
        Finding("what is added is kept", table, "", "", expected, seen, None, NOBODY) for table, expected, seen in told
    ]


def _once(findings: Sequence[Finding]) -> list[Finding]:
    """One of those that name the same field of the same row: the first, which is the most telling."""
    found: dict[tuple[str, str, str], Finding] = {}
    for finding in findings:
        found.setdefault((finding.table, finding.row, finding.field), finding)
    return list(found.values())


def _as_they_end(running: dict[Future[Done], Step]) -> Iterator[tuple[Step, Done]]:
    left = set(running)
    while left:
        ended, left = wait(left, return_when=FIRST_COMPLETED)
        for future in ended:
            yield running[future], future.result()


def _helped(url: str, snapshot: str, step: Step, asked: Audited) -> Done:
    """In a helper: the same snapshot over a connection of its own."""
    gc.freeze()
    gc.set_threshold(*_SELDOM)
    engine = db.engine_for(url)
    try:
        return _in_snapshot(engine, snapshot, step, asked)
    finally:
        engine.dispose()


def _in_snapshot(engine: Engine, snapshot: str, step: Step, asked: Audited) -> Done:
    with engine.connect() as connection:
        connection.execute(text(_SNAPSHOT))
        connection.exec_driver_sql(f"SET TRANSACTION SNAPSHOT '{snapshot}'")
        return carry_out(connection, step, asked)


_SELDOM = 100_000, 50, 50
"""A helper keeps very many rows and no cycles: to look for garbage among them took a tenth of its time."""


def _silent(what: str, done: int, total: int) -> None:
    """Nobody listens."""
