"""What a node may answer: every word of a right answer read, every answer of another shape left open. No network."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from verifier import rpc
from verifier.chain import Block, Epoch, Event, Identity, State
from verifier.errors import Unavailable
from verifier.http import Deadline
from verifier.rpc import RpcNode

CONTRACT = "0x" + "ab" * 20
HASH = "0x" + "11" * 32
AT = Block(7, bytes.fromhex("11" * 32), 9)


def words(*values: int | str) -> str:
    return "0x" + "".join(f"{value:064x}" if isinstance(value, int) else value * 32 for value in values)


class Answering:
    """A node behind `fetch`: what it answers by method, and by selector where a contract is called."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: list[tuple[str, list[Any]]] = []
        self.refuses_hashes = False
        self.answers: dict[str, Any] = {
            "eth_getBlockByNumber": {"number": "0x7", "hash": HASH, "timestamp": "0x9"},
            "eth_chainId": "0x7a69",
            "eth_getCode": "0x6001",
            rpc.HEAD: words(42, "aa", 3, 5, 1, 2),
            rpc.ACCUMULATOR: words(3, 64, 2, "bb", "cc"),
            rpc.EPOCHS: words(2, 1, 99, "dd"),
            rpc.SEALED_GROUP: words("ee"),
        }
        self.raw: bytes | None = None
        monkeypatch.setattr(rpc, "fetch", self.fetch)
        self.node = RpcNode("http://node", Deadline(5))

    def fetch(self, url: str, deadline: Deadline, body: bytes, headers: Any, **options: Any) -> bytes:
        question = json.loads(body)
        assert (url, question["jsonrpc"], question["id"]) == ("http://node", "2.0", 1)
        assert headers == {"Content-Type": "application/json", "User-Agent": "lotproof-verify"}
        method, params = question["method"], question["params"]
        self.asked.append((method, params))
        if self.raw is not None:
            return self.raw
        if self.refuses_hashes and isinstance(params[-1:] and params[-1], dict) and "blockHash" in params[-1]:
            return b'{"error": {"code": -32602}}'
        called = params[0]["data"][2:10] if method == "eth_call" else method
        answer = self.answers[called]
        return json.dumps({"result": answer(*params) if callable(answer) else answer}).encode()


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> Answering:
    return Answering(monkeypatch)


def test_a_right_answer_is_read_word_by_word(said: Answering) -> None:
    node = said.node
    assert (node.name, node.block(7)) == ("http://node", AT)
    assert node.identity(AT, CONTRACT) == Identity(31337, AT.hash, rpc.sha256(b"\x60\x01").digest())
    assert ("eth_getBlockByNumber", ["0x0", False]) in said.asked
    state = State(42, b"\xaa" * 32, 3, 1, 2, (b"\xbb" * 32, b"\xcc" * 32), (Epoch(2, 1),))
    assert node.state(AT, CONTRACT) == state
    assert node.sealed(AT, CONTRACT, 5) == b"\xee" * 32
    call = next(params for method, params in reversed(said.asked) if method == "eth_call")
    assert call == [{"to": CONTRACT, "data": "0x" + rpc.SEALED_GROUP + f"{5:064x}"}, {"blockHash": HASH}]
    epoch = next(p for m, p in said.asked if m == "eth_call" and p[0]["data"][2:10] == rpc.EPOCHS)
    assert epoch[0]["data"].endswith(f"{1:064x}")


def test_more_words_than_are_known_are_left_alone(said: Answering) -> None:
    said.answers[rpc.HEAD] = words(42, "aa", 3, 5, 0, 2, 77) + "abcd"
    assert said.node.state(AT, CONTRACT).epochs == ()


def test_a_contract_that_holds_nothing_yet_has_no_peaks(said: Answering) -> None:
    said.answers[rpc.HEAD] = words(0, 0, 0, 0, 0, 0)
    said.answers[rpc.ACCUMULATOR] = words(0, 64, 0)
    assert said.node.state(AT, CONTRACT) == State(0, bytes(32), 0, 0, 0, (), ())


def test_finality_is_a_tag_or_a_depth(said: Answering) -> None:
    for finality, asked in (("finalized", ["finalized"]), ("latest", ["latest"]), (3, ["latest", "0x4"]),
                            (7, ["latest", "0x0"]), (9, ["latest", "0x0"])):  # fmt: skip
        said.asked.clear()
        said.node.newest(finality)
        assert [params for _, params in said.asked] == [[which, False] for which in asked]


