"""The rows of capture jobs: begun with the document that came, carried out in one transaction, told in the end.

A job of the behaviour `rollback` is captured as a whole or not at all; of `proceed`, whatever can be. An event whose
cause has not come yet (a lot that nobody registered, stock that is not there) waits in its job and is tried again, when
something else of the party was captured and otherwise at growing intervals, for PATIENCE; then it is refused.

The job of a party that signs for itself waits for its hand (`by_hand`), for UNSIGNED at most: it is carried out in
requests of that party, a part of it at a time.
"""

import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Connection, Row, func, insert, select, text, update

from service.auth.keys import Caller
from service.domain.people import Grant
from service.epcis.capture.captured import Capturing, Outcome, capture, shown
from service.epcis.documents import Document, read
from service.epcis.exceptions import EpcisProblem
from service.epcis.wanted import Wanted, all_wanted
from service.keys.hand import MOST
from service.ledger.requests import Scribe
from service.models.epcis import epcis_capture as job

PATIENCE = timedelta(hours=1)
UNSIGNED = timedelta(days=7)
FIRST_PAUSE, LONGEST_PAUSE = 2.0, 300.0  # seconds
MOST_ERRORS = 1000

_SHOWN = [column for column in job.c if column.name != "body"]


@dataclass(frozen=True, slots=True)
class Sent:
    """A document as it came, and how it is to be captured."""

    body: bytes
    media_type: str
    behaviour: str
    document: Document


class Undone(Exception):
    """All that was written for a job is undone; `outcome` says why."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__()
        self.outcome = outcome


def begin(connection: Connection, caller: Caller, sent: Sent, id: UUID, now: datetime) -> dict[str, Any]:
    """The job: a new one, or that of the same document, which is captured once."""
    digest = sha256(sent.media_type.encode() + b"\n" + sent.body).digest()
    connection.execute(_ONE_DOCUMENT, {"key": f"{caller.party_id} {digest.hex()}"})
    same = select(*_SHOWN).where(
        job.c.party_id == caller.party_id, job.c.sha256 == digest, job.c.behaviour == sent.behaviour,
        job.c.state.in_(("running", "done")),
    )  # fmt: skip
    before = connection.execute(same.limit(1)).one_or_none()
    if before is not None:
        return told(before)
    made = insert(job).returning(*_SHOWN).values(
        id=id, party_id=caller.party_id, sha256=digest, media_type=sent.media_type, behaviour=sent.behaviour,
        actor=caller.actor, grants=_rights(caller), body=zlib.compress(sent.body, 3), state="running",
        events=len(sent.document.events), next_at=now + UNSIGNED if caller.own_key else now, created_at=now,
    )  # fmt: skip
    return told(connection.execute(made).one())


def next_due(connection: Connection, now: datetime) -> tuple[int, int] | None:
    """Number and party of a job that is to be carried out now; who asks stands on the errand `capture`."""
    row = connection.execute(
        select(job.c.number, job.c.party_id).where(job.c.state == "running", job.c.next_at <= now)
        .order_by(job.c.next_at).limit(1)
    ).one_or_none()  # fmt: skip
    return (row.number, row.party_id) if row else None


def next_time(connection: Connection) -> datetime | None:
    """When the next job is due."""
    return connection.scalar(select(func.min(job.c.next_at)).where(job.c.state == "running"))


def carry_out(connection: Connection, scribe: Scribe, number: int, *, by_hand: bool = False) -> None:
    """The job, if nobody else has it. Raises Undone if it fails as a whole: then `fail` tells so in a transaction of
    its own. `by_hand`: the party signs, as many statements as one request may bring.
    """
    row = connection.execute(select(job).where(job.c.number == number, job.c.state == "running")
                             .with_for_update(skip_locked=True)).one_or_none()  # fmt: skip
    if row is None:
        return
    now, events = scribe.now(), _events(row)
    if row.grants.get("by_hand") and not by_hand and now < row.created_at + UNSIGNED:
        connection.execute(update(job).where(job.c.number == number).values(next_at=row.created_at + UNSIGNED))
        return
    most = MOST if by_hand else len(events)
    outcome = capture(Capturing(connection, scribe, caller_of(connection, row), row.number), events[:most])
    if now > row.created_at + _patience(row):
        outcome.refused |= outcome.waiting
        outcome.waiting = {}
    outcome.waiting |= {each.position: _UNSIGNED for each in events[most:]}
    if row.behaviour == "rollback" and (outcome.refused or outcome.waiting):
        raise Undone(outcome)
    _note(connection, row, outcome, scribe.now())
    if outcome.captured:
        _wake_others(connection, row, scribe.now())


def undone(connection: Connection, number: int, outcome: Outcome, now: datetime) -> None:
    """A job of the behaviour `rollback` wrote nothing: it failed, or waits as a whole."""
    row = connection.execute(select(job).where(job.c.number == number)).one()
    if outcome.refused:
        _finish(connection, row, "failed", outcome, now)
    else:
        _wait(connection, row, outcome, now)


def broken(connection: Connection, number: int, incident: str, now: datetime) -> None:
    """A fault of ours: tried again for PATIENCE, then told."""
    row = connection.execute(select(job).where(job.c.number == number)).one()
    if now <= row.created_at + PATIENCE:
        postpone(connection, number, now)
        return
    fault = EpcisProblem(500, "ImplementationException", "a fault of the service", incident=incident)
    _finish(connection, row, "failed", Outcome(refused={0: fault}), now)


def postpone(connection: Connection, number: int, now: datetime) -> None:
    """The ledger or the database was not to be written to: try again later."""
    row = connection.execute(select(job).where(job.c.number == number)).one()
    connection.execute(update(job).where(job.c.number == number).values(
        tries=row.tries + 1, next_at=now + _pause(row.tries)))  # fmt: skip


def numbered(connection: Connection, party_id: int, id: UUID) -> int | None:
    """The number of the party's job."""
    return connection.scalar(select(job.c.number).where(job.c.party_id == party_id, job.c.id == id))


