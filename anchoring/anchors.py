"""The anchors as the chain shows them, and the paths and tiles that can be proved from them.

An anchor is `mined`, then `final`, or `lost` when a reorg takes it away; a lost one stays as a row and the next one
at its index is another row. The accumulator's hashes lie with the anchors that completed them (see `accumulator`),
so a path or a tile is one query. Anchors that an epoch voided stay provable as leaves and are never offered as
evidence for an entry.

`ledger.deployment` names the contract in use; everything here is about that one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Connection, Select, any_, column, func, literal, select, table, text

from anchoring import accumulator, tables
from anchoring.accumulator import Place
from anchoring.alarms import DOUBTS_FINALITY, open_alarms
from anchoring.errors import NotInLedger
from anchoring.onchain import Anchored, BlockHash, Epoch, TxHash
from verifier.hashing import MapHash, NodeHash, RootHash

HASH = 32
_BIGINTS = ARRAY(BigInteger)


@dataclass(frozen=True, slots=True)
class Anchor:
    """An anchor that the contract holds. `time` is the block's, in seconds; `intent` None: not sent by this worker."""

    id: int
    index: int
    epoch: int
    size: int
    log_root: RootHash
    map_root: MapHash
    block: int
    block_hash: BlockHash
    time: int
    tx_hash: TxHash
    state: str
    intent: int | None


@dataclass(frozen=True, slots=True)
class AnchorProof:
    """What a lot proof says of one anchor (ledger format, section 7); `path` ends at a live peak, lowest hash first."""

    index: int
    epoch: int
    size: int
    log_root: RootHash
    map_root: MapHash
    block: int
    time: int
    path: tuple[NodeHash, ...]


@dataclass(frozen=True, slots=True)
class Sighting:
    """An event with what its leaf needs besides: found, and not yet kept."""

    event: Anchored
    epoch: int
    time: int
    nodes: tuple[NodeHash, ...]
    intent: int | None


# The view: anchors of the contract in use that no reorg took away; `void`: an epoch restarted the log before them.
_NAMES = tuple(field.name for field in fields(Anchor))
_VIEW = table("live_anchor", *(column(name) for name in (*_NAMES, "nodes", "void")), schema="ledger")
_LIVE = _VIEW.c
_SELECT = select(*(_LIVE[name] for name in _NAMES))
_NEWEST = _SELECT.order_by(_LIVE.index.desc()).limit(1)

_LAST = select(_LIVE.index + 1).order_by(_LIVE.index.desc()).limit(1)
_COUNTS = select(
    func.coalesce(_LAST.where(_LIVE.state == "final").scalar_subquery(), 0),
    func.coalesce(_LAST.scalar_subquery(), 0),
)


# What there is


def counts(conn: Connection) -> tuple[int, int]:
    """How many anchors are final, and how many there are; the final ones come first."""
    final, live = conn.execute(_COUNTS).one()
    return int(final), int(live)


def newest(conn: Connection) -> Anchor | None:
    """The anchor with the largest index, voided or not, ours or not."""
    return _first(conn, _NEWEST)


def newest_final(conn: Connection) -> Anchor | None:
    return _first(conn, _NEWEST.where(_LIVE.state == "final"))


def mined(conn: Connection) -> list[Anchor]:
    """Those that can still be taken away, oldest first."""
    return _several(conn, _SELECT.where(_LIVE.state == "mined").order_by(_LIVE.index))


def anchored(conn: Connection, *, final: bool = False) -> Anchor | None:
    """The newest anchor of a checkpoint of ours, to make proofs under; with `final`, the newest final one.

    Not every anchor has such a checkpoint: a thief of the anchorer key could anchor a size at which nothing was signed.
    While an alarm says that the chain took back what was final, nothing is shown as final.
    """
    signed = tables.checkpoint.c
    same = (signed.size == _LIVE.size) & (signed.log_root == _LIVE.log_root) & (signed.map_root == _LIVE.map_root)
    ours = _NEWEST.where(_LIVE.void.is_(False), select(signed.size).where(same).exists())
    if not any(alarm.kind in DOUBTS_FINALITY for alarm in open_alarms(conn)):
        return _first(conn, ours.where(_LIVE.state == "final") if final else ours)
    found = None if final else _first(conn, ours)
    return None if found is None else replace(found, state="mined")


