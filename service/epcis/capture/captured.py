"""The events of one job, in one transaction: what is known already, what is a movement, what is evidence.

In order: is the event known (the same again changes nothing, the same id with other content is refused); what is it
here (`planning`); may the caller do that; do the rules allow it; then movement or statement, and the row of the event.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from anchoring import Submission, submit
from service.api.errors import domain_problem
from service.api.problem import Problem
from service.auth.keys import Caller
from service.auth.permissions import movement_problem
from service.auth.standing import as_now, decides
from service.domain import commands as c
from service.domain.errors import DomainError, InsufficientStock, UnknownThing
from service.domain.key_errors import KeyIsElsewhere
from service.domain.things import Party
from service.epcis.evidence import (
    Evidence,
    Issuer,
    captured_properties,
    history_uri,
    sign_evidence,
    statement_id,
)
from service.epcis.exceptions import EpcisProblem, epcis_document, invalid
from service.epcis.movements import read_due
from service.epcis.planning.known import Known, known_of
from service.epcis.planning.parts import NotPlanned
from service.epcis.planning.plan import EVIDENCE, plan
from service.epcis.store import Kept, body_of, erased_event, histories, keep, known
from service.epcis.wanted import Wanted
from service.erasing.evidence import gone_of, is_rest
from service.ledger import queries
from service.ledger.adding import driver
from service.ledger.recording import record_movements
from service.ledger.requests import MovementRequest, Recorded, Refused, Scribe
from service.ledger.signers import signers_of
from service.ledger.write import disclosure_row, keep_statements, statement_row
from service.sensors import epcis as sensed
from verifier import uri
from verifier.entry import MOVEMENT


@dataclass(slots=True)
class Outcome:
    """Of each event, by its position: captured, known already, waiting for another event, or refused."""

    captured: list[Wanted] = field(default_factory=list)
    known: list[Wanted] = field(default_factory=list)
    waiting: dict[int, Problem] = field(default_factory=dict)
    refused: dict[int, Problem] = field(default_factory=dict)

    def refuse(self, wanted: Wanted, problem: Problem) -> None:
        self.refused[wanted.position] = problem


@dataclass(frozen=True, slots=True)
class Capturing:
    """In whose name, with which rights; `capture` is the number of the job."""

    connection: Connection
    scribe: Scribe
    caller: Caller
    capture: int | None = None

    @property
    def party_id(self) -> int:
        assert self.caller.party_id is not None
        return self.caller.party_id


def capture(work: Capturing, events: Sequence[Wanted]) -> Outcome:
    """Whatever of these events can be; the caller of this commits, or undoes all of it."""
    outcome = Outcome()
    if any(each.event_id.startswith("urn:uuid:") for each in events):  # it may be a movement of ours that comes back
        while read_due(work.connection, work.party_id):
            pass
    fresh = _unknown(work, events, outcome)
    world = known_of(work.connection, work.party_id, work.scribe.host, [each.event for each in fresh])
    movements, evidence = _planned(work, world, fresh, outcome)
    kept = [*_recorded(work, world, movements, outcome), *_logged(work, evidence, outcome)]
    kept.sort(key=lambda each: each.wanted.position)
    keep(work.connection, work.party_id, kept, work.scribe.now(), work.capture)
    _no_longer_due(work, kept)
    at = int(work.scribe.now().timestamp() * 1000)
    sensed.take(work.connection, work.party_id, work.caller.actor, at, [each.wanted.event for each in kept])
    outcome.captured += [each.wanted for each in kept]
    return outcome


def _unknown(work: Capturing, events: Sequence[Wanted], outcome: Outcome) -> list[Wanted]:
    there = known(work.connection, work.party_id, {each.event_id for each in events})
    fresh = []
    for each in events:
        before = there.setdefault(each.key, each.sha256)
        if before is each.sha256:
            fresh.append(each)
        elif before == each.sha256 or _is_rest(work, each):
            outcome.known.append(each)
        else:
            outcome.refuse(each, taken(each))
    return fresh


def _is_rest(work: Capturing, wanted: Wanted) -> bool:
    """Whether it is there but for what was erased of it, which is not compared."""
    stored = erased_event(work.connection, work.party_id, wanted.event_id, wanted.declares_error)
    if stored is None:
        return False
    return is_rest(body_of(stored.body), wanted.event, gone_of(work.connection, stored.statement_hash))


def taken(wanted: Wanted) -> EpcisProblem:
    detail = f"{wanted.event_id} was captured with other content; an id belongs to one event"
    return EpcisProblem(409, "ResourceAlreadyExistsException", detail, eventID=wanted.event_id)


def _planned(
    work: Capturing, world: Known, events: Sequence[Wanted], outcome: Outcome
) -> tuple[list[tuple[Wanted, c.Command]], list[Wanted]]:
    movements, evidence = [], []
    for each in events:
        try:
            planned = plan(world, each.event)
        except NotPlanned as why:
            outcome.refuse(each, invalid(str(why), reason="not-a-movement", expected=why.expected, seen=why.seen))
            continue
        if planned is EVIDENCE:
            evidence.append(each)
            continue
        assert isinstance(planned, c.Command)
        forbidden = movement_problem(_in_role(work, planned), planned)
        if forbidden is not None:
            outcome.refuse(each, forbidden)
        else:
            movements.append((each, planned))
    return movements, evidence


def _in_role(work: Capturing, planned: c.Command) -> Caller:
    """Who decides, with the roles of now: some may have been taken away while the job waited."""
    return as_now(work.connection, work.caller) if decides(work.caller, [planned.type]) else work.caller


def _recorded(
    work: Capturing, world: Known, movements: Sequence[tuple[Wanted, c.Command]], outcome: Outcome
) -> list[Kept]:
    salts = [work.scribe.random(16) for _ in movements]
    requests = [
        MovementRequest(world.party, work.caller.actor, statement_id(wanted, work.scribe.random), command,
                        captured=captured_properties(wanted, salt))
        for (wanted, command), salt in zip(movements, salts, strict=True)
    ]  # fmt: skip
    outcomes = record_movements(work.connection, work.scribe, requests) if requests else []
    numbers = _numbers(work, [each.id for each in outcomes if isinstance(each, Recorded)])
    kept = []
    for (wanted, _), salt, made in zip(movements, salts, outcomes, strict=True):
        if isinstance(made, Refused):
            later = outcome.waiting if may_come_true(made.error) else outcome.refused
            later[wanted.position] = rule_problem(made.error)
        else:
            kept.append(Kept(wanted, made.statement_hash, numbers[made.id], salt=salt))
    return kept


def may_come_true(error: DomainError) -> bool:
    """Whether another event, which may still come, would make the refused one possible."""
    lot = isinstance(error, UnknownThing) and str(error.where.get("kind", "")).startswith(("lot", "pallet"))
    return lot or isinstance(error, InsufficientStock)


def rule_problem(error: DomainError) -> Problem:
    """What the rules of the warehouse say, as an exception of EPCIS."""
    said = domain_problem(error)
    return EpcisProblem(400, "ValidationException", said.detail, reason=said.slug, **said.extra)


def _numbers(work: Capturing, ids: Sequence[Any]) -> dict[Any, int]:
    query = "SELECT id, number FROM warehouse.movement WHERE party_id = %s AND id = ANY(%s)"
    return dict(driver(work.connection).execute(query, [work.party_id, list(ids)]).fetchall()) if ids else {}


def _logged(work: Capturing, events: Sequence[Wanted], outcome: Outcome) -> list[Kept]:
    """Sign and submit what is evidence; the party is locked as for movements, so that its key stays the newest."""
    if not events:
        return []
    raw = driver(work.connection)
    party = Party(*raw.execute(queries.PARTIES_THAT_SIGN, [[work.caller.party]]).fetchone())  # type: ignore[misc]
    signer = dict(signers_of(raw, work.scribe.keyring, [party])).get(party.id)
    if signer is None:
        for each in events:
            outcome.refuse(each, rule_problem(KeyIsElsewhere(party.code)))
        return []
    at = int(work.scribe.now().timestamp() * 1000)
    issuer = Issuer(signer, party, work.scribe.host, work.scribe.origin, at, work.scribe.random)
    known_ones = histories(work.connection, party.id, {each.event_id for each in events})
    made = []
    for each in events:
        entered = known_ones.setdefault(each.event_id, UUID(bytes=work.scribe.random(16), version=4))
        made.append(sign_evidence(issuer, each, entered))
    _entered(work, issuer, made)
    return [Kept(each.wanted, each.statement.statement_hash, history=each.history, salt=each.salt) for each in made]


def _entered(work: Capturing, issuer: Issuer, made: Sequence[Evidence]) -> None:
    keep_statements(
        driver(work.connection),
        [statement_row(each.statement, issuer.party.id, each.id, MOVEMENT) for each in made],
        [disclosure_row(each.statement) for each in made],
    )  # fmt: skip
    uris = [history_uri(issuer.host, issuer.party.code, each.history) for each in made]
    subjects = [uri.subject(uri.LOT, issuer.origin, each) for each in uris]
    submit(work.connection, [Submission(MOVEMENT, subject, each.statement.statement_hash, issuer.at)
                             for each, subject in zip(made, subjects, strict=True)])  # fmt: skip


def _no_longer_due(work: Capturing, kept: Sequence[Kept]) -> None:
    numbers = [each.movement for each in kept if each.movement is not None]
    if numbers:
        driver(work.connection).execute("DELETE FROM warehouse.epcis_due WHERE movement = ANY(%s)", [numbers])


def shown(problem: Problem, position: int) -> dict[str, Any]:
    """A problem of one event, as a job tells it; events count from 0, in the order of the document."""
    return {**epcis_document(problem.document()), "event": position}


