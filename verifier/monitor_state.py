"""What a monitor remembers between two rounds: one small JSON file, written whole or not at all.

    {format, origin, note, peaks, grown, due, anchored, parties, lots, waits, told}

note      the last checkpoint that passed; peaks the complete subtrees of its tree, which fold to its root
grown     seconds at which it was first seen;  due  {size, at}: signed then and not anchored yet, or null
anchored  the largest size seen in the contract
parties   by URI {size, statements}: the key statements known, and under which size
lots      by URI {count, size, leaf}: how many entries, under which size, the leaf of the last
waits     by URI, seconds: since when a lot that was never proven is said to wait for its first anchor
told      by class: the alarm that the webhook was told last

Bounded by the monitor's own options (lots, parties) and by the formats. The file is the monitor's own and
believed; one that cannot be read ends the monitor: to begin anew is to forget, and is for a person to say.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from verifier.alarms import CLASSES
from verifier.encoding import array, b64, integer, load_document, members, string, unb64_hash
from verifier.errors import Refuted
from verifier.files import content, write_whole
from verifier.logtiles import folded
from verifier.merkle import MAX_LOG_PATH
from verifier.note import MAX_NOTE
from verifier.receipt import SignedCheckpoint, read_checkpoint

FORMAT = "lotproof-monitor/1"
MAX_STATE = 16 * 1024 * 1024
MAX_WATCHED = 1000  # lots, and parties; each is a file to fetch a round
MAX_KEY_STATEMENTS = 256  # as in a lot proof

_STATE = frozenset(
    {"format", "origin", "note", "peaks", "grown", "due", "anchored", "parties", "lots", "waits", "told"}
)
_DUE = frozenset({"size", "at"})
_PARTY = frozenset({"size", "statements"})
_LOT = frozenset({"count", "size", "leaf"})


class BadState(Exception):
    """The state file cannot be used: a mistake of use, not a finding about a log."""


@dataclass(frozen=True, slots=True)
class Keys:
    """The key statements of a party, by hash, under a checkpoint of this size."""

    size: int
    statements: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Seen:
    """A lot under a checkpoint of this size: how many entries, and the leaf of the last (zeros if none)."""

    count: int
    size: int
    leaf: bytes


@dataclass(slots=True)
class Memory:
    """All that is remembered; `signed` is None before the first good round."""

    origin: str
    note: str | None = None
    peaks: tuple[bytes, ...] = ()
    grown: int = 0
    due: tuple[int, int] | None = None
    anchored: int = 0
    parties: dict[str, Keys] = field(default_factory=dict)
    lots: dict[str, Seen] = field(default_factory=dict)
    waits: dict[str, int] = field(default_factory=dict)
    told: dict[str, str] = field(default_factory=dict)

    @property
    def signed(self) -> SignedCheckpoint | None:
        return None if self.note is None else read_checkpoint(self.note)


def load(path: Path, origin: str) -> Memory:
    """What stands in the file, or nothing remembered if there is none; raises BadState."""
    if not path.exists():
        return Memory(origin)
    try:
        memory = _read(load_document(content(path, MAX_STATE), MAX_STATE))
    except Refuted as problem:
        raise BadState(f"{path} is no state of a monitor: {problem}") from None
    if memory.origin != origin:
        raise BadState(f"{path} is of {memory.origin}, the policy of {origin}")
    return memory


def save(path: Path, memory: Memory) -> None:
    """Write the state down, durably; raises OSError."""
    write_whole(path, json.dumps(_plain(memory)).encode("ascii"))


def _plain(memory: Memory) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "origin": memory.origin,
        "note": memory.note,
        "peaks": [b64(peak) for peak in memory.peaks],
        "grown": memory.grown,
        "due": None if memory.due is None else {"size": memory.due[0], "at": memory.due[1]},
        "anchored": memory.anchored,
        "parties": {
            party: {"size": keys.size, "statements": [b64(each) for each in keys.statements]}
            for party, keys in memory.parties.items()
        },
        "lots": {
            lot: {"count": seen.count, "size": seen.size, "leaf": b64(seen.leaf)} for lot, seen in memory.lots.items()
        },
        "waits": memory.waits,
        "told": memory.told,
    }


def _read(value: Any) -> Memory:
    if type(value) is dict:
        value.setdefault("waits", {})  # of a monitor of before
    state = members(value, "state", _STATE)
    if state["format"] != FORMAT:
        raise Refuted("format", FORMAT, state["format"])
    due = None if state["due"] is None else members(state["due"], "due", _DUE)
    memory = Memory(
        string(state["origin"], "origin"),
        None if state["note"] is None else string(state["note"], "note", MAX_NOTE),
        tuple(unb64_hash(peak) for peak in array(state["peaks"], "peaks", MAX_LOG_PATH)),
        integer(state["grown"], "grown"),
        None if due is None else (integer(due["size"]), integer(due["at"])),
        integer(state["anchored"], "anchored"),
        {party: _keys(keys) for party, keys in _table(state["parties"], "parties").items()},
        {lot: _seen(seen) for lot, seen in _table(state["lots"], "lots").items()},
        {lot: integer(since) for lot, since in _table(state["waits"], "waits").items()},
        {kind: string(mark, "told") for kind, mark in _table(state["told"], "told").items() if kind in CLASSES},
    )
    _check_peaks(memory)
    return memory


def _check_peaks(memory: Memory) -> None:
    signed = memory.signed
    if signed is None:
        return
    checkpoint = signed.checkpoint
    if len(memory.peaks) != checkpoint.size.bit_count() or folded(memory.peaks) != checkpoint.log_root:
        raise Refuted("peaks", "those of the remembered checkpoint", f"{len(memory.peaks)} others")


def _keys(value: Any) -> Keys:
    keys = members(value, "party", _PARTY)
    statements = array(keys["statements"], "statements", MAX_KEY_STATEMENTS)
    return Keys(integer(keys["size"]), tuple(unb64_hash(each) for each in statements))


def _seen(value: Any) -> Seen:
    lot = members(value, "lot", _LOT)
    return Seen(integer(lot["count"]), integer(lot["size"]), unb64_hash(lot["leaf"]))


def _table(value: Any, what: str) -> Mapping[str, Any]:
    if type(value) is not dict:
        raise Refuted(what, "an object", type(value).__name__)
    if len(value) > MAX_WATCHED:
        raise Refuted(what, f"at most {MAX_WATCHED}", len(value))
    return value
