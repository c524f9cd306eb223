"""The policy with which a regulator begins: what this service claims of itself, to be compared with what came another
way.

A draft that is used unread proves only that the service agrees with itself; the file says so in its first lines.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from json import dumps
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection, select

import anchoring
from service.models.tables import party, party_key
from service.settings import Settings
from verifier.encoding import b64

MAX_AGE = 86_400

_HEADER = """\
# Draft of a verification policy, written by the very service that it judges.
# Compare every line with what you were given in another way (contract, letter, in person),
# and name nodes of your own under rpc. What you do not compare, you trust the service for.
"""


@dataclass(frozen=True, slots=True)
class Claims:
    """What the service says of its log, its contract and its parties. None: not known yet."""

    origin: str
    log_key: str | None  # base64
    chain_id: int | None
    genesis: str | None
    contract: str | None
    code_hash: str | None
    epoch: int
    rotations: int
    finality: str | int
    rpc: Sequence[str]
    sources: Sequence[str]
    parties: Mapping[str, Sequence[str]]  # party URI → thumbprints of its first keys


def claims(connection: Connection, settings: Settings) -> Claims:
    """What the database and the settings know. `rotations` is claimed as 0: whoever accepts another number must mean
    it.
    """
    known = anchoring.status(connection)
    deployed = known.deployment
    return Claims(
        origin=settings.origin,
        log_key=b64(settings.log_public_key) if settings.log_public_key else None,
        chain_id=deployed.chain_id if deployed else None,
        genesis=f"0x{deployed.genesis.hex()}" if deployed else None,
        contract=f"0x{deployed.contract.hex()}" if deployed else None,
        code_hash=f"0x{deployed.code_hash.hex()}" if deployed else None,
        epoch=known.anchor.epoch if known.anchor else 0,
        rotations=0,
        finality=settings.finality,
        rpc=[url for url in settings.rpc_urls if _tells_nothing(url)],
        sources=[f"{settings.public_url}/anchors"],
        parties=_first_keys(connection),
    )


def _tells_nothing(url: str) -> bool:
    """Whether an endpoint may be shown: many providers put the customer's key into path or query."""
    parts = urlsplit(url)
    return parts.path in ("", "/") and not parts.query and "@" not in parts.netloc


def _first_keys(connection: Connection) -> dict[str, list[str]]:
    asked = select(party.c.uri, party_key.c.kid).join(party_key, party_key.c.party_id == party.c.id)
    return {row.uri: [row.kid] for row in connection.execute(asked.where(party_key.c.sequence == 1))}


def draft(claims: Claims) -> str:
    """The policy as TOML; what is not known yet stands as a comment, so that an unfinished policy is refused."""
    lines = [
        _line("origin", claims.origin),
        _line("log_keys", [[claims.origin, claims.log_key]] if claims.log_key else None),
        _line("chain_id", claims.chain_id),
        _line("genesis", claims.genesis),
        _line("contract", claims.contract),
        _line("code_hash", claims.code_hash),
        _line("epoch", claims.epoch),
        _line("rotations", claims.rotations),
        _line("finality", claims.finality),
        _line("max_age", MAX_AGE),
        _line("max_clock_skew", 300),
        _line("max_anchor_delay", 3600),
        _line("rpc", list(claims.rpc)),
        _line("sources", list(claims.sources)),
        "",
        "[parties]  # the first key of each party, by RFC 7638 thumbprint",
        *(f"{dumps(party)} = {dumps(list(keys))}" for party, keys in sorted(claims.parties.items())),
    ]
    return _HEADER + "\n" + "\n".join(lines) + "\n"


def _line(name: str, value: Any) -> str:
    """JSON's texts, numbers and lists are TOML's too."""
    return f"# {name} = not known yet" if value is None else f"{name} = {dumps(value)}"
