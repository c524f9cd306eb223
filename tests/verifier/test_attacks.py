"""What an outsider tried with every key of the operator; each of these attacks once went through."""

import json
import os
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread
from typing import Any

import pytest

from verifier import audit, fraud, receipt, uri
from verifier.bundle import parse_bundle
from verifier.chain import Block, Event, Identity, State
from verifier.encoding import b64
from verifier.entry import MOVEMENT, format_entry, parse_entry
from verifier.errors import Refuted, Unavailable
from verifier.growing import GrowingMap
from verifier.http import Deadline, fetch
from verifier.policy import parse_policy
from verifier.report import Report, Verdict, as_json
from verifier.rpc import RpcNode
from verifier.verify import verify

from .fake_chain import FakeNode, block_hash
from .maker import ORIGIN, World, digest, encoded, lot_name, party, story
from .test_hostile import ROOT, toml


def judge(world: World, file: Any, nodes: Any = None, **policy: Any) -> Report:
    data = file if isinstance(file, bytes) else json.dumps(file).encode()
    return verify([data], parse_policy(world.policy(**policy)), nodes or [world.chain()], now=0)


def test_a_key_chain_is_refuted_by_a_map_that_holds_no_such_party() -> None:
    """A revocation left out, and a map that knows nothing of the party instead of a shorter chain."""
    world, lot = story()
    world.keys("farm", ["farm2"], signer="farm")
    farm = uri.subject(uri.PARTY, ORIGIN, party("farm"))
    world.heads[farm].pop()
    world.movement("farm", [lot])
    cut = world.heads.pop(farm)
    world.anchor()
    absent = world.head(farm, world.anchors[-1].size)
    world.heads[farm] = cut
    items, world.items = world.items, lambda size: [i for i in items(size) if i[0] != farm]  # type: ignore[method-assign]
    file = world.bundle(lot)
    file["keys"][party("farm")]["head"] = absent
    assert judge(world, file).answer(3).verdict is Verdict.REFUTED


def test_a_name_that_stands_twice_among_very_many_is_found_in_time() -> None:
    names = b",".join(b'"%d":1' % number for number in range(300_000))
    world, _ = story()
    started = time.process_time()
    assert judge(world, b"{" + names + b',"x":1,"x":1}').exit_code == 1
    assert time.process_time() - started < 5


def test_what_could_not_be_traced_to_its_party_is_not_said_to_be_in_order() -> None:
    """Without the key chain nobody looked at the disclosures, nor at when the statement was issued."""
    world, lot = story()
    file = world.bundle(lot)
    del file["keys"][party("mill")]
    file["history"][-1]["statement"] += encoded(["A" * 22, "disposition", "damaged"]) + "~"
    report = judge(world, file)
    assert [report.answer(check).verdict for check in (3, 4, 8)] == [Verdict.UNKNOWN] * 3


def test_a_lot_without_a_uri_is_refused_by_the_audit() -> None:
    world, _ = story()
    world.enter(uri.LOT, "*", world.say("farm", ["*"], {}), MOVEMENT)
    world.anchor()
    given = list(dict.fromkeys(said.shown() for said in world.statements.values()))
    policy = parse_policy(world.policy("farm", "mill", "shop", "log"))
    report = audit.audit_log(world.entries, world.checkpoint(), policy, [world.chain()], statements=given)
    assert report.answer(4).verdict is Verdict.REFUTED


def test_a_statement_given_twice_neither_accuses_the_log_nor_stands_for_a_missing_one() -> None:
    world, _ = story()
    given = list(dict.fromkeys(said.shown() for said in world.statements.values()))
    policy = parse_policy(world.policy("farm", "mill", "shop", "log"))
    given = given[:-1] + given[:1]
    report = audit.audit_log(world.entries, world.checkpoint(), policy, [world.chain()], statements=given)
    assert report.exit_code == 0, report.answer(4).why
    assert report.answer(4).remarks == ("1 statements of the log were not given",)


def test_one_node_that_lies_about_events_cannot_accuse_the_log() -> None:
    world, _ = story()
    events = [Event(a.index, a.size, a.log_root, a.map_root) for a in world.anchors]
    liar = replace(world.chain(), anchored=[*events[:1], replace(events[1], map_root=bytes(32)), *events[2:]])
    for nodes in ([liar, world.chain()], [world.chain(), liar]):
        report = audit.audit_log(world.entries, world.checkpoint(), parse_policy(world.policy()), nodes)
        assert report.answer(7).verdict is Verdict.UNKNOWN


def test_entries_with_chosen_subjects_do_not_fill_the_auditors_memory() -> None:
    tracemalloc.start()
    try:
        grown = GrowingMap()
        for number in range(2000):
            key = number.to_bytes(2, "big") + bytes(29)
            grown.put(key + b"\0", bytes(32))
            grown.put(key + b"\1", bytes(32))
        assert tracemalloc.get_traced_memory()[0] < 4000 * 1000
    finally:
        tracemalloc.stop()


