"""A party's key chain, bent in one place at a time: complete, unbroken, each set signed by the one before."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from verifier import uri
from verifier.bundle import KeyChain, parse_bundle, parse_head
from verifier.entry import MOVEMENT, PARTY_KEY
from verifier.errors import Refuted, Unavailable
from verifier.keychain import PartyKeys, party_keys
from verifier.statement import split, thumbprint

from .maker import ORIGIN, World, b64url, lot_name, party, public_key
from .vectors import accepts

FARM = party("farm")


def a_world() -> World:
    """The farm has key A with R in reserve, then B signed by A, then C signed by R."""
    world = World()
    world.keys("farm", ["a"], recovery="r")
    world.keys("farm", ["b"], signer="a", recovery="r")
    world.keys("farm", ["c", "r"], signer="r")
    return world


def of(world: World, bend: Callable[[KeyChain], KeyChain] = lambda chain: chain) -> PartyKeys:
    world.movement("farm", [lot_name(1)], key="c")
    world.anchor()
    file = parse_bundle(json.dumps(world.bundle(lot_name(1))).encode())
    return party_keys(FARM, bend(file.keys[FARM]), file.checkpoint, ORIGIN)


def refuted(world: World, what: str) -> None:
    with pytest.raises(Refuted, match=what):
        of(world)


def test_a_chain_tells_the_keys_at_every_index() -> None:
    keys = of(a_world())
    assert keys.first_key == thumbprint(public_key("a"))
    assert (list(keys.indexes), [each.sequence for each in keys.sets]) == ([0, 1, 2], [1, 2, 3])
    valid = {1: "a", 2: "b", 3: "cr", 99: "cr"}
    for index in (0, 1, 2, 3, 99):
        for name in "abcr":
            good = name in valid.get(index, "")
            assert accepts(keys.at, index, thumbprint(public_key(name))) is good, (index, name)
    assert keys.at(1, thumbprint(public_key("a"))) == public_key("a")


def item(place: int, **changes: Any) -> Callable[[KeyChain], KeyChain]:
    def bend(chain: KeyChain) -> KeyChain:
        history = list(chain.history)
        history[place] = replace(history[place], **changes)
        return replace(chain, history=tuple(history))

    return bend


BENT: dict[str, Callable[[KeyChain], KeyChain]] = {
    "first left out": lambda chain: replace(chain, history=chain.history[1:]),
    "middle left out": lambda chain: replace(chain, history=(chain.history[0], chain.history[2])),
    "last left out": lambda chain: replace(chain, history=chain.history[:2]),
    "swapped": lambda chain: replace(chain, history=(chain.history[1], chain.history[0], chain.history[2])),
    "one's path": item(1, path=(bytes(32),) * 2),
    "another's statement": lambda chain: item(1, statement=chain.history[0].statement)(chain),
    "a count too low": lambda chain: replace(chain, head=replace(chain.head, count=2)),
    "another last index": lambda chain: replace(chain, head=replace(chain.head, index=1)),
    "another sibling": lambda chain: replace(chain, head=replace(chain.head, siblings=(bytes([1]) * 32,) * 2)),
}


@pytest.mark.parametrize("bend", BENT.values(), ids=BENT.keys())
def test_a_chain_bent_anywhere_is_refuted(bend: Callable[[KeyChain], KeyChain]) -> None:
    with pytest.raises(Refuted):
        of(a_world(), bend)


def test_a_key_statement_stands_in_the_log_at_its_index_or_it_could_be_valid_at_another() -> None:
    for place in range(3):
        with pytest.raises(Refuted, match="inclusion at index"):
            of(a_world(), item(place, path=(bytes(32),) * 2))


def test_a_key_statement_that_was_signed_but_not_entered_is_refuted() -> None:
    other = World()
    other.keys("farm", ["a"], recovery="r")
    other.keys("farm", ["b"], signer="a", recovery="r")
    unsaid = other.keys("farm", ["d", "r"], signer="r")
    with pytest.raises(Refuted, match="statement of a key entry"):
        of(a_world(), item(2, statement=split(unsaid.shown())))


def test_what_is_withheld_or_not_there_is_left_open() -> None:
    with pytest.raises(Unavailable, match="withheld"):
        of(a_world(), item(1, statement=None))
    world = a_world()
    world.anchor()
    file = parse_bundle(json.dumps(world.bundle(lot_name(1))).encode())
    nobody = world.head(uri.subject(uri.PARTY, ORIGIN, party("nobody")), file.checkpoint.size)
    with pytest.raises(Unavailable, match="no key statement"):
        party_keys(party("nobody"), KeyChain((), parse_head(nobody)), file.checkpoint, ORIGIN)


@pytest.mark.parametrize(
    ("keys", "signer", "good"),
    [(["d"], "b", True), (["d"], "a", False), (["d"], "d", False), (["d"], "r", False), (["d", "r"], "r", True)],
)
def test_who_may_sign_the_next_set(keys: list[str], signer: str, good: bool) -> None:
    world = World()
    world.keys("farm", ["a"])
    world.keys("farm", ["b"], signer="a", recovery="r")
    world.keys("farm", keys, signer=signer)
    assert accepts(of, world) is good


def test_the_first_set_is_signed_by_one_of_its_own_keys_and_no_other() -> None:
    for signer, good in (("a", True), ("b", False), ("r", False)):
        world = World()
        world.keys("farm", ["a"], signer=signer, recovery="r")
        assert accepts(of, world) is good, signer


def test_seq_and_prev_are_those_of_the_chain() -> None:
    for bent, what in (({"seq": 3}, "seq"), ({"seq": 1}, "seq"), ({"prev": b64url(bytes(32))}, "prev")):
        world = World()
        world.keys("farm", ["a"])
        world.keys("farm", ["b"], signer="a", bent=bent)
        refuted(world, f"{what} of a key statement")
    world = World()
    world.keys("farm", ["a"], bent={"prev": b64url(b"\x01" * 32)})
    refuted(world, "prev of a key statement")


def test_a_key_statement_of_another_party_or_kind_breaks_the_chain() -> None:
    world = a_world()
    world.enter(uri.PARTY, FARM, world.keys("mill", ["mill"]), PARTY_KEY)
    refuted(world, "iss of a key statement")
    world = a_world()
    world.enter(uri.PARTY, FARM, world.movement("farm", [lot_name(2)], key="c"), MOVEMENT)
    refuted(world, "kind of entry 4")


def test_a_set_that_another_key_signed_in_the_right_ones_name_is_refuted() -> None:
    world = a_world()
    said = world.statements[1]
    forged = said.jwt.rpartition(".")[0] + "." + b64url(bytes(64))
    world = World()
    world.keys("farm", ["a"], recovery="r")
    world.enter(uri.PARTY, FARM, replace(said, jwt=forged), PARTY_KEY)
    refuted(world, "signature")
