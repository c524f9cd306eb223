"""One recovery: sources are read, the log is brought back as far as they carry it, in one transaction or not at all."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Connection, Engine

import anchoring
from anchoring import restoring
from service.recovering import claims, statements
from service.recovering.files import Found, read_folder
from service.recovering.mirrors import opened, read_mirror
from service.settings import Settings


@dataclass(frozen=True, slots=True)
class Sources:
    """Folders with partners' files, mirrors (folders or addresses, `token` for their bundles), and how far to trust."""

    mirrors: Sequence[str] = ()
    proofs: Sequence[Path] = ()
    token: str | None = None
    chain: bool = True
    trust_anchors: bool = False

    @property
    def told(self) -> str:
        """For the record."""
        named = (*self.mirrors, *map(str, self.proofs), *(["the contract"] if self.chain else []), "the queue")
        return f"lotproof recover, from {', '.join(named)}"


@dataclass(slots=True)
class Outcome:
    """`account` says what came of the log; `statements`: how many came back or show more; `remarks`: what was odd."""

    account: restoring.Account
    statements: int
    seconds: float
    remarks: list[str] = field(default_factory=list)


def recover(engine: Engine, settings: Settings, sources: Sources, *, dry_run: bool) -> Outcome:
    """Bring back what `sources` hold; with `dry_run` all of it is done and undone.

    Raises anchoring's NotAsked and Away if the contract cannot be asked, Halt on a fork, LedgerBroken.
    """
    begun = time.monotonic()
    with engine.connect() as connection:
        outcome = _recover(connection, settings, sources, begun)
        if dry_run:
            connection.rollback()
        else:
            connection.commit()
    return outcome


def _recover(connection: Connection, settings: Settings, sources: Sources, begun: float) -> Outcome:
    held, found = _held(connection, settings, sources)
    now = time.time_ns() // 1_000_000
    account = restoring.bring_back(connection, held, sources.told, now, trust_anchors=sources.trust_anchors)
    missing = restoring.unaccounted(connection)
    kept, faults = statements.keep(connection, settings.origin, missing, found.statements)
    return Outcome(account, kept, time.monotonic() - begun, [*found.remarks, *held.remarks, *faults])


def _held(connection: Connection, settings: Settings, sources: Sources) -> tuple[restoring.Held, Found]:
    """Everything that anybody has; mirrors last, so that they are asked for all that is known to have been."""
    assert settings.log_key is not None
    signer = restoring.LogSigner(settings.origin, settings.log_key, settings.log_key_before)
    file = restoring.LastSigned(Path(settings.lastsigned_dir), signer) if settings.lastsigned_dir else None
    held, found = restoring.held(signer, file), Found()
    if file is not None:
        file.close()
    if sources.chain:
        restoring.add_chain(connection, held, settings.rpc_urls[0], settings.finality)
    for folder in sources.proofs:
        read_folder(folder, found)
    claims.take(held, found.claims)
    known = anchoring.status(connection).entries
    for place in sources.mirrors:
        end = max((each.size for each in held.milestones), default=known)
        read_mirror(held, opened(place, sources.token), place, known, end)
    return held, found
