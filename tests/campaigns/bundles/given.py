"""One valid file and whoever judges it: by his policy, his nodes, his sources."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from tests.verifier.fake_chain import FakeNode
from tests.verifier.maker import World, an_event, answering, lot_name, shipped_to
from verifier import fraud, receipt
from verifier.chain import Source
from verifier.policy import Policy
from verifier.report import Report
from verifier.verify import verify

STRICT = {"require_full": True}
LOOSE = {"allow_withheld": True}


@dataclass
class Given:
    """One valid file (or the parts of one, of which `bent` is bent) and whoever judges it."""

    kind: str
    world: World
    files: Sequence[Any]
    policy: Policy
    donors: Sequence[Any] = ()
    nodes: Sequence[FakeNode] = ()
    sources: Sequence[Source] = ()
    lot: str | None = None
    bent: int = 0
    weight: float = 1.0  # what share of the cases it gets: a large file takes long
    exit_code: int = 0
    name: str = ""
    spelled: list[bytes] = field(default_factory=list)

    @property
    def file(self) -> Any:
        return self.files[self.bent]

    def report(self, data: bytes) -> Report:
        """The verdict where `data` stands in place of the file."""
        if self.kind == "receipt":
            return receipt.verify_receipt(data, self.policy, self.lot)
        if self.kind == "fraud":
            return fraud.verify_fraud(data, self.policy)
        self.spelled = self.spelled or [written(file) for file in self.files]
        files = [*self.spelled[: self.bent], data, *self.spelled[self.bent + 1 :]]
        return verify(files, self.policy, self.nodes, self.sources, now=0, lot=self.lot)


def written(file: Any) -> bytes:
    return json.dumps(file).encode("utf-8", "surrogatepass")


Made = dict[str, Callable[[], Given]]


def valid(into: Made, name: str) -> Callable[[Callable[[], Given]], Callable[[], Given]]:
    """Enters a maker of a valid file under its name."""

    def enter(make: Callable[[], Given]) -> Callable[[], Given]:
        into[name] = make
        return make

    return enter


@cache
def forked() -> tuple[World, str]:
    """The same log, key and contract; from its third entry on it tells another story, on another chain."""
    world, lot = World(), lot_name(1)
    for name in ("farm", "mill"):
        world.keys(name, [name])
    world.now += 7
    world.anchor()
    shipment = world.movement("farm", [lot], an_event([lot], **shipped_to("mill")))
    world.anchor()
    world.movement("mill", [lot], an_event([lot]), ref=answering(shipment))
    world.anchor()
    return world, lot
