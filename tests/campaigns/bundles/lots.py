"""Valid lot proofs of every sort that the format allows."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from tests.verifier.maker import (
    ORIGIN,
    START,
    World,
    an_event,
    answering,
    lot_name,
    private_key,
    public_key,
    shipped_to,
    story,
)
from tests.verifier.vectors import naive_map_proof
from verifier import uri
from verifier.encoding import b64
from verifier.note import COSIGNATURE, key_id
from verifier.policy import parse_policy

from .given import LOOSE, STRICT, Given, Made, forked, valid

LOTS: Made = {}


def _lot(world: World, lot: str, *files: Any, names: Sequence[str] = (), **policy: Any) -> Given:
    """A lot's file; its donors are other lots, older checkpoints, and a log that forked off."""
    trusted = parse_policy(world.policy(*names, **policy))
    files = files or (world.bundle(lot),)
    others = [world.bundle(lot_name(number)) for number in (2, 3, 50)]
    sizes = sorted({anchor.size for anchor in world.anchors})[-3:-1]
    subject = uri.subject(uri.LOT, ORIGIN, lot)
    older = [world.bundle(lot, size=size) for size in sizes if _before(world, subject, size)]
    fork, its_lot = forked()
    donors = [*others, *older, fork.bundle(its_lot)]
    return Given("lot", world, files, trusted, donors, [world.chain()], [world.source()])


def _before(world: World, subject: bytes, size: int) -> bool:
    return any(index < size for index in world.heads.get(subject, []))


def party_world(*names: str) -> World:
    world = World()
    for name in names or ("farm", "mill", "shop", "log"):
        world.keys(name, [name])
    world.anchor()
    return world


@valid(LOTS, "one entry")
def _one_entry() -> Given:
    world = party_world()
    world.movement("farm", [lot_name(1)])
    world.anchor()
    return _lot(world, lot_name(1), **STRICT)


@valid(LOTS, "a handoff")
def _handoff() -> Given:
    return _lot(*story(), **STRICT)


@valid(LOTS, "a handoff, judged loosely")
def _loosely() -> Given:
    return _lot(*story(), **LOOSE)


@valid(LOTS, "a split and a merger")
def _split_and_merged() -> Given:
    world, lots = party_world(), [lot_name(number) for number in range(1, 6)]
    for lot in lots[1:3]:
        world.movement("farm", [lot])
    world.anchor()
    for inputs, outputs in ((lots[1:3], lots[:1]), (lots[:1], lots[3:])):
        lines = {
            side: [{"epcClass": lot, "quantity": 7, "uom": "KGM"} for lot in named]
            for side, named in (("inputQuantityList", inputs), ("outputQuantityList", outputs))
        }
        world.movement("farm", [*inputs, *outputs], an_event([], type="TransformationEvent", **lines))
    world.anchor()
    return _lot(world, lots[0])


@valid(LOTS, "a lot in three parts")
def _parts() -> Given:
    world, lot = party_world("farm", "mill"), lot_name(1)
    for number in range(9):
        said = world.movement("farm", [lot], an_event([lot], **shipped_to("mill")))
        if number == 5:
            world.movement("mill", [lot], an_event([lot]), ref=answering(said))
        if number % 2:
            world.anchor()
    world.anchor()
    parts = [world.bundle(lot, first=first, last=last) for first, last in ((1, 4), (5, 7), (8, 10))]
    made = _lot(world, lot, *parts, names=("farm", "mill"))
    made.donors, made.bent = [parts[0], parts[2], world.bundle(lot, first=4, last=6), *made.donors], 1
    return made


def _absent(beside: bool) -> Given:
    """A lot that the log does not hold: another leaf stands in its place, or none."""
    world, _ = story()
    items = world.items(len(world.entries))
    for number in range(50, 500):
        lot = lot_name(number)
        if (naive_map_proof(uri.subject(uri.LOT, ORIGIN, lot), items)[1] is not None) is beside:
            made = _lot(world, lot)
            made.lot = lot
            return made
    raise AssertionError("no such lot among 450")