def anchors_from(conn: Connection, first: int, limit: int) -> list[Anchor]:
    """The anchors `first`, `first + 1`, ... of the contract in use, voided ones too."""
    return _several(conn, _SELECT.where(_LIVE.index >= first).order_by(_LIVE.index).limit(limit))


def epochs(conn: Connection) -> list[Epoch]:
    """The epochs that the guardian opened, oldest first."""
    rows = conn.execute(
        text(
            "SELECT number, first, keep, opened_at, reason FROM ledger.epoch"
            " WHERE deployment = (SELECT max(id) FROM ledger.deployment) AND NOT lost ORDER BY number"
        )
    )
    return [Epoch(*row) for row in rows]


def _first(conn: Connection, query: Select[Any]) -> Anchor | None:
    row = conn.execute(query).first()
    return None if row is None else Anchor(*row)


def _several(conn: Connection, query: Select[Any]) -> list[Anchor]:
    return [Anchor(*row) for row in conn.execute(query)]


# What can be proved


def hashes(conn: Connection, places: Iterable[Place]) -> dict[Place, NodeHash]:
    """The accumulator's hashes at these places; NotInLedger if one is not completed yet."""
    asked = set(places)
    indexes = sorted({place.completed_by for place in asked})
    rows = conn.execute(select(_LIVE.index, _LIVE.nodes).where(_LIVE.index == any_(literal(indexes, _BIGINTS))))
    nodes: dict[int, bytes] = {row[0]: row[1] for row in rows}
    return {place: _node(nodes, place) for place in asked}


def _node(nodes: dict[int, bytes], place: Place) -> NodeHash:
    kept = nodes.get(place.completed_by)
    if kept is None:
        raise NotInLedger(f"hash {place.number} of level {place.level} of the anchors")
    return NodeHash(kept[place.level * HASH : (place.level + 1) * HASH])


def anchor_proofs(conn: Connection, checkpoint_size: int, entry_indexes: Sequence[int]) -> list[AnchorProof]:
    """The anchors a lot proof under this checkpoint must show, sorted by index.

    For every entry the first anchor whose size exceeds its index and the anchor before that one; and the
    checkpoint's own. The paths end at the peaks of the final anchors if the checkpoint's own is final, else at the
    peaks of all there are. Raises NotInLedger if that checkpoint is not anchored.
    """
    valid = _SELECT.where(_LIVE.void.is_(False))
    own = _first(conn, valid.where(_LIVE.size == checkpoint_size).order_by(_LIVE.index.desc()).limit(1))
    if own is None:
        raise NotInLedger(f"an anchor of the checkpoint of size {checkpoint_size}")
    indexes = sorted(_around(conn, checkpoint_size, entry_indexes) | {own.index})
    found = _several(conn, valid.where(_LIVE.index == any_(literal(indexes, _BIGINTS))).order_by(_LIVE.index))
    final, live = counts(conn)
    return with_paths(conn, found, final if own.index < final else live)


# The first anchor above an entry and the last one not above it are one step each in the index on size.
_AROUND = text("""
    SELECT DISTINCT found.index FROM unnest(CAST(:entries AS bigint[])) AS wanted(entry) CROSS JOIN LATERAL (
        (SELECT index FROM ledger.live_anchor WHERE NOT void AND size > wanted.entry AND size <= :size
          ORDER BY size LIMIT 1)
        UNION ALL
        (SELECT index FROM ledger.live_anchor WHERE NOT void AND size <= wanted.entry ORDER BY size DESC LIMIT 1)
    ) found
""")


def _around(conn: Connection, checkpoint_size: int, entry_indexes: Sequence[int]) -> set[int]:
    rows = conn.execute(_AROUND, {"entries": list(entry_indexes), "size": checkpoint_size})
    return {int(index) for (index,) in rows}


def with_paths(conn: Connection, found: Sequence[Anchor], count: int) -> list[AnchorProof]:
    """The anchors with their paths in an accumulator of `count`."""
    paths = [accumulator.path(anchor.index, count) for anchor in found]
    kept = hashes(conn, {place for each in paths for place in each})
    return [
        AnchorProof(a.index, a.epoch, a.size, a.log_root, a.map_root, a.block, a.time, tuple(kept[p] for p in places))
        for a, places in zip(found, paths, strict=True)
    ]


