"""Statements, against the vectors: each lie is refused by the check that must refuse it."""

import base64
from typing import Any

import pytest

from verifier import disclosure, statement
from verifier.errors import Refuted

from .vectors import cases, title


def _refused_by(case: Any) -> int | None:
    """The number of the check that refuses this statement, None if all accept it."""
    lot = case["lot"] if case["kind"] != 2 else None
    keys = {kid: base64.b64decode(key) for kid, key in case["keys"].items()}
    number = 1
    try:
        parts = statement.split(case["sdjwt"])
        number = 3
        said = statement.read(parts.jwt, case["kind"], case["origin"])
        statement.check_signature(said, keys[said.key])
        if case["kind"] == 2:
            statement.key_set(said, parts)
            return None
        number = 4
        shown = disclosure.disclose(said, parts.disclosures, lot)
    except Refuted:
        return number
    assert len(shown.hidden) == case.get("hidden", len(shown.hidden))
    assert said.hash.hex() == case.get("statement_hash", said.hash.hex())
    return None


@pytest.mark.parametrize("case", cases("lotproof/statement.json", "cases"), ids=title)
def test_statement_vectors(shared_data: Any, case: Any) -> None:
    assert _refused_by(case) == case.get("refused_by_check")
