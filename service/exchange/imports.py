"""Imports as they are kept: the rows of a file until they are recorded, the report, and how far recording has come.

The id of an import follows from party, kind and file, and the id of a movement from import and row. So the same file
uploaded again is the same import, a run that was cut off goes on, and a run that is repeated repeats nothing.
"""

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid5

import orjson
from sqlalchemy import ARRAY, Connection, Engine, Text, cast, delete, func, insert, select, text

from service.exchange.columns import Fault, Head, Known
from service.exchange.dryrun import FAULTS_LIMIT, Report, fault_of, head_and_rows, judge, requests_of
from service.exchange.sheets import Row, format_of, rows_of
from service.ledger.recording import record
from service.ledger.requests import MovementRequest, Refused, Scribe
from service.models.exchange import import_, import_problem
from service.models.tables import item, location, site

IMPORTS = UUID("5f0c3f3e-52c1-4d67-9f0a-6b0c3b8f7d11")
CALL = 1_000
PROBLEM = 400


@dataclass(frozen=True, slots=True)
class Uploader:
    party_id: int
    party: str
    actor: str


def upload(engine: Engine, scribe: Scribe, who: Uploader, kind: str, name: str, content: bytes) -> UUID:
    """Judge the file and keep its rows; raises Unreadable. A file that is being recorded, or was, is left as it is."""
    digest = sha256(content).digest()
    id = uuid5(IMPORTS, f"{who.party}\n{kind}\n{digest.hex()}")
    with engine.connect() as connection:
        known = connection.scalar(select(import_.c.state).where(import_.c.id == id))
    if known in ("running", "done"):
        return id
    head, faults, rows = head_and_rows(kind, rows_of(content))
    report = Report(rows=len(rows), bad=len(rows), faults=faults) if faults else _judged(
        engine, scribe, who, id, head, rows)  # fmt: skip
    row = {
        "id": id, "party_id": who.party_id, "kind": kind, "name": name, "format": format_of(content), "sha256": digest,
        "content": _packed(head, rows), "state": "bad" if report.bad or faults or not rows else "ready",
        "rows": report.rows, "bad": report.bad, "summary": report.summary(), "actor": who.actor,
        "created_at": scribe.now(),
    }  # fmt: skip
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:id, 0))"), {"id": str(id)})
        connection.execute(delete(import_problem).where(import_problem.c.import_id == id))
        gone = connection.execute(delete(import_).where(import_.c.id == id, import_.c.state.in_(("bad", "ready"))))
        if known is None or gone.rowcount:
            connection.execute(insert(import_).values(row))
            _keep(connection, id, "check", report.faults)
    return id


def run(engine: Engine, writer: Engine, scribe: Scribe, who: Uploader, id: UUID, go_on: Callable[[], bool]) -> bool:
    """Record the next rows, a thousand to a transaction, as long as `go_on`; False if somebody else is at it.

    A crash between a transaction and the note of how far we are means that its rows are recorded again: the same
    movements under the same ids, so nothing happens.
    """
    with engine.connect() as lock:
        if not lock.scalar(text("SELECT pg_try_advisory_xact_lock(hashtextextended(:id, 0))"), {"id": str(id)}):
            return False
        found = _begin(engine, id)
        head, rows = _unpacked(found.content)
        known = _known(lock, who.party_id, head, rows)
        at = found.done
        while at < len(rows) and go_on():
            asked = requests_of(head, rows[at : at + CALL], id, who.party, who.actor, known)
            at += len(asked)
            _note(engine, id, at, _recorded(writer, scribe, asked))
        if at >= len(rows):
            _finish(engine, id, scribe)
        return True


def found(connection: Connection, party_id: int, id: UUID) -> Any:
    """The import without its rows, None if the party has none of this id."""
    columns = [column for column in import_.c if column.name != "content"]
    return connection.execute(select(*columns).where(import_.c.id == id, import_.c.party_id == party_id)).one_or_none()


def problems(connection: Connection, id: UUID, after: int, limit: int) -> Sequence[dict[str, Any]]:
    """What is wrong, in the order of the rows as they were judged; `number` counts from 1."""
    shown = ("number", "row", "column", "stage", "problem", "expected", "seen")
    asked = select(*(import_problem.c[name] for name in shown)).where(
        import_problem.c.import_id == id, import_problem.c.number > after
    )
    rows = connection.execute(asked.order_by(import_problem.c.number).limit(limit))
    return [dict(zip(shown, row, strict=True)) for row in rows]


