"""The lag of the chain as the figures tell it, of a log that was really anchored."""

from itertools import pairwise

import pytest

from tests.e2e.conftest import Told

pytestmark = pytest.mark.xdist_group("demo")


def test_waits_of_anchors_cover_the_log_without_a_gap(told: Told) -> None:
    """Each entry waited in one anchor; the oldest of them the longest, none less than nothing."""
    anchors = told.accounts.companies["tongqu"].door.get("/api/v1/figures")["anchors"]
    assert anchors and sum(each["entries"] for each in anchors) == anchors[0]["size"] >= told.size
    for newer, older in pairwise(anchors):
        assert newer["size"] - newer["entries"] == older["size"] and newer["index"] > older["index"]
    for each in anchors:
        assert 0 <= each["shortest"] <= each["median"] <= each["longest"] < 600_000
