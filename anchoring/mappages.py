"""Pages of the lot map in PostgreSQL, and a bounded memory of those written last.

A page never changes under its id, so a remembered page is never stale. It may only be remembered once it is
committed: an aborted growth gives its ids back.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Iterable, Iterator, Mapping
from struct import pack

from sqlalchemy import Connection

from anchoring.copying import driver
from anchoring.errors import LedgerBroken
from anchoring.page import STORED, PageId, Place, checked

PAGES = "ledger.map_page (id, page)"
_OVERHEAD = 150  # of a remembered page, beside its bytes: its objects and its place in the dictionary


class PageMemory:
    """Pages by id, those written first forgotten first; `limit` in bytes.

    A page is read on the way to a change, so it is replaced soon: that it was read is no reason to keep it longer.
    """

    def __init__(self, limit: int) -> None:
        self._pages: OrderedDict[PageId, bytes] = OrderedDict()
        self._limit, self._size = limit, 0

    def get(self, page: PageId) -> bytes | None:
        """The page, if remembered."""
        return self._pages.get(page)

    def remember(self, pages: Iterable[tuple[PageId, bytes]]) -> None:
        """Take committed pages into memory."""
        for page, raw in pages:
            if page not in self._pages:
                self._pages[page] = raw
                self._size += len(raw) + _OVERHEAD
        while self._size > self._limit:
            self._size -= len(self._pages.popitem(last=False)[1]) + _OVERHEAD

    def forget(self, pages: Iterable[PageId]) -> None:
        """Let go of pages that newer ones have replaced."""
        for page in pages:
            raw = self._pages.pop(page, None)
            if raw is not None:
                self._size -= len(raw) + _OVERHEAD


class StoredPages:
    """Reads pages through a memory and checks those that are new to it; itself the `Load` that the lot map asks for."""

    def __init__(self, connection: Connection, memory: PageMemory) -> None:
        self._connection, self._memory = connection, memory
        self.loaded: dict[PageId, bytes] = {}

    def __call__(self, places: Collection[Place]) -> Mapping[PageId, bytes]:
        found = {place.page: raw for place in places if (raw := self._memory.get(place.page)) is not None}
        missing = [place for place in places if place.page not in found]
        if missing:
            found.update(_read(self._connection, [place.page for place in missing]))
        for place in missing:
            if place.page not in found:
                raise LedgerBroken(f"page {place.page} of the lot map", place.hash, None)
            found[place.page] = checked(place, found[place.page])
        self.loaded.update(found)
        return found


def packed_pages(pages: Iterable[tuple[PageId, bytes]]) -> Iterator[bytes]:
    """Rows for `PAGES`."""
    return (pack(">hiqi", 2, 8, page, len(raw) - STORED) + raw[STORED:] for page, raw in pages)


def _read(connection: Connection, pages: list[PageId]) -> list[tuple[PageId, bytes]]:
    with driver(connection).cursor(binary=True) as cursor:
        cursor.execute("SELECT id, page FROM ledger.map_page WHERE id = ANY(%b::bigint[])", (pages,))
        return [(PageId(page), raw) for page, raw in cursor]
