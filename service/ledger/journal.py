"""The journal of a movement: every row that it makes or changes, as one line of JSON, bound by its signed statement.

    {"salt": 22 characters, "number", "party", "id", "type", "actor", "at", "content": SHA-256 in hex,
     "parts":  {name: commitment} of the content's erasable parts (`service.ledger.commitments`),
     "legs":   [[lot, line, place, status, units], ...]        "places": [[id, URI, site, its code], ...]
     "lots":   [[every column of a new lot], ...]              "items":  [[id, code, GTIN, unit, decimals], ...]
     "descents", "pallet", "offer", "offered", "answer", "short", "settled", "recalled", "lifted", "still",
     "covers"}

What is empty is left out. The statement discloses `lotproof:journal`, the SHA-256 of these bytes, so the bytes are kept
(`warehouse.movement.journal`) and an audit compares every row with them: a row that was changed, added or taken away
afterwards contradicts what was signed when the movement was recorded (`service.audit`). The event alone says less: it
names places and goods as the world knows them, and not in which row they stand.

The salt keeps what a statement does not disclose from being guessed out of the hash. Ids are this database's own.
"""

from collections.abc import Callable, Iterable
from hashlib import sha256
from typing import Any
from uuid import UUID

import orjson

from service.domain.decision import Decision
from service.domain.things import Handoff, Location, Lot
from service.ledger.commitments import Commitments
from service.statements.sdjwt import b64url

SALT_BYTES = 16
PROPERTY = "lotproof:journal"


def journal_of(
    number: int, party_id: int, id: UUID, type: str, actor: str, at: int, content_hash: bytes, parts: Commitments,
    decision: Decision, random: Callable[[int], bytes],
) -> bytes:  # fmt: skip
    """The bytes to keep; `at` in milliseconds."""
    told = {
        "salt": b64url(random(SALT_BYTES)).decode(), "number": number, "party": party_id, "id": id, "type": type,
        "actor": actor, "at": at, "content": content_hash.hex(),
    } | ({"parts": parts} if parts else {})  # fmt: skip
    return orjson.dumps(told | {name: value for name, value in _rows(decision) if value})


def journal_hash(journal: bytes) -> str:
    """What the statement says of it."""
    return b64url(sha256(journal).digest()).decode()


def _rows(decision: Decision) -> Iterable[tuple[str, Any]]:
    yield "legs", [[a.lot_id, line, int(a.place), a.status, units] for line, (a, units) in enumerate(decision.legs)]
    yield "places", [[place.id, place.uri, place.site.id, place.site.code] for place in _grounds(decision)]
    if decision.new_lots:
        yield "lots", [_lot(lot) for lot in decision.new_lots]
        yield "items", _items(decision)
    yield "descents", [[child.id, parent.id, units] for child, parent, units in decision.descents]
    if decision.pallet is not None:
        yield "pallet", _pallet(decision.pallet, decision.new_pallet)
    if decision.handoff is not None:
        yield from _handoff(decision.handoff, decision)
    yield "recalled", [lot.id for lot in decision.recalled]
    yield "lifted", [lot.id for lot in decision.lifted]
    yield "still", [[lot.id, lot.recall] for lot in decision.still_recalled]
    yield "covers", [[case, lot_id, int(place), units] for case, lot_id, place, units in decision.covers]


def _grounds(decision: Decision) -> list[Location]:
    places = (place.ground for place in (decision.at, decision.to) if place is not None)
    return list({place.id: place for place in places}.values())


def _lot(lot: Lot) -> list[Any]:
    return [lot.id, lot.party_id, lot.item_id, lot.number, lot.uri, lot.production_date, lot.expiry_date,
            lot.retest_date, lot.manufacturer_lot, lot.supplier, lot.traceability_lot_code, lot.traceability_source,
            lot.recall]  # fmt: skip


def _items(decision: Decision) -> list[list[Any]]:
    known = {good.item.id: good.item for good in (*decision.goods, *decision.outputs)}
    new = dict.fromkeys(lot.item_id for lot in decision.new_lots)
    items = (known[id] for id in new if id in known)
    return [[item.id, item.code, item.gtin, item.unit, item.decimals] for item in items]


def _pallet(pallet: Location, new: bool) -> list[Any]:
    return [pallet.id, pallet.site.party_id, pallet.site.id, pallet.code, pallet.ground.id, new]


def _handoff(handoff: Handoff, decision: Decision) -> Iterable[tuple[str, Any]]:
    """A new offer with its lines, an answer with what it did not find, or what became of that."""
    about = [handoff.id, handoff.sender_id, handoff.receiver_id]
    if decision.settled is not None:
        yield "settled", [*about, decision.settled - 1, "lost" if decision.to is None else "found"]
    elif handoff.state == "offered":
        until = None if handoff.expires_at is None else int(handoff.expires_at.timestamp() * 1000)
        yield "offer", [*about, handoff.from_location_id, until, handoff.to_site_id]
        yield "offered", [[at, line.lot_id, line.units, line.status] for at, line in enumerate(handoff.lines)]
    else:
        yield "answer", [*about, handoff.state]
        yield "short", [[at, line.lot_id, line.missing, line.refused] for at, line in enumerate(handoff.lines)
                        if line.missing or line.refused]  # fmt: skip
