"""Bending a true file: whatever is changed, no check may let the changed file pass as the true one.

The first test changes every value of the file in every way its type allows; the second flips bytes
anywhere; the third plays operators who sign their lies properly. With `require_full` a field left
out is noticed, so only changes that mean nothing (white space, order of disclosures) may pass.
"""

import base64
import copy
import json
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from verifier import uri
from verifier.bundle import parse_bundle, parse_head
from verifier.encoding import b64, b64url
from verifier.entry import MOVEMENT
from verifier.errors import Refuted
from verifier.history import check_head
from verifier.note import COSIGNATURE, key_id
from verifier.policy import Policy, parse_policy
from verifier.report import Report, Verdict
from verifier.statement import thumbprint
from verifier.verify import verify

from .maker import ORIGIN, World, an_event, answering, digest, encoded, lot_name, party, private_key, public_key, story
from .vectors import naive_map, naive_map_proof

Path = tuple[str | int, ...]


@pytest.fixture(scope="module")
def true() -> tuple[World, Any]:
    world, lot = story()
    return world, world.bundle(lot)


def judge(world: World, file: Any, **policy: Any) -> Report:
    data = file if isinstance(file, bytes) else json.dumps(file).encode()
    trusted = parse_policy(world.policy(**{"require_full": True} | policy))
    return verify([data], trusted, [world.chain()], now=0)


