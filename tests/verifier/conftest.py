"""Partners who watch a log: `partner` its checkpoints and hashes, `own` a lot and keys as well."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from verifier import monitor_command

from .maker import party, story
from .published import publishing
from .test_hostile import toml
from .watching import LOT, Partner


@pytest.fixture
def partner(tmp_path: Path, capsys: Any, monkeypatch: Any) -> Iterator[Partner]:
    """A partner who has watched an honest log for a round."""
    world, _ = story()
    (tmp_path / "policy.toml").write_text(toml(world.policy("farm", "mill", "shop", "log")))
    (tmp_path / "key").write_text("partner\n")
    with publishing(world) as served:
        watching = Partner(tmp_path, served, capsys, node=world.chain())
        monkeypatch.setattr(monitor_command, "nodes_of", lambda *_: [watching.node] if watching.node else [])
        assert watching.round() == 0, watching.said
        yield watching


@pytest.fixture
def own(partner: Partner) -> Partner:
    """The same, watching a lot and the keys of the farm with a key of his."""
    partner.more = ["--lot", LOT, "--party", party("farm"), "--token-file", str(partner.folder / "key")]
    assert partner.round() == 0, partner.said
    return partner
