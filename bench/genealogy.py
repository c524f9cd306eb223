"""A genealogy recorded by the real writer, 1,000 movements a call.

One lot is split and split again (ten levels of threes, and one chain of 2,000 splits), and what comes of it is shipped,
offered and moved.
"""

import os
from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from uuid import uuid4

from sqlalchemy import Engine

from service.domain import commands as c
from service.keys.keyring import Keyring
from service.ledger import (
    MovementRequest,
    NewItem,
    Recorded,
    Scribe,
    create_item,
    create_location,
    create_party,
    create_site,
    record_movements,
)

CHAIN, CALL, WAYS = 2_000, 1_000, 3
ORIGIN = "log.example.com/lotproof"


def genealogy(engine: Engine, movements: int) -> int:
    """How many were recorded; none may be refused."""
    scribe = Scribe(ORIGIN, Keyring(bytes(range(32))), lambda: datetime.now(UTC), os.urandom)
    with engine.begin() as connection:
        for party in ("maker", "shop"):
            create_party(connection, scribe, party, party)
        create_item(connection, "maker", NewItem(code="PILL", name="Pill", gtin="09506000134352", unit="EA"))
        create_site(connection, "maker", "S", "Site", "Europe/Berlin")
        for code in ("A", "B"):
            create_location(connection, "maker", "S", code, kind="storage")
    count = 0
    story = _story(movements)
    while call := list(islice(story, CALL)):
        with engine.begin() as connection:
            requests = [MovementRequest("maker", "bench", uuid4(), command) for command in call]
            outcomes = record_movements(connection, scribe, requests)
        refused = [outcome for outcome in outcomes if not isinstance(outcome, Recorded)]
        assert not refused, f"expected every movement to be recorded, got {refused[0]}"
        count += len(outcomes)
    return count


def _story(movements: int) -> Iterator[c.Command]:
    yield c.Receive(to="S/A", supplier="Acme", lines=(c.NewLotLine("PILL", "R", str(10**14)),))
    lots, splits = deque([("R", 10**14)]), (movements - CHAIN) * 3 // 10
    for at in range(splits):
        parent, units = lots.popleft()
        children = [(f"L{at}-{way}", units // (WAYS + 1)) for way in range(WAYS)]
        outputs = tuple(c.Output(lot, str(has)) for lot, has in children)
        yield c.Split(at="S/A", item="PILL", lot=parent, outputs=outputs)
        lots.extend(children)
    chain, last = "R", 10**7
    for at in range(CHAIN):
        yield c.Split(at="S/A", item="PILL", lot=chain, outputs=(c.Output(f"C{at}", str(last - at)),))
        chain = f"C{at}"
    for at in range(movements - splits - CHAIN - 1):
        lot, _ = lots[at % len(lots)]
        lines = (c.Line("PILL", lot, "1"),)
        if at % 7 == 0:
            yield c.Offer(from_="S/A", to_party="shop", lines=lines)
        elif at % 7 == 1:
            yield c.Move(from_="S/A", to="S/B", lines=lines)
        else:
            yield c.Ship(from_="S/A", customer=f"Customer {at % 500}", lines=lines)
