"""Which of several hashes stood in the log: asked of what was signed, then of what lies beside it.

A leaf has three tellers: the row (`leaf_hash`), the row's own columns, and the tile over it. Where they differ, the
first checkpoint over the leaf decides: with the right one its signed root follows. Where none follows, because more
was changed, the tellers are counted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import product

from sqlalchemy import Connection

from anchoring.audit.nodes import HASH, WIDTH, Peaks, levels
from anchoring.audit.rows import Stored, rows
from verifier.hashing import RootHash, node_hash

_AHEAD = 100 * WIDTH  # leaves behind a doubtful one that are looked at for a checkpoint over them
_TOGETHER = 256  # combinations that are tried
_FEW = 8


@dataclass(slots=True)
class Told:
    """What is told of one leaf. `row` None: there is none; `tile` None: no tile is kept over it."""

    index: int
    row: Stored | None
    tile: bytes | None
    extra: list[Stored] = field(default_factory=list)

    @property
    def said(self) -> list[bytes]:
        """The different hashes, the likeliest first."""
        own = [self.row.hashed(), self.row.leaf_hash] if self.row else []
        own += [each.hashed() for each in self.extra]
        listed = [self.tile, *own] if self.row is None else [*own, self.tile]
        return list(dict.fromkeys(each for each in listed if each is not None and len(each) == HASH))


def settle(
    connection: Connection,
    peaks: Callable[[], Peaks],
    first: int,
    leaves: list[bytes | None],
    doubtful: Sequence[Told],
    nodes: Sequence[bytes],
) -> None:
    """Put into `leaves`, those of the tile that begins at index `first`, what stood there; None stays where nothing is
    told. `peaks` makes those of the log before; `nodes` are the stored ones of the tile, if any."""
    known = [each for each in doubtful if each.said]
    for each in known:
        leaves[each.index - first] = _counted(connection, each, nodes, len(known))
    if not known or any(leaf is None for leaf in leaves):
        return
    following = _following(connection, first, known[-1].index)
    if following is None:
        return
    root, beyond, size = following
    for chosen in _choices(known):
        for each, leaf in zip(known, chosen, strict=True):
            leaves[each.index - first] = leaf
        if _root(peaks(), [leaf for leaf in leaves if leaf is not None], beyond, size - first) == root:
            return
    for each in known:
        leaves[each.index - first] = _counted(connection, each, nodes, len(known))


def _choices(known: Sequence[Told]) -> list[tuple[bytes, ...]]:
    """Ways to believe: everywhere the same teller, then all mixtures if they are few."""
    most = max(len(each.said) for each in known)
    alike = [tuple(each.said[min(at, len(each.said) - 1)] for each in known) for at in range(most)]
    tiles = tuple(each.tile if each.tile is not None and len(each.tile) == HASH else each.said[0] for each in known)
    rows_ = tuple(
        each.row.leaf_hash if each.row and each.row.leaf_hash in each.said else each.said[0] for each in known
    )
    mixed = 1
    for each in known:
        mixed = min(mixed * len(each.said), _TOGETHER + 1)
    return [*alike, rows_, tiles, *(product(*(each.said for each in known)) if mixed <= _TOGETHER else ())]


def _following(connection: Connection, first: int, last: int) -> tuple[bytes, list[bytes], int] | None:
    """Root and size of the first checkpoint over `last`, and the leaves it has beyond the tile."""
    found = rows(connection, "SELECT log_root, size FROM ledger.checkpoint WHERE size > %b ORDER BY size LIMIT 1", last)
    if not found or found[0][1] > last + _AHEAD:
        return None
    root, size = found[0]
    query = "SELECT leaf_hash FROM ledger.entry WHERE index >= %b AND index < %b ORDER BY index"
    beyond = [leaf for (leaf,) in rows(connection, query, first + WIDTH, size)]
    return (root, beyond, size) if all(leaf is not None for leaf in beyond) else None


def _root(peaks: Peaks, leaves: Sequence[bytes], beyond: Sequence[bytes], width: int) -> RootHash:
    whole = [*leaves, *beyond][:width]
    for at in range(0, len(whole) // WIDTH * WIDTH, WIDTH):
        peaks.add(8, levels(whole[at : at + WIDTH])[-1][0])
    rest = len(whole) % WIDTH
    return peaks.root(levels(whole[len(whole) - rest :]) if rest else (), rest)


def _counted(connection: Connection, told: Told, nodes: Sequence[bytes], doubtful: int) -> bytes:
    """The hash that most of what lies beside it agrees with."""
    votes = dict.fromkeys(told.said, 0)
    own = told.row.hashed() if told.row else None
    for leaf in votes:
        votes[leaf] += told.row is not None and leaf == told.row.leaf_hash
        votes[leaf] += leaf == own
        votes[leaf] += leaf == told.tile
        votes[leaf] += _under(leaf, told.index % WIDTH, nodes)
        if doubtful <= _FEW:  # there is no index for this question
            votes[leaf] += bool(rows(connection, "SELECT 1 FROM ledger.entry WHERE previous = %b LIMIT 1", leaf))
    return max(votes, key=votes.__getitem__)


def _under(leaf: bytes, at: int, nodes: Sequence[bytes]) -> bool:
    """Whether the node that the tile keeps above follows from this leaf and its neighbour."""
    if len(nodes) <= WIDTH + at // 2:
        return False
    pair = [nodes[at - at % 2], nodes[at - at % 2 + 1]]
    pair[at % 2] = leaf
    return node_hash(*pair) == nodes[WIDTH + at // 2]
