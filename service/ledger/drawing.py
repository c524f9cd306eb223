"""Numbers and ids out of a sequence: each is given once, or again to the request that comes back signed."""

from typing import Any

from psycopg import Connection as Driver

from service.keys.hand import hand_at_work


def draw(raw: Driver[Any], query: str, count: int) -> list[int]:
    """`count` numbers of the sequence that `query` asks."""
    hand = hand_at_work()
    return _drawn(raw, query, count) if hand is None else hand.draw(lambda: _drawn(raw, query, count))


def _drawn(raw: Driver[Any], query: str, count: int) -> list[int]:
    return [number for number, in raw.execute(query, [count])]
