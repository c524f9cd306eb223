"""The rules as the ledger runs them, without a ledger: once for each id, with all that was made of what at hand.

What the ledger loads for a recall (families, and which recall is in force for whom) is here worked out from every
decision so far, in the plainest way.
"""

from collections import defaultdict
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from service.domain import commands as c
from service.domain.book import JUST_RECALLED
from service.domain.decision import Decision
from service.domain.errors import DomainError
from service.domain.rules import decide
from tests.service.domain.apt import Offered, apt, meant
from tests.service.domain.books import make_book


class Pure:
    """`ask` says `recorded` or the slug of the refusal, like the ledger; `last` is the decision if it was a new one."""

    def __init__(self) -> None:
        self.book = make_book()
        self.done: dict[tuple[str, UUID], c.Command] = {}
        self.offered: list[Offered] = []
        self.parents: dict[int, set[int]] = defaultdict(set)
        self.last: Decision | None = None

    def fitting(self, party: str, command: c.Command, hint: int) -> tuple[str, c.Command]:
        """The command as it is asked here and now, and by whom."""
        party, command = meant(self.book, party, command, self.offered)
        return party, apt(self.book, party, command, hint)

    def wait(self, hours: int) -> None:
        self.book.now += timedelta(hours=hours)

    def ask(self, party: str, id: UUID, command: c.Command) -> str:
        self.last = None
        if (party, id) in self.done:
            return "recorded" if self.done[party, id] == command else "movement-id-taken"
        before = dict(self.book.stock), dict(self.book.lots_by_id), dict(self.book.handoffs)
        self._at_hand()
        try:
            decision = decide(self.book, self.book.party(party), id, command)
        except DomainError as error:
            assert (self.book.stock, self.book.lots_by_id, self.book.handoffs) == before
            return error.slug
        self.last = decision
        self._post(party, id, command, decision)
        return "recorded"

    def _post(self, party: str, id: UUID, command: c.Command, decision: Decision) -> None:
        self.book.post(decision)
        self.done[party, id] = command
        for lot in list(self.book.lots_by_id.values()):
            if lot.recall == JUST_RECALLED:
                self.book.add_lot(replace(lot, recall=len(self.done)))
        for child, parent, _ in decision.descents:
            self.parents[child.id].add(parent.id)
        if isinstance(command, c.Offer | c.Send):
            self.offered.append(Offered(id, party, command.to_party if isinstance(command, c.Offer) else party))

    def _at_hand(self) -> None:
        lots = self.book.lots_by_id
        self.book.parents = {child: {parent: lots[parent].recall for parent in parents}
                             for child, parents in self.parents.items()}
        self.book.descendants = {lot: tuple(self.family(lot)) for lot in lots}

    def family(self, root: int) -> set[int]:
        """The lot and whatever was made of it; children are younger, so one pass finds them all."""
        found = {root}
        for child in sorted(self.parents):
            if self.parents[child] & found:
                found.add(child)
        return found
