"""The Python verifier and the browser's, asked the same: what each says of a file, and where they differ."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, Route

from service.web import assembled
from tests.tools.browser import browser
from tests.verifier.fake_chain import FakeNode, FakeSource
from verifier.chain import Block, Source, State
from verifier.encoding import b64
from verifier.policy import Policy
from verifier.report import Report, as_json

HARNESS = Path(__file__).parent / "harness.js"
ORIGIN = "https://verify.test"  # a secure context, so that there is WebCrypto; nothing of it leaves the process
BATCH = 2 << 20

Json = dict[str, Any]
Case = tuple[str, list[bytes], Report | Json]
"""A name, the file or its parts, and what Python says of it."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Who judges: his policy as plain values, his nodes and sources."""

    policy: Policy
    nodes: Sequence[FakeNode] = ()
    sources: Sequence[Source] = ()
    lot: str | None = None
    now: int = 0

    def told(self) -> Json:
        nodes, sources = [_node(node) for node in self.nodes], [_source(source) for source in self.sources]
        return {
            "policy": policy_values(self.policy),
            "nodes": nodes,
            "sources": sources,
            "lot": self.lot,
            "now": self.now,
        }


@dataclass
class Compared:
    """How many agree, and what does not."""

    cases: int = 0
    differ: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    slowest: tuple[float, str] = (0.0, "")


@contextmanager
def page() -> Iterator[Page]:
    """A page that holds the assembled verifier and nothing else; it can reach nobody."""
    with browser() as running, page_in(running.new_context().new_page(), ORIGIN) as opened:
        yield opened


@contextmanager
def page_in(opened: Page, origin: str) -> Iterator[Page]:
    """The same, in a page that is there, at an address of one's choice."""

    def answer(route: Route) -> None:
        route.fulfill(body="<!doctype html><title>verifier</title>", content_type="text/html")

    opened.route("**/*", answer)
    opened.goto(origin)
    opened.add_script_tag(content=assembled.script("engine.js"))
    opened.add_script_tag(content=HARNESS.read_text())
    yield opened
    opened.close()


def compare(on: Page, asked: Asked, cases: Sequence[Case], into: Compared) -> None:
    """Have the browser judge the files, and note where it says otherwise than the report that stands beside them."""
    told = asked.told()
    for some in _batches(cases):
        files = [[b64(file) for file in files] for _, files, _ in some]
        answers = on.evaluate("([cases, given]) => judge(cases, given)", [files, told])
        for (name, _, report), answer in zip(some, answers, strict=True):
            _note(name, as_json(report) if isinstance(report, Report) else report, answer, into)


def _note(name: str, python: Json, browsers: Json, into: Compared) -> None:
    into.cases += 1
    into.slowest = max(into.slowest, (browsers["took"], name))
    if "thrown" in browsers:
        into.differ.append(f"{name}: the browser's verifier threw {browsers['thrown']}")
        return
    verdicts = [[(check["answer"], check["late"]) for check in each["checks"]] for each in (python, browsers)]
    if verdicts[0] != verdicts[1] or python["exit"] != browsers["exit"]:
        into.differ.append(f"{name}: Python {verdicts[0]}, browser {verdicts[1]}")
    for ours, theirs in zip(python["checks"], browsers["checks"], strict=True):
        if ours != theirs:
            into.words.append(f"{name}: Python {ours}\n  browser {theirs}")
    if python["facts"] != browsers["facts"]:
        into.words.append(f"{name}: Python {python['facts']}\n  browser {browsers['facts']}")


def _batches(cases: Sequence[Case]) -> Iterator[list[Case]]:
    some: list[Case] = []
    size = 0
    for case in cases:
        length = sum(map(len, case[1]))
        if some and size + length > BATCH:
            yield some
            some, size = [], 0
        some.append(case)
        size += length
    if some:
        yield some


def policy_values(policy: Policy) -> Json:
    """A policy as its file has it."""
    names = [name for name in Policy.__slots__ if getattr(policy, name) is not None]
    return {name: _value(getattr(policy, name)) for name in names}


def _value(value: Any) -> Any:
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, dict):
        return {name: list(keys) for name, keys in value.items()}
    if isinstance(value, tuple):
        return [[each.name, b64(each.public)] if hasattr(each, "public") else each for each in value]
    return value


def _node(node: FakeNode) -> Json:
    groups = {str(group): b64(root) for group, root in node.groups.items()}
    code = node.identity(node.final_block, "another contract").code_hash
    return {
        "name": node.name, "chainId": node.chain_id, "genesis": b64(node.genesis), "contract": node.contract,
        "codeHash": b64(node.code_hash), "noCode": b64(code), "groups": groups,
        "final": _state(node.final), "latest": _state(node.latest),
        "finalBlock": _block(node.final_block), "latestBlock": _block(node.latest_block),
    }  # fmt: skip


def _state(state: State) -> Json:
    return {
        "size": state.size, "logRoot": b64(state.log_root), "count": state.count, "epoch": state.epoch,
        "rotations": state.rotations, "peaks": [b64(peak) for peak in state.peaks],
        "epochs": [{"first": epoch.first, "keep": epoch.keep} for epoch in state.epochs],
    }  # fmt: skip


def _block(block: Block) -> Json:
    return {"number": block.number, "hash": b64(block.hash), "time": block.time}


def _source(source: Source) -> Json:
    assert isinstance(source, FakeSource)
    return {str(index): [b64(node) for node in path] for index, path in source.paths.items()}