@valid(LOTS, "no such lot, a neighbour in its place")
def _absent_beside() -> Given:
    return _absent(True)


@valid(LOTS, "no such lot, nothing in its place")
def _absent_alone() -> Given:
    return _absent(False)


def _erased(by: str) -> Given:
    world, lot = story()
    world.movement("farm", [lot])
    target = world.movement("farm", [lot])
    gone = ("readPoint", "bizTransactionList", "bizTransactionList[0]")
    world.erasure(by, lot, target, *gone)
    world.anchor()
    file = world.bundle(lot)
    file["history"][4]["statement"] = target.shown(lambda name: name not in gone)
    return _lot(world, lot, file, names=("farm", "mill", "log"), **STRICT)


@valid(LOTS, "fields erased by their party")
def _erased_by_party() -> Given:
    return _erased("farm")


@valid(LOTS, "fields erased by the log")
def _erased_by_log() -> Given:
    return _erased("log")


@valid(LOTS, "keys replaced twice")
def _rotated() -> Given:
    world, lot = story()
    for keys, signer in ((["farm", "farm2"], "farm"), (["farm2", "farm3"], "farm2")):
        world.keys("farm", keys, signer=signer)
        world.movement("farm", [lot], key="farm2")
        world.anchor()
    return _lot(world, lot, **STRICT)


@valid(LOTS, "keys recovered")
def _recovered() -> Given:
    world, lot = story()
    world.keys("farm", ["farm"], recovery="vault")
    world.keys("farm", ["farm2", "vault"], signer="vault")
    world.movement("farm", [lot], key="farm2")
    world.anchor()
    return _lot(world, lot, **STRICT)


@valid(LOTS, "a new epoch")
def _epoch() -> Given:
    world, lot = story()
    world.anchor()
    world.epoch(keep=4)
    world.rotations = 1
    world.movement("farm", [lot])
    world.anchor()
    return _lot(world, lot, **STRICT)


@valid(LOTS, "anchors of a sealed group")
def _sealed() -> Given:
    world, lot = story()
    for number in range(136):
        world.movement("farm", [lot_name(100 + number)])
        world.anchor()
    world.movement("farm", [lot])
    world.anchor()
    file = world.bundle(lot)
    for anchor in file["anchors"][:2]:
        anchor["path"] = anchor["path"][:6]
    made = _lot(world, lot, file, **STRICT)
    made.sources = ()
    made.weight = 0.7
    return made


@valid(LOTS, "paths that a source lengthens")
def _lengthened() -> Given:
    world, lot = story()
    size = world.anchors[-1].size
    for number in range(4):
        world.movement("farm", [lot_name(100 + number)])
        world.anchor()
    return _lot(world, lot, world.bundle(lot, size=size, count=4), **STRICT)


@valid(LOTS, "some fields withheld")
def _fields_withheld() -> Given:
    world, lot = story()
    return _lot(world, lot, world.bundle(lot, lambda name: name not in ("readPoint", "bizStep", "quantityList[0]")))


@valid(LOTS, "statements withheld")
def _statements_withheld() -> Given:
    world, lot = story()
    world.movement("mill", [lot])
    world.anchor()
    file = world.bundle(lot)
    for number in (0, 1):
        file["history"][number]["statement"] = None
    return _lot(world, lot, file, **LOOSE)


@valid(LOTS, "three witnesses of whom two are known")
def _witnessed() -> Given:
    world, lot = story()
    known = [[f"{name}.example", b64(public_key(name))] for name in ("north", "south")]
    file = world.bundle(lot)
    file["checkpoint"] += "".join(cosigned(file["checkpoint"], name) for name in ("north", "east", "south"))
    return _lot(world, lot, file, witnesses=known, quorum=1, **STRICT)


