"""The log's proofs, against four sets of foreign vectors and the recursive definition."""

import base64
import json
from itertools import pairwise
from typing import Any

import pytest

from verifier import merkle
from verifier.hashing import leaf_hash

from .vectors import SHARED, accepts, cases, naive_consistency, naive_inclusion, naive_root, title, unhex

LEAVES = [leaf_hash(bytes([n])) for n in range(70)]


@pytest.mark.parametrize("case", cases("lotproof/log.json", "inclusion"), ids=title)
def test_inclusion_vectors(shared_data: Any, case: Any) -> None:
    leaf, root = bytes.fromhex(case["leaf"]), bytes.fromhex(case["root"])
    arguments = case["index"], case["size"], leaf, unhex(case["path"]), root
    assert accepts(merkle.verify_inclusion, *arguments) == (case["expect"] == "accept")


@pytest.mark.parametrize("case", cases("lotproof/log.json", "consistency"), ids=title)
def test_consistency_vectors(shared_data: Any, case: Any) -> None:
    roots = bytes.fromhex(case["old_root"]), bytes.fromhex(case["new_root"])
    arguments = case["old"], case["new"], *roots, unhex(case["path"])
    assert accepts(merkle.verify_consistency, *arguments) == (case["expect"] == "accept")


def _probes(folder: str) -> list[Any]:
    paths = sorted((SHARED / "merkle" / folder).rglob("*.json"))
    return [json.loads(path.read_text()) | {"name": f"{path.parent.name}/{path.stem}"} for path in paths] or [None]


@pytest.mark.parametrize("probe", _probes("inclusion"), ids=title)
def test_inclusion_probes_of_transparency_dev(shared_data: Any, probe: Any) -> None:
    leaf, root = base64.b64decode(probe["leafHash"]), base64.b64decode(probe["root"])
    path = [base64.b64decode(text) for text in probe["proof"] or []]
    accepted = accepts(merkle.verify_inclusion, probe["leafIdx"], probe["treeSize"], leaf, path, root)
    # One probe calls an empty hash under an empty root wrong; a hash of no bytes never reaches us.
    assert (accepted and len(leaf) == 32) == (not probe["wantErr"])


@pytest.mark.parametrize("probe", _probes("consistency"), ids=title)
def test_consistency_probes_of_transparency_dev(shared_data: Any, probe: Any) -> None:
    roots = base64.b64decode(probe["root1"]), base64.b64decode(probe["root2"])
    path = [base64.b64decode(text) for text in probe["proof"] or []]
    accepted = accepts(merkle.verify_consistency, probe["size1"], probe["size2"], *roots, path)
    assert accepted == (not probe["wantErr"])


@pytest.mark.parametrize("case", cases("lotproof/accumulator.json", "paths"), ids=title)
def test_accumulator_vectors(shared_data: Any, case: Any) -> None:
    def check() -> None:
        arguments = case["index"], case["count"], bytes.fromhex(case["leaf"]), unhex(case["path"])
        number, peak = merkle.peak_from_path(*arguments)
        if unhex(case["peaks"])[number] != peak:
            raise merkle.Refuted("peak")

    assert accepts(check) == (case["expect"] == "accept")


def test_reference_tree_of_rfc_6962(shared_data: Any) -> None:
    reference = json.loads((shared_data / "merkle/transcribed/rfc6962-reference-tree.json").read_text())
    leaves = [leaf_hash(bytes.fromhex(text)) for text in reference["leaf_inputs_hex"]]
    assert leaves == unhex(reference["node_hashes_hex"][0])
    for size in range(1, len(leaves) + 1):
        root = bytes.fromhex(reference["roots_by_size_hex"][size])
        for index in range(size):
            path = naive_inclusion(index, leaves[:size])
            assert merkle.root_from_inclusion(index, size, leaves[index], path) == root


def test_every_inclusion_proof_of_small_trees_holds_and_none_of_another_index() -> None:
    for size in range(1, len(LEAVES) + 1):
        root = naive_root(LEAVES[:size])
        for index in range(size):
            path = naive_inclusion(index, LEAVES[:size])
            assert merkle.root_from_inclusion(index, size, LEAVES[index], path) == root
            assert not accepts(merkle.verify_inclusion, index, size, LEAVES[index], [*path, root], root)
            for other in {index ^ 1, index + 1, index - 1} - {index}:
                assert not accepts(merkle.verify_inclusion, other, size, LEAVES[index], path, root)


def test_every_consistency_proof_of_small_trees_holds_and_none_with_a_hash_too_few_or_too_many() -> None:
    for new in range(1, 40):
        for old in range(1, new + 1):
            path = naive_consistency(old, LEAVES[:new])
            roots = naive_root(LEAVES[:old]), naive_root(LEAVES[:new])
            merkle.verify_consistency(old, new, *roots, path)
            assert not accepts(merkle.verify_consistency, old, new, *roots, [*path, roots[1]])
            assert not path or not accepts(merkle.verify_consistency, old, new, *roots, path[:-1])
            for a, b in pairwise(path):
                swapped = [b if h == a else a if h == b else h for h in path]
                assert not accepts(merkle.verify_consistency, old, new, *roots, swapped)


def test_a_path_of_an_old_count_is_a_prefix_of_the_path_of_a_later_count(shared_data: Any) -> None:
    for case in cases("lotproof/accumulator.json", "extensions"):
        assert case["path_now"][: len(case["path_then"])] == case["path_then"]
        height, _ = merkle.peak_place(case["index"], case["count_now"])
        assert len(case["path_now"]) == height
