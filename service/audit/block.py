"""The movements of the warehouse in blocks, each with its statement and what the log has of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import orjson
from sqlalchemy import BigInteger, Connection, Row, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA

SIZE = 1_000
LAST = 2**63 - 1

_MOVEMENTS = text("""
    SELECT m.number, m.party_id, m.id::text AS id, m.type, m.actor, m.recorded_at, m.statement_hash, m.content_hash,
        m.journal, m.lots, sha256(convert_to(m.content, 'UTF8')) AS content_hashed, m.parts,
        CASE WHEN m.parts IS NOT NULL THEN m.content END AS content,
        s.party_id AS statement_party, s.id::text AS statement_id, s.kind, s.jwt,
        sha256(convert_to(s.jwt, 'UTF8')) AS jwt_hashed, d.disclosures
    FROM warehouse.movement m LEFT JOIN warehouse.statement s USING (statement_hash)
    LEFT JOIN warehouse.disclosure d USING (statement_hash)
    WHERE m.number > :after AND m.number <= :last ORDER BY m.number LIMIT :size
""")
_ENTERED = text("""
    SELECT statement_hash, min(index) AS index, array_agg(subject ORDER BY index) AS subjects,
        min(recorded_at) AS recorded_at, max(recorded_at) AS latest, min(kind) AS kind, max(kind) AS other
    FROM ledger.entry WHERE statement_hash = ANY(:hashes) GROUP BY statement_hash
""").bindparams(bindparam("hashes", type_=ARRAY(BYTEA)))
_WAITING = text("""
    SELECT id, kind, statement_hash, recorded_at, subjects FROM ledger.submission WHERE statement_hash = ANY(:hashes)
""").bindparams(bindparam("hashes", type_=ARRAY(BYTEA)))

ERASED = """
    SELECT e.*, s.jwt, s.id::text AS notice_id, s.party_id AS notice_party, s.kind AS notice_kind,
        sha256(convert_to(s.jwt, 'UTF8')) AS jwt_hashed, d.disclosures AS notice_disclosures,
        (SELECT array_agg(n.subject ORDER BY n.index) FROM ledger.entry n
            WHERE n.statement_hash = e.notice AND n.kind = 3) AS entered,
        (SELECT q.subjects FROM ledger.submission q WHERE q.statement_hash = e.notice AND q.kind = 3) AS waiting,
        ARRAY(SELECT a.person FROM warehouse.erasure_approval a
            WHERE a.erasure = e.number AND a.decision = 'approve') AS approvers
    FROM warehouse.erasure e LEFT JOIN warehouse.statement s ON s.statement_hash = e.notice
    LEFT JOIN warehouse.disclosure d ON d.statement_hash = e.notice
    WHERE e.state = 'erased' AND {} ORDER BY e.number
"""
"""Erasures with their notices, those of which something more is true."""
_ERASED = text(ERASED.format("e.movement = ANY(:numbers)")).bindparams(bindparam("numbers", type_=ARRAY(BigInteger)))


@dataclass(frozen=True)
class Block:
    """Movements `after` < number <= `last`; no movement that is stored lies between two blocks."""

    connection: Connection
    after: int
    last: int
    movements: Sequence[Row[Any]]

    @cached_property
    def journals(self) -> dict[int, dict[str, Any]]:
        """By the number of the movement in whose row it stands; only those that can be read."""
        found = {}
        for row in self.movements:
            if row.journal is not None:
                try:
                    found[row.number] = orjson.loads(row.journal)
                except orjson.JSONDecodeError:
                    continue
        return found

    @cached_property
    def entries(self) -> dict[bytes, Row[Any]]:
        """What the log holds of their statements, by statement hash."""
        return {row.statement_hash: row for row in self.connection.execute(_ENTERED, {"hashes": self._hashes})}

    @cached_property
    def waiting(self) -> dict[bytes, list[Row[Any]]]:
        """What waits to be sequenced."""
        found: dict[bytes, list[Row[Any]]] = {}
        for row in self.connection.execute(_WAITING, {"hashes": self._hashes}):
            found.setdefault(row.statement_hash, []).append(row)
        return found

    @cached_property
    def erasures(self) -> dict[int, list[Row[Any]]]:
        """What was erased of them, each with its notice, by the number of the movement."""
        found: dict[int, list[Row[Any]]] = {}
        numbers = [row.number for row in self.movements]
        for row in self.connection.execute(_ERASED, {"numbers": numbers}) if numbers else ():
            found.setdefault(row.movement, []).append(row)
        return found

    def parts(self, row: Row[Any]) -> dict[str, Any]:
        """The erasable parts of a movement's request; none where they cannot be read."""
        try:
            return dict(orjson.loads(row.parts or "{}"))
        except (orjson.JSONDecodeError, TypeError, ValueError):
            return {}

    def hash_of(self, number: int) -> bytes:
        return bytes(self._hash_of.get(number, b""))

    def index(self, number: int) -> int | None:
        """The first log index of a movement."""
        entry = self.entries.get(self._hash_of.get(number, b""))
        return None if entry is None else int(entry.index)

    def rows(self, query: str, **more: object) -> Sequence[Row[Any]]:
        """What a query says of the numbers of this block: `:after` < number <= `:last`."""
        return self.connection.execute(text(query), {"after": self.after, "last": self.last, **more}).all()

    def by_id(self, query: str, ids: Sequence[int]) -> Sequence[Row[Any]]:
        """What a query says of these ids (`:ids`)."""
        bound = text(query).bindparams(bindparam("ids", type_=ARRAY(BigInteger)))
        return self.connection.execute(bound, {"ids": list(ids)}).all()

    @cached_property
    def _hashes(self) -> list[bytes]:
        return [row.statement_hash for row in self.movements]

    @cached_property
    def _hash_of(self) -> dict[int, bytes]:
        return {row.number: row.statement_hash for row in self.movements}


def blocks(connection: Connection, after: int = -LAST, last: int = LAST) -> Iterator[Block]:
    """All movements, and behind the newest one a block without any: rows that name no movement lie in one of them."""
    while rows := connection.execute(_MOVEMENTS, {"after": after, "last": last, "size": SIZE}).all():
        yield Block(connection, after, rows[-1].number, rows)
        after = rows[-1].number
    yield Block(connection, after, last, [])
