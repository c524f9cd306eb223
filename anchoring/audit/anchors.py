"""Anchors, epochs and sealed groups as the ledger keeps them, beside each other and beside the log.

    leaf     the accumulator's hash of an anchor is that of its columns
    nodes    every hash that it completes follows from those before it; the sealed roots are among them
    log      the roots are those of the checkpoint of that size; sizes rise, but for what an epoch voided
    bytes    the transaction is one that was signed here, and served this anchor

A column that is wrong is found by putting its second source in its place: with the right one the leaf follows. What the
chain itself says is asked by `onchain`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from sqlalchemy import Connection

from anchoring.audit.finding import Audited, Finding
from anchoring.audit.noticed import INSIDE, NOBODY, OPERATOR
from anchoring.audit.rows import limited, rows, spelled
from verifier.hashing import anchor_leaf, node_hash

_AROUND = 5_000  # blocks or seconds on each side that are tried
_GROUP = 6  # 64 anchors
_CLOCKS = 300_000  # milliseconds between clocks of workers that took over from each other


@dataclass(frozen=True, slots=True)
class Kept:
    """A row of `ledger.anchor`, but for when it was seen."""

    id: int
    deployment: int
    index: int
    epoch: int
    size: int
    log_root: bytes
    map_root: bytes
    block: int
    block_hash: bytes
    time: int
    tx_hash: bytes
    nodes: bytes
    intent: int | None
    seen_at: int
    state: str
    settled_at: int | None

    @property
    def key(self) -> str:
        return spelled(id=self.id)

    def leaf(self) -> bytes | None:
        """The accumulator's hash of these columns."""
        try:
            return anchor_leaf(self.epoch, self.size, self.log_root, self.map_root, self.block, self.time)
        except (TypeError, AttributeError, OverflowError):
            return None


@dataclass(frozen=True, slots=True)
class Opened:
    """A row of `ledger.epoch`."""

    id: int
    number: int
    first: int
    keep: int
    opened_at: int
    reason: bytes
    seen_at: int
    lost: bool

    @property
    def whole(self) -> bool:
        """Whether it can be reckoned with."""
        return None not in (self.number, self.first, self.keep)


COLUMNS = (
    "id, deployment, index, epoch, size, log_root, map_root, block, block_hash, time, tx_hash, nodes, intent, seen_at,"
    " state, settled_at"
)


def anchors_of(connection: Connection, deployment: int | None = None) -> list[Kept]:
    """All anchors, or those of a deployment, as they were seen."""
    where = "" if deployment is None else "WHERE deployment = %b "
    values = () if deployment is None else (deployment,)
    query = f"SELECT {COLUMNS} FROM ledger.anchor {where}ORDER BY deployment, index, id"  # noqa: S608
    return [Kept(*row) for row in rows(connection, query, *values)]


def epochs_of(connection: Connection, deployment: int) -> list[Opened]:
    """The epochs of a deployment as they were seen."""
    query = """SELECT id, number, first, keep, opened_at, reason, seen_at, lost FROM ledger.epoch
                WHERE deployment = %b ORDER BY number, id"""
    return [Opened(*row) for row in rows(connection, query, deployment)]


def check_anchors(connection: Connection, audited: Audited) -> Iterator[Finding]:
    """Anchors, epochs, sealed groups of every deployment."""
    known = {number for (number,) in rows(connection, "SELECT id FROM ledger.deployment")}
    for deployment, kept in groupby(anchors_of(connection), lambda anchor: anchor.deployment):
        if deployment not in known:
            for each in kept:
                yield _anchor(each, "an anchor is of a contract of this log", "deployment", "a deployment", deployment)
        else:
            yield from limited(_Contract(connection, deployment, list(kept)).checked())
        audited.progress("anchors", 1, 1)
    for deployment in sorted(known):
        yield from limited(_epochs(connection, deployment))
        yield from limited(_groups(connection, deployment))


def _anchor(kept: Kept, check: str, field: str, expected: object, seen: object, noticed: str = OPERATOR) -> Finding:
    first = kept.size - 1 if isinstance(kept.size, int) else None
    return Finding(check, "ledger.anchor", kept.key, field, expected, seen, first, noticed)


