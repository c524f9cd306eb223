"""Handoffs between parties and transfers between sites: what is offered, what became of it, what was missing."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import and_, exists, func, or_, select

from service.api.door import Door
from service.api.fields import Choice, Instant, Many, One, Quantity, Shape, Text, Uri, Uuid, Whole, WholeInQuery
from service.api.house import House
from service.api.rows import moment
from service.api.schemas import MANY, Nullable, text
from service.auth.keys import Caller
from service.domain.quantities import format_quantity
from service.models.tables import discrepancy, handoff, handoff_line, item, lot, movement, party, site

_SENDER, _RECEIVER = party.alias("sender"), party.alias("receiver")
_ANSWER = movement.alias("answer")
"""Of the two movements of a handoff a party sees its own; row-level security hides the other's."""


class HandoffLine(Shape):
    item = text(40)
    lot = text(20)
    uri = Uri(required=True)
    quantity = Quantity(required=True)
    unit = text(3)
    line = Whole(1, 100, required=True)
    status = Choice("available", "hold", required=True)
    refused = Nullable(Quantity(doc={"description": "Of an accepted line, what went back"}))
    missing = Nullable(Quantity(doc={"description": "What the answer did not find"}))
    outcome = Nullable(Text(10, doc={"description": "What became of it: open, found, lost"}))


class Handoff(Shape):
    id = Uuid(required=True)
    from_party = text(40)
    to_party = text(40)
    to_site = Nullable(Text(40, doc={"description": "Of a transfer between sites of one party"}))
    state = Choice("offered", "accepted", "refused", "withdrawn", required=True)
    offered_at = Nullable(Instant(doc={"description": "When the offer was recorded; may be null where another did"}))
    answered_at = Nullable(Instant(doc={"description": "When the answer was recorded; may be null where another did"}))
    expires_at = Nullable(Instant())
    lines = Many(One(HandoffLine), 1, 100, required=True)


class Handoffs(Shape):
    handoffs = Many(One(Handoff), 0, MANY, required=True)


class HandoffQuery(Shape):
    direction = Choice("incoming", "outgoing")
    kind = Choice("handoff", "transfer", doc={"description": "Between parties, or between your sites"})
    state = Choice("offered", "accepted", "refused", "withdrawn")
    disputed = Choice("open", "settled", doc={"description": "Only those in which something was missing"})
    limit = WholeInQuery(1, 1000, load_default=100)


def door(house: House) -> Door:
    handoffs = house.door("handoffs", "Goods between parties: offered, accepted, refused")

    @handoffs.operation("GET", "/handoffs", roles=("party",), query=HandoffQuery, answers={200: Handoffs})
    def list_handoffs(caller: Caller, query: dict[str, Any]) -> Any:
        """List handoffs and transfers, the newest first

        `?direction=incoming&state=offered` is what waits for your `accept` or `refuse`; `?disputed=open` is what was
        missing and waits for the sender's `settle`. Lines name the sender's items.
        """
        with house.engine.connect() as connection:
            found = connection.execute(_listed(caller, query)).all()
            lines = connection.execute(_lines([row.movement for row in found])).all()
        return {"handoffs": [_shown(row, lines) for row in found]}

    return handoffs


def _listed(caller: Caller, query: dict[str, Any]) -> Any:
    mine = {"incoming": handoff.c.receiver_id == caller.party_id, "outgoing": handoff.c.sender_id == caller.party_id}
    asked = [mine[query["direction"]]] if "direction" in query else list(mine.values())
    more = [handoff.c.state == query["state"]] if "state" in query else []
    if "kind" in query:
        more.append((handoff.c.sender_id == handoff.c.receiver_id) == (query["kind"] == "transfer"))
    if "disputed" in query:
        settled = discrepancy.c.settled.is_not(None) == (query["disputed"] == "settled")
        missing = discrepancy.c.units > 0
        more.append(exists().where(discrepancy.c.handoff == handoff.c.movement, missing, settled))
    return (
        select(
            handoff.c.movement,
            handoff.c.id,
            handoff.c.state,
            handoff.c.expires_at,
            movement.c.recorded_at,
            _ANSWER.c.recorded_at.label("answered_at"),
            site.c.code.label("to_site"),
            _SENDER.c.code.label("sender"),
            _RECEIVER.c.code.label("receiver"),
        )
        .outerjoin(movement, movement.c.number == handoff.c.movement)
        .outerjoin(_ANSWER, _ANSWER.c.number == handoff.c.answer)
        .join(_SENDER, _SENDER.c.id == handoff.c.sender_id)
        .join(_RECEIVER, _RECEIVER.c.id == handoff.c.receiver_id)
        .outerjoin(site, site.c.id == handoff.c.to_site_id)
        .where(and_(or_(*asked), *more))
        .order_by(handoff.c.movement.desc())
        .limit(query["limit"])
    )


def _lines(movements: Sequence[int]) -> Any:
    return (
        select(
            handoff_line.c.movement,
            handoff_line.c.line,
            handoff_line.c.status,
            func.nullif(discrepancy.c.units, 0).label("missing"),
            func.nullif(discrepancy.c.refused, 0).label("refused"),
            discrepancy.c.outcome,
            item.c.code,
            lot.c.number,
            lot.c.uri,
            handoff_line.c.units,
            item.c.unit,
            item.c.decimals,
        )
        .join(lot, lot.c.id == handoff_line.c.lot_id)
        .join(item, item.c.id == lot.c.item_id)
        .outerjoin(
            discrepancy,
            and_(discrepancy.c.handoff == handoff_line.c.movement, discrepancy.c.line == handoff_line.c.line),
        )
        .where(handoff_line.c.movement.in_(movements))
        .order_by(handoff_line.c.movement, handoff_line.c.line)
    )


def _shown(row: Any, lines: Sequence[Any]) -> dict[str, Any]:
    own = [
        {
            "item": line.code,
            "lot": line.number,
            "uri": line.uri,
            "quantity": format_quantity(line.units, line.decimals),
            "unit": line.unit,
            "line": line.line + 1,
            "status": line.status,
            "refused": None if line.refused is None else format_quantity(line.refused, line.decimals),
            "missing": None if line.missing is None else format_quantity(line.missing, line.decimals),
            "outcome": line.outcome or (None if line.missing is None else "open"),
        }
        for line in lines
        if line.movement == row.movement
    ]
    return {
        "id": row.id,
        "from_party": row.sender,
        "to_party": row.receiver,
        "to_site": row.to_site,
        "state": row.state,
        "offered_at": moment(row.recorded_at),
        "answered_at": moment(row.answered_at),
        "expires_at": moment(row.expires_at),
        "lines": own,
    }