def cosigned(note: str, name: str, time: int = START) -> str:
    """A witness's line under a note."""
    body = note.partition("\n\n")[0] + "\n"
    signature = time.to_bytes(8, "big") + private_key(name).sign(f"cosignature/v1\ntime {time}\n{body}".encode())
    witness = f"{name}.example"
    return f"\u2014 {witness} {b64(key_id(witness, COSIGNATURE, public_key(name)) + signature)}\n"


@valid(LOTS, "a correction and a refusal")
def _corrected() -> Given:
    world, lot = party_world(), lot_name(1)
    first = world.movement("farm", [lot])
    world.movement("farm", [lot], ref=answering(first, "corrects"))
    for rel in ("refuses", "accepts"):
        shipment = world.movement("farm", [lot], an_event([lot], 0.3, **shipped_to("mill")))
        world.movement("mill", [lot], an_event([lot], 0.299999999), ref=answering(shipment, rel))
    world.anchor()
    return _lot(world, lot, **STRICT)


@valid(LOTS, "names with odd letters")
def _odd_names() -> Given:
    world = World()
    miller, lot = "m%C3%BChle%20%26%20co", uri.own_lot_uri("log.example.com", "mühle & co", "Rübenöl", "№ 1/α~")
    for name in ("farm", miller):
        world.keys(name, [name])
    world.anchor()
    shipment = world.movement("farm", [lot], an_event([lot], **shipped_to(miller)))
    world.movement(miller, [lot, lot_name(2)], an_event([lot]), ref=answering(shipment))
    world.anchor()
    return _lot(world, lot, names=("farm", miller), **STRICT)


@valid(LOTS, "values of every type")
def _values() -> Given:
    world, lot = party_world(), lot_name(1)
    report = {"type": "Temperature", "value": -26.25, "uom": "CEL", "ok": True, "none": None}
    report["text"] = '\\ " / é \U0001f600'
    more = {"sensorElementList": [{"sensorReport": [report]}, {"deep": [[[[[[[[0]]]]]]]]}], "ilmd": {"a": {"b": [1.5]}}}
    world.movement("farm", [lot, lot_name(2)], an_event([lot], 12345.678, epcList=[], certificationInfo="", **more))
    world.anchor()
    return _lot(world, lot, **STRICT)


@valid(LOTS, "two keys of the log")
def _two_log_keys() -> Given:
    world, lot = story()
    keys = [[ORIGIN, b64(public_key(name))] for name in ("log", "log2")]
    return _lot(world, lot, log_keys=keys, **STRICT)


@valid(LOTS, "not final yet")
def _not_final() -> Given:
    world, lot = story()
    made = _lot(world, lot, **STRICT)
    made.nodes, made.exit_code = [world.chain(final=3)], 3
    return made


@valid(LOTS, "a checkpoint too old")
def _old() -> Given:
    world, lot = story()
    world.now += 10**6
    made = _lot(world, lot, max_age=1000, **STRICT)
    made.exit_code = 3
    return made


@valid(LOTS, "a thousand entries")
def _thousand() -> Given:
    world, lot = party_world("farm", "mill"), lot_name(1)
    for number in range(1000):
        world.movement(("farm", "mill")[number % 2], [lot], {"action": "OBSERVE", "readPoint": {"id": str(number)}})
        if number % 100 == 99:
            world.anchor()
    made = _lot(world, lot, names=("farm", "mill"), **STRICT)
    made.weight = 0.02
    return made


@valid(LOTS, "many parties")
def _many_parties() -> Given:
    names = [f"p{number}" for number in range(20)]
    world, lot = party_world(*names), lot_name(1)
    for giver, taker in pairwise(names):
        shipment = world.movement(giver, [lot], an_event([lot], **shipped_to(taker)))
        world.movement(taker, [lot], an_event([lot]), ref=answering(shipment))
        world.anchor()
    made = _lot(world, lot, names=names, **STRICT)
    made.weight = 0.1
    return made
