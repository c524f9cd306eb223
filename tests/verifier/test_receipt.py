"""Receipts, and the fraud that they prove."""

import base64
import json
from dataclasses import replace
from typing import Any

import pytest

from verifier import fraud, receipt, uri
from verifier.bundle import parse_bundle
from verifier.encoding import b64
from verifier.errors import Refuted
from verifier.policy import Policy, parse_policy
from verifier.report import Report, Verdict

from .maker import ORIGIN, World, lot_name, private_key, public_key, story
from .test_lies import bent, removed, replaced, walk


@pytest.fixture
def told() -> tuple[World, str, Any]:
    """A world, a lot, and the receipt of its newest movement."""
    world, lot = story()
    return world, lot, world.receipt(world.heads[uri.subject(uri.LOT, ORIGIN, lot)][-1])


def judged(world: World, promise: Any, lot: str | None = None) -> Report:
    return receipt.verify_receipt(json.dumps(promise).encode(), parse_policy(world.policy()), lot)


def convicted(world: World, proof: Any) -> Report:
    return fraud.verify_fraud(json.dumps(proof).encode(), parse_policy(world.policy()))


def forgetful(world: World, lot: str) -> World:
    """The same log, whose map forgets the lot's newest entry and which signs that."""
    subject = uri.subject(uri.LOT, ORIGIN, lot)
    world.movement("farm", [lot_name(7)])
    world.heads[subject] = world.heads[subject][:-1]
    world.anchor()
    return world


def test_a_receipt_shows_that_the_log_took_the_entry_in(told: tuple[World, str, Any]) -> None:
    world, lot, promise = told
    assert judged(world, promise).exit_code == 0
    assert judged(world, promise, lot).exit_code == 0
    assert judged(world, promise, lot_name(2)).answer(2).verdict is Verdict.REFUTED


def test_a_receipt_bent_anywhere_is_refused(told: tuple[World, str, Any]) -> None:
    world, _, promise = told
    for path, value in walk(promise):
        for name, other in bent(value):
            changed = replaced(promise, path, other) if path else other
            assert other == value or judged(world, changed).exit_code != 0, f"{path}: {name}"
        if path and isinstance(path[-1], str):
            assert judged(world, removed(promise, path)).exit_code != 0


def test_a_receipt_of_another_log_is_refused(told: tuple[World, str, Any]) -> None:
    world, _, promise = told
    trusted: Policy = parse_policy(world.policy(log_keys=[[ORIGIN, b64(public_key("another"))]]))
    report = receipt.verify_receipt(json.dumps(promise).encode(), trusted)
    assert report.answer(6).verdict is Verdict.REFUTED


def test_a_log_that_forgets_what_it_promised_is_convicted(told: tuple[World, str, Any]) -> None:
    world, lot, promise = told
    proof = fraud.fraud_of(promise, parse_bundle(json.dumps(forgetful(world, lot).bundle(lot)).encode()))
    assert convicted(world, proof).exit_code == 0
    assert set(proof) == {"format", "receipt", "checkpoint", "head"}


def test_the_newest_entry_that_a_log_still_admits_is_the_last_of_many() -> None:
    world, lot = story()
    for _ in range(3):
        world.movement("farm", [lot])
    promise = world.receipt(len(world.entries) - 1)
    later = parse_bundle(json.dumps(forgetful(world, lot).bundle(lot)).encode())
    proof = fraud.fraud_of(promise, later)
    assert proof["head"]["index"] == later.head.index
    assert convicted(world, proof).exit_code == 0


def test_a_log_that_denies_the_whole_lot_is_convicted() -> None:
    world, _ = story()
    lot = lot_name(2)
    promise = world.receipt(world.heads[uri.subject(uri.LOT, ORIGIN, lot)][0])
    del world.heads[uri.subject(uri.LOT, ORIGIN, lot)]
    world.movement("farm", [lot_name(7)])
    world.anchor()
    proof = fraud.fraud_of(promise, parse_bundle(json.dumps(world.bundle(lot)).encode()))
    assert proof["head"]["count"] == 0
    assert convicted(world, proof).exit_code == 0


def test_an_honest_log_cannot_be_convicted(told: tuple[World, str, Any]) -> None:
    world, lot, promise = told
    world.movement("farm", [lot])
    world.anchor()
    honest = parse_bundle(json.dumps(world.bundle(lot)).encode())
    with pytest.raises(Refuted):
        fraud.fraud_of(promise, honest)
    other, _ = story()
    forged = parse_bundle(json.dumps(forgetful(other, lot).bundle(lot)).encode())
    with pytest.raises(Refuted, match="map root"):
        fraud.fraud_of(promise, replace(forged, head=replace(forged.head, index=0)))
    assert honest.head.count == 4
    with pytest.raises(Refuted, match="fewer than 4"):  # exactly as many as were promised
        fraud.fraud_of(world.receipt(len(world.entries) - 1), honest)
    last = honest.history[-1]
    head = {"count": honest.head.count, "index": last.index, "leaf": b64(last.leaf)}
    head |= {"siblings": [b64(sibling) for sibling in honest.head.siblings]}
    proof = {"format": fraud.FORMAT, "receipt": promise, "checkpoint": honest.note_text, "head": head}
    assert convicted(world, proof).answer(2).verdict is Verdict.REFUTED
    assert convicted(world, proof | {"head": head | {"count": 2}}).answer(5).verdict is Verdict.REFUTED


def test_a_checkpoint_from_before_the_promise_convicts_nobody(told: tuple[World, str, Any]) -> None:
    world, lot, promise = told
    before = parse_bundle(json.dumps(world.bundle(lot, size=world.anchors[-2].size)).encode())
    assert before.head.count == 2
    with pytest.raises(Refuted):
        fraud.fraud_of(promise, before)


def test_a_conviction_needs_the_logs_own_signature_on_both(told: tuple[World, str, Any]) -> None:
    world, lot, promise = told
    proof = fraud.fraud_of(promise, parse_bundle(json.dumps(forgetful(world, lot).bundle(lot)).encode()))
    body = proof["checkpoint"].rpartition("\n\n")[0] + "\n"
    line = proof["checkpoint"].rpartition("\n\n")[2]
    key_id = line.split(" ")[2][:5]
    forged = b64(base64.b64decode(line.split(" ")[2])[:4] + private_key("another").sign(body.encode()))
    assert forged.startswith(key_id)
    report = convicted(world, proof | {"checkpoint": f"{body}\n\u2014 {ORIGIN} {forged}\n"})
    assert report.answer(6).verdict is Verdict.REFUTED


def test_a_proof_of_fraud_bent_anywhere_convicts_nobody(told: tuple[World, str, Any]) -> None:
    world, lot, promise = told
    proof = fraud.fraud_of(promise, parse_bundle(json.dumps(forgetful(world, lot).bundle(lot)).encode()))
    for path, value in walk(proof):
        for name, other in bent(value):
            changed = replaced(proof, path, other) if path else other
            assert other == value or convicted(world, changed).exit_code != 0, f"{path}: {name}"


def test_a_proof_that_does_not_lead_to_its_own_map_convicts_nobody(told: tuple[World, str, Any]) -> None:
    world, lot, promise = told
    file = json.loads(json.dumps(forgetful(world, lot).bundle(lot)))
    file["head"]["siblings"][0] = b64(bytes(32))
    with pytest.raises(Refuted, match="map root of the later checkpoint"):
        fraud.fraud_of(promise, parse_bundle(json.dumps(file).encode()))