def _judged(engine: Engine, scribe: Scribe, who: Uploader, id: UUID, head: Head, rows: Sequence[Row]) -> Report:
    with engine.connect() as connection:  # no commit: what was locked is let go, nothing was written
        known = _known(connection, who.party_id, head, rows)
        return judge(connection, scribe, requests_of(head, rows, id, who.party, who.actor, known))


def _recorded(
    writer: Engine, scribe: Scribe, asked: Sequence[tuple[int, MovementRequest | list[Fault]]]
) -> list[Fault]:
    """What was refused; the world may have changed since the dry run."""
    requests = [each for _, each in asked if isinstance(each, MovementRequest)]
    outcomes = iter(record(writer, scribe, requests) if requests else ())
    faults: list[Fault] = []
    for row, each in asked:
        outcome = next(outcomes) if isinstance(each, MovementRequest) else None
        if isinstance(each, list):
            faults += each
        elif isinstance(outcome, Refused):
            faults.append(fault_of(row, each.command, outcome.error))
    return faults


def _begin(engine: Engine, id: UUID) -> Any:
    """A finished import whose rows are still here had refusals: it begins anew, and what is recorded stays so."""
    with engine.begin() as connection:
        row = connection.execute(select(import_).where(import_.c.id == id)).one()
        done = 0 if row.state == "done" else row.done
        if done == 0:
            again = (import_problem.c.import_id == id, import_problem.c.stage == "record")
            connection.execute(delete(import_problem).where(*again))
        connection.execute(import_.update().where(import_.c.id == id).values(state="running", done=done))
        return connection.execute(select(import_).where(import_.c.id == id)).one()


def _note(engine: Engine, id: UUID, done: int, faults: Sequence[Fault]) -> None:
    with engine.begin() as connection:
        connection.execute(import_.update().where(import_.c.id == id).values(done=done))
        _keep(connection, id, "record", faults)


def _finish(engine: Engine, id: UUID, scribe: Scribe) -> None:
    """Without refusals the rows have done their duty: they are in the ledger, and the file's hash stays."""
    with engine.begin() as connection:
        refused = connection.scalar(select(func.count()).where(import_problem.c.import_id == id))
        values: dict[str, Any] = {"state": "done", "finished_at": scribe.now()} | ({} if refused else {"content": None})
        connection.execute(import_.update().where(import_.c.id == id).values(**values))


def _keep(connection: Connection, id: UUID, stage: str, faults: Sequence[Fault]) -> None:
    last = connection.scalar(select(func.max(import_problem.c.number)).where(import_problem.c.import_id == id)) or 0
    rows = [
        {"import_id": id, "number": number, "stage": stage, **each._asdict(), "problem": each.problem[:PROBLEM]}
        for number, each in enumerate(faults, last + 1) if number <= FAULTS_LIMIT
    ]  # fmt: skip
    for start in range(0, len(rows), CALL):
        connection.execute(insert(import_problem), rows[start : start + CALL])


def _known(connection: Connection, party_id: int, head: Head, rows: Sequence[Row]) -> Known:
    """Of what the rows name, what the party has."""
    named = {name: {cells[at] for _, cells in rows if at < len(cells)} for at, name in enumerate(head.names)}
    sites = {place.partition("/")[0] for place in named.get("from", set()) | named.get("to", set())}
    items = select(item.c.code).where(item.c.party_id == party_id, item.c.code.in_(_array(named.get("item", set()))))
    places = (
        select(site.c.code.label("site"), site.c.zone, location.c.code)
        .join(location, location.c.site_id == site.c.id)
        .where(site.c.party_id == party_id, site.c.code.in_(_array(sites)))
    )
    found = connection.execute(places).all()
    return Known(
        frozenset(connection.execute(items).scalars()),
        frozenset(f"{row.site}/{row.code}" for row in found),
        {row.site: row.zone for row in found},
    )


def _array(names: set[str]) -> Any:
    """One parameter, however many there are; what no text column can hold is nowhere."""
    return select(func.unnest(cast([name for name in names if "\0" not in name], ARRAY(Text))))


def _packed(head: Head, rows: Sequence[Row]) -> bytes:
    return zlib.compress(orjson.dumps([head.kind, head.names, rows]), 6)


def _unpacked(content: bytes) -> tuple[Head, list[Row]]:
    kind, names, rows = orjson.loads(zlib.decompress(content))
    return Head(kind, tuple(names)), [(number, cells) for number, cells in rows]
