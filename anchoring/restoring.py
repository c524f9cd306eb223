"""What bringing a log back takes, for the service: sources, the work, and the list of what is closed since."""

from __future__ import annotations

from sqlalchemy import Connection

from anchoring import deployments
from anchoring.alarms import Halt, raise_alarm
from anchoring.bringback import Account, bring_back
from anchoring.heads import anchored_states
from anchoring.held import Held, Milestone
from anchoring.lastsigned import LastSigned
from anchoring.look import Behind, CodeMissing, OtherChain
from anchoring.mirror import Disagrees
from anchoring.rpc import Rpc
from anchoring.signer import LogSigner
from anchoring.unaccounted import Unaccounted, closed, settle, unaccounted

__all__ = [
    "Account",
    "Halt",
    "Held",
    "LastSigned",
    "LogSigner",
    "Milestone",
    "NotAsked",
    "Unaccounted",
    "add_chain",
    "bring_back",
    "closed",
    "held",
    "raise_alarm",
    "settle",
    "unaccounted",
]


class NotAsked(Exception):
    """The contract could not be asked, or its answer is not to be relied on; the text says why."""


def held(signer: LogSigner, file: LastSigned | None) -> Held:
    """Sources to be filled, with the note that was signed last as far as a file tells it."""
    made = Held(signer)
    kept = None if file is None else file.read()
    if file is not None and kept is not None:
        made.take_note(kept.note, str(file.path))
    return made


def add_chain(conn: Connection, sources: Held, url: str, finality: str | int) -> bool:
    """Add what the contract of this log holds; False if this database knows of none. Raises NotAsked, Away, Halt."""
    known = deployments.current(conn)
    if known is None:
        return False
    try:
        sources.milestones += anchored_states(Rpc(url), known, finality)
    except (OtherChain, Behind, CodeMissing, Disagrees) as fault:
        raise NotAsked(str(fault)) from fault
    return True
