"""What an audit has done so far, so that it can go on where it was cut off: `--resume FILE`.

    {format, of, checkpoint, held, open, read, root, parts}

FILE holds the checkpoint that is audited, what the chain said beside it, how many entries were read under
which root, and the parts that are done; FILE.entries the entries themselves. Both are the auditor's own and
believed like his disk; entries that no longer have their root are refused. Only what was without fault is
kept: a fault is found again. An audit is of one moment, so the one that goes on does not look at newer
checkpoints. Written whole, or not at all.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from verifier.chain import Epoch, Event, OnChain
from verifier.encoding import array, integer, load_json, members, string
from verifier.errors import Refuted, Unavailable
from verifier.files import content, write_whole
from verifier.partition import PLACE, Looked

FORMAT = "lotproof-audit/1"
MAX_STATE = 256 * 1024 * 1024  # a million anchors
EVERY = 5.0  # seconds between two savings

_STATE = frozenset({"format", "of", "checkpoint", "held", "open", "read", "root", "parts"})
_HELD = frozenset({"size", "log_root", "events", "epochs"})
_PART = frozenset({"subjects", "places"})


class NotResumable(Exception):
    """The file cannot be gone on with: a mistake of use, not a finding about a log."""


@dataclass(slots=True)
class State:
    """Under which checkpoint, and how far: `read` entries under `root`, these parts."""

    checkpoint: str
    held: OnChain | None
    open: tuple[Unavailable, ...]
    read: int = 0
    root: bytes = b""
    parts: dict[int, Looked] = field(default_factory=dict)


class Resume:
    """The file of one audit; `of` names what is audited by whose policy."""

    def __init__(self, path: Path, of: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._path = path
        self._of = of
        self._clock = clock
        self._saved = clock()
        self.entries = path.with_name(path.name + ".entries")

    def load(self) -> State | None:
        """What was done before, None if nothing; raises NotResumable."""
        if not self._path.exists():
            return None
        try:
            of, state = _read(content(self._path, MAX_STATE))
        except (Refuted, ValueError, TypeError) as problem:
            raise NotResumable(f"{self._path} is no state of an audit: {problem}") from None
        if of != self._of:
            raise NotResumable(f"{self._path} is of an audit of another log, or by another policy")
        return state

    def save(self, state: State, now: bool = False) -> None:
        """Write the state down, at most every few seconds unless it has to be `now`."""
        if not now and self._clock() - self._saved < EVERY:
            return
        write_whole(self._path, json.dumps(_plain(self._of, state)).encode("ascii"))
        self._saved = self._clock()

    def forget(self) -> None:
        """The audit came to its end: nothing is left to go on with."""
        for path in (self._path, self.entries):
            with suppress(FileNotFoundError):
                path.unlink()


def _plain(of: str, state: State) -> dict[str, Any]:
    parts = {str(n): {"subjects": part.subjects, "places": part.places.hex()} for n, part in state.parts.items()}
    return {
        "format": FORMAT,
        "of": of,
        "checkpoint": state.checkpoint,
        "held": None if state.held is None else _plain_held(state.held),
        "open": [[unknown.what, unknown.why] for unknown in state.open],
        "read": state.read,
        "root": state.root.hex(),
        "parts": parts,
    }


def _plain_held(held: OnChain) -> dict[str, Any]:
    events = [[event.index, event.size, event.log_root.hex(), event.map_root.hex()] for event in held.events]
    epochs = [[epoch.first, epoch.keep] for epoch in held.epochs]
    return {"size": held.size, "log_root": held.log_root.hex(), "events": events, "epochs": epochs}


def _read(data: bytes) -> tuple[str, State]:
    state = members(load_json(data), "state", _STATE)
    if state["format"] != FORMAT:
        raise Refuted("format", FORMAT, state["format"])
    unknown = tuple(Unavailable(string(what, "open"), string(why, "open")) for what, why in _rows(state["open"]))
    held = None if state["held"] is None else _held(state["held"])
    read, root = integer(state["read"], "read"), bytes.fromhex(string(state["root"], "root"))
    checkpoint = string(state["checkpoint"], "checkpoint")
    return string(state["of"], "of"), State(checkpoint, held, unknown, read, root, _parts(state["parts"]))


def _held(value: Any) -> OnChain:
    held = members(value, "held", _HELD)
    events = [
        Event(integer(index), integer(size), bytes.fromhex(log_root), bytes.fromhex(map_root))
        for index, size, log_root, map_root in _rows(held["events"])
    ]
    epochs = tuple(Epoch(integer(first), integer(keep)) for first, keep in _rows(held["epochs"]))
    return OnChain(integer(held["size"]), bytes.fromhex(string(held["log_root"], "log_root")), events, epochs)


def _parts(value: Any) -> dict[int, Looked]:
    if not isinstance(value, Mapping):
        raise Refuted("parts", "an object", type(value).__name__)
    found = {}
    for number, part in value.items():
        known = members(part, "part", _PART)
        places = bytes.fromhex(string(known["places"], "places", MAX_STATE))
        if len(places) % PLACE:
            raise Refuted("places", f"{PLACE} bytes each", f"{len(places)} bytes")
        found[int(number)] = Looked(integer(known["subjects"]), places)
    return found


def _rows(value: Any) -> list[list[Any]]:
    """A list of lists; who unpacks one that has more or fewer members raises ValueError."""
    return [array(row, "row", MAX_STATE) for row in array(value, "rows", MAX_STATE)]
