"""A place for each event that was committed, in one order for all who are told of events.

One process at a time gives places (an advisory lock), to events that it sees, which are committed: whoever has read to
a place will never find another event before it. Crash before the commit: nothing was placed. The name of an event is
placed once; an event that was read anew after an erasure keeps its place.
"""

import logging
from threading import Event

from sqlalchemy import Connection, Engine, text

from service.epcis.movements import read_due
from service.webhooks.working import work

AT_ONCE = 5000
IDLE_SECONDS = 0.5
MOVEMENTS = 200  # of a party, read as events in one go: it goes on beside all else that the machine does

log = logging.getLogger(__name__)


class Placer:
    """Gives places and does nothing else: for who reads streams of a service that sends nothing by itself."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def run(self, stop: Event) -> None:
        work(stop, lambda: go_on(self._engine), IDLE_SECONDS, log, "events got no places for a fault of ours")


def go_on(engine: Engine) -> bool:
    """Read what is due as events, and give them places; whether there may be more."""
    catch_up(engine)
    with engine.begin() as connection:
        return place_arrivals(connection) == AT_ONCE


def catch_up(engine: Engine) -> None:
    """Read some of the movements that nobody has read as events yet: others wait to be told of them."""
    with engine.connect() as connection:
        parties = connection.scalars(_DUE).all()
    for party in parties:
        with engine.begin() as connection:
            read_due(connection, party, MOVEMENTS)


def place_arrivals(connection: Connection) -> int:
    """How many were waiting, at most AT_ONCE. In the caller's transaction."""
    connection.execute(_LOCK)
    return connection.execute(_PLACE, {"most": AT_ONCE}).scalar_one()


def last_place(connection: Connection) -> int:
    return connection.execute(_LAST).scalar_one()


_DUE = text("SELECT DISTINCT party_id FROM warehouse.epcis_due ORDER BY party_id LIMIT 50")
_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('lotproof/epcis-arrival', 0))")
_LAST = text("SELECT coalesce(max(place), 0) FROM warehouse.epcis_arrival")
_PLACE = text("""
    WITH taken AS (
        DELETE FROM warehouse.epcis_arriving WHERE event IN (
            SELECT event FROM warehouse.epcis_arriving ORDER BY event LIMIT :most)
        RETURNING event
    ), placed AS (
        INSERT INTO warehouse.epcis_arrival (place, party_id, event_id, declares_error)
        SELECT (SELECT coalesce(max(place), 0) FROM warehouse.epcis_arrival) + row_number() OVER (ORDER BY e.number),
            e.party_id, e.event_id, e.declares_error
        FROM taken t JOIN warehouse.epcis_event e ON e.number = t.event
        ON CONFLICT (party_id, event_id, declares_error) DO NOTHING
    )
    SELECT count(*) FROM taken
""")
