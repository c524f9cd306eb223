"""From one party to another, and from one site of a party to another."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from service.domain.commands.parts import AnswerLine, Command, ItemMatch, Line


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer(Command):
    """First half of a handoff; its id is the id of this movement. After `expires_at` it cannot be accepted."""

    type = "offer"
    from_: str
    to_party: str
    lines: tuple[Line, ...]
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Accept(Command):
    """All of an offer, or with `lines` as much of the lines named as they say."""

    type = "accept"
    handoff: UUID
    to: str
    items: tuple[ItemMatch, ...] = ()
    lines: tuple[AnswerLine, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Refuse(Command):
    """`reason` is required; the goods go back to the place they were offered from, on hold."""

    type = "refuse"
    handoff: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdraw(Command):
    """The sender takes an offer back that nobody has answered; the goods are again where they were."""

    type = "withdraw"
    handoff: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Send(Command):
    """First half of a transfer to another site of the same party; held and expired goods may travel too."""

    type = "send"
    from_: str
    to_site: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrive(Command):
    """Second half of a transfer. With `lines`, what they do not account for is missing."""

    type = "arrive"
    transfer: UUID
    to: str
    lines: tuple[AnswerLine, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Settle(Command):
    """The sender closes what was missing of one line: found again, then `to` says where it lies on hold, or lost.

    `approved_by` is who stands for it; `reason` is required.
    """

    type = "settle"
    handoff: UUID
    line: int
    approved_by: str
    to: str | None = None
