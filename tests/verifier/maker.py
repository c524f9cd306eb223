"""A small honest ledger in memory, built without a line of `anchoring/`: what the verifier is tried on.

A test makes a world, lets parties say things, anchors, and takes a lot's file; then it bends one
thing. Everything is derived from names, so a failing case is the same tomorrow.
"""

import base64
import hashlib
import json
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from verifier import note as notes
from verifier import uri
from verifier.chain import Block, Epoch, Event, State
from verifier.checkpoint import Checkpoint, format_checkpoint
from verifier.encoding import b64, b64url
from verifier.entry import ERASURE, MOVEMENT, NOTICE, PARTY_KEY, Entry, format_entry
from verifier.hashing import ZERO, anchor_leaf, leaf_hash, map_value, node_hash, statement_hash
from verifier.statement import TYPES, thumbprint

from .fake_chain import FakeNode, FakeSource, block_hash
from .vectors import naive_map, naive_map_proof

ORIGIN = "log.example.com/lotproof"
CONTRACT = "0x" + "ab" * 20
START = 1_790_000_000


def digest(disclosure: str) -> str:
    return b64url(hashlib.sha256(disclosure.encode()).digest())


def encoded(value: Any) -> str:
    return b64url(json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode())


@cache
def private_key(name: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(name.encode()).digest())


def public_key(name: str) -> bytes:
    return private_key(name).public_key().public_bytes_raw()


def party(name: str) -> str:
    return f"https://log.example.com/party/{name}"


def lot_name(number: int = 1) -> str:
    return uri.lot_uri("09506000134352", f"LOT-{number}")


@dataclass
class Signed:
    """A statement with all its disclosures, by what they show."""

    jwt: str
    disclosures: dict[str, str]

    @property
    def hash(self) -> bytes:
        return statement_hash(self.jwt)

    def shown(self, wanted: Callable[[str], bool] = lambda name: True) -> str:
        return "~".join([self.jwt, *(text for name, text in self.disclosures.items() if wanted(name)), ""])


@dataclass
class AnchorRecord:
    index: int
    epoch: int
    size: int
    log_root: bytes
    map_root: bytes
    block: int
    time: int

    @property
    def leaf(self) -> bytes:
        return anchor_leaf(self.epoch, self.size, self.log_root, self.map_root, self.block, self.time)


