"""A round on its way into PostgreSQL while it is still being made: the server stores on one core, we hash on another.

No thread is needed for that: what is copied in waits in the socket, and the map's growth stops now and then to fill it.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

from anchoring.chaining import Chained
from anchoring.copying import driver, streaming_in
from anchoring.entries import ENTRIES, packed_entries
from anchoring.lotmap import Growth
from anchoring.mappages import PAGES, packed_pages


def store(connection: Connection, chained: Iterable[Chained], growth: Growth) -> None:
    """Store entries and the pages of a growth, which is begun and carried through meanwhile."""
    raw, steps, stored = driver(connection), growth.steps(), 0
    with streaming_in(raw, ENTRIES) as stream:
        stream.write(packed_entries(chained))
        for _ in steps:
            if not stream.push():
                break
    with streaming_in(raw, PAGES) as stream:
        for _ in steps:
            stream.write(packed_pages(growth.written[stored:]))
            stored = len(growth.written)
        stream.write(packed_pages(growth.written[stored:]))