def test_a_node_that_knows_no_hashes_is_asked_by_number_from_then_on(said: Answering) -> None:
    said.refuses_hashes = True
    assert said.node.sealed(AT, CONTRACT, 0) == said.node.sealed(AT, CONTRACT, 0) == b"\xee" * 32
    wheres = [params[1] for method, params in said.asked if method == "eth_call"]
    assert wheres == [{"blockHash": HASH}, "0x7", "0x7"]
    said.answers["eth_getBlockByNumber"] = {"number": "0x7", "hash": "0x" + "22" * 32, "timestamp": "0x9"}
    with pytest.raises(Unavailable, match="block 7 changed"):
        said.node.sealed(AT, CONTRACT, 0)


def test_an_error_without_a_reason_is_cut_short(said: Answering) -> None:
    said.raw = json.dumps({"error": "x" * 1000}).encode()
    with pytest.raises(rpc.RpcError) as caught:
        said.node.block(7)
    assert len(caught.value.why) <= 200
    said.raw = b'{"error": null, "result": {"number": "0x1", "hash": "%s", "timestamp": "0x2"}}' % HASH.encode()
    assert said.node.block(1) == Block(1, AT.hash, 2)


BLOCKS: list[Any] = [
    None, [], "x", {}, {"hash": HASH}, {"number": "0x7", "hash": "0x11", "timestamp": "0x9"},
    {"number": "0x7", "hash": "11" * 32, "timestamp": "0x9"}, {"number": "0x7", "hash": None, "timestamp": "0x9"},
    {"number": "0x7", "hash": "0x" + "g" * 64, "timestamp": "0x9"},
    {"number": "7", "hash": HASH, "timestamp": "0x9"}, {"number": "0x", "hash": HASH, "timestamp": "0x9"},
    {"number": 7, "hash": HASH, "timestamp": "0x9"}, {"number": "0x7", "hash": HASH, "timestamp": "0x" + "1" * 17},
    {"number": "0xg", "hash": HASH, "timestamp": "0x9"}, {"number": "0x-7", "hash": HASH, "timestamp": "0x9"},
    {"number": "0x7", "hash": HASH},
]  # fmt: skip


@pytest.mark.parametrize("block", BLOCKS, ids=str)
def test_a_block_of_another_shape_leaves_it_open(said: Answering, block: Any) -> None:
    said.answers["eth_getBlockByNumber"] = block
    with pytest.raises(Unavailable):
        said.node.block(7)


def test_numbers_of_up_to_sixteen_digits(said: Answering) -> None:
    said.answers["eth_getBlockByNumber"] = {"number": "0x7", "hash": HASH, "timestamp": "0x" + "f" * 16}
    assert said.node.block(7).time == 2**64 - 1


@pytest.mark.parametrize("raw", [b"", b"[]", b"5", b"{}", b'{"id": 1}', b"\xff", b"{", b"[" * 99, b'"result"'])
def test_an_answer_that_is_none_leaves_it_open(said: Answering, raw: bytes) -> None:
    said.raw = raw
    with pytest.raises(Unavailable):
        said.node.block(7)


STATES: dict[str, tuple[str, str]] = {
    "a word short": (rpc.HEAD, words(42, "aa", 3, 5, 1)),
    "nothing": (rpc.HEAD, "0x"),
    "half a word": (rpc.HEAD, words(42, "aa", 3, 5, 1) + "00" * 31),
    "another count": (rpc.ACCUMULATOR, words(4, 64, 1, "bb")),
    "a peak short": (rpc.ACCUMULATOR, words(3, 64, 2, "bb")),
    "a peak too many": (rpc.ACCUMULATOR, words(3, 64, 2, "bb", "cc", "dd")),
    "a length that lies": (rpc.ACCUMULATOR, words(3, 64, 3, "bb", "cc")),
    "no peaks": (rpc.ACCUMULATOR, words(3, 64)),
    "too many epochs": (rpc.HEAD, words(42, "aa", 3, 5, 65, 2)),
    "a huge size": (rpc.HEAD, words(1 << 64, "aa", 3, 5, 1, 2)),
    "an epoch of three words": (rpc.EPOCHS, words(2, 1, 99)),
    "a huge epoch": (rpc.EPOCHS, words(1 << 64, 1, 99, "dd")),
    "no hex": (rpc.HEAD, "zz"),
}


@pytest.mark.parametrize("lie", STATES.values(), ids=STATES.keys())
def test_a_contract_that_contradicts_itself_leaves_it_open(said: Answering, lie: tuple[str, str]) -> None:
    said.answers[lie[0]] = lie[1]
    with pytest.raises(Unavailable):
        said.node.state(AT, CONTRACT)


