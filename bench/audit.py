"""A whole log audited: by its operator from the database, by a stranger over HTTP; a new lot with every entry.

The log is synthetic and honest; a server in a process of its own holds it. No node is asked: an anchor costs
a comparison. Memory is the peak of the audit plus, for each helper, the peak of the largest: no less than the truth;
the database's server is not in it.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing import get_context
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from time import perf_counter
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine

from anchoring import Sequencer, Submission, submit
from bench.genealogy import ORIGIN as genealogy_origin
from bench.genealogy import genealogy
from bench.rows import Row, Scale
from bench.stand import database
from service import db
from service.audit.warehouse import audit_warehouse
from verifier.checkpoint import Checkpoint, format_checkpoint
from verifier.encoding import b64
from verifier.entry import MOVEMENT, Entry, format_entry
from verifier.growing import GrowingTree
from verifier.hashing import ZERO, LeafHash, StatementHash, Subject, leaf_hash
from verifier.note import ED25519, format_note, key_id
from verifier.partition import bits_for, fold, look, root_at
from verifier.tiles import TILE_WIDTH

ORIGIN = "bench.example/lotproof"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
ROOT = Path(__file__).parents[1]
HELPERS = 2
_MEASURED = """
import sys
from bench.memory import peak_of_family
from verifier.cli import main
code = main()
print(peak_of_family(HELPERS), file=sys.stderr)
sys.exit(code)
""".replace("HELPERS", str(HELPERS))


def measure(scale: Scale) -> Iterator[Row]:
    yield from _from_the_database(scale.entries)
    yield from _of_the_warehouse(min(scale.entries // 50, 20_000))
    yield from _over_http(scale)


def _from_the_database(size: int) -> Iterator[Row]:
    """What `lotproof audit` asks of the schema `ledger`: row by row, then once more as a stranger reads it."""
    with database() as url:
        engine = db.engine_for(url)
        _sequence(engine, size)
        engine.dispose()
        key = KEY.public_key().public_bytes_raw().hex()
        command = [sys.executable, "-m", "bench.audited", url, ORIGIN, key, str(HELPERS)]
        told = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
    seconds, peak = map(float, told.split())
    yield Row(f"a ledger of {size:,} entries audited in the database", seconds, "s", "less", 60 * size / 1_000_000)
    yield Row("memory of that audit and its helpers", peak, "MB", "less", 600)


def _of_the_warehouse(movements: int) -> Iterator[Row]:
    """What `lotproof audit` asks of the schema `warehouse`: every row against its movement's journal and statement."""
    with database() as url:
        engine = db.engine_for(url)
        count = genealogy(engine, movements)
        begun = perf_counter()
        with engine.connect() as connection:
            assert not list(audit_warehouse(connection, genealogy_origin))
        engine.dispose()
        yield Row(f"{count:,} movements and all their rows audited", count / (perf_counter() - begun), "movements/s")


def _sequence(engine: Engine, size: int) -> None:
    now = time.time_ns() // 1_000_000
    sequencer = Sequencer(engine, ORIGIN, bytes(range(32)), lambda: now)
    for first in range(0, size, 20_000):
        with engine.begin() as connection:
            submit(connection, [_submission(number, now) for number in range(first, min(size, first + 20_000))])
        while sequencer.step():
            pass
    sequencer.close()


def _submission(number: int, at: int) -> Submission:
    subject, statement = (sha256(b"%s %d" % (what, number)).digest() for what in (b"lot", b"statement"))
    return Submission(MOVEMENT, Subject(subject), StatementHash(statement), at)


def _over_http(scale: Scale) -> Iterator[Row]:
    for size in (each for each in (100_000, 1_000_000) if each <= scale.entries):
        pipe, child = get_context("spawn").Pipe()
        server = get_context("spawn").Process(target=_serve, args=(size, child), daemon=True)
        server.start()
        try:
            seconds, memory = _audited(pipe.recv())
        finally:
            server.kill()
        yield Row(f"a log of {size:,} entries audited over HTTP", seconds, "s", "less", size / 10_000)
        yield Row(f"memory of that audit, {size:,} new lots", memory, "MB", "less", 200)


def _audited(port: int) -> tuple[float, float]:
    """Seconds and peak memory in MB of the command in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        policy = Path(folder) / "policy.toml"
        policy.write_text("\n".join(f"{name} = {json.dumps(value)}" for name, value in _policy().items()))
        command = [sys.executable, "-c", _MEASURED, "audit", f"http://127.0.0.1:{port}", "--policy", str(policy)]
        command += ["--jobs", str(HELPERS), "--json"]
        begun = perf_counter()
        done = subprocess.run(command, cwd=ROOT, env=dict(os.environ), capture_output=True, text=True)
        seconds = perf_counter() - begun
    answers = {check["check"]: check["answer"] for check in json.loads(done.stdout)["checks"]}
    assert all(answers[number] == "yes" for number in (1, 2, 3, 5, 6)), done.stdout
    return seconds, float(done.stderr.split()[-1])


def _policy() -> dict[str, Any]:
    hashes = dict.fromkeys(("genesis", "code_hash"), "0x" + "00" * 32)
    key = [[ORIGIN, b64(KEY.public_key().public_bytes_raw())]]
    numbers = {"chain_id": 1, "epoch": 0, "rotations": 0, "max_age": 86400}
    return {"origin": ORIGIN, "log_keys": key, "contract": "0x" + "11" * 20} | hashes | numbers


class _Log:
    """The bodies that a log of `size` entries publishes."""

    def __init__(self, size: int) -> None:
        now = time.time_ns() // 1_000_000
        self.entries = [_entry(number, now + number) for number in range(size)]
        self.levels = [[leaf_hash(raw) for raw in self.entries]]
        while len(self.levels[-1]) >= TILE_WIDTH:
            hashes = self.levels[-1]
            self.levels.append([_root(hashes[at : at + TILE_WIDTH]) for at in range(0, len(hashes) // 256 * 256, 256)])
        bits = bits_for(size)
        parts = (look(enumerate(self.entries), part, bits, [size]).places for part in range(1 << bits))
        checkpoint = Checkpoint(ORIGIN, size, _root(self.levels[0]), root_at(fold(parts), 0))
        body = format_checkpoint(checkpoint)
        named = key_id(ORIGIN, ED25519, KEY.public_key().public_bytes_raw())
        self.note = format_note(body, [(ORIGIN, named, KEY.sign(body.encode()))])

    def body(self, path: str) -> bytes:
        if path == "/checkpoint":
            return self.note.encode()
        level, _, rest = path.removeprefix("/tile/").partition("/")
        number, _, width = rest.replace("x", "").partition(".p/")
        first = int(number.replace("/", "")) * TILE_WIDTH
        last = first + int(width or TILE_WIDTH)
        if level == "entries":
            return b"".join(len(raw).to_bytes(2, "big") + raw for raw in self.entries[first:last])
        return b"".join(self.levels[int(level)][first:last])


def _entry(number: int, at: int) -> bytes:
    subject, statement = (sha256(b"%s %d" % (what, number)).digest() for what in (b"lot", b"statement"))
    return format_entry(Entry(MOVEMENT, Subject(subject), 1, LeafHash(ZERO), StatementHash(statement), at))


def _root(leaves: list[LeafHash]) -> Any:
    tree = GrowingTree()
    for leaf in leaves:
        tree.add(leaf)
    return tree.root()


def _serve(size: int, pipe: Pipe) -> None:
    log = _Log(size)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = log.body(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    pipe.send(server.server_port)
    server.serve_forever()
