"""The newest entries of subjects: asked of PostgreSQL, those of busy subjects remembered."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from sqlalchemy import Connection

from anchoring.chaining import Tip
from anchoring.entries import ask_tips
from verifier.hashing import Subject


class TipMemory:
    """Tips of subjects that were sequenced lately: between `limit` and twice as many.

    Two generations: when the younger is full, the older is forgotten. Only committed tips may be remembered.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._younger: dict[Subject, Tip] = {}
        self._older: dict[Subject, Tip] = {}

    def ask(self, connection: Connection, subjects: Collection[Subject]) -> Callable[[], dict[Subject, Tip]]:
        """Ask for the newest entry of each subject that has one; call for the answer."""
        known = {s: tip for s in subjects if (tip := self._younger.get(s) or self._older.get(s)) is not None}
        unknown = [subject for subject in subjects if subject not in known]
        if not unknown:
            return lambda: known
        asked = ask_tips(connection, unknown)
        return lambda: known | asked()

    def remember(self, tips: Mapping[Subject, Tip]) -> None:
        """Take the tips of a committed round into memory."""
        self._younger.update(tips)
        if len(self._younger) > self._limit:
            self._younger, self._older = {}, self._younger

    def clear(self) -> None:
        """Forget all: somebody else may have written."""
        self._younger, self._older = {}, {}
