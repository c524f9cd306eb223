"""The trees as their definitions say, recursively and slowly. Shares nothing with maker or checker but SHA-256."""

from hashlib import sha256

Leaf = tuple[bytes, bytes]  # key, leaf hash


def sha(*parts: bytes) -> bytes:
    return sha256(b"".join(parts)).digest()


def split(count: int) -> int:
    half = 1
    while half * 2 < count:
        half *= 2
    return half


def log_root(leaves: list[bytes]) -> bytes:
    """RFC 6962, 2.1: MTH, over leaf hashes."""
    if len(leaves) <= 1:
        return leaves[0] if leaves else sha()
    k = split(len(leaves))
    return sha(b"\x01", log_root(leaves[:k]), log_root(leaves[k:]))


def inclusion(index: int, leaves: list[bytes]) -> list[bytes]:
    """RFC 6962, 2.1.1: PATH."""
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if index < k:
        return [*inclusion(index, leaves[:k]), log_root(leaves[k:])]
    return [*inclusion(index - k, leaves[k:]), log_root(leaves[:k])]


def consistency(old: int, leaves: list[bytes], whole: bool = True) -> list[bytes]:
    """RFC 6962, 2.1.2: SUBPROOF."""
    if old == len(leaves):
        return [] if whole else [log_root(leaves)]
    k = split(len(leaves))
    if old <= k:
        return [*consistency(old, leaves[:k], whole), log_root(leaves[k:])]
    return [*consistency(old - k, leaves[k:], False), log_root(leaves[:k])]


def bit(key: bytes, depth: int) -> int:
    return key[depth // 8] >> (7 - depth % 8) & 1


def map_root(leaves: list[Leaf], depth: int = 0) -> bytes:
    """ledger-format, 4: a subtree that holds one leaf is that leaf."""
    if len(leaves) <= 1:
        return leaves[0][1] if leaves else bytes(32)
    left = [leaf for leaf in leaves if not bit(leaf[0], depth)]
    right = [leaf for leaf in leaves if bit(leaf[0], depth)]
    return sha(b"\x03", map_root(left, depth + 1), map_root(right, depth + 1))


def map_opening(key: bytes, leaves: list[Leaf], depth: int = 0) -> tuple[list[bytes], Leaf | None]:
    """Siblings root first, and the leaf that stands where `key` would."""
    if len(leaves) <= 1:
        return [], leaves[0] if leaves else None
    here = [leaf for leaf in leaves if bit(leaf[0], depth) == bit(key, depth)]
    there = [leaf for leaf in leaves if bit(leaf[0], depth) != bit(key, depth)]
    siblings, found = map_opening(key, here, depth + 1)
    return [map_root(there, depth + 1), *siblings], found


def map_leaf(key: bytes, count: int, last_index: int, last_leaf: bytes) -> bytes:
    value = sha(b"lotproof/head/v1\x00", count.to_bytes(8, "big"), last_index.to_bytes(8, "big"), last_leaf)
    return sha(b"\x02", key, value)


def map_of(entries: list[bytes]) -> list[Leaf]:
    """The map's leaves, from the entries of the log alone."""
    counts: dict[bytes, int] = {}
    leaves: dict[bytes, bytes] = {}
    for index, entry in enumerate(entries):
        key = entry[2:34]
        counts[key] = counts.get(key, 0) + 1
        leaves[key] = map_leaf(key, counts[key], index, sha(b"\x00", entry))
    return list(leaves.items())