def one(connection: Connection, party_id: int, id: UUID) -> dict[str, Any] | None:
    row = connection.execute(select(*_SHOWN).where(job.c.party_id == party_id, job.c.id == id)).one_or_none()
    return told(row) if row else None


def listed(connection: Connection, party_id: int, before: int | None, most: int) -> list[tuple[int, dict[str, Any]]]:
    """Numbers and jobs, the newest first, older than `before`."""
    asked = select(*_SHOWN).where(job.c.party_id == party_id).order_by(job.c.number.desc()).limit(most)
    if before is not None:
        asked = asked.where(job.c.number < before)
    return [(row.number, told(row)) for row in connection.execute(asked)]


def told(row: Row[Any]) -> dict[str, Any]:
    """A job as EPCIS shows it; `lotproof:` members are ours."""
    said = {
        "captureID": str(row.id), "createdAt": row.created_at, "finishedAt": row.finished_at,
        "running": row.state == "running", "success": not row.errors, "captureErrorBehaviour": row.behaviour,
        "errors": row.errors, "lotproof:events": row.events, "lotproof:captured": row.captured,
        "lotproof:known": row.known, "lotproof:waiting": row.waiting,
        "lotproof:signing": _signing(row),
    }  # fmt: skip
    return {name: value for name, value in said.items() if value is not None}


def caller_of(connection: Connection, row: Row[Any]) -> Caller:
    """Whoever asked, with the rights of that moment; who had not proved himself then has not done so now."""
    code = connection.scalar(text("SELECT code FROM warehouse.party WHERE id = :p"), {"p": row.party_id})
    key, _, person = row.actor.partition("/")
    grants = frozenset(Grant(role, site) for role, site in row.grants["roles"])
    session = UUID(int=0) if row.grants["unproven"] else None
    return Caller(key, "party", code, row.party_id, person or None, grants, session=session)


def _rights(caller: Caller) -> dict[str, Any]:
    roles = [[role, site] for role, site in sorted(caller.grants, key=str)]
    by_hand = {"by_hand": True} if caller.own_key else {}
    return {"roles": roles, "unproven": caller.session is not None and not caller.fresh, **by_hand}


def _patience(row: Row[Any]) -> timedelta:
    return UNSIGNED if row.grants.get("by_hand") else PATIENCE


def _signing(row: Row[Any]) -> str | None:
    """Where it is signed, of a job that waits for its party's hand."""
    by_hand = row.state == "running" and row.grants.get("by_hand")
    return f"/api/v1/epcis/capture/{row.id}/signing" if by_hand else None


def _events(row: Row[Any]) -> list[Wanted]:
    """Those that are not done: all of a new job, of an old one those that waited."""
    events = all_wanted(read(zlib.decompress(row.body), row.media_type, judged=True))
    if row.behaviour == "rollback" or not row.waiting:
        return events
    left = {each["event"] for each in row.waiting}
    return [each for each in events if each.position in left]


def _note(connection: Connection, row: Row[Any], outcome: Outcome, now: datetime) -> None:
    """What came of it; the job is over unless an event waits."""
    if outcome.waiting:
        _wait(connection, row, outcome, now)
    else:
        _finish(connection, row, "done", outcome, now)


def _finish(connection: Connection, row: Row[Any], state: str, outcome: Outcome, now: datetime) -> None:
    connection.execute(update(job).where(job.c.number == row.number).values(
        **_counted(row, outcome), state=state, waiting=[], body=None, next_at=None, finished_at=now))  # fmt: skip


def _wait(connection: Connection, row: Row[Any], outcome: Outcome, now: datetime) -> None:
    waiting = _problems(outcome.waiting)
    due = min(now + _pause(row.tries), row.created_at + _patience(row) + timedelta(seconds=1))
    connection.execute(update(job).where(job.c.number == row.number).values(
        **_counted(row, outcome), waiting=waiting, tries=row.tries + 1, next_at=due))  # fmt: skip


def _counted(row: Row[Any], outcome: Outcome) -> dict[str, Any]:
    """A job that failed as a whole has captured nothing."""
    undone = row.behaviour == "rollback" and (outcome.refused or outcome.waiting)
    errors = [*row.errors, *_problems(outcome.refused)][:MOST_ERRORS]
    return {
        "errors": errors,
        "captured": 0 if undone else row.captured + len(outcome.captured),
        "known": 0 if undone else row.known + len(outcome.known),
    }


def _problems(found: Any) -> list[dict[str, Any]]:
    told = [shown(problem, position) for position, problem in sorted(found.items())]
    return orjson.loads(orjson.dumps(told, default=str))  # type: ignore[no-any-return]


def _pause(tries: int) -> timedelta:
    return timedelta(seconds=min(FIRST_PAUSE * 2.0 ** min(tries, 10), LONGEST_PAUSE))


def _wake_others(connection: Connection, row: Row[Any], now: datetime) -> None:
    """What waits in other jobs of the party may be possible now."""
    connection.execute(update(job).where(
        job.c.party_id == row.party_id, job.c.state == "running", job.c.number != row.number,
        func.jsonb_array_length(job.c.waiting) > 0,
    ).values(next_at=now))  # fmt: skip


_UNSIGNED = EpcisProblem(
    409, "ImplementationException", f"a request brings at most {MOST} signatures: this event waits for the next one",
    reason="sign-the-next",
)  # fmt: skip
_ONE_DOCUMENT = text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))")
