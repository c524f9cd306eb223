"""Handing signed bytes to a node, and what its answer means.

Clients say the same things in different words; what is not in the table is ambiguous, and the next round finds out by
reading. No answer here ever decides whether a transaction happened: only the contract's state does.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from anchoring.rpc import Away, Refused, Rpc


class Push(Enum):
    """What the node did with the bytes, and the word for it in an intent's history."""

    TAKEN = "pushed"
    KNOWN = "known already"
    SPENT = "nonce spent"
    UNDERPRICED = "underpriced"
    NO_MONEY = "no money"
    UNCLEAR = "unclear"
    UNANSWERED = "unanswered"

    @property
    def step(self) -> str:
        if self in (Push.TAKEN, Push.KNOWN):
            return "pushed"
        return "unanswered" if self is Push.UNANSWERED else "refused"


# Parts of messages, lower case: geth, Anvil (alloy), Ganache, Nethermind, Besu, Erigon.
_WORDS = (
    ("already known", Push.KNOWN),
    ("already imported", Push.KNOWN),
    ("known transaction", Push.KNOWN),
    ("alreadyknown", Push.KNOWN),
    ("nonce too low", Push.SPENT),
    ("correct nonce", Push.SPENT),
    ("oldnonce", Push.SPENT),
    ("underpriced", Push.UNDERPRICED),
    ("less than block base fee", Push.UNDERPRICED),
    ("fee too low", Push.UNDERPRICED),
    ("feetoolow", Push.UNDERPRICED),
    ("insufficient funds", Push.NO_MONEY),
    ("enough funds", Push.NO_MONEY),
    ("upfront cost", Push.NO_MONEY),
    ("insufficient balance", Push.NO_MONEY),
)


@dataclass(frozen=True, slots=True)
class Said:
    """The node's answer. `away`: there was none, and it is unknown whether the bytes arrived."""

    outcome: Push
    words: str
    away: Away | None = None


def push(rpc: Rpc, raw: bytes) -> Said:
    """Send the bytes."""
    try:
        rpc.send(raw)
    except Refused as refused:
        return Said(classify(refused.message), refused.message)
    except Away as away:
        return Said(Push.UNANSWERED, away.why, away)
    return Said(Push.TAKEN, "")


def classify(message: str) -> Push:
    """What a refusal means."""
    lower = message.lower()
    return next((meaning for words, meaning in _WORDS if words in lower), Push.UNCLEAR)
