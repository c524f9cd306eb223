"""The lot proof file `lotproof/1`: one JSON document, read within hard limits (check 1, *form*).

    format, lot, checkpoint, history, head, anchors, keys   [first, last]

A file never supplies trust. Reading it proves nothing; it only makes sure that what is judged later
is small, complete and spelled in the one legal way. Every limit is a constant with its reason.
Evidence: the bundle vectors and `tests/verifier/test_hostile.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from verifier import uri
from verifier.checkpoint import Checkpoint, parse_checkpoint
from verifier.encoding import array, integer, load_document, members, string, unb64, unb64_hash
from verifier.entry import Entry, parse_entry
from verifier.errors import Refuted
from verifier.hashing import LeafHash, leaf_hash
from verifier.lotmap import MAX_MAP_PATH
from verifier.merkle import MAX_ANCHOR_PATH, MAX_LOG_PATH
from verifier.note import MAX_NOTE, Note, parse_note
from verifier.statement import SdJwt, split

FORMAT = "lotproof/1"
MAX_FILE = 8 * 1024 * 1024  # what a phone can still hold in memory several times over
MAX_ENTRIES = 4096  # about 5 kB an entry with all fields shown: twice what the file size allows
MAX_ANCHORS = 2048
MAX_PARTIES = 64
MAX_KEY_ENTRIES = 256
MAX_PARTS = 256  # a lot of a million entries
_MAX_STATEMENT = MAX_FILE  # bounded by the file; its parts are bounded one by one

_FILE = frozenset({"format", "lot", "checkpoint", "history", "head", "anchors", "keys"})
_PART = frozenset({"first", "last"})
_ITEM = frozenset({"entry", "index", "path", "statement"})
_HEAD = frozenset({"count", "index", "siblings"})
_NO_HEAD = frozenset({"count", "siblings", "neighbour"})
_NEIGHBOUR = frozenset({"key", "value"})
_CHAIN = frozenset({"history", "head"})
_ANCHOR = frozenset({"index", "epoch", "size", "log_root", "map_root", "block", "time", "path"})


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of a history as it was sent; `statement` is None where it is withheld."""

    entry: Entry
    leaf: LeafHash
    index: int
    path: tuple[bytes, ...]
    statement: SdJwt | None


@dataclass(frozen=True, slots=True)
class Head:
    """What the map is said to hold of a subject: its newest entry, or with count 0 its absence."""

    count: int
    index: int | None
    siblings: tuple[bytes, ...]
    neighbour: tuple[bytes, bytes] | None = None


@dataclass(frozen=True, slots=True)
class Anchor:
    """One anchor as the file tells it, with a path to a peak of the contract's accumulator."""

    index: int
    epoch: int
    size: int
    log_root: bytes
    map_root: bytes
    block: int
    time: int
    path: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class KeyChain:
    """The key statements of one party."""

    history: tuple[Item, ...]
    head: Head


@dataclass(frozen=True, slots=True)
class Bundle:
    """One lot proof file; a `part` holds the entries `first` to `last` of a larger history."""

    lot: str
    note_text: str
    note: Note
    checkpoint: Checkpoint
    history: tuple[Item, ...]
    head: Head
    anchors: tuple[Anchor, ...]
    keys: Mapping[str, KeyChain]
    part: bool = False
    first: int = 1

    @property
    def last(self) -> int:
        return self.first + len(self.history) - 1


def parse_bundle(data: bytes) -> Bundle:
    """The file within the limits; raises Refuted for everything else (check 1)."""
    document = members(load_document(data, MAX_FILE), "file", _FILE, _PART)
    if document["format"] != FORMAT:
        raise Refuted("format", FORMAT, document["format"])
    text = string(document["checkpoint"], "checkpoint", MAX_NOTE)
    note = parse_note(text)
    bundle = Bundle(
        uri.check_uri(uri.LOT, string(document["lot"], "lot")),
        text,
        note,
        parse_checkpoint(note.body),
        tuple(parse_item(item) for item in array(document["history"], "history", MAX_ENTRIES)),
        parse_head(document["head"]),
        tuple(parse_anchor(anchor) for anchor in array(document["anchors"], "anchors", MAX_ANCHORS)),
        _keys(document["keys"]),
        not _PART.isdisjoint(document),
        _first(document),
    )
    _check_shape(bundle, document)
    return bundle


def parse_item(value: Any) -> Item:
    """One member of a history."""
    item = members(value, "entry", _ITEM)
    raw = unb64(string(item["entry"], "entry"))
    statement = None if item["statement"] is None else split(string(item["statement"], "statement", _MAX_STATEMENT))
    path = _hashes(item["path"], "path length", MAX_LOG_PATH)
    return Item(parse_entry(raw), leaf_hash(raw), integer(item["index"]), path, statement)


def parse_head(value: Any) -> Head:
    """A head: membership (count, index, siblings) or absence (count 0, siblings, neighbour)."""
    if type(value) is dict and "neighbour" in value:
        absent = members(value, "head", _NO_HEAD)
        if integer(absent["count"]) != 0:
            raise Refuted("head", "count 0 beside a neighbour", absent["count"])
        return Head(0, None, _siblings(absent), _neighbour(absent["neighbour"]))
    head = members(value, "head", _HEAD)
    if integer(head["count"]) == 0:
        raise Refuted("head", "a count of at least 1, or a neighbour", 0)
    return Head(head["count"], integer(head["index"]), _siblings(head))


