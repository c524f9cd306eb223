"""Lot proofs, against the vectors: exit code, every one of the eight answers, and who refuses each lie."""

import json
from typing import Any

import pytest

from verifier import bundle
from verifier.policy import parse_policy
from verifier.verify import verify

from .fake_chain import node_of, source_of
from .maker import party
from .vectors import accepts, cases, title


@pytest.mark.parametrize("case", cases("lotproof/bundle.json", "cases"), ids=title)
def test_bundle_vectors(shared_data: Any, case: Any) -> None:
    chain = case["chain"]
    nodes = [node_of(chain)] if chain else []
    sources = [source_of(chain)] if chain and "refresh" in chain else []
    text = case["text"] if "text" in case else json.dumps(case["bundle"])
    report = verify([text.encode()], parse_policy(case["policy"]), nodes, sources, now=0)
    assert {str(answer.check): answer.verdict.value for answer in report.answers} == case["answers"]
    assert report.exit_code == case["expect_exit"]
    assert (report.first_failed.check if report.first_failed else None) == case.get("refused_by_check")
    if case["reasons"].get("4", "").endswith("fields withheld"):
        assert list(report.answer(4).remarks) == [case["reasons"]["4"]]


def test_of_parties_there_are_as_many_as_are_allowed(monkeypatch: Any) -> None:
    monkeypatch.setattr(bundle, "_chain", lambda chain: chain)
    keys = {party(f"p{number}"): None for number in range(bundle.MAX_PARTIES)}
    assert accepts(bundle._keys, keys)
    assert not accepts(bundle._keys, keys | {party("one-more"): None})
