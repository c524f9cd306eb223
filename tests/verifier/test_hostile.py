"""Files and nodes that mean harm: they end in time, within memory, and never with a yes."""

import json
import resource
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from verifier.bundle import MAX_FILE
from verifier.chain import Block
from verifier.encoding import b64, b64url
from verifier.errors import Unavailable
from verifier.http import MAX_ANSWER, Deadline, fetch
from verifier.policy import parse_policy
from verifier.report import Verdict
from verifier.rpc import RpcNode
from verifier.verify import verify

from .maker import World, encoded, lot_name, story

ROOT = Path(__file__).parents[2]
SECONDS, BYTES = 10, 256 * 1024 * 1024


def filled(opening: bytes, piece: bytes, closing: bytes = b"") -> bytes:
    """As many pieces as the file may hold."""
    return opening + piece * ((MAX_FILE - len(opening) - len(closing)) // len(piece)) + closing


def with_statement(statement: str) -> bytes:
    world, lot = story()
    file = world.bundle(lot)
    file["history"][0]["statement"] = statement
    return json.dumps(file).encode()


def many_entries() -> bytes:
    world, lot = story()
    file = world.bundle(lot)
    file["history"] = file["history"] * 1366
    return json.dumps(file).encode()


def long_note() -> bytes:
    world, lot = story()
    return json.dumps(world.bundle(lot) | {"checkpoint": "a\n" * 100_000}).encode()


BOMBS: dict[str, Callable[[], bytes]] = {
    "nothing": lambda: b"",
    "not UTF-8": lambda: b"\xff\xfe{}",
    "a file too large": lambda: b" " * (MAX_FILE + 1),
    "white space only": lambda: b" " * MAX_FILE,
    "open lists": lambda: b"[" * MAX_FILE,
    "open objects": lambda: filled(b"", b'{"a":'),
    "empty lists": lambda: filled(b"[", b"[],", b"[]]"),
    "empty objects": lambda: filled(b"[", b"{},", b"{}]"),
    "numbers": lambda: filled(b"[", b"1,", b"1]"),
    "large numbers": lambda: filled(b"[", b"4503599627370496,", b"1]"),
    "one number without end": lambda: filled(b"", b"9"),
    "fractions": lambda: filled(b"[", b"1.5,", b"1]"),
    "short texts": lambda: filled(b"[", b'"ab",', b'""]'),
    "one text without end": lambda: filled(b'"', b"a"),
    "escapes without end": lambda: filled(b'"', b'\\"'),
    "quotes without end": lambda: filled(b"", b'\\"'),
    "escaped letters": lambda: filled(b'"', b"\\u0041", b'"'),
    "members of one object": lambda: filled(b"{", b'"a":1,', b'"b":1}'),
    "as many members as fit": lambda: b"{" + b",".join(b'"%d":1' % n for n in range(390_000)) + b"}",
    "a name of megabytes": lambda: filled(b'{"', b"a", b'":1}'),
    "a wide letter makes the text wide": lambda: filled('"\U0001f600'.encode(), b"a", b'"'),
    "too many disclosures": lambda: with_statement("a.b.c~" + "AA~" * 1025),
    "a disclosure too long": lambda: with_statement("a.b.c~" + "A" * 65537 + "~"),
    "disclosures as many and as long as allowed": lambda: with_statement("a.b.c~" + ("A" * 7900 + "~") * 1024),
    "a JWT too long": lambda: with_statement("A" * 65537 + "~"),
    "a statement that is all tildes": lambda: with_statement("~" * (7 * 1024 * 1024)),
    "the same entries again and again": many_entries,
    "a note that is too long": long_note,
}


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS.keys())
def test_a_hostile_file_is_refused_in_time(bomb: Callable[[], bytes]) -> None:
    data = bomb()
    world, _ = story()
    started = time.process_time()
    report = verify([data], parse_policy(world.policy()), now=0)
    assert report.exit_code == 1
    assert time.process_time() - started < SECONDS / 4


HEAVY = (
    "empty lists",
    "empty objects",
    "large numbers",
    "short texts",
    "as many members as fit",
    "a wide letter makes the text wide",
    "disclosures as many and as long as allowed",
    "the same entries again and again",
)


@pytest.mark.parametrize("name", HEAVY)
def test_a_hostile_file_is_refused_within_the_memory_of_a_small_machine(tmp_path: Path, name: str) -> None:
    """In a process of its own, as the command line would meet it."""
    world, _ = story()
    policy, bomb = tmp_path / "policy.toml", tmp_path / "bomb.lotproof.json"
    policy.write_text(toml(world.policy()))
    bomb.write_bytes(BOMBS[name]())
    command = [sys.executable, "-c", MEASURED, str(bomb), "--policy", str(policy), "--offline"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, preexec_fn=_limited, check=False)
    assert done.returncode == 1
    assert len(done.stdout) < 20_000
    assert int(done.stderr.split()[-1]) * 1024 < BYTES


