"""Ways to bend a file, in families. Each takes a valid file and dice, and yields (name, bytes).

    values      every value in every way of `test_lies.bent`, every member left out, renamed, of another type
    inner       the same inside headers, payloads and disclosures, spelled as base64url again
    bytes       every byte flipped in each bit, 00, ff, left out, doubled
    cuts        the file ends at every byte, or begins there
    splices     pieces of other true files, at the same place, several members at once, from entry to entry

Where a family has more cases than `Draw` grants, those that are taken are drawn by the seed.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from random import Random
from typing import Any, TypeVar

from tests.verifier.maker import encoded
from tests.verifier.test_lies import Path, bent, walk
from verifier.encoding import b64, unb64url
from verifier.errors import Refuted

from .given import Given, written

T = TypeVar("T")
Case = tuple[str, bytes]
Way = tuple[str, Callable[[], Any]]
DEEP: Any = json.loads("[" * 20 + "]" * 20)
OTHERS: Sequence[Any] = (None, True, False, -1, 0, 2**63, 2**64, 1.5, "", "0", [], {}, [None], [[]], {"": ""}, DEEP)


@dataclass
class Draw:
    """How many cases a family may take of this file, and the dice that choose."""

    dice: Random
    share: float

    def some(self, all_of: Sequence[T], whole: int) -> Sequence[T]:
        """All, or as many as `whole` and the share grant, in their order."""
        granted = int(whole * self.share + self.dice.random())
        if len(all_of) <= granted:
            return all_of
        return [all_of[place] for place in sorted(self.dice.sample(range(len(all_of)), granted))]


def told(path: Path) -> str:
    return "/".join(map(str, path)) or "the file"


def put(file: Any, path: Path, value: Any) -> Any:
    """The file with another value at a path. Only the containers on the way are copied: a large file has many cases."""
    if not path:
        return value
    changed = dict(file) if isinstance(file, dict) else list(file)
    changed[path[0]] = value if len(path) == 1 else put(file[path[0]], path[1:], value)
    return changed


def without(file: Any, path: Path) -> Any:
    """The file without a member."""
    above = get(file, path[:-1])
    return put(file, path[:-1], {name: value for name, value in above.items() if name != path[-1]})


def get(file: Any, path: Path) -> Any:
    """What stands at a path."""
    for step in path:
        file = file[step]
    return file


def places(file: Any, draw: Draw, whole: int) -> Sequence[tuple[Path, Any]]:
    return draw.some(list(walk(file)), whole)


def values(given: Given, draw: Draw) -> Iterator[Case]:
    """Every value bent, every member left out; some of them renamed, or of another type."""
    lies: list[Way] = []
    odd: list[Way] = []
    for path, value in places(given.file, draw, 1000):
        lies += [(f"{told(path)}: {name}", _putting(given.file, path, lie)) for name, lie in _lies(value)]
        odd += [(f"{told(path)}: {name}", _putting(given.file, path, other)) for name, other in _unlike(value)]
        if path and isinstance(path[-1], str):
            out, *renamed = [(f"{told(path)}: {name}", how) for name, how in _renamed(given.file, path, value)]
            lies.append(out)
            odd += renamed
    for name, make in (*draw.some(lies, 2000), *draw.some(odd, 800)):
        yield name, written(make())


def _lies(value: Any) -> list[tuple[str, Any]]:
    return [] if value == "" else list(bent(value))


def _putting(file: Any, path: Path, value: Any) -> Callable[[], Any]:
    return lambda: put(file, path, value)


def _unlike(value: Any) -> Iterator[tuple[str, Any]]:
    for other in OTHERS:
        if other != value or type(other) is not type(value):
            yield f"becomes {json.dumps(other)}", other
    if isinstance(value, str):
        yield from (("70,000 letters", value + "A" * 70_000), ("other case", value.swapcase()), ("twice", value * 2))
    if isinstance(value, list) and value:
        yield from (("first twice", [value[0], *value]), ("last twice", [*value, value[-1]]), ("in a list", [value]))
        yield "300 of the first", value[:1] * 300
    if isinstance(value, list) and len(value) > 1:
        yield "first two swapped", [value[1], value[0], *value[2:]]


def _renamed(file: Any, path: Path, value: Any) -> Iterator[tuple[str, Callable[[], Any]]]:
    *above, last = path
    yield "left out", lambda: without(file, path)
    for name in (f"{last}s", str(last).upper(), f" {last}", f"{last}\0", "", "__proto__", "first"):
        yield f"called {name!r}", lambda name=name: put(without(file, path), (*above, name), value)


def statements(file: Any) -> list[tuple[Path, str]]:
    """Every SD-JWT of a file."""
    return [(path, value) for path, value in walk(file) if path and path[-1] == "statement" and value is not None]


def inner(given: Given, draw: Draw) -> Iterator[Case]:
    """What the base64url of statements holds, bent and spelled again. No signature or digest fits any more."""
    found: list[Way] = []
    for path, statement in draw.some(statements(given.file), 30):
        parts = statement.replace("~", ".").split(".")
        for number, part in enumerate(parts[:-1]):
            for name, lie in draw.some(list(_inside(part)), 60):
                spelled = statement.replace(part, lie, 1)
                found.append((f"{told(path)}: part {number}: {name}", _putting(given.file, path, spelled)))
    for name, make in draw.some(found, 400):
        yield name, written(make())


def _inside(part: str) -> Iterator[tuple[str, str]]:
    try:
        value = json.loads(unb64url(part))
    except (ValueError, Refuted):
        return
    for path, here in walk(value):
        for name, lie in [*_unlike(here), *_lies(here)]:
            yield f"{told(path)}: {name}", encoded(put(value, path, lie))
    yield "blanks", encoded(value) + encoded(" ")
    yield "nothing", ""


def flipped(given: Given, draw: Draw) -> Iterator[Case]:
    """Every byte × eight bits, 00, ff, left out, doubled."""
    data = written(given.file)
    for number in draw.some(range(len(data) * 12), 1500):
        place, way = divmod(number, 12)
        byte, before, after = data[place], data[:place], data[place + 1 :]
        ways = [bytes([byte ^ 1 << bit]) for bit in range(8)] + [b"\0", b"\xff", b"", bytes([byte, byte])]
        name = f"flip {way}" if way < 8 else ("00", "ff", "left out", "doubled")[way - 8]
        yield f"byte {place}: {name}", before + ways[way] + after


def each_byte(given: Given, draw: Draw) -> Iterator[Case]:
    """No byte of the file is left alone: each is bent in one way, and the file ends before each."""
    data = written(given.file)
    for place in draw.some(range(len(data)), len(data)):
        other = draw.dice.choice([value for value in range(256) if value != data[place]])
        yield f"byte {place}: {other:02x}", data[:place] + bytes([other]) + data[place + 1 :]
        yield f"ends before byte {place}", data[:place]


def cuts(given: Given, draw: Draw) -> Iterator[Case]:
    """Truncation at every byte, from both ends, and whatever closes what is open."""
    data = written(given.file)
    for place in draw.some(range(len(data)), 500):
        yield f"ends at byte {place}", data[:place]
    for place in draw.some(range(1, len(data)), 100):
        yield f"begins at byte {place}", data[place:]
    for place in draw.some(range(1, len(data)), 100):
        yield f"ends at byte {place} and is closed", closed(data[:place])
    for place in draw.some(range(1, len(data)), 100):
        end = min(len(data), place + draw.dice.randrange(1, 400))
        yield f"bytes {place} to {end} left out", data[:place] + data[end:]
        yield f"bytes {place} to {end} twice", data[:end] + data[place:]


def closed(data: bytes) -> bytes:
    """The beginning of a JSON document with what is open in it closed."""
    open_, in_text = [], False
    text = data.decode("ascii").rstrip("\\")
    for letter in text:
        if letter == '"':
            in_text = not in_text
        elif not in_text and letter in "[{":
            open_.append("]" if letter == "[" else "}")
        elif not in_text and letter in "]}":
            open_.pop()
    return (text + '"' * in_text + "".join(reversed(open_))).encode()


def splices(given: Given, draw: Draw) -> Iterator[Case]:
    """Pieces of other true files in this one."""
    ways = [*_same_place(given, draw), *_members(given), *_from_entry_to_entry(given, draw)]
    for name, make in draw.some([*ways, *_statement_parts(given, draw)], 800):
        yield name, written(make())


def _same_place(given: Given, draw: Draw) -> Iterator[Way]:
    """At one place of the file what stands there in another."""
    for number, donor in enumerate(given.donors):
        theirs = dict(walk(donor))
        for path, value in places(given.file, draw, 400):
            if path and path in theirs and theirs[path] != value:
                yield f"{told(path)} of donor {number}", _putting(given.file, path, theirs[path])


def _members(given: Given) -> Iterator[Way]:
    """Some members of the file from another: checkpoint and anchors, head and history, ..."""
    for number, donor in enumerate(given.donors):
        common = [name for name in given.file if name in donor and given.file[name] != donor[name]]
        for size in range(1, len(common) + 1):
            for names in combinations(common, size):
                mixed = given.file | {name: donor[name] for name in names}
                yield f"{', '.join(names)} of donor {number}", lambda mixed=mixed: mixed


def _from_entry_to_entry(given: Given, draw: Draw) -> Iterator[Way]:
    """A member of one entry, anchor or key entry in another of the same file or of a donor."""
    mine = [(path, value) for path, value in walk(given.file) if _in_list(path)]
    theirs = mine + [(path, value) for donor in given.donors for path, value in walk(donor) if _in_list(path)]
    for path, value in draw.some(mine, 200):
        for other, lie in draw.some([pair for pair in theirs if pair[0][-1] == path[-1] and pair[1] != value], 8):
            yield f"{told(path)} becomes {told(other)}", _putting(given.file, path, lie)


def _in_list(path: Path) -> bool:
    return len(path) > 1 and isinstance(path[-2], int) and isinstance(path[-1], str)


def _statement_parts(given: Given, draw: Draw) -> Iterator[Way]:
    """Header, payload, signature or a disclosure of one statement in another."""
    mine = statements(given.file)
    texts = [text for _, text in mine] + [text for donor in given.donors for _, text in statements(donor)]
    for path, text in draw.some(mine, 20):
        for other in draw.some([other for other in texts if other != text], 6):
            for name, lie in _crossed(text, other):
                yield f"{told(path)}: {name}", _putting(given.file, path, lie)


def _crossed(text: str, other: str) -> Iterator[tuple[str, str]]:
    jwt, *shown = text.split("~")
    other_jwt, *other_shown = other.split("~")
    mine, theirs = jwt.split("."), other_jwt.split(".")
    for number, name in enumerate(("header", "payload", "signature")):
        crossed = ".".join(theirs[n] if n == number else part for n, part in enumerate(mine))
        yield f"another's {name}", "~".join([crossed, *shown])
    yield "another's disclosures", "~".join([jwt, *other_shown])
    yield "another's JWT", "~".join([other_jwt, *shown])
    for number in range(min(len(shown), len(other_shown)) - 1):
        before, after = [jwt, *shown[:number]], shown[number + 1 :]
        yield f"another's disclosure {number}", "~".join([*before, other_shown[number], *after])
        yield f"disclosure {number} left out", "~".join([*before, *after])
        yield f"disclosure {number} twice", "~".join([*before, shown[number], shown[number], *after])


def at_random(given: Given, draw: Draw) -> Iterator[Case]:
    """Several of the bends of values at once: a lie beside the lie that would cover it."""
    found = list(walk(given.file))[1:]
    for number in draw.some(range(400), 400):
        file = given.file
        names = []
        for path, value in draw.dice.sample(found, 2 + number % 3):
            lies = _lies(value)
            if not lies or not _there(file, path):
                continue
            name, lie = draw.dice.choice(lies)
            file = put(file, path, lie)
            names.append(f"{told(path)}: {name}")
        yield f"{' + '.join(names)} ({number})", written(file)


def _there(file: Any, path: Path) -> bool:
    try:
        get(file, path)
    except (KeyError, IndexError, TypeError):
        return False
    return True


def swapped_hashes(given: Given, draw: Draw) -> Iterator[Case]:
    """Two hashes of the file in each other's place, and every hash as zeros."""
    hashes = [(path, value) for path, value in walk(given.file) if isinstance(value, str) and len(value) == 44]
    pairs = list(combinations(hashes, 2)) if len(hashes) < 200 else list(pairwise(hashes))
    for (a, one), (b, two) in draw.some(pairs, 200):
        if one != two:
            yield f"{told(a)} and {told(b)} swapped", written(put(put(given.file, a, two), b, one))
    for path, value in draw.some(hashes, 60):
        if value != b64(bytes(32)):
            yield f"{told(path)}: zeros", written(put(given.file, path, b64(bytes(32))))
