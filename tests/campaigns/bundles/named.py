"""The classes of weakness that verifiers of other logs had, each as named cases, by the numbers of reliability.md.

53267  a proof that is valid, of something else
54140  a checkpoint whose signature is not the log's
55655  a time that nobody signed
45395  data without end (the bombs of test_hostile; those of nodes are in that test)
29903  a count in the file that sizes an allocation or a loop
"""

import base64
from collections.abc import Iterator
from typing import Any

from tests.verifier.maker import ORIGIN, lot_name, private_key, public_key
from tests.verifier.test_hostile import BOMBS
from tests.verifier.test_lies import walk
from verifier import uri
from verifier.encoding import b64, b64url
from verifier.note import COSIGNATURE, ED25519, key_id

from .bends import Case, Draw, put, statements, told
from .given import Given, written
from .lots import cosigned

_L = 2**252 + 27742317777372353535851937790883648493
COUNTS = (2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**48, 2**53 - 1, 2**53, 2**63, 2**64, 10**30, 10**4299)


def named(given: Given, draw: Draw) -> Iterator[Case]:
    """Of most files all of them."""
    for number, class_, made, whole in (
        (53267, "unrelated proof", _unrelated, 400),
        (54140, "bad signature", _unsigned, 300),
        (55655, "unsigned time", _times, 200),
        (29903, "count", _counts, 400),
    ):
        for name, file in draw.some(list(made(given)), whole):
            yield f"{number} {class_}: {name}", written(file)


def endless(given: Given, draw: Draw) -> Iterator[Case]:
    """Bombs as large as a file may be, for each reader that takes a file."""
    for name, bomb in draw.some(list(BOMBS.items()), 40):
        yield f"45395 endless: {name}", bomb()


def _unrelated(given: Given) -> Iterator[tuple[str, Any]]:
    """True proofs of this world, beside what they do not prove."""
    world, file = given.world, given.file
    size = len(world.entries)
    for path, item in walk(file):
        if not (isinstance(item, dict) and "entry" in item and "index" in item and len(path) < 5):
            continue
        for other in {0, item["index"] - 1, item["index"] + 1, size - 1} & set(range(size)) - {item["index"]}:
            proof = {"index": other, "path": [b64(node) for node in world.inclusion(other, size)]}
            yield f"{told(path)}: of index {other}", put(file, path, item | proof)
            entry = {"entry": b64(world.entries[other])}
            yield f"{told(path)}: entry {other} with this proof", put(file, path, item | entry)
            yield f"{told(path)}: wholly of {other}", put(file, path, item | entry | proof)
            if "statement" in item:
                statement = {"statement": world.statements[other].shown()}
                yield f"{told(path)}: with all of {other}", put(file, path, item | entry | proof | statement)
    yield from _unrelated_heads(given)
    yield from _unrelated_anchors(given)


def _unrelated_heads(given: Given) -> Iterator[tuple[str, Any]]:
    world, file = given.world, given.file
    size = max((anchor.size for anchor in world.anchors), default=len(world.entries))
    absent = uri.subject(uri.LOT, ORIGIN, lot_name(99))
    for path, head in walk(file):
        if isinstance(head, dict) and "siblings" in head:
            for number, subject in enumerate([absent, *list(world.heads)[:6]]):
                yield f"{told(path)}: head of subject {number}", put(file, path, world.head(subject, size))
                shown = world.head(subject, size)["siblings"]
                yield f"{told(path)}: siblings of subject {number}", put(file, path, head | {"siblings": shown})


def _unrelated_anchors(given: Given) -> Iterator[tuple[str, Any]]:
    world, file = given.world, given.file
    count = len(world.anchors)
    for place, anchor in enumerate(file.get("anchors", [])):
        for record in world.anchors[:8]:
            other = world.anchor_json(record, count)
            if record.index != anchor["index"]:
                where = ("anchors", place)
                yield f"anchor {place}: path of {record.index}", put(file, where, anchor | {"path": other["path"]})
                yield f"anchor {place}: is {record.index}", put(file, where, other)
                yield f"anchor {place}: as {record.index}", put(file, where, other | {"index": anchor["index"]})
                yield f"anchor {place}: placed as {record.index}", put(file, where, anchor | {"index": record.index})


def _unsigned(given: Given) -> Iterator[tuple[str, Any]]:
    """Checkpoints signed by nobody, by others, or in a spelling that some libraries let pass; and statements."""
    for path, note in walk(given.file):
        if path and path[-1] == "checkpoint":
            for name, other in _bad_notes(note):
                yield f"{told(path)}: {name}", put(given.file, path, other)
    for path, statement in statements(given.file):
        jwt, _, shown = statement.partition("~")
        signed, _, spelled = jwt.rpartition(".")
        for name, signature in _bad_signatures(base64.urlsafe_b64decode(spelled + "=="), signed.encode()):
            yield f"{told(path)}: {name}", put(given.file, path, f"{signed}.{b64url(signature)}~{shown}")