def anchor_tile_bytes(conn: Connection, level: int, number: int, width: int = 1 << accumulator.TILE_HEIGHT) -> bytes:
    """A tile of the accumulator, C2SP tlog-tiles: `width` hashes of 32 bytes.

    Only of final anchors, so that a tile once given out never changes. Raises NotInLedger if there are not that many.
    """
    final, _ = counts(conn)
    if not 0 < width <= accumulator.tile_width(level, number, final):
        raise NotInLedger(f"tile {level}/{number} of {width} anchor hashes: {final} anchors are final")
    places = accumulator.tile_places(level, number, width)
    kept = hashes(conn, places)
    return b"".join(kept[place] for place in places)


def peaks(conn: Connection, count: int) -> list[NodeHash]:
    """The peaks that the contract must show when it has `count` anchors, largest first."""
    places = accumulator.peaks(count)
    kept = hashes(conn, places)
    return [kept[place] for place in places]


# What the anchorer writes


def keep(conn: Connection, deployment: int, sightings: Sequence[Sighting], now: int) -> None:
    """Add anchors that were seen in a block."""
    conn.execute(
        text(
            "INSERT INTO ledger.anchor (deployment, index, epoch, size, log_root, map_root, block, block_hash, time,"
            " tx_hash, nodes, intent, seen_at, state) VALUES (:deployment, :index, :epoch, :size, :log_root, :map_root,"
            " :block, :block_hash, :time, :tx_hash, :nodes, :intent, :now, 'mined')"
        ),
        [_parameters(deployment, sighting, now) for sighting in sightings],
    )


def _parameters(deployment: int, seen: Sighting, now: int) -> dict[str, object]:
    event = seen.event
    return {
        "deployment": deployment, "index": event.index, "epoch": seen.epoch, "size": event.size,
        "log_root": event.log_root, "map_root": event.map_root, "block": event.block, "block_hash": event.block_hash,
        "time": seen.time, "tx_hash": event.tx_hash, "nodes": b"".join(seen.nodes), "intent": seen.intent, "now": now,
    }  # fmt: skip


def settle(conn: Connection, found: Sequence[Anchor], state: str, now: int) -> None:
    """Anchors became `final`, or `lost`."""
    conn.execute(
        text("UPDATE ledger.anchor SET state = :state, settled_at = :now WHERE id = ANY(CAST(:ids AS bigint[]))"),
        {"state": state, "now": now, "ids": [anchor.id for anchor in found]},
    )


def keep_epochs(conn: Connection, deployment: int, seen: Sequence[Epoch], now: int) -> None:
    """Make the epochs those that the contract shows; what it no longer shows becomes lost."""
    known = {epoch.number: epoch for epoch in epochs(conn)}
    for number, epoch in known.items():
        if epoch not in seen:
            conn.execute(
                text("UPDATE ledger.epoch SET lost = true WHERE deployment = :d AND number = :n AND NOT lost"),
                {"d": deployment, "n": number},
            )
    for epoch in seen:
        if known.get(epoch.number) != epoch:
            conn.execute(
                text(
                    "INSERT INTO ledger.epoch (deployment, number, first, keep, opened_at, reason, seen_at)"
                    " VALUES (:d, :n, :first, :keep, :opened_at, :reason, :now)"
                ),
                {
                    "d": deployment, "n": epoch.number, "first": epoch.first, "keep": epoch.keep,
                    "opened_at": epoch.opened_at, "reason": epoch.reason, "now": now,
                },
            )  # fmt: skip


def sealed_groups(conn: Connection) -> int:
    """How many sealed groups were read from the contract and kept."""
    found = conn.execute(
        text("SELECT count(*) FROM ledger.sealed_group WHERE deployment = (SELECT max(id) FROM ledger.deployment)")
    )
    return int(found.scalar_one())


def keep_sealed(conn: Connection, deployment: int, number: int, root: bytes) -> None:
    conn.execute(
        text(
            "INSERT INTO ledger.sealed_group (deployment, number, root) VALUES (:d, :n, :root)"
            " ON CONFLICT (deployment, number) DO NOTHING"
        ),
        {"d": deployment, "n": number, "root": root},
    )
