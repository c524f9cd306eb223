"""A recall from beginning to end, and its end: as many movements as the family of the lot needs, in one transaction."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

import orjson

from service.domain.commands import Document, Lift, Recall
from service.domain.decision import MOST_LOTS
from service.domain.errors import BadText, RecallState
from service.domain.identifiers import check_text
from service.domain.quantities import format_quantity
from service.domain.signing import MEANT, as_shown, check_shown, standing_approvals
from service.domain.states import IdTaken
from service.ledger.desk import Desk, hash_of
from service.ledger.requests import Recorded
from service.ledger.signatures import Of, sheet_named, sign, signatures_of

LIFTERS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRecall:
    """`class_`: I, II or III, as health authorities grade the danger. A drill is no recall and is refused here."""

    id: UUID
    item: str
    lot: str
    reason: str
    class_: str
    by: str
    drill: bool = False


def call(desk: Desk, asked: NewRecall) -> bool:
    """Whether it is new. The whole family is flagged and held, or nothing is."""
    if asked.drill:
        raise BadText("drill", "false: a drill traces and reports, and holds nothing", "true")
    check_text("person", asked.by)
    hashed, began = hash_of(asked), desk.now
    known = desk.ask("SELECT content_hash FROM warehouse.recall WHERE party_id = :party AND id = :id",
                     party=desk.party_id, id=asked.id)
    if known:
        if known[0].content_hash != hashed:
            raise IdTaken("recall", str(asked.id), known[0].content_hash.hex(), hashed.hex())
        return False
    lot = desk.lot(asked.item, asked.lot)
    recorded = list(_parts(desk, asked))
    movements = desk.numbers(recorded)
    held = desk.ask(_HELD, movements=movements)
    places = desk.ask("SELECT count(DISTINCT place) AS n FROM warehouse.leg WHERE movement = ANY(:movements)"
                      " AND place > 0", movements=movements)[0].n
    desk.change(_INSERT, party=desk.party_id, id=asked.id, lot=lot, reason=asked.reason, by=asked.by, at=began,
                took=desk.now - began, movements=movements, lots=sum(len(each.lots) for each in recorded),
                places=places, held=orjson.dumps([_quantity(row) for row in held]).decode(), hash=hashed,
                **{"class": asked.class_})
    return True


def _parts(desk: Desk, asked: NewRecall) -> Iterator[Recorded]:
    """A movement takes so many lots and no more; the last one takes fewer."""
    command = Recall(item=asked.item, lot=asked.lot, reason=asked.reason)
    part = 0
    while True:
        try:
            recorded, = desk.record([(uuid5(asked.id, str(part)), command)])
        except RecallState:
            if not part:
                raise
            return
        yield recorded
        part += 1
        if len(recorded.lots) < MOST_LOTS:
            return


def find_recall(desk: Desk, id: UUID) -> Any:
    """The party's recall, locked, or None."""
    found = desk.ask(_FIND, party=desk.party_id, id=id)
    return found[0] if found else None


@dataclass(frozen=True, slots=True, kw_only=True)
class LiftApproval:
    """`decision`: approve or reject; `words` of the first who approves become the reason; `shown` is the hash of what
    was on the screen."""

    person: str
    decision: str
    words: str
    shown: str


def approve_lift(desk: Desk, recall: Any, said: LiftApproval) -> None:
    """The second signature, by another person, ends the recall; a rejection makes those before it void. The same said
    again changes nothing. Raises ShownOther, RecallState."""
    of = Of("recall", str(recall.id))
    before = signatures_of(desk.connection, desk.party_id, of)
    standing = standing_approvals(before)
    if said.decision == "approve" and said.person in {each.person for each in standing}:
        return
    if before and (before[-1].person, before[-1].meaning) == (said.person, MEANT[said.decision]):
        return
    if recall.lifted_at is not None:
        raise RecallState(str(recall.id), "a recall in force", "one that was lifted")
    check_shown("recall", record_of(recall), said.shown)
    made = sign(desk, of, said.person, MEANT[said.decision], said.shown, said.words)
    standing = standing_approvals([*standing, made])
    if len(standing) >= LIFTERS:
        people = tuple(sorted({each.person for each in standing}))
        lift(desk, recall, standing[0].words or "", people, (sheet_named([*before, made]),))


def record_of(recall: Any) -> bytes:
    """What is on the screen of who approves its end."""
    return as_shown({"recall": recall.id, "lot": recall.uri, "class": recall.grade, "reason": recall.reason,
                     "by": recall.started_by, "at": recall.started_at, "lots": recall.lots,
                     "held": recall.held})  # fmt: skip


def lift(desk: Desk, recall: Any, reason: str, approved_by: tuple[str, ...],
         documents: tuple[Document, ...] = ()) -> None:
    """The flags of this recall go; stock stays on hold. Lots that another recall stopped stay recalled."""
    if recall.lifted_at is not None:
        return
    movements: list[int] = []
    while True:
        lots = desk.ask(_STILL_RECALLED, movements=recall.movements, party=desk.party_id)
        if not lots:
            break
        command = Lift(item=lots[0].item, lot=lots[0].lot, reason=reason, approved_by=approved_by,
                       documents=documents)
        movements += desk.numbers(desk.record([(uuid5(recall.id, f"lift/{len(movements)}"), command)]))
    if not movements:
        raise RecallState(str(recall.id), "a recall in force, of lots not made of other recalled lots", "none such")
    desk.change("UPDATE warehouse.recall SET lifted_at = :at, lifted_by = :by, lift_movements = :movements"
                " WHERE number = :number", at=desk.now, by=list(approved_by), movements=movements,
                number=recall.number)


def _quantity(row: Any) -> dict[str, str]:
    return {"item": row.item, "quantity": format_quantity(int(row.units), row.decimals), "unit": row.unit}


_FIND = """
    SELECT r.*, r.class AS grade, l.uri FROM warehouse.recall r JOIN warehouse.lot l ON l.id = r.lot_id
    WHERE r.party_id = :party AND r.id = :id FOR NO KEY UPDATE OF r
"""
_HELD = """
    SELECT i.code AS item, i.decimals, i.unit, sum(g.units) AS units FROM warehouse.leg g
    JOIN warehouse.lot l ON l.id = g.lot_id JOIN warehouse.item i ON i.id = l.item_id
    WHERE g.movement = ANY(:movements) AND g.status = 'hold' AND g.units > 0 GROUP BY i.id ORDER BY i.code
"""
_INSERT = """
    INSERT INTO warehouse.recall (party_id, id, lot_id, class, reason, started_by, started_at, took_ms, movements,
        lots, places, held, content_hash)
    VALUES (:party, :id, :lot, :class, :reason, :by, :at, :took, :movements, :lots, :places, CAST(:held AS jsonb),
        :hash)
"""

# The oldest lot that this recall still stops and that is made of no other recalled lot: it can be lifted.
_STILL_RECALLED = """
    SELECT i.code AS item, l.number AS lot FROM warehouse.lot l JOIN warehouse.item i ON i.id = l.item_id
    WHERE l.party_id = :party AND l.recall = ANY(:movements) AND NOT EXISTS (
        SELECT FROM warehouse.lot_descent d JOIN warehouse.lot p ON p.id = d.parent_id
        WHERE d.child_id = l.id AND p.recall IS NOT NULL)
    ORDER BY l.id LIMIT 1
"""