# The peak that the kernel reports to a parent counts the parent's own memory, from before the child became a program.
MEASURED = """
import re, sys
from verifier.cli import main
code = main()
print(re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read())[1], file=sys.stderr)
sys.exit(code)
"""


def _limited() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (4 * BYTES,) * 2)
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))


def toml(policy: dict[str, Any]) -> str:
    plain = {name: value for name, value in policy.items() if name != "parties"}
    lines = [f"{name} = {json.dumps(value)}" for name, value in plain.items()]
    parties = [f"{json.dumps(party)} = {json.dumps(keys)}" for party, keys in policy["parties"].items()]
    return "\n".join([*lines, "[parties]", *parties])


@pytest.mark.parametrize(
    "value",
    [
        [[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]],
        {"_sd": []},
        {"deep": {"...": "x"}},
        [{"a": [{"_sd": 1}]}],
    ],
)
def test_a_property_that_nests_too_deep_or_hides_digests_is_refused(value: Any) -> None:
    world, lot = story()
    world.movement("farm", [lot], {"readPoint": value})
    world.anchor()
    data = json.dumps(world.bundle(lot)).encode()
    report = verify([data], parse_policy(world.policy()), [world.chain()], now=0)
    assert report.answer(4).verdict is Verdict.REFUTED


def test_a_signed_statement_as_large_as_allowed_is_judged_in_time() -> None:
    world, lot = World(), lot_name(1)
    for name in ("farm",):
        world.keys(name, [name])
    world.anchor()
    lines = [{"epcClass": lot, "quantity": n, "uom": "KGM"} for n in range(900)]
    world.movement("farm", [lot], {"quantityList": lines})
    world.anchor()
    started = time.process_time()
    report = verify([json.dumps(world.bundle(lot)).encode()], parse_policy(world.policy()), [world.chain()], now=0)
    assert report.exit_code == 0
    assert time.process_time() - started < 1


class Node(BaseHTTPRequestHandler):
    """A node that answers as the test says."""

    answer: Callable[["Node"], None]

    def do_POST(self) -> None:
        self.body = self.rfile.read(int(self.headers["Content-Length"]))
        with suppress(OSError):
            type(self).answer(self)

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def good(self, body: bytes, status: int = 200) -> None:
        self.send_response(status)
        self.end_headers()
        self.wfile.write(body)


def _endless(node: Node) -> None:
    node.send_response(200)
    node.end_headers()
    while True:
        node.wfile.write(b"[" * 65536)


def _dripping(node: Node) -> None:
    node.send_response(200)
    node.end_headers()
    while True:
        node.wfile.write(b" ")
        node.wfile.flush()
        time.sleep(0.05)


def _silent(node: Node) -> None:
    time.sleep(60)


def _redirect(node: Node) -> None:
    node.send_response(307)
    node.send_header("Location", "http://127.0.0.1:1/")
    node.end_headers()


def _result(value: Any) -> Callable[[Node], None]:
    return lambda node: node.good(json.dumps({"jsonrpc": "2.0", "id": 1, "result": value}).encode())


ANSWERS: dict[str, Callable[[Node], None]] = {
    "endless": _endless,
    "dripping": _dripping,
    "silent": _silent,
    "redirecting": _redirect,
    "an error": lambda node: node.good(b'{"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"no"}}'),
    "status 500": lambda node: node.good(b"oops", 500),
    "not JSON": lambda node: node.good(b"<html>"),
    "deep JSON": lambda node: node.good(b"[" * 100_000),
    "a list": lambda node: node.good(b"[]"),
    "nothing": lambda node: node.good(b""),
    "no result": lambda node: node.good(b'{"jsonrpc":"2.0"}'),
    "null": _result(None),
    "a number": _result(7),
    "a text": _result("0x"),
    "hex that is none": _result("0xzz"),
    "a block without hash": _result({"number": "0x1", "timestamp": "0x1"}),
    "a block with a short hash": _result({"number": "0x1", "timestamp": "0x1", "hash": "0x12"}),
    "a block with a huge number": _result({"number": "0x" + "f" * 40, "timestamp": "0x1", "hash": "0x" + "00" * 32}),
    "a negative number": _result({"number": "0x-1", "timestamp": "0x1", "hash": "0x" + "00" * 32}),
    "an underscore": _result({"number": "0x1_0", "timestamp": "0x1", "hash": "0x" + "00" * 32}),
    "the same block to every question": _result({"number": "0x1", "timestamp": "0x1", "hash": "0x" + "00" * 32}),
}


@pytest.fixture
def serve() -> Iterator[Callable[[Callable[[Node], None]], str]]:
    servers: list[ThreadingHTTPServer] = []

    def start(answer: Callable[[Node], None]) -> str:
        handler = type("Handler", (Node,), {"answer": staticmethod(answer)})
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        server.daemon_threads = True
        server.block_on_close = False
        servers.append(server)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS.keys())
