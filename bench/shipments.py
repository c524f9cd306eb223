"""A packer's year, recorded by the real writer: lots are packed and shipped, with documents, cards and product data."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from uuid import uuid4

from sqlalchemy import Engine

from bench.genealogy import ORIGIN
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
from service.people.changes import Author
from service.records import cards, products

CALL, CUSTOMERS, SHIPMENTS = 1_000, 200, 9


def shipments(engine: Engine, events: int) -> int:
    """How many were recorded, each of one lot; none may be refused."""
    scribe = Scribe(ORIGIN, Keyring(bytes(range(32))), lambda: datetime.now(UTC), os.urandom)
    _furnish(engine, scribe)
    count, story = 0, _story(events)
    while call := list(islice(story, CALL)):
        with engine.begin() as connection:
            requests = [MovementRequest("packer", "bench", uuid4(), command) for command in call]
            outcomes = record_movements(connection, scribe, requests)
        refused = [outcome for outcome in outcomes if not isinstance(outcome, Recorded)]
        assert not refused, f"expected every movement to be recorded, got {refused[0]}"
        count += len(outcomes)
    return count


def _furnish(engine: Engine, scribe: Scribe) -> None:
    where = {"phone": "+1 831 555 0100", "street": "1 Field Way", "city": "Salinas", "region": "CA",
             "postal_code": "93901", "country": "US"}  # fmt: skip
    with engine.begin() as connection:
        create_party(connection, scribe, "packer", "Packer Ltd")
        create_item(connection, "packer", NewItem(code="ROMA", name="Romaine", gtin="09506000134352", unit="CS"))
        create_site(connection, "packer", "S", "Site", "America/Los_Angeles")
        create_location(connection, "packer", "S", "A", kind="storage")
        who = Author(1, "bench", scribe.now(), "bench")
        products.change(connection, who, "ROMA", {"regimes": ["fsma"], "brand": "Green", "commodity": "Lettuce",
                                                  "pack_size": "24 heads", "pack_style": "carton"})  # fmt: skip
        for kind, code in (("party", "packer"), ("site", "S")):
            cards.put(connection, who, kind, code, {"name": "Packer Ltd", **where})  # type: ignore[arg-type]
        for at in range(CUSTOMERS):
            cards.put(connection, who, "partner", f"Market {at}", {"name": f"Market {at} Inc", **where})


def _story(events: int) -> Iterator[c.Command]:
    for at in range(events):
        lot, shipment = divmod(at, SHIPMENTS + 1)
        paper = (c.Document("desadv", f"D-{at}"),)
        if shipment == 0:
            yield c.Register(to="S/A", lines=(c.NewLotLine("ROMA", f"L{lot}", "1000"),), documents=paper)
        else:
            lines = (c.Line("ROMA", f"L{lot}", "10"),)
            yield c.Ship(from_="S/A", customer=f"Market {at % CUSTOMERS}", lines=lines, documents=paper)
