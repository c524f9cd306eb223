"""Every hash of the ledger, each a type of its own. All are SHA-256.

    leaf    = H(0x00 || entry)                    RFC 6962, section 2.1
    node    = H(0x01 || left || right)            the same
    map     : leaf H(0x02 || key || value), node H(0x03 || left || right), empty = 32 zeros
    anchor  = H(0x00 || epoch || size || log root || map root || block || time)

The first byte keeps the kinds apart: no leaf can be shown as a node, no map hash as a log hash.
Maker and checker share this module; the trees above it they build and check separately.
"""

from __future__ import annotations

from hashlib import sha256
from typing import NewType

LeafHash = NewType("LeafHash", bytes)
NodeHash = NewType("NodeHash", bytes)
RootHash = NewType("RootHash", bytes)
StatementHash = NewType("StatementHash", bytes)
Subject = NewType("Subject", bytes)
MapHash = NewType("MapHash", bytes)

ZERO = bytes(32)
EMPTY_MAP = MapHash(ZERO)
EMPTY_LOG = RootHash(sha256(b"").digest())


def leaf_hash(entry: bytes) -> LeafHash:
    """Hash of one log entry."""
    return LeafHash(sha256(b"\x00" + entry).digest())


def node_hash(left: bytes, right: bytes) -> NodeHash:
    """Hash of an inner node of the log or of the anchors' accumulator."""
    return NodeHash(sha256(b"\x01" + left + right).digest())


def statement_hash(jwt: str) -> StatementHash:
    """Hash of the issuer-signed JWT, without any disclosure."""
    return StatementHash(sha256(jwt.encode("ascii")).digest())


def map_value(count: int, last_index: int, last_leaf: bytes) -> MapHash:
    """What the lot map says of one subject: how many entries, and which is the last."""
    head = count.to_bytes(8, "big") + last_index.to_bytes(8, "big") + last_leaf
    return MapHash(sha256(b"lotproof/head/v1\x00" + head).digest())


def map_leaf(key: bytes, value: bytes) -> MapHash:
    """Hash of a map leaf; a subtree that holds one leaf is that leaf."""
    return MapHash(sha256(b"\x02" + key + value).digest())


def map_node(left: bytes, right: bytes) -> MapHash:
    """Hash of an inner node of the lot map."""
    return MapHash(sha256(b"\x03" + left + right).digest())


def anchor_leaf(epoch: int, size: int, log_root: bytes, map_root: bytes, block: int, time: int) -> LeafHash:
    """Hash that the contract adds to its accumulator for one anchor."""
    sizes = epoch.to_bytes(8, "big") + size.to_bytes(8, "big")
    when = block.to_bytes(8, "big") + time.to_bytes(8, "big")
    return LeafHash(sha256(b"\x00" + sizes + log_root + map_root + when).digest())
