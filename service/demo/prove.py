"""What a regulator does: waits until everything is final, fetches the lots' files, writes a policy of its own."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep

from service.demo.accounts import API, Company
from service.demo.door import Door
from service.demo.story import Lot

POLL = 0.1
# A month: the demo may be shown again when nothing was recorded for days, and then there is nothing newer to anchor.
MAX_AGE = 31 * 86_400


class NotFinal(Exception):
    """The chain did not make the story final in time."""


@dataclass(frozen=True, slots=True)
class Files:
    """Where the regulator keeps what it was given."""

    folder: Path

    @property
    def policy(self) -> Path:
        return self.folder / "policy.toml"

    def of(self, lot: Lot) -> Path:
        return self.folder / f"{lot.name.replace('/', '_')}.lotproof.json"


def await_final(stranger: Door, size: int, patience: float) -> int:
    """Return the size of the final log once it reaches `size`; raises NotFinal."""
    deadline = monotonic() + patience
    while True:
        status = stranger.get(f"{API}/status")
        if status["final"] and status["final"]["size"] >= size:
            return int(status["final"]["size"])
        if monotonic() > deadline:
            alarms = "; ".join(f"{alarm['kind']}: {alarm['detail']}" for alarm in status["alarms"]) or "none"
            raise NotFinal(f"{size} entries were not final within {patience:.0f} s (open alarms: {alarms})")
        sleep(POLL)


def write_policy(stranger: Door, companies: Sequence[Company], rpc_urls: Sequence[str], files: Files) -> None:
    """The draft that the service offers, with the keys that the companies themselves named and nodes of our own.

    A real regulator gets origin, log key and contract on paper as well; here the draft is all there is.
    """
    draft = stranger.raw(f"{API}/policy").decode()
    keys = "".join(f"{json.dumps(each.uri)} = {json.dumps([each.first_key])}\n" for each in companies)
    text = re.sub(r"(?ms)^\[parties\].*\Z", f"[parties]\n{keys}", draft)
    text = re.sub(r"(?m)^max_age = .*$", f"max_age = {MAX_AGE}", text)
    if rpc_urls:
        text = re.sub(r"(?m)^rpc = .*$", f"rpc = {json.dumps(list(rpc_urls))}", text)
    files.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    files.policy.write_text(text)


def fetch(regulator: Door, lots: Sequence[Lot], files: Files) -> list[Path]:
    """The file of each lot, byte for byte as the service gives it."""
    for lot in lots:
        files.of(lot).write_bytes(regulator.raw(f"{API}/lots/proof", lot=lot.uri))
    return [files.of(lot) for lot in lots]
