"""What may be shown to a partner, one by one: each lie begins, yields while it lasts, and afterwards the truth is shown
again. All of it on the real log, with the log's own key where a signature is needed.
"""

import base64
import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from anchoring.signer import LogSigner
from service import db
from service.keys.keyring import Keyring
from service.ledger import party_keys
from service.ledger.requests import Scribe
from service.publish.paths import parse_tile_path
from tests.campaigns.alarms_anchors import another_root, no_anchors
from tests.campaigns.alarms_partner import Partner
from tests.campaigns.published import Published
from tests.contracts.rfc6962 import mth
from tests.tools.log_line import away
from tests.tools.rpc_proxy import answered, drop_request

ORIGIN = "lotproof.localhost/log"
PROOF = "/api/v1/lots/proof"


@dataclass(frozen=True, slots=True)
class Lie:
    """`kind`: the alarm that must stand. `options` of the monitor; `settled`: those with which a person starts it again
    once he has looked into it, None where the alarm goes by itself."""

    name: str
    kind: str
    act: Callable[[Partner], Any]
    options: Sequence[str] = ()
    settled: Sequence[str] | None = None


LIES: list[Lie] = []
Act = Callable[[Partner], Iterator[None]]


def lie(name: str, kind: str, *options: str, settled: Sequence[str] | None = None) -> Callable[[Act], object]:
    def take(act: Act) -> object:
        LIES.append(Lie(name, kind, contextmanager(act), options, settled))
        return act

    return take


# The log


@lie("the log is away", "LOG AWAY")
def log_away(on: Partner) -> Iterator[None]:
    on.log.on("/checkpoint", away)
    yield


@lie("the web process hangs", "LOG AWAY")
def web_hangs(on: Partner) -> Iterator[None]:
    with on.stage.asleep(*on.stage.running.part("service.cli", "web")):
        yield


@lie("the checkpoint is stale (20 s are allowed)", "QUIET", "--max-quiet", "20")
def stale(on: Partner) -> Iterator[None]:
    note = on.stage.published("checkpoint")
    on.stage.strikes()
    on.log.on("/checkpoint", lambda path, true: note)
    on.stage.must_record()
    yield


@lie("the log is shown as it was before", "ROLLBACK")
def shorter(on: Partner) -> Iterator[None]:
    note = on.stage.published("checkpoint")
    on.stage.must_record()
    on.stage.wait(on.stage.calm)
    on.fine()
    on.stage.strikes()
    on.log.on("/checkpoint", lambda path, true: note)
    yield


@lie("the checkpoint is signed by somebody else", "SIGNATURE")
def other_signature(on: Partner) -> Iterator[None]:
    on.log.on("/checkpoint", lambda path, true: _signed(true(), os.urandom(32)))
    yield


@lie("the checkpoint is a page of a proxy", "FORM")
def no_checkpoint(on: Partner) -> Iterator[None]:
    on.log.on("/checkpoint", lambda path, true: b"<html>Please sign in</html>")
    yield


@lie("the tiles lead to another root", "TILES")
def bent_tiles(on: Partner) -> Iterator[None]:
    on.log.on("/tile/", lambda path, true: true()[:-1] + bytes([true()[-1] ^ 1]))
    on.stage.must_record()
    yield


@lie("two roots are signed for one size", "FORK")
def two_roots(on: Partner) -> Iterator[None]:
    key = _log_key(on)
    on.log.on("/checkpoint", lambda path, true: _signed(true(), key, root=bytes(32)))
    yield


@lie("another history is signed", "FORK")
def other_history(on: Partner) -> Iterator[None]:
    """It has other entries from the newest that he knows on, and one more; it is whole in itself."""
    known = Published(on.stage.running.url, on.stage.secret("operator.key")).leaves
    leaves = [*known[:-1], os.urandom(32), os.urandom(32)]
    note = _signed(on.stage.published("checkpoint"), _log_key(on), len(leaves), mth(leaves))
    on.stage.strikes()
    on.log.on("/tile/", lambda path, true: _tile(leaves, path))
    on.log.on("/checkpoint", lambda path, true: note)
    yield


def _log_key(on: Partner) -> bytes:
    return base64.b64decode(on.stage.secret("log.key"))


def _signed(note: bytes, key: bytes, size: int | None = None, root: bytes | None = None) -> bytes:
    """The checkpoint with another size or root, under `key`."""
    _, old_size, old_root, map_root, *_ = note.decode().split("\n")
    log_root, map_hash = (base64.b64decode(each) for each in (old_root, map_root.removeprefix("lots ")))
    return LogSigner(ORIGIN, key, None).sign(size or int(old_size), root or log_root, map_hash).encode()  # type: ignore[arg-type]


def _tile(leaves: Sequence[bytes], path: str) -> bytes:
    tile = parse_tile_path(path.removeprefix("/tile/"))
    assert tile is not None and tile.level is not None
    wide, first = 256**tile.level, 256 * tile.number
    return b"".join(mth(leaves[at * wide : (at + 1) * wide]) for at in range(first, first + tile.width))


# The chain


@lie("the partner's node is away", "CHAIN AWAY")
def node_away(on: Partner) -> Iterator[None]:
    on.node.on("*", drop_request)
    yield


@lie("the partner's node serves another chain id", "CHAIN")
def other_chain(on: Partner) -> Iterator[None]:
    on.node.on("eth_chainId", answered("0x1"))
    yield


@lie("the anchors are gone from the contract", "CHAIN AWAY")
def anchors_gone(on: Partner) -> Iterator[None]:
    with no_anchors(on.stage):
        yield
    on.stage.clear("CONTRACT CHANGED")


@lie("the contract contradicts the log", "ANCHOR")
def contradicted(on: Partner) -> Iterator[None]:
    with another_root(on.stage):
        yield
    on.stage.clear("FORK")


@lie("nothing is anchored any more (10 s are allowed)", "UNANCHORED", "--max-unanchored", "10")
def unanchored(on: Partner) -> Iterator[None]:
    on.stage.line.on("*", drop_request)
    on.stage.must_record()
    yield
    on.stage.line.heal()


# One's own


@lie("the proof of a lot leaves out its newest entry", "LOT")
def left_out(on: Partner) -> Iterator[None]:
    def cut(path: str, true: Callable[[], bytes]) -> bytes:
        file = json.loads(true())
        file["history"].pop()
        return json.dumps(file).encode()

    on.log.on(PROOF, cut)
    yield


@lie("the proof of a lot cannot be had", "LOT AWAY")
def lot_away(on: Partner) -> Iterator[None]:
    on.log.on(PROOF, away)
    yield


@lie("the operator gives himself a key of the party", "KEYS", settled=("--accept-keys",))
def slipped_in(on: Partner) -> Iterator[None]:
    keyring = Keyring(base64.b64decode(on.stage.secret("kek.key")))
    engine = db.engine_for(on.stage.cluster.url("lotproof"))
    with engine.begin() as connection:
        party_keys.change_key(connection, Scribe(ORIGIN, keyring, lambda: datetime.now(UTC), os.urandom), "maker")
    engine.dispose()
    yield


@lie("a statement is made in the party's name", "ENTRY")
def not_sent(on: Partner) -> Iterator[None]:
    line = {"item": "PILL", "lot": on.lot, "quantity": "1"}
    told = on.stage.must_record({"type": "ship", "from": "S/A", "customer": "c", "lines": [line]})
    yield
    with on.sent.open("a") as sent:
        sent.write(told["id"] + "\n")