def test_a_receipt_is_not_said_to_be_of_this_lot_if_nobody_named_one() -> None:
    world, _ = story()
    report = receipt.verify_receipt(json.dumps(world.receipt(4)).encode(), parse_policy(world.policy()))
    assert report.exit_code == 0
    assert [answer.check for answer in report.answers] == [1, 5, 6]


def test_parts_taken_while_the_accumulator_grew_are_parts_of_one_lot() -> None:
    """An old path is a prefix of the new one: two lengths of it do not contradict each other."""
    world, lot = story()
    size = world.anchors[-1].size
    world.movement("farm", [lot_name(5)])
    world.anchor()
    early = world.bundle(lot, size=size, count=4, first=1, last=1)
    late = world.bundle(lot, size=size, count=5, first=2, last=3)
    world.movement("farm", [lot_name(6)])
    for _ in range(3):
        world.anchor()
    later = world.bundle(lot, size=size, count=8, first=2, last=3)
    for other in (late, later):
        files = [json.dumps(part).encode() for part in (early, other)]
        report = verify(files, parse_policy(world.policy()), [world.chain()], [world.source()], now=0)
        assert report.exit_code == 0, report.first_failed


def test_no_file_is_no_crash() -> None:
    world, _ = story()
    assert verify([], parse_policy(world.policy()), now=0).exit_code == 1


def test_a_long_name_does_not_flood_the_report() -> None:
    world, lot = story()
    twice = [encoded([world.salt(), "a" * 40_000, number]) for number in (1, 2)]
    said = world.say("farm", [lot], payload={"_sd": sorted(map(digest, twice))})
    said.disclosures |= {text: text for text in twice}
    world.enter(uri.LOT, lot, said, MOVEMENT)
    world.anchor()
    report = judge(world, world.bundle(lot))
    assert report.answer(4).verdict is Verdict.REFUTED
    assert len(json.dumps(as_json(report))) < 10_000


def test_a_node_that_is_behind_does_not_accuse_a_file_whose_paths_are_of_a_later_block() -> None:
    """Seven anchors are final for it; the path of anchor 6 already leads to the peak over eight."""
    world, lot = story()
    for _ in range(3):
        world.movement("farm", [lot])
        world.anchor()
    file = world.bundle(lot)
    world.movement("farm", [lot_name(5)])
    world.anchor()
    for anchor in file["anchors"]:
        anchor["path"] = world.anchor_json(world.anchors[anchor["index"]], 8)["path"]
    report = judge(world, file, [world.chain(final=7)])
    assert (report.exit_code, report.answer(7).verdict) == (2, Verdict.UNKNOWN)
    assert judge(world, file).exit_code == 0
    file["anchors"][-1]["time"] += 1
    assert judge(world, file, [world.chain(final=7)]).answer(7).verdict is Verdict.REFUTED


class Raw(StreamRequestHandler):
    """A server that writes what it likes instead of HTTP."""

    first: bytes
    again: bytes
    pause: float

    def handle(self) -> None:
        try:
            self.connection.recv(65536)
            self.wfile.write(self.first)
            while True:
                self.wfile.write(self.again)
                time.sleep(self.pause)
        except OSError:
            pass


@pytest.fixture
def serve() -> Iterator[Callable[[bytes, bytes, float], str]]:
    servers: list[ThreadingTCPServer] = []

    def start(first: bytes, again: bytes, pause: float) -> str:
        handler = type("Handler", (Raw,), {"first": first, "again": again, "pause": pause})
        server = ThreadingTCPServer(("127.0.0.1", 0), handler)
        server.daemon_threads, server.block_on_close = True, False
        servers.append(server)
        Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        return f"http://127.0.0.1:{server.server_address[1]}/"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
ENDLESS: dict[str, tuple[bytes, bytes, float]] = {
    "continue, continue": (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000, 0),
    "trailers": (CHUNKED + b"0\r\n", b"a: b\r\n" * 1000, 0),
    "a dripping status line": (b"HTTP/1.1 2", b"0", 0.05),
    "a dripping header": (b"HTTP/1.1 200 OK\r\nX: ", b"x", 0.05),
    "a dripping size of a chunk": (CHUNKED + b"1;", b"x", 0.05),
}


@pytest.mark.parametrize("bomb", ENDLESS.values(), ids=ENDLESS.keys())
def test_a_source_that_never_comes_to_its_answer_is_left_in_time(serve: Any, bomb: tuple[bytes, bytes, float]) -> None:
    url, outcome = serve(*bomb), []

    def ask() -> None:
        try:
            fetch(url, Deadline(0.5))
        except Unavailable as left:
            outcome.append(left)

    asking = Thread(target=ask, daemon=True)
    asking.start()
    asking.join(3)
    assert outcome, "still waiting"


