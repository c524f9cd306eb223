"""Valid receipts, and proofs of a fraud by a log that forgot what it had promised."""

from collections.abc import Sequence
from typing import Any

from tests.verifier.maker import ORIGIN, World, lot_name, story
from verifier import fraud, uri
from verifier.bundle import parse_bundle
from verifier.policy import parse_policy

from .given import Given, Made, forked, valid, written
from .lots import party_world

PROMISES: Made = {}


def _promised(world: World, lot: str, index: int, size: int | None = None) -> Given:
    others = [world.receipt(other) for other in range(len(world.entries)) if other != index][-6:]
    older = [world.receipt(index, size) for size in range(index + 1, len(world.entries))][-2:]
    fork, _ = forked()
    donors = [*others, *older, fork.receipt(len(fork.entries) - 1)]
    trusted = parse_policy(world.policy())
    return Given("receipt", world, [world.receipt(index, size)], trusted, donors, lot=lot)


@valid(PROMISES, "a receipt")
def _receipt() -> Given:
    world, lot = story()
    return _promised(world, lot, world.heads[uri.subject(uri.LOT, ORIGIN, lot)][-1])


@valid(PROMISES, "a receipt, one of those of a pallet")
def _pallet() -> Given:
    world = party_world()
    lots = [lot_name(number) for number in range(1, 90)]
    world.movement("farm", lots)
    return _promised(world, lots[40], world.heads[uri.subject(uri.LOT, ORIGIN, lots[40])][0])


@valid(PROMISES, "a receipt that was given at once")
def _at_once() -> Given:
    world, lot = story()
    index = world.heads[uri.subject(uri.LOT, ORIGIN, lot)][0]
    return _promised(world, lot, index, index + 1)


def _convicted(world: World, lot: str, promises: Sequence[Any]) -> Given:
    """What the log promised beside what its map says later."""
    later = parse_bundle(written(world.bundle(lot)))
    proofs = [fraud.fraud_of(promise, later) for promise in promises]
    return Given("fraud", world, proofs[:1], parse_policy(world.policy()), proofs[1:])


def _promises(world: World, lot: str) -> list[Any]:
    index = world.heads[uri.subject(uri.LOT, ORIGIN, lot)][-1]
    return [world.receipt(index), world.receipt(index, index + 1)]


@valid(PROMISES, "a fraud: an entry left out")
def _fraud_fewer() -> Given:
    world, lot = story()
    promises = _promises(world, lot)
    world.movement("farm", [lot_name(7)])
    del world.heads[uri.subject(uri.LOT, ORIGIN, lot)][-1]
    world.anchor()
    return _convicted(world, lot, promises)


@valid(PROMISES, "a fraud: a whole lot left out")
def _fraud_absent() -> Given:
    world, _ = story()
    lot = lot_name(2)
    del world.heads[uri.subject(uri.LOT, ORIGIN, lot)][1:]
    promises = _promises(world, lot)
    del world.heads[uri.subject(uri.LOT, ORIGIN, lot)]
    world.movement("farm", [lot_name(7)])
    world.anchor()
    return _convicted(world, lot, promises)
