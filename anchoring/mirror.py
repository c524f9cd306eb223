"""Bring `ledger.anchor` in accord with the contract.

Receipts and their status prove nothing here. An anchor is kept when an event names it, its block is part of the
chain, and all leaves together give exactly the peaks that the contract holds at the block looked at: event and state
must agree. It is called final when the contract holds it at the final block, and every configured node says so.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from anchoring import accumulator, anchors, intents
from anchoring.accumulator import SEALED_LEVEL, Place
from anchoring.alarms import Halt, Kind
from anchoring.anchors import Anchor, Sighting
from anchoring.contract import LotAnchor
from anchoring.deployments import Deployment
from anchoring.look import Look
from anchoring.onchain import Anchored
from anchoring.rpc import Block, Moved, Refused, Rpc

WINDOW = 5_000  # blocks in one question for events; halved as often as the node refuses


class Disagrees(Exception):
    """The node's events and the contract's state do not fit together, or two nodes do not."""


# What a reorg took away


def taken_away(rpc: Rpc, latest: Block, mined: Sequence[Anchor]) -> tuple[list[Anchor], bool]:
    """The mined anchors whose blocks are no longer part of the chain, oldest first.

    The second answer: whether another block stands in the place of one of them. If not, the chain merely ends
    earlier, and the node may only be behind. A block that is still there vouches for all before it.
    """
    gone: list[Anchor] = []
    contradicted = False
    for anchor in reversed(mined):
        there = rpc.block(anchor.block) if anchor.block <= latest.number else None
        if there is not None and there.hash == anchor.block_hash:
            break
        contradicted = contradicted or there is not None
        gone.insert(0, anchor)
    return gone, contradicted


def lose(conn: Connection, gone: Sequence[Anchor], now: int) -> None:
    """Show that these anchors are gone, and put their intents back to where they were: signed, not in a block."""
    anchors.settle(conn, gone, "lost", now)
    for anchor in gone:
        if anchor.intent is not None:
            detail = f"block {anchor.block} 0x{anchor.block_hash.hex()} is no longer part of the chain"
            intents.become(conn, anchor.intent, "signed", now, step="reorged", detail=detail)


# What is new


def sight(conn: Connection, rpc: Rpc, seen: Look, known: Deployment) -> list[Sighting]:
    """The anchors that the contract holds and we do not know yet. Moved if the chain changed while we read."""
    newest = anchors.newest(conn)
    start = 0 if newest is None else newest.index + 1
    if start == seen.head.count:
        return []
    first_block = known.block if newest is None else newest.block
    assert first_block is not None
    found = events(seen.contract, start, seen.head.count, first_block, seen.latest.number)
    times = {number: _time(rpc, found, number) for number in {event.block for event in found}}
    leaves = [event.leaf(seen.epoch_of(event.index), times[event.block]) for event in found]
    known_peaks = anchors.hashes(conn, accumulator.peaks(start))
    nodes = accumulator.grow(start, leaves, known_peaks.__getitem__)
    sent = [intents.sent_by(conn, event.tx_hash) for event in found]
    return [
        Sighting(event, seen.epoch_of(event.index), times[event.block], tuple(done), intent)
        for event, done, intent in zip(found, nodes, sent, strict=True)
    ]


def events(contract: LotAnchor, start: int, end: int, first: int, last: int) -> list[Anchored]:
    """The events of the anchors start to end - 1, in order, each once."""
    found: dict[int, Anchored] = {}
    window = WINDOW
    while first <= last and len(found) < end - start:
        try:
            several = contract.events(first, min(last, first + window - 1))
        except Refused:
            if window == 1:
                raise
            window //= 2
            continue
        found |= {event.index: event for event in several if start <= event.index < end}
        first += window
    if len(found) != end - start:  # each index of `found` is one of these; a node may claim more than fits in memory
        raise Disagrees(f"the contract holds the anchors {start} to {end - 1}, the events name {sorted(found)}")
    return [found[index] for index in range(start, end)]


def _time(rpc: Rpc, events: Sequence[Anchored], number: int) -> int:
    block = rpc.block(number)
    told = {event.block_hash for event in events if event.block == number}
    if block is None or told != {block.hash}:
        raise Moved(f"block {number} changed while it was read")
    return block.time


def keep(conn: Connection, known: Deployment, seen: Look, sightings: Sequence[Sighting], now: int) -> None:
    """Keep new anchors and epochs, and move the intents that sent them. Disagrees unless the peaks follow."""
    if tuple(seen.epochs) != tuple(anchors.epochs(conn)):
        anchors.keep_epochs(conn, known.id, seen.epochs, now)
    if sightings:
        anchors.keep(conn, known.id, sightings, now)
    for sighting in sightings:
        if sighting.intent is not None:
            event = sighting.event
            detail = f"anchor {event.index} in block {event.block} 0x{event.block_hash.hex()}"
            intents.become(conn, sighting.intent, "mined", now, detail=detail)
    check_peaks(conn, seen.head.count, seen.peaks)


def check_peaks(conn: Connection, count: int, peaks: Sequence[bytes]) -> None:
    """Disagrees unless our leaves give these peaks."""
    _, live = anchors.counts(conn)
    if live < count:
        raise Disagrees(f"the contract holds {count} anchors, {live} are known")
    ours = anchors.peaks(conn, count)
    if list(ours) != list(peaks):
        raise Disagrees(f"the events give the peaks {_hex(ours)}, the contract holds {_hex(peaks)}")


def _hex(hashes: Sequence[bytes]) -> str:
    return ", ".join(each.hex() for each in hashes) or "none"


# What is final


def final_count(conn: Connection, seen: Look, others: Sequence[LotAnchor]) -> int:
    """How many anchors the contract holds at the final block, on every node. Disagrees if they do not fit together."""
    count, peaks = seen.contract.accumulator(seen.final)
    check_peaks(conn, count, peaks)
    for other in others:
        there = other.rpc.block(seen.final.number)
        if there is None:
            return 0  # that node is not so far yet
        if there.hash != seen.final.hash or other.accumulator(there) != (count, peaks):
            raise Disagrees(f"{other.rpc.name} shows another block {seen.final.number} or another contract in it")
    return count


def finalize(conn: Connection, count: int, now: int) -> list[Anchor]:
    """The first `count` anchors are final; which of them were not so far."""
    done = [anchor for anchor in anchors.mined(conn) if anchor.index < count]
    if done:
        anchors.settle(conn, done, "final", now)
    for anchor in done:
        if anchor.intent is not None:
            intents.become(conn, anchor.intent, "final", now, detail=f"anchor {anchor.index}")
    return done


def new_groups(conn: Connection, seen: Look, final: int) -> list[tuple[int, bytes]]:
    """Sealed groups of final anchors that are not kept yet, as the contract has them. Halt if ours differ."""
    groups = []
    for number in range(anchors.sealed_groups(conn), final >> SEALED_LEVEL):
        place = Place(SEALED_LEVEL, number)
        ours = anchors.hashes(conn, [place])[place]
        root = seen.contract.sealed_group(number, seen.final)
        if root != ours:
            raise Halt(Kind.CONTRACT_CHANGED, f"sealed group {number}: expected {ours.hex()}, seen {root.hex()}")
        groups.append((number, root))
    return groups
