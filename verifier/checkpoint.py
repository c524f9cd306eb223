"""Checkpoint: size and both roots of the ledger at one moment, signed by the log.

    <origin>
    <tree size, decimal, 1 to 2^53-1>
    <base64 log root>
    lots <base64 map root>

Exactly these four lines, under a signed note (C2SP tlog-checkpoint with one extension line).
"""

from __future__ import annotations

from dataclasses import dataclass

from verifier.encoding import b64, parse_decimal, unb64_hash
from verifier.errors import Refuted
from verifier.hashing import MapHash, RootHash

_MAP_PREFIX = "lots "


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The state of one log: `size` entries under `log_root`, their lots under `map_root`."""

    origin: str
    size: int
    log_root: RootHash
    map_root: MapHash


def format_checkpoint(checkpoint: Checkpoint) -> str:
    """The body of the note, four lines with a line feed each."""
    roots = f"{b64(checkpoint.log_root)}\n{_MAP_PREFIX}{b64(checkpoint.map_root)}\n"
    return f"{checkpoint.origin}\n{checkpoint.size}\n{roots}"


def parse_checkpoint(body: str) -> Checkpoint:
    """The checkpoint of a note's body; raises Refuted for any other spelling."""
    lines = body.split("\n")
    if len(lines) != 5 or lines[4] or not lines[0] or not lines[3].startswith(_MAP_PREFIX):
        raise Refuted("checkpoint", "four lines: origin, size, log root, lots map root", ascii(body[:200]))
    size = parse_decimal(lines[1])
    if size == 0:
        raise Refuted("checkpoint size", "1 to 2^53-1", 0)
    log_root, map_root = unb64_hash(lines[2]), unb64_hash(lines[3][len(_MAP_PREFIX) :])
    return Checkpoint(lines[0], size, RootHash(log_root), MapHash(map_root))
