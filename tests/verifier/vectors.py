"""Reading the vectors that nobody on this project wrote, and a naive tree to compare with."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from verifier.errors import Refuted

SHARED = Path(__file__).parents[3] / "shared" / "data"


def load(name: str) -> Any:
    """One vector file, or None where the folder is absent: `shared_data` then skips the test, loudly."""
    path = SHARED / name
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def cases(name: str, *keys: str) -> list[Any]:
    """The cases of one vector file as pytest parameters; one skipped case where the file is absent."""
    found = load(name)
    for key in keys:
        found = found[key] if found is not None else None
    return found if found is not None else [None]


def title(case: Any) -> str:
    if not isinstance(case, dict):
        return "no vectors"
    return str(case.get("name") or case.get("desc") or case.get("type") or "case")


def accepts(check: Any, *arguments: Any) -> bool:
    """Whether `check` lets its arguments pass; only a Refuted counts as a no."""
    try:
        check(*arguments)
    except Refuted:
        return False
    return True


def unhex(hashes: Sequence[str]) -> list[bytes]:
    return [bytes.fromhex(text) for text in hashes]


def naive_root(leaves: Sequence[bytes]) -> bytes:
    """The recursive definition of RFC 6962, section 2.1, over leaf hashes."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << (len(leaves) - 1).bit_length() - 1
    left, right = naive_root(leaves[:split]), naive_root(leaves[split:])
    return hashlib.sha256(b"\x01" + left + right).digest()


def naive_inclusion(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    """The recursive definition of PATH in RFC 6962, section 2.1.1."""
    if len(leaves) <= 1:
        return []
    split = 1 << (len(leaves) - 1).bit_length() - 1
    if index < split:
        return [*naive_inclusion(index, leaves[:split]), naive_root(leaves[split:])]
    return [*naive_inclusion(index - split, leaves[split:]), naive_root(leaves[:split])]


def naive_consistency(old: int, leaves: Sequence[bytes], whole: bool = True) -> list[bytes]:
    """The recursive definition of SUBPROOF in RFC 6962, section 2.1.2."""
    if old == len(leaves):
        return [] if whole else [naive_root(leaves)]
    split = 1 << (len(leaves) - 1).bit_length() - 1
    if old <= split:
        return [*naive_consistency(old, leaves[:split], whole), naive_root(leaves[split:])]
    return [*naive_consistency(old - split, leaves[split:], False), naive_root(leaves[:split])]


def naive_map(items: Sequence[tuple[bytes, bytes]], depth: int = 0) -> bytes:
    """The lot map from its definition: a subtree of one leaf is that leaf."""
    if not items:
        return bytes(32)
    if len(items) == 1:
        return hashlib.sha256(b"\x02" + items[0][0] + items[0][1]).digest()
    sides: tuple[list[tuple[bytes, bytes]], ...] = ([], [])
    for item in items:
        sides[item[0][depth // 8] >> (7 - depth % 8) & 1].append(item)
    return hashlib.sha256(b"\x03" + naive_map(sides[0], depth + 1) + naive_map(sides[1], depth + 1)).digest()


def naive_map_proof(key: bytes, items: Sequence[tuple[bytes, bytes]]) -> tuple[list[bytes], tuple[bytes, bytes] | None]:
    """Siblings of `key`, root first, and the leaf in its place (its own or a neighbour's), if any."""
    siblings: list[bytes] = []
    here = list(items)
    while len(here) > 1:
        depth = len(siblings)
        side = key[depth // 8] >> (7 - depth % 8) & 1
        sides: tuple[list[tuple[bytes, bytes]], ...] = ([], [])
        for item in here:
            sides[item[0][depth // 8] >> (7 - depth % 8) & 1].append(item)
        siblings.append(naive_map(sides[1 - side], depth + 1))
        here = sides[side]
    return siblings, here[0] if here else None