def walk(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every place of a document, containers included."""
    yield path, value
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from walk(inner, (*path, name))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from walk(inner, (*path, number))


def replaced(file: Any, path: Path, value: Any) -> Any:
    changed = copy.deepcopy(file)
    here = changed
    for step in path[:-1]:
        here = here[step]
    here[path[-1]] = value
    return changed


def removed(file: Any, path: Path) -> Any:
    changed = copy.deepcopy(file)
    here = changed
    for step in path[:-1]:
        here = here[step]
    del here[path[-1]]
    return changed


def bent(value: Any) -> Iterator[tuple[str, Any]]:
    """Lies of each type of value, by name."""
    if isinstance(value, bool) or value is None:
        return
    if isinstance(value, int):
        yield from (("plus 1", value + 1), ("minus 1", value - 1), ("2^53", 2**53), ("a text", str(value)))
        yield from (("a fraction", value + 0.5), ("true", True), ("null", None))
    elif isinstance(value, str):
        yield from _bent_text(value)
    elif isinstance(value, list):
        yield from _bent_list(value)
    elif isinstance(value, dict):
        yield from (("unknown member", value | {"extra": 1}), ("a list instead", list(value.values())))


def _bent_text(text: str) -> Iterator[tuple[str, Any]]:
    for place in {0, len(text) // 2, len(text) - 1}:
        letter = "A" if text[place] != "A" else "B"
        yield f"letter {place}", text[:place] + letter + text[place + 1 :]
    yield from (("shorter", text[:-1]), ("longer", text + "A"), ("blank before", " " + text), ("a number", 7))
    yield from (("empty", ""), ("null", None), ("line feed after", text + "\n"), ("other padding", text.rstrip("=")))
    if "=" in text and "~" not in text and "\n" not in text:
        raw = base64.b64decode(text)
        yield "first bit", b64(bytes([raw[0] ^ 1]) + raw[1:])
        yield "last bit", b64(raw[:-1] + bytes([raw[-1] ^ 128]))
        yield "a byte more", b64(raw + b"\0")


def _bent_list(value: list[Any]) -> Iterator[tuple[str, Any]]:
    yield "one more", [*value, value[0] if value else b64(bytes(32))]
    yield "empty", []
    if value:
        yield from (("first dropped", value[1:]), ("last dropped", value[:-1]))
    if len(value) > 1 and value != value[::-1]:
        yield "reversed", value[::-1]


def test_every_value_of_a_file_bent_in_every_way_is_noticed(true: tuple[World, Any]) -> None:
    world, file = true
    assert judge(world, file).exit_code == 0
    tried = 0
    for path, value in walk(file):
        for name, other in bent(value):
            changed = replaced(file, path, other) if path else other
            if other == value and type(other) is type(value):
                continue
            tried += 1
            if judge(world, changed).exit_code == 0:
                raise AssertionError(f"{'/'.join(map(str, path))}: {name} passed")
        if path and isinstance(path[-1], str):
            tried += 1
            assert judge(world, removed(file, path)).exit_code != 0, f"{path} left out"
    assert tried > 1000


def test_flipped_bytes_are_noticed_unless_the_document_stays_the_same(true: tuple[World, Any]) -> None:
    world, file = true
    data = json.dumps(file).encode()
    chance = random.Random(20261122)
    for _ in range(400):
        place, bit = chance.randrange(len(data)), 1 << chance.randrange(8)
        flipped = data[:place] + bytes([data[place] ^ bit]) + data[place + 1 :]
        assert judge(world, flipped).exit_code != 0 or json.loads(flipped) == file, (place, bit)


def test_bytes_cut_doubled_and_moved_are_noticed(true: tuple[World, Any]) -> None:
    world, file = true
    data = json.dumps(file).encode()
    chance = random.Random(7)
    for _ in range(200):
        a, b = sorted(chance.sample(range(len(data)), 2))
        b = min(b, a + 200)
        for changed in (data[:a] + data[b:], data[:b] + data[a:b] + data[b:], data[: a + 1]):
            assert judge(world, changed).exit_code != 0 or json.loads(changed) == file


def test_white_space_and_the_order_of_members_and_disclosures_mean_nothing(true: tuple[World, Any]) -> None:
    world, file = true
    turned = {name: file[name] for name in reversed(file)}
    jwt, *disclosures, end = file["history"][0]["statement"].split("~")
    turned = replaced(turned, ("history", 0, "statement"), "~".join([jwt, *reversed(disclosures), end]))
    assert judge(world, json.dumps(turned, indent=3).encode()).exit_code == 0


# Lies that are signed: (what the operator or a party does, the first check that says no).


def _hidden_lot(world: World, lot: str) -> None:
    """A statement about another lot, entered here."""
    said = world.say("farm", [lot_name(3)], an_event([lot_name(3)]))
    world.enter(uri.LOT, lot, said, MOVEMENT)


def _operator_key(world: World, lot: str) -> None:
    world.movement("farm", [lot], key="operator")


def _swapped_key(world: World, lot: str) -> None:
    world.keys("farm", ["operator"], signer="operator")
    world.movement("farm", [lot], key="operator")


def _key_used_in_its_own_entry(world: World, lot: str) -> None:
    """Registered after the movement that it signs."""
    world.movement("farm", [lot], key="farm2")
    world.keys("farm", ["farm2"], signer="farm")


def _recovered_without_being_listed(world: World, lot: str) -> None:
    world.keys("farm", ["farm"], recovery="vault")
    world.keys("farm", ["farm2"], signer="vault")
    world.movement("farm", [lot], key="farm2")


def _revoked_all_keys(world: World, lot: str) -> None:
    world.keys("farm", [], signer="farm")
    world.movement("farm", [lot])


def _falling_clock(world: World, lot: str) -> None:
    world.enter(uri.LOT, lot, world.say("farm", [lot], {}), MOVEMENT, recorded_at=world.now * 1000 - 60_000)


def _backdated_statement(world: World, lot: str) -> None:
    world.now += 90_000
    world.anchor()
    world.enter(uri.LOT, lot, world.say("farm", [lot], {}), MOVEMENT, recorded_at=(world.now - 80_000) * 1000)


def _issued_in_the_future(world: World, lot: str) -> None:
    world.movement("farm", [lot], payload={"iat": world.now + 86_400})


def _same_movement_id(world: World, lot: str) -> None:
    first = world.say("farm", [lot], {})
    jti = json.loads(base64.urlsafe_b64decode(first.jwt.split(".")[1] + "=="))["jti"]
    world.enter(uri.LOT, lot, first, MOVEMENT)
    second = world.say("farm", [lot], {"eventID": f"urn:uuid:{jti}"}, payload={"jti": jti})
    world.enter(uri.LOT, lot, second, MOVEMENT)


def _movement_id_of_a_key_statement(world: World, lot: str) -> None:
    keys = next(iter(world.statements.values()))
    jti = json.loads(base64.urlsafe_b64decode(keys.jwt.split(".")[1] + "=="))["jti"]
    world.movement("farm", [lot], {"eventID": f"urn:uuid:{jti}"}, payload={"jti": jti})


def _another_hash_function(world: World, lot: str) -> None:
    world.movement("farm", [lot], payload={"_sd_alg": "sha-512"})


def _a_property_called_iss(world: World, lot: str) -> None:
    world.movement("farm", [lot], {"iss": party("mill")})


def _a_ref_to_itself(world: World, lot: str) -> None:
    world.movement("mill", [lot], ref=answering(next(reversed(world.statements.values()))) | {"statement": "A" * 43})


def _erasure_by_a_movement(world: World, lot: str) -> None:
    said = next(reversed(world.statements.values()))
    world.movement("mill", [lot], ref=answering(said, "erases") | {"digests": ["A" * 43]})


def _movement_with_digests(world: World, lot: str) -> None:
    said = next(reversed(world.statements.values()))
    world.movement("mill", [lot], ref=answering(said, "corrects") | {"digests": ["A" * 43]})


def _erasure_of_nothing(world: World, lot: str) -> None:
    world.erasure("farm", lot, next(reversed(world.statements.values())))


def _erasure_of_one_thing_twice(world: World, lot: str) -> None:
    world.erasure("farm", lot, next(reversed(world.statements.values())), "readPoint", "readPoint")


def _jwk(name: str) -> dict[str, str]:
    return {"crv": "Ed25519", "kty": "OKP", "x": b64url(public_key(name))}


def _keys_not_sorted(world: World, lot: str) -> None:
    both = sorted(["farm", "farm2"], key=lambda name: thumbprint(public_key(name)), reverse=True)
    world.keys("farm", ["farm"], bent={"keys": [_jwk(name) for name in both]})


def _key_listed_twice(world: World, lot: str) -> None:
    world.keys("farm", ["farm"], bent={"keys": [_jwk("farm"), _jwk("farm")]})


def _seventeen_keys(world: World, lot: str) -> None:
    world.keys("farm", [f"farm{n}" for n in range(17)], signer="farm")


def _key_of_another_curve(world: World, lot: str) -> None:
    world.keys("farm", ["farm"], bent={"keys": [_jwk("farm") | {"crv": "Ed448"}]})


def _key_statement_of_another_party(world: World, lot: str) -> None:
    world.keys("farm", ["farm"], bent={"iss": party("mill")})


def _key_statement_after_another_one(world: World, lot: str) -> None:
    world.keys("farm", ["farm"], bent={"prev": b64url(bytes(32))})


def _key_statement_of_another_place(world: World, lot: str) -> None:
    world.keys("farm", ["farm"], bent={"seq": 3})


def _later_entry_logged_first(world: World, lot: str) -> None:
    """Fourth and fifth entry, each naming the one before, in the log the other way round."""
    subject = uri.subject(uri.LOT, ORIGIN, lot)
    fourth = world.enter(uri.LOT, lot, world.say("farm", [lot], {}), MOVEMENT)
    fifth = world.enter(uri.LOT, lot, world.say("farm", [lot], {}), MOVEMENT)
    for kept in (world.entries, world.leaves, world.statements):
        kept[fourth], kept[fifth] = kept[fifth], kept[fourth]  # type: ignore[index]
    world.heads[subject][-2:] = [fifth, fourth]


SIGNED_LIES: dict[Callable[[World, str], None], int] = {
    _hidden_lot: 4,
    _operator_key: 3,
    _swapped_key: 3,
    _key_used_in_its_own_entry: 3,
    _recovered_without_being_listed: 3,
    _revoked_all_keys: 3,
    _falling_clock: 2,
    _backdated_statement: 8,
    _issued_in_the_future: 8,
    _same_movement_id: 3,
    _movement_id_of_a_key_statement: 3,
    _another_hash_function: 4,
    _a_property_called_iss: 4,
    _a_ref_to_itself: 4,
    _erasure_by_a_movement: 3,
    _movement_with_digests: 3,
    _erasure_of_nothing: 3,
    _erasure_of_one_thing_twice: 3,
    _keys_not_sorted: 3,
    _key_listed_twice: 3,
    _seventeen_keys: 3,
    _key_of_another_curve: 3,
    _key_statement_of_another_party: 3,
    _key_statement_after_another_one: 3,
    _key_statement_of_another_place: 3,
    _later_entry_logged_first: 2,
}


@pytest.mark.parametrize(("lie", "check"), SIGNED_LIES.items(), ids=lambda value: getattr(value, "__name__", value))
def test_a_lie_that_is_signed_logged_and_anchored_is_refused_by_its_check(
    lie: Callable[[World, str], None], check: int
) -> None:
    world, lot = story()
    lie(world, lot)
    world.anchor()
    report = judge(world, world.bundle(lot), require_full=False)
    assert report.first_failed is not None
    assert (report.first_failed.check, report.first_failed.verdict) == (check, Verdict.REFUTED), report.first_failed.why


def test_one_statement_entered_twice_is_noticed_also_where_it_is_withheld() -> None:
    world, lot = story()
    said = world.say("farm", [lot], {})
    for _ in range(2):
        world.enter(uri.LOT, lot, said, MOVEMENT)
    world.anchor()
    file = world.bundle(lot)
    for record in file["history"][-2:]:
        record["statement"] = None
    report = judge(world, file, require_full=False, allow_withheld=True)
    assert report.answer(3).verdict is Verdict.REFUTED


def test_a_recovery_key_that_is_listed_may_set_new_keys() -> None:
    world, lot = story()
    world.keys("farm", ["farm"], recovery="vault")
    world.keys("farm", ["farm2", "vault"], signer="vault")
    world.movement("farm", [lot], key="farm2")
    world.anchor()
    assert judge(world, world.bundle(lot)).exit_code == 0


def test_a_first_key_set_with_a_stranger_in_it_counts_only_if_the_known_key_signed_it() -> None:
    for signer, code in (("farm", 0), ("operator", 2)):
        world, lot = World(), lot_name(1)
        world.keys("farm", ["farm", "operator"], signer=signer)
        world.anchor()
        world.movement("farm", [lot])
        world.anchor()
        assert judge(world, world.bundle(lot)).exit_code == code


def test_a_map_that_forgets_a_lot_is_refused_even_if_log_and_chain_vouch_for_it() -> None:
    """The contract cannot see into the map; the file's own proof can."""
    world, lot = story()
    subject = uri.subject(uri.LOT, ORIGIN, lot)
    forgotten = [item for item in world.items(len(world.entries)) if item[0] != subject]
    world.items = lambda size: forgotten  # type: ignore[method-assign]
    world.movement("farm", [lot_name(5)])
    world.anchor()
    assert judge(world, world.bundle(lot)).answer(5).verdict is Verdict.REFUTED


def test_a_history_beside_a_proof_of_absence_is_refused() -> None:
    """An operator whose map forgot a lot cannot show its entries as complete all the same."""
    world, lot = story()
    subject = uri.subject(uri.LOT, ORIGIN, lot)
    items = [item for item in world.items(len(world.entries)) if item[0] != subject]
    world.items = lambda size: items  # type: ignore[method-assign]
    world.anchors[-1].map_root = naive_map(items)
    file = world.bundle(lot)
    siblings, place = naive_map_proof(subject, items)
    neighbour = {"key": b64(place[0]), "value": b64(place[1])} if place else None
    absent = {"count": 0, "siblings": [b64(sibling) for sibling in siblings], "neighbour": neighbour}
    assert judge(world, file | {"head": absent}).answer(1).verdict is Verdict.REFUTED
    with pytest.raises(Refuted):
        parsed = parse_bundle(json.dumps(file).encode())
        head = parse_head(absent)
        check_head(parsed.history, head, subject, parsed.checkpoint)
    empty = file | {"head": absent, "history": [], "keys": {}, "anchors": file["anchors"][-1:]}
    assert judge(world, empty).exit_code == 0


def test_anchors_stand_in_the_order_of_the_contract(true: tuple[World, Any]) -> None:
    world, file = true
    first, second, *rest = file["anchors"]
    for anchors in ([second, first, *rest], [first, first, second, *rest]):
        assert judge(world, file | {"anchors": anchors}).answer(1).verdict is Verdict.REFUTED


def test_an_unknown_witness_is_ignored_and_a_known_one_must_be_right() -> None:
    world, lot = story()
    file = world.bundle(lot)
    witness = [["witness.example", b64(public_key("witness"))]]
    for name, time, quorum, verdict in (
        ("witness", 7, 1, Verdict.YES),
        ("stranger", 7, 0, Verdict.YES),
        ("stranger", 7, 1, Verdict.REFUTED),
        ("witness", 8, 1, Verdict.REFUTED),
    ):
        body = file["checkpoint"].rpartition("\n\n")[0] + "\n"
        signature = time.to_bytes(8, "big") + private_key(name).sign(f"cosignature/v1\ntime 7\n{body}".encode())
        line = _note_line("witness.example", public_key(name), signature)
        report = judge(world, file | {"checkpoint": file["checkpoint"] + line}, witnesses=witness, quorum=quorum)
        assert report.answer(6).verdict is verdict


def _note_line(name: str, public: bytes, signature: bytes) -> str:
    return f"\u2014 {name} {b64(key_id(name, COSIGNATURE, public) + signature)}\n"


def test_a_disclosure_of_another_statement_is_refused() -> None:
    world, lot = story()
    file = world.bundle(lot)
    first, second = (record["statement"].split("~") for record in file["history"][:2])
    swapped = "~".join([*first[:-2], second[-2], ""])
    report = judge(world, replaced(file, ("history", 0, "statement"), swapped))
    assert report.answer(4).verdict is Verdict.REFUTED


def test_a_disclosure_that_nobody_signed_is_refused() -> None:
    world, lot = story()
    file = world.bundle(lot)
    invented = encoded(["A" * 22, "disposition", "damaged"])
    statement = file["history"][0]["statement"] + invented + "~"
    assert judge(world, replaced(file, ("history", 0, "statement"), statement)).answer(4).verdict is Verdict.REFUTED


@pytest.mark.parametrize("where", ["twice in one list", "in two lists", "in a list and among the lots"])
def test_one_disclosure_cannot_stand_in_two_places(where: str) -> None:
    """Or one line of a delivery could be counted twice."""
    world, lot = story()
    line, lot_line = encoded(["A" * 22, {"epcClass": lot, "quantity": 1}]), encoded(["Q" * 21 + "A", lot])
    other = [line, lot_line, line][("twice in one list", "in a list and among the lots", "in two lists").index(where)]
    lists = {"quantityList": [line, other], "sourceList": []}
    if where == "in two lists":
        lists = {"quantityList": [line], "sourceList": [line]}
    shown = [
        encoded([f"{n:0>21}A", name, [{"...": digest(text)} for text in texts]])
        for n, (name, texts) in enumerate(lists.items())
    ]
    payload = {"lots": [{"...": digest(lot_line)}], "_sd": sorted(digest(text) for text in shown)}
    said = world.say("farm", [lot], {}, payload=payload)
    said.disclosures = {text: text for text in {line, lot_line, *shown}}
    world.enter(uri.LOT, lot, said, MOVEMENT)
    world.anchor()
    assert judge(world, world.bundle(lot)).answer(4).verdict is Verdict.REFUTED


def test_the_lot_that_was_asked_for_must_be_the_lot_of_the_file(true: tuple[World, Any]) -> None:
    world, file = true
    trusted: Policy = parse_policy(world.policy())
    data = json.dumps(file).encode()
    assert verify([data], trusted, [world.chain()], now=0, lot=file["lot"]).exit_code == 0
    report = verify([data], trusted, [world.chain()], now=0, lot=lot_name(9))
    assert report.answer(2).verdict is Verdict.REFUTED
