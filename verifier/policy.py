"""The verifier's own policy: everything it trusts, obtained by another way than the file it judges.

TOML, one name for each thing. Without the required names there is no policy: a verifier that trusts
nothing in particular proves nothing, so an empty one is refused.

    origin = "log.example.com/lotproof"
    log_keys = [["log.example.com/lotproof", "<base64 key>"]]
    chain_id = 1
    genesis = "0x<hash of block 0>"
    contract = "0x<address>"
    code_hash = "0x<SHA-256 of the contract's runtime code>"
    epoch = 0
    rotations = 0
    max_age = 86400                 # seconds a checkpoint may be older than the final block

    finality = "finalized"          # or "latest", or a number of blocks
    rpc = ["https://..."]           # the verifier's own nodes; every one of them must agree
    sources = ["https://.../anchors"]   # untrusted: upper hashes of the anchors' accumulator
    witnesses = [["witness.example.net", "<base64 key>"]]
    quorum = 0
    max_clock_skew = 300
    max_anchor_delay = 3600
    max_node_lag = 600              # seconds a node's newest block may be behind this machine's clock
    log_party = "https://.../party/log"
    allow_withheld = false
    require_full = false
    [parties]                       # the first key of each known party, by thumbprint
    "https://.../party/farm" = ["<RFC 7638 thumbprint>"]
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from verifier import ed25519, uri
from verifier.encoding import MAX_INTEGER, unb64, unb64url_hash
from verifier.errors import Refuted

FINALIZED, LATEST = "finalized", "latest"

_HASH = re.compile(r"0x[0-9a-fA-F]{64}")
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")


class PolicyError(Exception):
    """The policy itself is wrong: a mistake of use, not a finding about a file."""


@dataclass(frozen=True, slots=True)
class NamedKey:
    """An Ed25519 key and the name it signs notes under."""

    name: str
    public: bytes


@dataclass(frozen=True, slots=True)
class Policy:
    """What one verifier trusts and demands."""

    origin: str
    log_keys: tuple[NamedKey, ...]
    chain_id: int
    genesis: bytes
    contract: str
    code_hash: bytes
    epoch: int
    rotations: int
    max_age: int
    finality: str | int = FINALIZED
    rpc: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    witnesses: tuple[NamedKey, ...] = ()
    quorum: int = 0
    max_clock_skew: int = 300
    max_anchor_delay: int = 3600
    max_node_lag: int | None = None
    parties: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    log_party: str | None = None
    allow_withheld: bool = False
    require_full: bool = False


def load_policy(text: str) -> Policy:
    """The policy of a TOML text; raises PolicyError."""
    try:
        return parse_policy(tomllib.loads(text))
    except tomllib.TOMLDecodeError as problem:
        raise PolicyError(f"the policy is not TOML: {problem}") from None


def parse_policy(values: Mapping[str, Any]) -> Policy:
    """The policy of plain values; raises PolicyError naming the value that is wrong or missing."""
    missing = sorted(_REQUIRED - values.keys())
    if missing:
        raise PolicyError(f"the policy lacks: {', '.join(missing)}")
    unknown = sorted(values.keys() - {known.name for known in fields(Policy)})
    if unknown:
        raise PolicyError(f"the policy has unknown names: {', '.join(unknown)}")
    read = {name: _read(name, value) for name, value in values.items() if value is not None}
    policy = Policy(**read)
    if not policy.log_keys:
        raise PolicyError("log_keys: expected at least one key, got none")
    if policy.quorum > len(policy.witnesses):
        raise PolicyError(f"quorum: expected at most {len(policy.witnesses)} (the witnesses), got {policy.quorum}")
    return policy


def _read(name: str, value: Any) -> Any:
    try:
        return _READERS[name](value)
    except (Refuted, ValueError) as problem:
        raise PolicyError(f"{name}: {problem}") from None


def _number(value: Any) -> int:
    if type(value) is not int or not 0 <= value <= MAX_INTEGER:
        raise ValueError(f"expected a whole number, got {value!r}")
    return value


def _flag(value: Any) -> bool:
    if type(value) is not bool:
        raise ValueError(f"expected true or false, got {value!r}")
    return value


def _text(value: Any) -> str:
    if type(value) is not str:
        raise ValueError(f"expected a text, got {value!r}")
    return value


def _list(value: Any) -> list[Any]:
    if type(value) is not list:
        raise ValueError(f"expected a list, got {value!r}")
    return value


def _hash(value: Any) -> bytes:
    if not _HASH.fullmatch(_text(value)):
        raise ValueError(f"expected 0x and 64 hex digits, got {value!r}")
    return bytes.fromhex(value[2:])


def _address(value: Any) -> str:
    if not _ADDRESS.fullmatch(_text(value)):
        raise ValueError(f"expected 0x and 40 hex digits, got {value!r}")
    return "0x" + str(value)[2:].lower()


def _keys(value: Any) -> tuple[NamedKey, ...]:
    pairs = [(_text(name), _text(key)) for name, key in map(_list, _list(value))]
    return tuple(NamedKey(name, ed25519.check_key(unb64(key))) for name, key in pairs)


def _urls(value: Any) -> tuple[str, ...]:
    urls = tuple(_text(url) for url in _list(value))
    for url in urls:
        if not url.startswith(("http://", "https://")):
            raise ValueError(f"expected http:// or https://, got {url!r}")
    return urls


def _finality(value: Any) -> str | int:
    if value in (FINALIZED, LATEST):
        return str(value)
    return _number(value)


def _parties(value: Any) -> dict[str, tuple[str, ...]]:
    if not isinstance(value, Mapping):
        raise ValueError(f"expected a table, got {value!r}")
    return {_party(party): _thumbprints(keys) for party, keys in value.items()}


def _thumbprints(value: Any) -> tuple[str, ...]:
    for thumbprint in _list(value):
        unb64url_hash(thumbprint)
    return tuple(value)


def _party(value: Any) -> str:
    return uri.check_uri(uri.PARTY, _text(value))


def _origin(value: Any) -> str:
    origin: str = uri.check_origin(_text(value))
    return origin


_READERS: dict[str, Callable[[Any], Any]] = {
    "origin": _origin,
    "log_keys": _keys,
    "chain_id": _number,
    "genesis": _hash,
    "contract": _address,
    "code_hash": _hash,
    "epoch": _number,
    "rotations": _number,
    "max_age": _number,
    "finality": _finality,
    "rpc": _urls,
    "sources": _urls,
    "witnesses": _keys,
    "quorum": _number,
    "max_clock_skew": _number,
    "max_anchor_delay": _number,
    "max_node_lag": _number,
    "parties": _parties,
    "log_party": _party,
    "allow_withheld": _flag,
    "require_full": _flag,
}
_REQUIRED = frozenset(
    {"origin", "log_keys", "chain_id", "genesis", "contract", "code_hash", "epoch", "rotations", "max_age"}
)
