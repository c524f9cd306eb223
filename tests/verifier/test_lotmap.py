"""The lot map's proofs, against the vectors and the definition."""

import hashlib
from typing import Any

import pytest

from verifier import lotmap
from verifier.hashing import EMPTY_MAP, map_value

from .vectors import accepts, cases, load, naive_map, naive_map_proof, title, unhex


def _root(case: Any) -> bytes:
    key, siblings = bytes.fromhex(case["key"]), unhex(case["siblings"])
    if case["type"] == "member":
        value = map_value(case["count"], case["last_index"], bytes.fromhex(case["last_leaf"]))
        return lotmap.root_from_membership(key, value, siblings)
    other = case["neighbour"]
    neighbour = (bytes.fromhex(other["key"]), bytes.fromhex(other["value"])) if other else None
    return lotmap.root_from_absence(key, siblings, neighbour)


@pytest.mark.parametrize("case", cases("lotproof/map.json", "proofs"), ids=title)
def test_map_vectors(shared_data: Any, case: Any) -> None:
    def check() -> None:
        if _root(case) != bytes.fromhex(case["root"]):
            raise lotmap.Refuted("map root")

    assert accepts(check) == (case["expect"] == "accept")


def test_the_naive_map_of_these_tests_gives_the_roots_of_the_vectors(shared_data: Any) -> None:
    vectors = load("lotproof/map.json")
    items = [(bytes.fromhex(i["key"]), bytes.fromhex(i["value"])) for i in vectors["items"]]
    for state in vectors["states"]:
        assert naive_map(items[: state["n"]]).hex() == state["root"]


def test_every_key_of_a_map_is_a_member_and_every_other_key_is_absent() -> None:
    keys = [hashlib.sha256(bytes([n])).digest() for n in range(60)]
    items = [(key, hashlib.sha256(key).digest()) for key in keys[:40]]
    root = naive_map(items)
    for key in keys:
        siblings, place = naive_map_proof(key, items)
        if place and place[0] == key:
            assert lotmap.root_from_membership(key, place[1], siblings) == root
            assert not accepts(lotmap.root_from_absence, key, siblings, place)
        else:
            assert lotmap.root_from_absence(key, siblings, place) == root


def test_every_key_is_absent_from_the_empty_map() -> None:
    assert lotmap.root_from_absence(bytes(32), [], None) == EMPTY_MAP


def test_keys_that_differ_in_the_last_bit_only_need_256_siblings() -> None:
    low, high = bytes(31) + b"\x00", bytes(31) + b"\x01"
    items = [(low, b"a" * 32), (high, b"b" * 32)]
    siblings, _ = naive_map_proof(low, items)
    assert len(siblings) == 256
    assert lotmap.root_from_membership(low, b"a" * 32, siblings) == naive_map(items)


def test_a_lone_leaf_cannot_be_shown_deeper_down_beside_an_empty_sibling() -> None:
    assert not accepts(lotmap.root_from_membership, bytes(32), b"v" * 32, [EMPTY_MAP])


def test_a_leaf_from_elsewhere_proves_no_absence_even_under_a_root_made_to_fit() -> None:
    """An operator may sign any map root; the place of the neighbour must follow from its key."""
    asked, elsewhere = bytes(32), b"\xff" * 32
    assert not accepts(lotmap.root_from_absence, asked, [b"s" * 32], (elsewhere, b"v" * 32))
    assert accepts(lotmap.root_from_absence, asked, [b"s" * 32], (b"\x7f" + b"\xff" * 31, b"v" * 32))
