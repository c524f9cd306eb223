"""One town for each test: rotations and epochs cannot be taken back."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from service import cli
from service.local.node import Node
from tests.anchoring.offices.town import GUARD, Town

Office = Callable[..., tuple[int, str]]


@pytest.fixture
def town(engine: Engine, fresh_anvil: Node, tmp_path: Path) -> Iterator[Town]:
    """Nobody works in it before `open`."""
    founded = Town.founded(engine, fresh_anvil, tmp_path)
    yield founded
    founded.stop()


@pytest.fixture
def command(town: Town, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Office:
    """`./lotproof …` against the town; exit code and what it said."""
    monkeypatch.setenv("LOTPROOF_DATABASE_URL", town.settings.database_url)
    monkeypatch.setenv("LOTPROOF_RPC_URL", town.chain.url)
    monkeypatch.setenv("LOTPROOF_ORIGIN", town.settings.origin)

    def said(*words: str) -> tuple[int, str]:
        capsys.readouterr()
        code = cli.main(list(words))
        told = capsys.readouterr()
        return code, told.out + told.err

    return said


@pytest.fixture
def office(town: Town, command: Office) -> Office:
    """`./lotproof office …`, signed by the guardian."""
    key = town.folder / "guardian.key"
    key.write_text(GUARD.hex())

    def signed(*words: str) -> tuple[int, str]:
        told = command("office", *words, *([] if words[0] == "show" else ["--key-file", str(key)]))
        town.chain.rpc("anvil_mine", "0x4")  # a verifier looks at what is final
        return told

    return signed