def _hashes(value: Any, what: str, limit: int) -> tuple[bytes, ...]:
    return tuple([unb64_hash(text) for text in array(value, what, limit)])


def _siblings(head: Mapping[str, Any]) -> tuple[bytes, ...]:
    return _hashes(head["siblings"], "siblings", MAX_MAP_PATH)


def _neighbour(value: Any) -> tuple[bytes, bytes] | None:
    if value is None:
        return None
    neighbour = members(value, "neighbour", _NEIGHBOUR)
    return unb64_hash(neighbour["key"]), unb64_hash(neighbour["value"])


def parse_anchor(value: Any) -> Anchor:
    """One anchor with its path."""
    anchor = members(value, "anchor", _ANCHOR)
    return Anchor(
        integer(anchor["index"]),
        integer(anchor["epoch"]),
        integer(anchor["size"]),
        unb64_hash(anchor["log_root"]),
        unb64_hash(anchor["map_root"]),
        integer(anchor["block"]),
        integer(anchor["time"]),
        _hashes(anchor["path"], "anchor path", MAX_ANCHOR_PATH),
    )


def _keys(value: Any) -> dict[str, KeyChain]:
    if type(value) is not dict:
        raise Refuted("keys", "an object", type(value).__name__)
    if len(value) > MAX_PARTIES:
        raise Refuted("parties", f"at most {MAX_PARTIES}", len(value))
    return {uri.check_uri(uri.PARTY, party): _chain(chain) for party, chain in value.items()}


def _chain(value: Any) -> KeyChain:
    chain = members(value, "key chain", _CHAIN)
    history = tuple(parse_item(item) for item in array(chain["history"], "key history", MAX_KEY_ENTRIES))
    return KeyChain(history, parse_head(chain["head"]))


def _first(document: Mapping[str, Any]) -> int:
    if _PART.isdisjoint(document):
        return 1
    members(document, "part", _FILE | _PART)
    return integer(document["first"], "first")


def _check_shape(bundle: Bundle, document: Mapping[str, Any]) -> None:
    if not bundle.anchors:
        raise Refuted("anchors", "at least the checkpoint's own", "none")
    indexes = [anchor.index for anchor in bundle.anchors]
    if any(a >= b for a, b in pairwise(indexes)):
        raise Refuted("anchors", "sorted, each once", "others")
    if bundle.head.count == 0 and (bundle.history or bundle.keys):
        raise Refuted("file of an absent lot", "no history and no keys", len(bundle.history))
    if bundle.head.count and not bundle.history:
        raise Refuted("history", "entries, or the absence of the lot", "none")
    if "first" in document:
        _check_part(bundle, integer(document["last"], "last"))


def _check_part(bundle: Bundle, last: int) -> None:
    if bundle.first < 1 or last != bundle.last or not bundle.history or last > bundle.head.count:
        raise Refuted("part", f"entries {bundle.first} to {last}", f"{len(bundle.history)} of {bundle.head.count}")


def join(parts: list[Bundle]) -> Bundle:
    """One bundle of several parts of one lot: same checkpoint and head, no gap; raises Refuted.

    The parts may leave out the beginning or the end; check 5 then says which entries are missing.
    """
    if not 1 <= len(parts) <= MAX_PARTS:
        raise Refuted("parts", f"1 to {MAX_PARTS}", len(parts))
    ordered = sorted(parts, key=lambda part: part.first)
    start = ordered[0]
    for before, part in pairwise(ordered):
        if (part.lot, part.note_text, part.head) != (start.lot, start.note_text, start.head):
            raise Refuted("parts", "one lot, one checkpoint, one head", (part.lot, part.first))
        if part.first != before.last + 1:
            raise Refuted("parts", f"entry {before.last + 1} next", part.first)
    return replace(
        start,
        history=tuple(item for part in ordered for item in part.history),
        anchors=_join_anchors(ordered),
        keys=_join_keys(ordered),
        part=True,
    )


def _join_keys(parts: list[Bundle]) -> dict[str, KeyChain]:
    found: dict[str, KeyChain] = {}
    for party, chain in (pair for part in parts for pair in part.keys.items()):
        if found.setdefault(party, chain) != chain:
            raise Refuted(f"key chain of {party}", "the same in every part", "two")
    return found


def _join_anchors(parts: list[Bundle]) -> tuple[Anchor, ...]:
    """The anchors of all parts; in a part that was made later a path may be longer."""
    found: dict[int, Anchor] = {}
    for anchor in sorted((anchor for part in parts for anchor in part.anchors), key=lambda anchor: len(anchor.path)):
        known = found.get(anchor.index, anchor)
        if replace(anchor, path=anchor.path[: len(known.path)]) != known:
            raise Refuted(f"anchor {anchor.index}", "the same in every part", "two")
        found[anchor.index] = anchor
    return tuple(found[index] for index in sorted(found))