def _bad_notes(note: str) -> Iterator[tuple[str, str]]:
    body, _, under = note.rpartition("\n\n")
    body += "\n"
    line = under.split("\n")[0]
    rest = under[len(line) + 1 :]
    raw = base64.b64decode(line.split(" ")[2])
    for name, signature in _bad_signatures(raw[4:], body.encode()):
        yield name, f"{body}\n{_line(ORIGIN, raw[:4] + signature)}{rest}"
    for name, text in (
        ("of another body", body.replace("\n", " \n", 1)),
        ("over a larger size", _resized(body, 1)),
        ("over a smaller size", _resized(body, -1)),
    ):
        yield name, f"{text}\n{line}\n{rest}"
    other = key_id(ORIGIN, ED25519, public_key("another")), private_key("another").sign(body.encode())
    witness = key_id(ORIGIN, COSIGNATURE, public_key("log")), private_key("log").sign(body.encode())
    yield "by another key of that name", f"{body}\n{_line(ORIGIN, b''.join(other))}{rest}"
    yield "with the type of a witness", f"{body}\n{_line(ORIGIN, b''.join(witness))}{rest}"
    yield "by the right key, in another name", f"{body}\n{_line('log.example', raw)}{rest}"
    yield "by a witness only", f"{body}\n{cosigned(note, 'north')}"
    yield "none", f"{body}\n"
    yield "one empty line", f"{body}\n\n"
    yield "twice", f"{body}\n{line}\n{line}\n{rest}"
    yield "right and wrong", f"{body}\n{line}\n{_line(ORIGIN, raw[:4] + bytes(64))}{rest}"
    yield "wrong and right", f"{body}\n{_line(ORIGIN, raw[:4] + bytes(64))}{line}\n{rest}"
    yield "and one of a stranger", f"{body}\n{line}\n{_line('stranger.example', bytes(68))}{rest}"
    yield "and sixteen of strangers", f"{body}\n{line}\n{_line('stranger.example', bytes(68)) * 16}{rest}"
    yield "a body in a body", f"{body}\n{line}\n\n{line}\n"


def _line(name: str, raw: bytes) -> str:
    return f"\u2014 {name} {b64(raw)}\n"


def _resized(body: str, step: int) -> str:
    origin, size, *rest = body.split("\n")
    return "\n".join([origin, str(int(size) + step), *rest])


def _bad_signatures(true: bytes, message: bytes) -> Iterator[tuple[str, bytes]]:
    s = int.from_bytes(true[32:], "little")
    one = b"\1" + bytes(31)  # the neutral point: with S = 0 valid for every message, if the key is of small order
    yield "S + L", true[:32] + (s + _L).to_bytes(32, "little")
    yield "S = L - S", true[:32] + (_L - s).to_bytes(32, "little")
    yield "S + 2^255", true[:32] + (s | 1 << 255).to_bytes(32, "little")
    yield "the neutral point", one + bytes(32)
    yield from (("zeros", bytes(64)), ("R only", true[:32]), ("nothing", b""), ("a byte more", true + b"\0"))
    yield from (("turned round", true[::-1]), ("R and S swapped", true[32:] + true[:32]))
    yield "the other sign of R", bytes([*true[:31], true[31] ^ 0x80]) + true[32:]
    yield "by another key", private_key("another").sign(message)
    yield "of another text", private_key("log").sign(b"x")


def _times(given: Given) -> Iterator[tuple[str, Any]]:
    """Times moved while everything else stays: each must stand under some signature or on the chain."""
    file = given.file
    for step in (-86_400, -1, 1, 86_400):
        for place, anchor in enumerate(file.get("anchors", [])):
            for name in ("time", "block"):
                moved = put(file, ("anchors", place, name), max(0, anchor[name] + step))
                yield f"anchor {place}: {name} {step:+}", moved
        for path, text in walk(file):
            if path and path[-1] == "entry":
                raw = base64.b64decode(text)
                at = int.from_bytes(raw[106:], "big") + step * 1000
                yield f"{told(path)}: recorded_at {step:+}", put(file, path, b64(raw[:106] + at.to_bytes(8, "big")))
    yield from _cosigned_times(given)


def _cosigned_times(given: Given) -> Iterator[tuple[str, Any]]:
    """A witness signs the time too: eight bytes before its signature."""
    note = given.file["checkpoint"]
    for line in note.rpartition("\n\n")[2].split("\n")[:-1]:
        name, spelled = line.split(" ")[1:]
        raw = base64.b64decode(spelled)
        if len(raw) == 76:
            time = int.from_bytes(raw[4:12], "big")
            for other in (0, time - 1, time + 1, 2**64 - 1):
                moved = _line(name, raw[:4] + other.to_bytes(8, "big") + raw[12:])
                yield f"{name} at {other}", put(given.file, ("checkpoint",), note.replace(line + "\n", moved))


def _counts(given: Given) -> Iterator[tuple[str, Any]]:
    """Every number of the file, every number inside an entry, the size in the note, as large as can be."""
    file = given.file
    for count in COUNTS:
        shown = f"{count:.3g}" if count < 10**300 else "a number of 4,300 digits"
        everywhere = file
        for path, value in walk(file):
            if type(value) is int:
                yield f"{told(path)} = {shown}", put(file, path, count)
                everywhere = put(everywhere, path, count)
            elif path and path[-1] == "entry" and count < 2**64:
                raw = base64.b64decode(value)
                counted = b64(raw[:34] + count.to_bytes(8, "big") + raw[42:])
                yield f"{told(path)}: sequence {shown}", put(file, path, counted)
            elif path and path[-1] == "checkpoint":
                origin, _, *rest = value.split("\n")
                sized = "\n".join([origin, str(count), *rest])
                yield f"{told(path)}: size {shown}", put(file, path, sized)
                everywhere = put(everywhere, path, sized)
        yield f"all of them {shown}", everywhere
        if "lot" in file:
            yield f"a part to {shown}", file | {"first": 1, "last": count}
            yield f"a part from {shown}", file | {"first": count, "last": count}
    yield from _long_paths(file)


def _long_paths(file: Any) -> Iterator[tuple[str, Any]]:
    for path, _ in walk(file):
        if path and path[-1] in ("path", "siblings"):
            for length in (32, 33, 53, 54, 256, 257, 10_000):
                yield f"{told(path)} of {length} hashes", put(file, path, [b64(bytes([7] * 32))] * length)
