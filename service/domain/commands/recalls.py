"""Recalls: a lot and all that was made of it."""

from dataclasses import dataclass

from service.domain.commands.parts import Command


@dataclass(frozen=True, slots=True, kw_only=True)
class Recall(Command):
    """The lot and its descendants in this party are recalled and all their available stock is held.

    `reason` is required. One movement takes up to `rules.recalls.MOST_LOTS` lots, the oldest first; asked again, the
    next ones.
    """

    type = "recall"
    item: str
    lot: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lift(Command):
    """The recall of a lot and of its descendants is over; stock stays on hold until it is released.

    Of more lots than one movement takes, the youngest first; asked again, the next ones and at last the lot itself.
    """

    type = "lift"
    item: str
    lot: str
    approved_by: tuple[str, ...]