def test_a_node_that_answers_badly_leaves_the_question_open(serve: Any, answer: Callable[[Node], None]) -> None:
    world, lot = story()
    started = time.monotonic()
    node = RpcNode(serve(answer), Deadline(0.5))
    report = verify([json.dumps(world.bundle(lot)).encode()], parse_policy(world.policy()), [node], now=0)
    assert (report.exit_code, report.answer(7).verdict) == (2, Verdict.UNKNOWN)
    assert time.monotonic() - started < 2


def test_a_block_that_changes_while_it_is_read_by_number_leaves_the_question_open(serve: Any) -> None:
    """A node without EIP-1898 whose block 7 has another hash each time it is asked."""
    asked = iter(range(100))

    def answer(node: Node) -> None:
        question = json.loads(node.body)
        if question["method"] == "eth_getBlockByNumber":
            block = {"number": "0x7", "timestamp": "0x1", "hash": f"0x{next(asked):064x}"}
            return _result(block)(node)
        if isinstance(question["params"][-1], dict):
            return node.good(b'{"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"no block hashes"}}')
        return _result("0x")(node)

    node = RpcNode(serve(answer), Deadline(5))
    with pytest.raises(Unavailable, match="changed"):
        node.identity(node.block(7), "0x" + "ab" * 20)


def test_a_node_that_refuses_many_blocks_is_asked_for_fewer(serve: Any) -> None:
    """As most public nodes do; all events come, in order, and one that always refuses is not asked for ever."""
    asked: list[int] = []
    at = {3: 0, 777: 1, 778: 2, 10_000: 3}

    def answer(node: Node, widest: int = 1_000) -> None:
        wanted = json.loads(node.body)["params"][0]
        first, last = int(wanted["fromBlock"], 16), int(wanted["toBlock"], 16)
        asked.append(last - first)
        if last - first > widest:
            return node.good(b'{"jsonrpc":"2.0","id":1,"error":{"code":-32005,"message":"range too wide"}}')
        events = [
            {"topics": ["0x", f"0x{index:064x}"], "data": "0x" + "00" * 96}
            for block, index in at.items()
            if first <= block <= last
        ]
        return _result(events)(node)

    node = RpcNode(serve(answer), Deadline(5))
    assert [event.index for event in node.events(Block(10_000, bytes(32), 0), "0x" + "ab" * 20)] == [0, 1, 2, 3]
    assert len(asked) < 32
    del asked[:]
    node = RpcNode(serve(lambda node: answer(node, -1)), Deadline(5))
    with pytest.raises(Unavailable, match="too wide"):
        node.events(Block(10_000, bytes(32), 0), "0x" + "ab" * 20)
    assert len(asked) < 32


def test_nobody_listening_leaves_the_question_open() -> None:
    world, lot = story()
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
    report = verify(
        [json.dumps(world.bundle(lot)).encode()], parse_policy(world.policy()), [RpcNode(url, Deadline(1))], now=0
    )
    assert report.answer(7).verdict is Verdict.UNKNOWN


def test_an_answer_may_have_its_limit_and_not_a_byte_more(serve: Any) -> None:
    for size, good in ((MAX_ANSWER, True), (MAX_ANSWER + 1, False)):
        url = serve(lambda node, size=size: node.good(b"x" * size))
        if good:
            assert len(fetch(url, Deadline(5), b"{}")) == size
        else:
            with pytest.raises(Unavailable):
                fetch(url, Deadline(5), b"{}")


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://127.0.0.1/", "gopher://x", "", "//x"])
def test_only_http_is_asked(url: str) -> None:
    with pytest.raises(Unavailable):
        fetch(url, Deadline(1))


def test_the_makers_of_these_tests_encode_as_the_verifier_reads() -> None:
    assert encoded([1]) == b64url(b"[1]")
    assert b64(b"") == ""


def test_an_answer_too_deep_is_survived_where_a_library_raised_the_recursion_limit(serve: Any) -> None:
    """py_ecc, which comes with every client of Ethereum, does that; Python's parser then overruns its stack."""
    url = serve(lambda node: node.good(b'{"result":' + b"[" * 1_000_000))
    program = f"""
import sys
from verifier.errors import Unavailable
from verifier.http import Deadline
from verifier.rpc import RpcNode
sys.setrecursionlimit(1_000_000)
try:
    RpcNode({url!r}, Deadline(5)).newest("latest")
except Unavailable:
    sys.exit(7)
"""
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False).returncode == 7


@pytest.mark.parametrize(
    "address", ["http://[::", "http://a:port/", "http://a b/", "http://", "http://\x00/", f"http://{'a' * 64}.example"]
)
def test_an_address_that_is_none_is_nobody_to_ask(address: str) -> None:
    with pytest.raises(Unavailable):
        fetch(address, Deadline(1))
