"""What the checks of a lot proof look at, each asked alone: the lies themselves are told in `test_lies.py`."""

import json
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from verifier.errors import Refuted
from verifier.policy import parse_policy
from verifier.report import Verdict
from verifier.verify import _check_once, verify

from .maker import story


def test_every_entry_is_held_against_its_anchor() -> None:
    world, lot = story()
    file = json.dumps(world.bundle(lot)).encode()
    for skew, verdict in ((300, Verdict.YES), (-100_000, Verdict.REFUTED)):
        policy = replace(parse_policy(world.policy()), max_clock_skew=skew)
        assert verify([file], policy, [world.chain()], now=0).answer(8).verdict is verdict


def test_an_id_is_used_once_among_movements_and_key_statements_together() -> None:
    item: Any = SimpleNamespace(entry=SimpleNamespace(statement_hash=b"one"))
    said, other = (SimpleNamespace(issuer="farm", id=number) for number in (1, 2))
    for keys, again in ((other, False), (said, True)):
        chains: Any = {"farm": SimpleNamespace(statements=[keys])}
        if again:
            with pytest.raises(Refuted, match="movement ids of one party"):
                _check_once([item], [said], chains)  # type: ignore[list-item]
        else:
            _check_once([item], [said], chains)  # type: ignore[list-item]