@dataclass
class World:
    """One log, its parties, and the chain it is anchored on."""

    now: int = START
    entries: list[bytes] = field(default_factory=list)
    leaves: list[bytes] = field(default_factory=list)
    heads: dict[bytes, list[int]] = field(default_factory=dict)
    statements: dict[int, Signed] = field(default_factory=dict)
    anchors: list[AnchorRecord] = field(default_factory=list)
    epochs: list[Epoch] = field(default_factory=list)
    rotations: int = 0
    _salts: int = 0
    _nodes: dict[tuple[int, int], bytes] = field(default_factory=dict)

    # -- what parties say

    def sign(self, name: str, kind: int, payload: dict[str, Any], key: str | None = None) -> str:
        signer = key or name
        header = {"alg": "EdDSA", "kid": thumbprint(public_key(signer)), "typ": TYPES[kind][0]}
        signed = f"{encoded(header)}.{encoded(payload)}"
        return f"{signed}.{b64url(private_key(signer).sign(signed.encode()))}"

    def salt(self) -> str:
        self._salts += 1
        return b64url(hashlib.sha256(f"salt {self._salts}".encode()).digest()[:16])

    def base(self, name: str, kind: int) -> dict[str, Any]:
        jti = uuid.UUID(bytes=hashlib.sha256(f"{name} {self._salts} {len(self.entries)}".encode()).digest()[:16])
        self._salts += 1
        return {"iss": party(name), "jti": str(jti), "iat": self.now, "aud": ORIGIN, "vct": TYPES[kind][1]}

    def say(
        self,
        name: str,
        lots: Sequence[str],
        event: dict[str, Any] | None = None,
        ref: dict[str, Any] | None = None,
        kind: int = MOVEMENT,
        key: str | None = None,
        payload: dict[str, Any] | None = None,
    ) -> Signed:
        """A signed statement about lots; nothing is entered yet."""
        base = self.base(name, kind)
        disclosures: dict[str, str] = {}
        lot_digests = []
        for lot in lots:
            disclosures[f"lot {lot}"] = encoded([self.salt(), lot])
            lot_digests.append({"...": digest(disclosures[f"lot {lot}"])})
        digests = []
        properties = {"eventID": f"urn:uuid:{base['jti']}", **event} if event is not None else {}
        for property_name, value in properties.items():
            if property_name.endswith(("List", "EPCs")):
                members = [encoded([self.salt(), member]) for member in value]
                disclosures |= {f"{property_name}[{n}]": text for n, text in enumerate(members)}
                value = [{"...": digest(text)} for text in members]
            disclosures[property_name] = encoded([self.salt(), property_name, value])
            digests.append(digest(disclosures[property_name]))
        said = base | {"lots": lot_digests} | ({"ref": ref} if ref else {})
        said |= {"_sd_alg": "sha-256", "_sd": sorted(digests)} | (payload or {})
        return Signed(self.sign(name, kind, said, key), disclosures)

    def movement(self, name: str, lots: Sequence[str], event: dict[str, Any] | None = None, **how: Any) -> Signed:
        """A statement, entered into the chain of each of its lots."""
        said = self.say(name, lots, event if event is not None else an_event(lots), **how)
        for lot in lots:
            self.enter(uri.LOT, lot, said, how.get("kind", MOVEMENT))
        self.now += 10
        return said

    def erasure(self, name: str, lot: str, target: Signed, *names: str) -> Signed:
        digests = [digest(target.disclosures[each]) for each in names]
        ref = {"rel": "erases", "statement": b64url(target.hash), "digests": digests}
        said = self.say(name, [lot], None, ref, ERASURE)
        self.enter(uri.LOT, lot, said, ERASURE)
        return said

    def notice(self, name: str) -> Signed:
        said = self.say(name, [], {"type": "notice"}, None, NOTICE)
        self.enter(uri.LOG, uri.log_uri(ORIGIN), said, NOTICE)
        return said

    def keys(
        self, name: str, keys: Sequence[str], signer: str | None = None, recovery: str | None = None, bent: Any = None
    ) -> Signed:
        """A key statement; `keys` and `recovery` are names of keys; `bent` are members said otherwise."""
        before = self.heads.get(uri.subject(uri.PARTY, ORIGIN, party(name)), [])
        previous = self.statements[before[-1]].hash if before else ZERO
        publics = sorted((public_key(each) for each in keys), key=thumbprint)
        payload = self.base(name, PARTY_KEY) | {
            "seq": len(before) + 1,
            "prev": b64url(previous),
            "keys": [{"crv": "Ed25519", "kty": "OKP", "x": b64url(public)} for public in publics],
            "recovery": thumbprint(public_key(recovery)) if recovery else None,
        }
        said = Signed(self.sign(name, PARTY_KEY, payload | (bent or {}), signer or keys[0]), {})
        self.enter(uri.PARTY, party(name), said, PARTY_KEY)
        return said

    # -- what the log does

    def enter(self, type_: str, name: str, said: Signed, kind: int, recorded_at: int | None = None) -> int:
        subject = uri.subject(type_, ORIGIN, name)
        history = self.heads.setdefault(subject, [])
        previous = self.leaves[history[-1]] if history else ZERO
        at = self.now * 1000 if recorded_at is None else recorded_at
        raw = format_entry(Entry(kind, subject, len(history) + 1, previous, said.hash, at))
        index = len(self.entries)
        history.append(index)
        self.entries.append(raw)
        self.leaves.append(leaf_hash(raw))
        self.statements[index] = said
        return index

    def node(self, low: int, high: int) -> bytes:
        """Hash of the leaves low..high-1; complete subtrees are remembered."""
        width = high - low
        if width == 1:
            return self.leaves[low]
        whole = width & (width - 1) == 0
        if whole and (low, high) in self._nodes:
            return self._nodes[low, high]
        split = 1 << (width - 1).bit_length() - 1
        node = node_hash(self.node(low, low + split), self.node(low + split, high))
        if whole:
            self._nodes[low, high] = node
        return node

    def inclusion(self, index: int, size: int) -> list[bytes]:
        path: list[bytes] = []
        low, high = 0, size
        while high - low > 1:
            middle = low + (1 << (high - low - 1).bit_length() - 1)
            if index < middle:
                path.append(self.node(middle, high))
                high = middle
            else:
                path.append(self.node(low, middle))
                low = middle
        return path[::-1]

    def items(self, size: int) -> list[tuple[bytes, bytes]]:
        found = []
        for subject, history in self.heads.items():
            below = [index for index in history if index < size]
            if below:
                found.append((subject, map_value(len(below), below[-1], self.leaves[below[-1]])))
        return found

    def checkpoint(self, size: int | None = None, map_root: bytes | None = None) -> str:
        size = len(self.entries) if size is None else size
        root = naive_map(self.items(size)) if map_root is None else map_root
        body = format_checkpoint(Checkpoint(ORIGIN, size, self.node(0, size), root))  # type: ignore[arg-type]
        line = ORIGIN, notes.key_id(ORIGIN, notes.ED25519, public_key("log")), private_key("log").sign(body.encode())
        return notes.format_note(body, [line])

    def anchor(self, wait: int = 5) -> AnchorRecord:
        self.now += wait
        size = len(self.entries)
        record = AnchorRecord(
            len(self.anchors),
            len(self.epochs),
            size,
            self.node(0, size),
            naive_map(self.items(size)),
            1000 + len(self.anchors),
            self.now,
        )
        self.anchors.append(record)
        self.now += 1
        return record

    def epoch(self, keep: int) -> None:
        self.epochs.append(Epoch(len(self.anchors), keep))

    # -- what is handed out

    def bundle(
        self,
        lot: str,
        show: Callable[[str], bool] | None = None,
        size: int | None = None,
        count: int | None = None,
        first: int = 1,
        last: int | None = None,
    ) -> dict[str, Any]:
        """The file of a lot under the newest anchor, or under the one of `size`."""
        anchor = next(a for a in reversed(self.anchors) if size in (None, a.size))
        count = len(self.anchors) if count is None else count
        subject = uri.subject(uri.LOT, ORIGIN, lot)
        history = [i for i in self.heads.get(subject, []) if i < anchor.size][first - 1 : last]
        visible = show or (lambda name: True)
        file = {
            "format": "lotproof/1",
            "lot": lot,
            "checkpoint": self.checkpoint(anchor.size),
            "history": [self.item(index, anchor.size, visible, lot) for index in history],
            "head": self.head(subject, anchor.size),
            "anchors": [self.anchor_json(a, count) for a in self.around(history, anchor)],
            "keys": self.chains(history, anchor.size),
        }
        return file if last is None and first == 1 else file | {"first": first, "last": first + len(history) - 1}

    def item(self, index: int, size: int, visible: Callable[[str], bool], lot: str) -> dict[str, Any]:
        said = self.statements[index]
        return {
            "entry": b64(self.entries[index]),
            "index": index,
            "path": [b64(node) for node in self.inclusion(index, size)],
            "statement": said.shown(lambda name: name == f"lot {lot}" or visible(name)),
        }

    def head(self, subject: bytes, size: int) -> dict[str, Any]:
        siblings, place = naive_map_proof(subject, self.items(size))
        below = [index for index in self.heads.get(subject, []) if index < size]
        texts = [b64(sibling) for sibling in siblings]
        if below:
            return {"count": len(below), "index": below[-1], "siblings": texts}
        neighbour = {"key": b64(place[0]), "value": b64(place[1])} if place else None
        return {"count": 0, "siblings": texts, "neighbour": neighbour}

    def around(self, history: Iterable[int], last: AnchorRecord) -> list[AnchorRecord]:
        valid = [a for a in self.anchors if not any(e.keep <= a.index < e.first for e in self.epochs)]
        wanted = {last.index}
        for index in history:
            place = next(n for n, a in enumerate(valid) if a.size > index)
            wanted |= {valid[place].index} | ({valid[place - 1].index} if place else set())
        return [self.anchors[index] for index in sorted(wanted)]

    def anchor_json(self, anchor: AnchorRecord, count: int) -> dict[str, Any]:
        return {
            "index": anchor.index,
            "epoch": anchor.epoch,
            "size": anchor.size,
            "log_root": b64(anchor.log_root),
            "map_root": b64(anchor.map_root),
            "block": anchor.block,
            "time": anchor.time,
            "path": [b64(node) for node in self.anchor_path(anchor.index, count)],
        }

    def chains(self, history: Iterable[int], size: int) -> dict[str, Any]:
        found = {}
        for issuer in sorted({_issuer(self.statements[index].jwt) for index in history}):
            subject = uri.subject(uri.PARTY, ORIGIN, issuer)
            below = [index for index in self.heads.get(subject, []) if index < size]
            items = [self.item(index, size, lambda name: True, "") for index in below]
            found[issuer] = {"history": items, "head": self.head(subject, size)}
        return found

    def receipt(self, index: int, size: int | None = None) -> dict[str, Any]:
        size = len(self.entries) if size is None else size
        path = [b64(node) for node in self.inclusion(index, size)]
        entry = b64(self.entries[index])
        return {
            "format": "lotproof-receipt/1",
            "entry": entry,
            "index": index,
            "path": path,
            "checkpoint": self.checkpoint(size),
        }

    # -- what the chain says

    def accumulator(self, low: int, high: int) -> bytes:
        if high - low == 1:
            return self.anchors[low].leaf
        middle = low + (high - low) // 2
        return node_hash(self.accumulator(low, middle), self.accumulator(middle, high))

    def peaks(self, count: int) -> list[tuple[int, int]]:
        found, start = [], 0
        for height in reversed(range(count.bit_length())):
            if count >> height & 1:
                found.append((start, start + (1 << height)))
                start += 1 << height
        return found

    def anchor_path(self, index: int, count: int) -> list[bytes]:
        low, high = next(peak for peak in self.peaks(count) if peak[0] <= index < peak[1])
        path = []
        while high - low > 1:
            middle = low + (high - low) // 2
            path.append(self.accumulator(*((middle, high) if index < middle else (low, middle))))
            low, high = (low, middle) if index < middle else (middle, high)
        return path[::-1]

    def state(self, count: int) -> State:
        peaks = tuple(self.accumulator(*peak) for peak in self.peaks(count))
        head = self.anchors[count - 1] if count else None
        size, root = (head.size, head.log_root) if head else (0, bytes(32))
        return State(size, root, count, len(self.epochs), self.rotations, peaks, tuple(self.epochs))

    def chain(self, final: int | None = None, name: str = "fake node") -> FakeNode:
        """A node for which the first `final` anchors are final (all, if not said)."""
        count = len(self.anchors)
        final = count if final is None else final
        blocks = Block(5000 + final, block_hash(5000 + final), self.now), Block(9000, block_hash(9000), self.now + 10)
        groups = {g: self.accumulator(64 * g, 64 * g + 64) for g in range(count // 64)}
        code = hashlib.sha256(b"code").digest()
        views = self.state(final), blocks[0], self.state(count), blocks[1]
        events = [Event(a.index, a.size, a.log_root, a.map_root) for a in self.anchors[:final]]
        return FakeNode(31337, block_hash(0), CONTRACT, code, *views, groups, name, events)

    def source(self) -> FakeSource:
        count = len(self.anchors)
        return FakeSource({a.index: self.anchor_path(a.index, count) for a in self.anchors})

    def policy(self, *names: str, **changes: Any) -> dict[str, Any]:
        return {
            "origin": ORIGIN,
            "log_keys": [[ORIGIN, b64(public_key("log"))]],
            "chain_id": 31337,
            "genesis": "0x" + block_hash(0).hex(),
            "contract": CONTRACT,
            "code_hash": "0x" + hashlib.sha256(b"code").hexdigest(),
            "epoch": len(self.epochs),
            "rotations": self.rotations,
            "max_age": 86400,
            "parties": {party(name): [thumbprint(public_key(name))] for name in names or ("farm", "mill", "shop")},
            "log_party": party("log"),
        } | changes


def an_event(lots: Sequence[str], quantity: Any = 100, **more: Any) -> dict[str, Any]:
    """An EPCIS event with the twelve properties that a movement usually has."""
    return {
        "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
        "type": "ObjectEvent",
        "eventTime": "2026-09-21T14:14:19.000Z",
        "eventTimeZoneOffset": "+00:00",
        "action": "OBSERVE",
        "bizStep": "shipping",
        "disposition": "in_transit",
        "readPoint": {"id": "https://log.example.com/place/dock"},
        "bizLocation": {"id": "https://log.example.com/place/site"},
        "quantityList": [{"epcClass": lot, "quantity": quantity, "uom": "KGM"} for lot in lots],
        "bizTransactionList": [{"type": "po", "bizTransaction": "urn:lotproof:po:217"}],
    } | more


def shipped_to(name: str) -> dict[str, Any]:
    return {"destinationList": [{"type": "owning_party", "destination": party(name)}]}


def answering(said: Signed, rel: str = "accepts") -> dict[str, Any]:
    return {"rel": rel, "statement": b64url(said.hash)}


def _issuer(jwt: str) -> str:
    payload = jwt.split(".")[1]
    return str(json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["iss"])


def story() -> tuple[World, str]:
    """Farm makes a lot, ships it to mill, mill accepts; three anchors; nothing hidden, nothing wrong."""
    world, lot, other = World(), lot_name(1), lot_name(2)
    for name in ("farm", "mill", "shop", "log"):
        world.keys(name, [name])
    world.anchor()
    world.movement("farm", [lot])
    world.movement("farm", [other])
    world.anchor()
    shipment = world.movement("farm", [lot, other], an_event([lot, other], **shipped_to("mill")))
    world.anchor()
    world.movement("mill", [lot], an_event([lot], bizStep="receiving"), ref=answering(shipment))
    world.anchor()
    return world, lot