class _Contract:
    """The anchors of one contract."""

    def __init__(self, connection: Connection, deployment: int, kept: Sequence[Kept]) -> None:
        self._connection, self._deployment, self._kept = connection, deployment, kept
        self._live = [each for each in kept if each.state != "lost"]
        self._epochs = [each for each in epochs_of(connection, deployment) if not each.lost and each.whole]
        self._hashes: dict[tuple[int, int], bytes] = {}

    def checked(self) -> Iterator[Finding]:
        """All rules, row by row."""
        yield from self._gaps()
        before: Kept | None = None
        for each in (each for each in self._kept if each.index is not None):
            yield from self._facts(each)
            if each.state != "lost":
                yield from self._after(before, each)
                before = each

    def _gaps(self) -> Iterator[Finding]:
        expected = 0
        for each in self._live:
            if each.index != expected:
                check = "every anchor of the contract is kept, once"
                if each.index is None or each.index < expected:
                    yield _anchor(each, check, "index", expected, each.index)
                    continue
                what = spelled(deployment=self._deployment, index=expected)
                yield Finding(check, "ledger.anchor", what, "", "an anchor", None, None, OPERATOR)
            expected = each.index + 1

    # One anchor

    def _facts(self, kept: Kept) -> Iterator[Finding]:
        leaf = kept.leaf()
        stored = kept.nodes[:32] if kept.nodes else b""
        if leaf != stored:
            yield from self._wrong_leaf(kept, stored)
        elif kept.state != "lost":
            yield from self._nodes(kept, leaf or b"")
        yield from self._of_log(kept, leaf == stored)
        yield from self._sent(kept)
        yield from self._states(kept)
        for name in ("block_hash", "tx_hash"):
            if len(getattr(kept, name) or b"") != 32:
                yield _anchor(kept, "a hash has 32 bytes", name, "32 bytes", getattr(kept, name))

    def _wrong_leaf(self, kept: Kept, stored: bytes) -> Iterator[Finding]:
        check = "the leaf of an anchor is that of its columns"
        for name, value in self._candidates(kept):
            if replace(kept, **{name: value}).leaf() == stored:
                yield _anchor(kept, check, name, value, getattr(kept, name))
                return
        yield _anchor(kept, check, "nodes", kept.leaf(), stored)
        if kept.leaf() is not None and kept.state != "lost":
            self._fill(kept, kept.leaf() or b"")

    def _candidates(self, kept: Kept) -> Iterator[tuple[str, Any]]:
        """What each column can have been, by its second sources."""
        for other in self._kept:
            yield from (
                (name, getattr(other, name)) for name in ("block", "time") if other.block_hash == kept.block_hash
            )
            yield from (
                (name, getattr(other, name)) for name in ("size", "log_root", "map_root", "epoch", "block", "time")
            )
        query = """SELECT size, log_root, map_root FROM ledger.intent WHERE id = %b
                   UNION ALL SELECT size, log_root, map_root FROM ledger.checkpoint WHERE size = %b"""
        for row in rows(self._connection, query, kept.intent, kept.size):
            yield from zip(("size", "log_root", "map_root"), row, strict=True)
        query = "SELECT size FROM ledger.checkpoint WHERE log_root = %b AND map_root = %b"
        yield from (("size", size) for (size,) in rows(self._connection, query, kept.log_root, kept.map_root))
        yield from (("epoch", number) for number in range(len(self._epochs) + 1))
        for name in ("log_root", "map_root"):
            number = int.from_bytes((getattr(kept, name) or b"")[:32], "big")
            yield from ((name, (number ^ 1 << bit).to_bytes(32, "big")) for bit in range(256))
        for name in ("epoch", "size", "block", "time"):
            yield from ((name, (getattr(kept, name) or 0) ^ 1 << bit) for bit in range(63))
        for name in ("block", "time"):
            near = {getattr(other, name) for other in self._kept if abs((other.index or 0) - (kept.index or 0)) <= 1}
            for middle in sorted(each for each in near if each is not None):
                yield from ((name, at) for at in range(max(0, middle - _AROUND), middle + _AROUND))

    def _nodes(self, kept: Kept, leaf: bytes) -> Iterator[Finding]:
        expected = self._fill(kept, leaf)
        if kept.nodes == b"".join(expected):
            return
        seen = [kept.nodes[at : at + 32] for at in range(0, len(kept.nodes), 32)]
        for level, node in enumerate(expected):
            found = seen[level] if level < len(seen) else None
            if found != node:
                what = "nodes"
                yield _anchor(kept, f"the node of level {level} follows from the leaves", what, node, found)
                return
        yield _anchor(
            kept, "an anchor keeps what it completes", "nodes", f"{len(expected)} hashes", f"{len(seen)} hashes"
        )

    def _fill(self, kept: Kept, leaf: bytes) -> list[bytes]:
        """What the leaf completes, as far as the nodes before are known."""
        done, number = [leaf], kept.index
        self._hashes[0, number] = leaf
        while number & 1 and (len(done) - 1, number - 1) in self._hashes:
            done.append(node_hash(self._hashes[len(done) - 1, number - 1], done[-1]))
            number >>= 1
            self._hashes[len(done) - 1, number] = done[-1]
        return done

    def _of_log(self, kept: Kept, leaf_follows: bool) -> Iterator[Finding]:
        """The log that was anchored is this log, unless somebody else anchored it or an epoch voided it."""
        if not leaf_follows or any(each.keep <= kept.index < each.first for each in self._epochs):
            return
        signed = rows(self._connection, "SELECT log_root, map_root FROM ledger.checkpoint WHERE size = %b", kept.size)
        told = f"{OPERATOR}, who compares it with a checkpoint or a proof of now"
        check = "the anchored log is this log"
        if not signed and kept.intent is not None:
            key = spelled(size=kept.size)
            yield Finding(
                check, "ledger.checkpoint", key, "", "a checkpoint, for it is anchored", None, kept.size - 1, told
            )
        for name, value, stored in (
            zip(("log_root", "map_root"), (kept.log_root, kept.map_root), signed[0], strict=True) if signed else ()
        ):
            if value != stored:
                key = spelled(size=kept.size)
                yield Finding(check, "ledger.checkpoint", key, name, value, stored, self._good(kept), told)

    def _good(self, kept: Kept) -> int:
        """Up to where an anchor before agrees with the log."""
        query = """SELECT coalesce(max(c.size), 0) FROM ledger.anchor a
                     JOIN ledger.checkpoint c ON c.size = a.size AND c.log_root = a.log_root
                    WHERE a.deployment = %b AND a.size < %b AND a.state <> 'lost'"""
        return int(rows(self._connection, query, self._deployment, kept.size)[0][0])

    def _sent(self, kept: Kept) -> Iterator[Finding]:
        found = rows(self._connection, "SELECT intent FROM ledger.signed_transaction WHERE tx_hash = %b", kept.tx_hash)
        check = "an anchor is of the bytes that were signed for it"
        mine = found[0][0] if found else None
        if mine == kept.intent:
            return
        noted = "SELECT 1 FROM ledger.attempt WHERE intent = %b AND tx_hash = %b AND step = 'signed'"
        if mine is None and rows(self._connection, noted, kept.intent, kept.tx_hash):
            return  # the row of the signed bytes has another hash now
        if kept.intent is not None and mine is None:
            query = "SELECT tx_hash FROM ledger.attempt WHERE intent = %b AND tx_hash IS NOT NULL ORDER BY id LIMIT 1"
            told = rows(self._connection, query, kept.intent)
            yield _anchor(kept, check, "tx_hash", told[0][0] if told else "signed bytes", kept.tx_hash)
        else:
            yield _anchor(kept, check, *self._served(kept, mine))

    def _served(self, kept: Kept, mine: int | None) -> tuple[str, object, object]:
        """Either the intent or the hash is another anchor's: the one whose size is not ours."""
        size = rows(self._connection, "SELECT size FROM ledger.intent WHERE id = %b", mine)
        if size and size[0][0] == kept.size:
            return "intent", mine, kept.intent
        query = "SELECT tx_hash FROM ledger.signed_transaction WHERE intent = %b ORDER BY max_fee DESC LIMIT 1"
        own = rows(self._connection, query, kept.intent)
        return "tx_hash", own[0][0] if own else "signed bytes", kept.tx_hash

    def _states(self, kept: Kept) -> Iterator[Finding]:
        if kept.state not in ("mined", "final", "lost"):
            yield _anchor(kept, "an anchor is mined, final or lost", "state", "a state", kept.state, NOBODY)
        elif (kept.settled_at is None) != (kept.state == "mined"):
            told = "a time" if kept.settled_at is None else None
            yield _anchor(
                kept, "what is final or lost became so at a time", "settled_at", told, kept.settled_at, NOBODY
            )
        elif kept.settled_at is not None and kept.settled_at + _CLOCKS < (kept.seen_at or 0):
            yield _anchor(kept, "an anchor is settled after it is seen", "settled_at", f"{kept.seen_at} or later",
                          kept.settled_at, NOBODY)  # fmt: skip
        if kept.seen_at is None:
            yield _anchor(kept, "an anchor was seen at a time", "seen_at", "a time", None, NOBODY)

    # One after the other

    def _after(self, before: Kept | None, kept: Kept) -> Iterator[Finding]:
        number = max((each.number for each in self._epochs if each.first <= kept.index), default=0)
        if kept.epoch is not None and kept.epoch != number and kept.leaf() == kept.nodes[:32]:
            yield self._odd_epoch(kept, number)
        if before is None:
            return
        same = before.block == kept.block
        if (before.block_hash == kept.block_hash) != same:
            check = "blocks are named by their hashes"
            yield _anchor(kept, check, "block_hash", before.block_hash if same else "another hash", kept.block_hash)
        if before.state == "mined" and kept.state == "final":
            yield _anchor(before, "what stands before a final anchor is final", "state", "final", "mined", NOBODY)
        if None in (before.size, kept.size, kept.block, before.block):
            return
        if kept.size <= before.size and not any(each.first == kept.index for each in self._epochs):
            yield _anchor(kept, "anchored sizes rise", "size", f"more than {before.size}", kept.size)

    def _odd_epoch(self, kept: Kept, number: int) -> Finding:
        """The leaf says which epoch it was made in: it is the list of epochs that is wrong."""
        key = spelled(deployment=self._deployment, number=max(kept.epoch, number))
        check, told = "an epoch begins with the first anchor made in it", f"anchor {kept.index} in epoch {kept.epoch}"
        return Finding(check, "ledger.epoch", key, "first", told, f"in epoch {number}", None, OPERATOR)


