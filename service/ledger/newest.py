"""Nothing enters a lot's history with a time before the entry that is there."""

from collections.abc import Iterable

from sqlalchemy import Connection

from anchoring import last_recorded
from service.domain.key_errors import Overtaken
from service.keys.hand import hand_at_work
from service.ledger.durably import Late
from verifier import uri


def check_newest(connection: Connection, origin: str, lots: Iterable[str], at: int) -> None:
    """What is signed by a party's own hand was shown before the locks were taken: nothing of its lots may be newer."""
    hand = hand_at_work()
    if hand is None:
        return
    if last_recorded(connection, {uri.subject(uri.LOT, origin, lot) for lot in lots}) > at:
        raise Overtaken if hand.clock is None else Late
