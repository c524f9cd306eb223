"""RFC 6962 §2.1 word by word: recursive, quadratic, and therefore easy to compare with the text. Only tests use it.

`D` is a sequence of leaf hashes (the hash of a leaf's bytes is taken by the caller), `m` and `k` are the RFC's letters.
"""

from collections.abc import Hashable, Sequence
from functools import lru_cache
from hashlib import sha256


def mth(d: Sequence[bytes]) -> bytes:
    """Merkle Tree Hash of D[n], §2.1."""
    return _mth(d if isinstance(d, Hashable) else tuple(d))


@lru_cache(1 << 14)  # a log that grows has most of its subtrees from before
def _mth(d: Sequence[bytes]) -> bytes:
    if not d:
        return sha256(b"").digest()
    if len(d) == 1:
        return d[0]
    k = split(len(d))
    return sha256(b"\x01" + _mth(d[:k]) + _mth(d[k:])).digest()


def path(m: int, d: Sequence[bytes]) -> list[bytes]:
    """Audit path for leaf m, §2.1.1, lowest first."""
    if len(d) == 1:
        return []
    k = split(len(d))
    return [*path(m, d[:k]), mth(d[k:])] if m < k else [*path(m - k, d[k:]), mth(d[:k])]


def proof(m: int, d: Sequence[bytes]) -> list[bytes]:
    """Consistency proof PROOF(m, D[n]) for 0 < m < n, §2.1.2."""
    return subproof(m, d, True)


def subproof(m: int, d: Sequence[bytes], complete: bool) -> list[bytes]:
    """SUBPROOF(m, D[n], b), §2.1.2."""
    if m == len(d):
        return [] if complete else [mth(d)]
    k = split(len(d))
    if m <= k:
        return [*subproof(m, d[:k], complete), mth(d[k:])]
    return [*subproof(m - k, d[k:], False), mth(d[:k])]


def split(n: int) -> int:
    """The largest power of two smaller than n, for n > 1."""
    return 1 << (n - 1).bit_length() - 1


def peaks(d: Sequence[bytes]) -> list[bytes]:
    """Roots of the complete trees that D falls into, largest first."""
    if not d:
        return []
    k = 1 << len(d).bit_length() - 1
    return [mth(d[:k]), *peaks(d[k:])]
