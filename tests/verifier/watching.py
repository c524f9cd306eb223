"""Who watches a log in these tests: his folder, his node, his clock, and what he is served."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from verifier import monitor_command

from .maker import World, lot_name, story
from .published import PublishedLog, Served

LOT = lot_name(1)


@dataclass
class Partner:
    """Who watches: his folder, his node, his clock, and the log that is served to him."""

    folder: Path
    served: Served
    capsys: Any
    now: float = 1_790_000_000.0
    node: Any = None
    more: list[str] = field(default_factory=list)
    said: str = ""

    def round(self, *more: str) -> int:
        """One round from the command line; what it printed is in `said`."""
        arguments = [self.served.url, "--policy", self.policy, "--state", str(self.state), "--once", *self.more, *more]
        code = monitor_command.run(arguments, lambda: self.now)
        self.said = self.capsys.readouterr().out
        assert "Traceback" not in self.said
        return code

    @property
    def state(self) -> Path:
        return self.folder / "state.json"

    @property
    def policy(self) -> str:
        return str(self.folder / "policy.toml")

    @property
    def kinds(self) -> list[str]:
        """The classes of the alarms of the last round."""
        told = [line for line in self.said.splitlines() if "fine" not in line and line[0] != " "]
        return [line.split(" ", 1)[1].partition(":")[0] for line in told]

    @property
    def evidence(self) -> list[Path]:
        return sorted(self.folder.glob("state.json.fork-*.json"))


def grown(times: int = 3) -> World:
    world, lot = story()
    for _ in range(times):
        world.movement("farm", [lot])
    return world


def failing(log: PublishedLog) -> None:
    log.send_response(500)
    log.end_headers()
