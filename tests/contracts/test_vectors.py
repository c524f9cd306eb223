"""Vectors that nobody here wrote, through the real contract.

Consistency: each case is anchored at its old size and then asked, by eth_call, for its new one. Accumulator: the
anchors of the vectors carry invented log roots, so no proof leads from one to the next; each is therefore run as a
*first* anchor (the size in the head's slot is overridden by zero), at exactly its block and time, on top of the
storage that the one before left.
"""

import base64
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.contracts.model import Anchor, Model
from tests.contracts.onchain import Chain, LotAnchor, Reverted
from tests.contracts.overridden import Overridden

MAP_ROOT = b"\x4d" * 32

#: What the ABI cannot say, or says with another meaning; everything else must be answered as the vector wants.
EQUAL_SIZES_ARE_NEVER_ANCHORED = "the RFC accepts an empty proof for equal sizes, an anchor must grow"
ROOT_IS_NOT_32_BYTES = "the ABI has no room for it"
FROM_SIZE_0_IS_THE_FIRST_ANCHOR = "without a proof, the first anchor may have any size"

REFUSALS = {
    "fork: entry 5 replaced, honest path": "WrongNewRoot",
    "fork: entry 5 replaced, path of the fork": "WrongOldRoot",
    "shrinking": "SizeNotGreater",
    "same size, other root": "SizeNotGreater",
    "hash dropped": "WrongProofLength",
}


def test_every_consistency_vector_of_the_format(chain: Chain, shared_data: Path) -> None:
    cases = json.loads((shared_data / "lotproof" / "log.json").read_text())["consistency"]
    told = 0
    for case in cases:
        old_root, new_root = bytes.fromhex(case["old_root"]), bytes.fromhex(case["new_root"])
        path = [bytes.fromhex(h) for h in case["path"]]
        if _cannot_be_said(case["old"], [old_root, new_root, *path], path):
            continue
        answer = _extend(chain, case["old"], case["new"], old_root, new_root, path)
        if case["expect"] == "accept" and case["old"] == case["new"]:
            assert _name(answer) == "SizeNotGreater", EQUAL_SIZES_ARE_NEVER_ANCHORED
        else:
            assert (answer is None) == (case["expect"] == "accept"), (case.get("name"), answer)
        if case["expect"] == "refuse":
            assert _name(answer) == REFUSALS[case["name"]]
        told += 1
    assert told == len(cases) - 1, "only the one from size 0 with an empty path has another meaning here"


def test_every_consistency_probe_of_transparency_dev(chain: Chain, shared_data: Path) -> None:
    files = sorted((shared_data / "merkle" / "consistency").glob("*/*.json"))
    told = 0
    for file in files:
        case = json.loads(file.read_text())
        root1, root2, *proof = [base64.b64decode(h) for h in [case["root1"], case["root2"], *(case["proof"] or [])]]
        if _cannot_be_said(case["size1"], [root1, root2, *proof], proof):
            continue
        answer = _extend(chain, case["size1"], case["size2"], root1, root2, proof)
        assert (answer is not None) == case["wantErr"], (file.name, answer)
        told += 1
    assert (len(files), told) == (62, 50), "6 of them hold a root of 12 bytes or less, 6 a hash of none"


def _cannot_be_said(old: int, hashes: list[bytes], proof: list[bytes]) -> str | None:
    if any(len(h) != 32 for h in hashes):
        return ROOT_IS_NOT_32_BYTES
    return FROM_SIZE_0_IS_THE_FIRST_ANCHOR if old == 0 and not proof else None


def _extend(chain: Chain, old: int, new: int, old_root: bytes, new_root: bytes, proof: list[bytes]) -> Reverted | None:
    contract = LotAnchor(chain)
    if old:
        contract.anchor(0, old, old_root, MAP_ROOT, [])
    try:
        contract.call(contract.anchorer, "anchor", old, new, new_root, MAP_ROOT, proof)
    except Reverted as refusal:
        return refusal
    return None


def _name(answer: Reverted | None) -> str:
    return answer.name if answer else "accepted"


# ---------------------------------------------------------------- accumulator


@pytest.fixture(scope="module")
def vectors(shared_data: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((shared_data / "lotproof" / "accumulator.json").read_text())
    return loaded


def anchor_of(vector: dict[str, Any]) -> Anchor:
    roots = bytes.fromhex(vector["log_root"]), bytes.fromhex(vector["map_root"])
    return Anchor(vector["epoch"], vector["size"], *roots, vector["block"], vector["time"])


def test_the_contract_grows_the_accumulator_of_the_vectors(contract: LotAnchor, vectors: dict[str, Any]) -> None:
    states = {state["count"]: state["peaks"] for state in vectors["states"]}
    overridden = Overridden(contract)
    for index, vector in enumerate(vectors["anchors"]):
        overridden.set_head(size=0, count=index, epoch=vector["epoch"])
        overridden.anchor(anchor_of(vector))
        if index + 1 in states:
            count, peaks = overridden.view("accumulator")
            assert (count, [peak.hex() for peak in peaks]) == (index + 1, states[index + 1])
    assert {g: overridden.view("sealedGroup", int(g)).hex() for g in vectors["sealed"]} == vectors["sealed"]
    assert overridden.view("sealedGroup", 1) == bytes(32), "the second group is not complete"


def test_the_contract_judges_the_paths_of_the_vectors(contract: LotAnchor, vectors: dict[str, Any]) -> None:
    honest = [anchor_of(a) for a in vectors["anchors"]]
    anchors = {a.leaf().hex(): a for a in [*honest, *lies_about(honest[10])]}
    expressible = [p for p in vectors["paths"] if p["leaf"] in anchors and p["index"] < p["count"]]
    for case in expressible:
        overridden = Overridden(contract)
        overridden.set_head(size=1, count=case["count"], epoch=1)
        overridden.set_peaks(case["count"], [bytes.fromhex(p) for p in case["peaks"]])
        shown = anchors[case["leaf"]]
        overridden.set_proposal(case["index"], opens_at=1)
        accepted = overridden.may_open(shown, [bytes.fromhex(h) for h in case["path"]])
        assert accepted == (case["expect"] == "accept"), case.get("name", (case["index"], case["count"]))
    assert len(expressible) == 20, (
        "14 that hold and 6 lies; a node for a leaf and an index beyond the count cannot be said"
    )


def lies_about(anchor: Anchor) -> list[Anchor]:
    """What the vectors changed in the leaf of anchor 10, as the fields that give those leaves."""
    swapped = replace(anchor, log_root=anchor.map_root, map_root=anchor.log_root)
    return [replace(anchor, epoch=1), replace(anchor, time=anchor.time - 86400), swapped]


def test_the_python_model_agrees_with_the_vectors(vectors: dict[str, Any]) -> None:
    model = Model("", "")
    states = {state["count"]: state["peaks"] for state in vectors["states"]}
    for vector in vectors["anchors"]:
        model.anchors.append(anchor_of(vector))
        assert model.anchors[-1].leaf().hex() == vector["leaf"]
        if len(model.anchors) in states:
            assert [peak.hex() for peak in model.accumulator()[1]] == states[len(model.anchors)]
    assert model.sealed_group(0).hex() == vectors["sealed"]["0"]