def _epochs(connection: Connection, deployment: int) -> Iterator[Finding]:
    expected = 1
    query = """SELECT index, time FROM ledger.anchor
                WHERE deployment = %b AND state <> 'lost' AND index IS NOT NULL AND time IS NOT NULL"""
    times = dict(rows(connection, query, deployment))
    for each in epochs_of(connection, deployment):
        key = spelled(id=each.id)
        wrong = _epoch(each, expected, times)
        if wrong is not None:
            yield Finding("an epoch keeps what was anchored before it", "ledger.epoch", key, *wrong, None, OPERATOR)
        expected += not each.lost


def _epoch(each: Opened, expected: int, times: dict[int, int]) -> tuple[str, object, object] | None:
    """The column that is wrong, what it should be, and what it is."""
    if not each.lost and each.number != expected:
        return "number", expected, each.number
    if each.first is None or each.first < 1 or (not each.lost and each.first > len(times)):
        return "first", f"1 to {len(times)}", each.first
    if each.keep is None or not 0 < each.keep < each.first:
        return "keep", f"1 to {each.first - 1}", each.keep
    if len(each.reason or b"") != 32:
        return "reason", "32 bytes", each.reason
    if each.opened_at is None or not times.get(each.first - 1, 0) <= each.opened_at <= times.get(each.first, 1 << 62):
        return "opened_at", f"between anchors {each.first - 1} and {each.first}", each.opened_at
    return ("seen_at", "a time", None) if each.seen_at is None else None


def _groups(connection: Connection, deployment: int) -> Iterator[Finding]:
    query = """SELECT index, nodes FROM ledger.anchor
                WHERE deployment = %b AND state = 'final' AND index %% 64 = 63 ORDER BY 1"""
    final = {
        index >> _GROUP: nodes[32 * _GROUP : 32 * _GROUP + 32]
        for index, nodes in rows(connection, query, deployment)
        if nodes
    }
    check = "a sealed group is the accumulator's node"
    kept = rows(
        connection, "SELECT number, root FROM ledger.sealed_group WHERE deployment = %b ORDER BY number", deployment
    )
    for number, root in kept:
        key = spelled(deployment=deployment, number=number)
        if final.get(number) != root:
            field, told = ("root", final[number]) if number in final else ("", "no such group")
            yield Finding(check, "ledger.sealed_group", key, field, told, root, None, OPERATOR)
    have = {number for number, _ in kept}
    for number in sorted(final.keys() - have):
        if any(other is not None and other > number for other in have):  # the newest may not be read yet
            key = spelled(deployment=deployment, number=number)
            yield Finding(
                "every sealed group is kept", "ledger.sealed_group", key, "", final[number], None, None, INSIDE
            )