def words(*numbers: int) -> str:
    return "0x" + "".join(f"{number:064x}" for number in numbers)


class Told(RpcNode):
    """A node whose contract says what the test says."""

    answers: dict[str, str]

    def _ask(self, method: str, *params: Any, **options: int) -> Any:
        return Told.answers[params[0]["data"][2:10]]


@pytest.mark.parametrize(
    "bent",
    [
        {"03381154": words(3, 64, 1, 7)},
        {"03381154": words(3, 64, 3, 7, 7, 7)},
        {"8f7dcfa3": words(9, 9, 3, 9, 65, 0)},
    ],
    ids=["too few peaks", "too many peaks", "more epochs than are read"],
)
def test_a_contract_that_a_node_tells_wrong_leaves_the_question_open(bent: dict[str, str]) -> None:
    honest = {"8f7dcfa3": words(9, 9, 3, 9, 1, 0), "03381154": words(3, 64, 2, 7, 7), "4bd2d7f9": words(1, 1, 1, 1)}
    node = Told("https://node.example", Deadline())
    world, _ = story()
    block = world.chain().final_block
    for more in ({}, {"4bd2d7f9": words(1, 1, 1, 1, 1)}):
        Told.answers = honest | more
        assert node.state(block, "0x").count == 3
    Told.answers = honest | bent
    with pytest.raises(Unavailable):
        node.state(block, "0x")


def test_one_node_that_is_behind_cannot_make_the_others_refute_a_file() -> None:
    """A node in the middle of its first synchronisation calls the genesis block final: no contract stands there."""
    world, lot = story()
    honest, early = world.chain(name="honest"), Block(0, block_hash(0), world.now - 10**6)
    empty = replace(honest.final, size=0, count=0, peaks=())

    class Both(FakeNode):
        def block(self, number: int) -> Block:
            return early if number == 0 else super().block(number)

        def identity(self, block: Block, contract: str) -> Identity:
            return super().identity(block, "0x" if block == early else contract)

        def state(self, block: Block, contract: str) -> State:
            return empty if block == early else super().state(block, contract)

    values = {name: getattr(honest, name) for name in FakeNode.__dataclass_fields__}
    knows, behind = Both(**values), Both(**values | {"name": "behind", "final_block": early, "latest_block": early})
    policy = parse_policy(world.policy())
    for nodes in ([knows, behind], [behind, knows]):
        assert judge(world, world.bundle(lot), nodes).answer(7).verdict is Verdict.UNKNOWN
        report = audit.audit_log(world.entries, world.checkpoint(), policy, nodes)
        assert report.answer(7).verdict is Verdict.UNKNOWN
    assert judge(world, world.bundle(lot), [knows, knows]).exit_code == 0
    assert judge(world, world.bundle(lot), [behind, behind]).answer(7).verdict is Verdict.REFUTED


def test_one_node_that_is_behind_cannot_make_an_old_file_look_fresh() -> None:
    world, lot = story()
    file, behind = world.bundle(lot), world.chain(name="behind")
    world.now += 10**6
    ahead = replace(behind, name="ahead", final_block=Block(8000, block_hash(8000), world.now))

    class Both(FakeNode):
        def block(self, number: int) -> Block:
            return behind.block(number)

    both = Both(**{name: getattr(ahead, name) for name in FakeNode.__dataclass_fields__})
    assert judge(world, file, [behind, behind]).exit_code == 0
    assert judge(world, file, [behind, both]).exit_code == 3


@pytest.mark.parametrize("as_data", [[], ["--json"]])
def test_a_letter_that_the_terminal_cannot_show_does_not_cost_the_report(tmp_path: Path, as_data: list[str]) -> None:
    """A traceback and exit code 2 for all files, because one holds an odd name."""
    world, lot = story()
    (tmp_path / "policy.toml").write_text(toml(world.policy()))
    for name, file in ("odd", world.bundle(lot) | {"é": 1}), ("plain", world.bundle(lot)):
        (tmp_path / name).write_text(json.dumps(file))
    command = [sys.executable, "-m", "verifier.cli", "--each", *as_data, "--offline", "--policy"]
    named = [str(tmp_path / name) for name in ("policy.toml", "odd", "plain")]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run([*command, *named], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (1, "")


def test_a_receipt_that_does_not_lead_to_its_own_checkpoint_makes_no_proof_of_fraud() -> None:
    world, lot = story()
    history = world.heads[uri.subject(uri.LOT, ORIGIN, lot)]
    invented = parse_entry(world.entries[history[-1]])
    invented = replace(invented, sequence=9)
    promise = world.receipt(history[-1]) | {"entry": b64(format_entry(invented))}
    with pytest.raises(Refuted):
        fraud.fraud_of(promise, parse_bundle(json.dumps(world.bundle(lot)).encode()))