def test_as_many_peaks_and_epochs_as_can_be(said: Answering) -> None:
    for peaks, good in ((32, True), (33, False)):
        count = 2**peaks - 1
        said.answers[rpc.HEAD] = words(42, "aa", count, 5, 64, 2)
        said.answers[rpc.ACCUMULATOR] = words(count, 64, peaks, *["bb"] * peaks)
        if good:
            state = said.node.state(AT, CONTRACT)
            assert (len(state.peaks), len(state.epochs)) == (32, 64)
        else:
            with pytest.raises(Unavailable, match="contradicts"):
                said.node.state(AT, CONTRACT)


def an_event(index: int, **changes: Any) -> dict[str, Any]:
    return {"topics": ["0x" + rpc.ANCHORED, words(index)], "data": words(index + 10, "aa", "bb")} | changes


def test_events_are_asked_for_by_contract_and_topic(said: Answering) -> None:
    said.answers["eth_getLogs"] = [an_event(0), an_event(1)]
    expected = [Event(number, number + 10, b"\xaa" * 32, b"\xbb" * 32) for number in (0, 1)]
    assert said.node.events(AT, CONTRACT) == expected
    assert said.asked == [
        ("eth_getLogs", [{"address": CONTRACT, "topics": ["0x" + rpc.ANCHORED], "fromBlock": "0x0", "toBlock": "0x7"}])
    ]


EVENTS: list[Any] = [
    {}, "x", None, [5], [{}], [an_event(0, topics=[])], [an_event(0, topics=["0x"])], [an_event(0, data="0x")],
    [an_event(0, data=words(1, "aa"))], [an_event(0, data=None)], [an_event(0, topics=None)],
    [an_event(0, topics=["0x", words(1 << 64)])],
]  # fmt: skip


@pytest.mark.parametrize("events", EVENTS, ids=lambda events: str(events)[:40])
def test_events_of_another_shape_leave_it_open(said: Answering, events: Any) -> None:
    said.answers["eth_getLogs"] = events
    with pytest.raises(Unavailable):
        said.node.events(AT, CONTRACT)


def test_a_range_that_is_refused_is_halved_until_it_is_one_block(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int, int]] = []

    def events(widest: int) -> Callable[..., Sequence[Event]]:
        def answer(self: RpcNode, contract: str, first: int, last: int) -> Sequence[Event]:
            asked.append((first, last))
            if last - first >= widest:
                raise rpc.RpcError("node", "too wide")
            return [Event(number, 0, b"", b"") for number in range(first, last + 1)]

        return answer

    monkeypatch.setattr(RpcNode, "_events", events(2))
    found = RpcNode("http://node", Deadline(5)).events(AT, CONTRACT)
    assert [event.index for event in found] == list(range(8))
    assert asked == [(0, 7), (0, 3), (0, 1), (2, 3), (4, 7), (4, 5), (6, 7)]
    del asked[:]
    monkeypatch.setattr(RpcNode, "_events", events(0))
    with pytest.raises(rpc.RpcError):
        RpcNode("http://node", Deadline(5)).events(AT, CONTRACT)
    assert asked == [(0, 7), (0, 3), (0, 1), (0, 0)]
    monkeypatch.setattr(rpc, "_MAX_QUESTIONS", 5)
    monkeypatch.setattr(RpcNode, "_events", events(1))
    del asked[:]
    with pytest.raises(rpc.RpcError):
        RpcNode("http://node", Deadline(5)).events(AT, CONTRACT)
    assert len(asked) == 6


def test_a_node_that_always_refuses_is_not_asked_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []

    def refuse(node: RpcNode, contract: str, first: int, last: int) -> list[Event]:
        asked.append((first, last))
        raise rpc.RpcError("node", "too many")

    monkeypatch.setattr(RpcNode, "_events", refuse)
    monkeypatch.setattr(rpc, "_MAX_QUESTIONS", 3)
    with pytest.raises(rpc.RpcError):
        RpcNode("http://node", Deadline(5)).events(Block(1 << 40, bytes(32), 0), CONTRACT)
    assert len(asked) == 4


def test_a_node_that_is_away_is_named_by_its_host_alone() -> None:
    node = RpcNode("http://127.0.0.1:1/v3/swordfish", Deadline(5))
    with pytest.raises(Unavailable) as failed:
        node.block(7)
    assert "swordfish" not in str(failed.value)
