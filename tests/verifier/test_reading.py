"""Entries on disk, the tiles beside them, and what is told on the way: in memory, at every edge of a bundle."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from verifier import published
from verifier.chain import Epoch, Event, OnChain
from verifier.entry import parse_entry
from verifier.errors import Refuted, Unavailable
from verifier.http import Deadline
from verifier.partition import Looked
from verifier.published import HttpLog, read_entries, split_bundle
from verifier.reading import Reading, Spool, Tiles, spooled
from verifier.report import Findings
from verifier.resume import NotResumable, Resume, State
from verifier.tiles import node_in_tiles, tile_path

from .maker import World, lot_name
from .published import publishing
from .vectors import accepts, naive_root


@pytest.fixture(scope="module")
def world() -> World:
    made = World()
    made.keys("farm", ["farm"])
    said = made.say("farm", [lot_name(1)], {})
    for _ in range(519):
        made.enter("lot", lot_name(1), said, 1)
    return made


def tile(world: World, level: int, number: int, width: int) -> bytes:
    step = 256**level
    return b"".join(world.node(n * step, (n + 1) * step) for n in range(number * 256, number * 256 + width))


def test_what_is_no_entry_is_kept_as_zeros_and_a_spool_goes_on_where_it_was(tmp_path: Path, world: World) -> None:
    path = tmp_path / "spool"
    spool = Spool(path)
    for raw in (world.entries[0], b"short", world.entries[1]):
        spool.append(raw)
    spool.flush()
    assert path.stat().st_size == 3 * 114
    spool.close()
    again = Spool(path, 2)
    again.append(world.entries[5])
    again.close()
    assert [raw for _, raw in spooled(path)] == [world.entries[0], bytes(114), world.entries[5]]
    Spool(path).close()
    assert path.stat().st_size == 0
    own = Spool()
    assert own.path.exists() and re.fullmatch("lotproof-.{8}", own.path.name)
    own.close()
    assert not own.path.exists()


@pytest.mark.parametrize("bits", [0, 1, 3, 8, 9, 12])
def test_a_part_of_a_spool_has_the_entries_whose_subjects_begin_so(tmp_path: Path, bits: int) -> None:
    entries = [bytes([1, 1, n * 37 % 256, n * 11 % 256]) + bytes([n % 256]) * 110 for n in range(4100)]
    (tmp_path / "spool").write_bytes(b"".join(entries))
    seen = []
    for part in range(1 << bits):
        for index, raw in spooled(tmp_path / "spool", part, bits):
            assert raw == entries[index]
            assert int.from_bytes(raw[2:4], "big") >> 16 - min(bits, 8) == part >> max(bits - 8, 0)
            seen.append(index)
    assert sorted(set(seen)) == list(range(4100)) and len(seen) == 4100 << max(bits - 8, 0)


def test_of_more_than_eight_bits_the_first_eight_are_looked_at(tmp_path: Path) -> None:
    (tmp_path / "spool").write_bytes(b"".join(bytes([1, 1, first]) + bytes(111) for first in range(8)))
    for part, bits, index in ((3, 8, 3), (6, 9, 3), (7, 9, 3), (7, 10, 1)):
        assert [found for found, _ in spooled(tmp_path / "spool", part, bits)] == [index]


def reading(world: World, path: Path, wanted: tuple[int, ...] = (), **bent: bytes) -> tuple[Reading, Findings]:
    found = Findings(3, "Tiles")

    def look(level: int, number: int, width: int) -> bytes:
        asked.append((level, number, width))
        return bent.get(f"t{level}_{number}", b"") or tile(world, level, number, width)

    asked: list[tuple[int, int, int]] = []
    made = Reading(Findings(1), Spool(path), wanted, Tiles(look, found, 0))
    made.form.remarks = asked  # type: ignore[assignment]
    return made, found


def test_every_tile_is_compared_once_when_it_is_full_or_at_the_end(tmp_path: Path, world: World) -> None:
    made, found = reading(world, tmp_path / "s", (1, 256, 257, 520))
    told: list[int] = []
    made.read(world.entries, 520, told.append)
    assert found.answer().why == "" and told == [256, 512, 520]
    assert made.form.remarks == [(0, 0, 256), (0, 1, 256), (0, 2, 8), (1, 0, 2)]
    assert made.roots == {size: naive_root(world.leaves[:size]) for size in (1, 256, 257, 520)}
    exact, _ = reading(world, tmp_path / "t")
    told.clear()
    exact.read(world.entries[:512], 512, told.append)
    assert told == [256, 512]
    exact.read([], 512)
    assert exact.form.remarks[:3] == [(0, 0, 256), (0, 1, 256), (1, 0, 2)]


def test_too_many_or_too_few_entries_are_refuted(tmp_path: Path, world: World) -> None:
    for given, size, what in ((3, 2, "expected 2, seen more"), (1, 2, "expected 2, seen 1")):
        made, _ = reading(world, tmp_path / "s")
        with pytest.raises(Refuted, match=what):
            made.read(world.entries[:given], size)
    made, _ = reading(world, tmp_path / "s")
    made.read([b"none"], 1)
    assert "114 bytes" in made.form.answer().why


LIES = {"t0_1": (5, "hash 261 of level 0"), "t0_2": (7, "hash 519 of level 0"), "t1_0": (1, "hash 1 of level 8")}


@pytest.mark.parametrize("name", LIES)
def test_a_published_hash_that_is_another_is_named(tmp_path: Path, world: World, name: str) -> None:
    place, what = LIES[name]
    level, number = map(int, name[1:].split("_"))
    width = {"t0_1": 256, "t0_2": 8, "t1_0": 2}[name]
    right = tile(world, level, number, width)
    lie = right[: 32 * place] + bytes(32) + right[32 * place + 32 :]
    made, found = reading(world, tmp_path / "s", (), **{name: lie})
    made.read(world.entries, 520)
    assert [refuted.what for refuted in found.refuted] == [what]
    for other in (right[:-1], right + b"x"):
        made, found = reading(world, tmp_path / "s", (), **{name: other})
        made.read(world.entries, 520)
        assert len(found.refuted) == 1


def test_tiles_that_were_compared_before_are_not_asked_for_again(world: World) -> None:
    asked: list[tuple[int, int, int]] = []

    def look(*name: int) -> bytes:
        asked.append(name)  # type: ignore[arg-type]
        return tile(world, *name)

    for compared, expected in ((0, 4), (255, 4), (256, 3), (511, 3), (512, 2)):
        asked.clear()
        found = Findings(3)
        tiles = Tiles(look, found, compared)
        for leaf in world.leaves:
            tiles.add(0, leaf)
        tiles.close()
        assert (len(asked), found.refuted) == (expected, [])


def test_a_tile_above_others_was_compared_before_if_all_its_entries_were() -> None:
    for compared, expected in ((65535, 1), (65536, 0)):
        found = Findings(3)
        tiles = Tiles(lambda *_: bytes(1), found, compared)
        tiles.add(0, bytes(32))
        for _ in range(256):
            tiles.add(1, bytes(32))
        assert len(found.refuted) == expected


def test_nodes_from_tiles(world: World) -> None:
    asked: list[tuple[int, int, int]] = []

    def look(*name: int) -> bytes:
        asked.append(name)  # type: ignore[arg-type]
        return tile(world, *name)

    for level, number in ((0, 0), (0, 519), (3, 64), (7, 3), (8, 1), (9, 0)):
        low = number << level
        assert node_in_tiles(look, level, number, 520) == world.node(low, low + (1 << level)), (level, number)
    assert asked == [(0, 0, 256), (0, 2, 8), (0, 2, 8), (0, 1, 256), (1, 0, 2), (1, 0, 2)]
    assert [tile_path(0, number) for number in (0, 999, 1000, 1234067)] == [
        "0/000", "0/999", "0/x001/000", "0/x001/x234/067",
    ]  # fmt: skip
    assert (tile_path("entries", 5, 17), tile_path(2, 5, 256)) == ("entries/005.p/17", "2/005")


def test_bundles(world: World) -> None:
    raw = b"".join(len(each).to_bytes(2, "big") + each for each in world.entries[:3])
    assert split_bundle(raw, 3) == world.entries[:3] and split_bundle(b"", 0) == []
    assert split_bundle(b"\0\0\0\0", 2) == [b"", b""]
    for bad, width in ((raw, 2), (raw, 4), (raw[:-1], 3), (raw + b"\0", 3), (raw + b"\0\x01", 4), (raw[1:], 3)):
        assert not accepts(split_bundle, bad, width)
    assert published.MAX_BUNDLE == 256 * (2 + 114)


def test_entries_are_asked_for_bundle_by_bundle(world: World) -> None:
    asked = []

    class Log:
        def entries(self, number: int, width: int) -> bytes:
            asked.append((number, width))
            own = world.entries[256 * number : 256 * number + width]
            return b"".join(len(each).to_bytes(2, "big") + each for each in own)

    log: Any = Log()
    assert list(read_entries(log, 520)) == world.entries
    assert list(read_entries(log, 520, 512)) == world.entries[512:] and list(read_entries(log, 512, 512)) == []
    assert asked == [(0, 256), (1, 256), (2, 8), (2, 8)]
    assert parse_entry(world.entries[3]).sequence == 3


def a_state() -> State:
    held = OnChain(7, b"\x01" * 32, [Event(0, 5, b"\x02" * 32, b"\x03" * 32)], (Epoch(3, 1),))
    parts = {2: Looked(4, b"\x00" * 66)}
    return State("note", held, (Unavailable("events", "away"),), 256, b"\x04" * 32, parts)


def same(one: State, other: State) -> bool:
    return repr(one) == repr(other)


def test_a_state_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    now = [0.0]
    resume = Resume(tmp_path / "state", "of", lambda: now[0])
    assert resume.load() is None and resume.entries == tmp_path / "state.entries"
    for at, saved in ((4.9, False), (5.0, True)):
        now[0] = at
        resume.save(a_state())
        assert (tmp_path / "state").exists() is saved
    loaded = resume.load()
    assert loaded is not None and same(loaded, a_state())
    now[0] = 9.9
    resume.save(State("other", None, ()))
    loaded = resume.load()
    assert loaded is not None and loaded.checkpoint == "note"
    resume.save(State("other", None, ()), True)
    loaded = resume.load()
    assert loaded is not None and same(loaded, State("other", None, ()))
    with pytest.raises(NotResumable, match="another log"):
        Resume(tmp_path / "state", "else").load()
    resume.entries.write_bytes(b"")
    resume.forget()
    resume.forget()
    assert list(tmp_path.iterdir()) == []


def test_a_state_bent_anywhere_is_not_gone_on_with(tmp_path: Path) -> None:
    path = tmp_path / "state"
    Resume(path, "of").save(a_state(), True)
    whole = json.loads(path.read_text())
    for name, values in {
        "format": ["lotproof-audit/2", None], "checkpoint": [5], "of": [5], "read": [-1, "1"], "root": ["zz", 5],
        "open": ["x", [["a"]], [["a", "b", "c"]], [["a", 5]]], "held": [{}, 5, whole["held"] | {"size": -1},
        whole["held"] | {"events": [[1, 2, "00"]]},
        whole["held"] | {"events": [[1, 2, "00", "00", "00"]]}, whole["held"] | {"events": [[1, 2, "00", "zz"]]},
        whole["held"] | {"epochs": [[1]]},
        whole["held"] | {"epochs": [[1, 2, 3]]}, whole["held"] | {"more": 1}, whole["held"] | {"log_root": 5}],
        "parts": [[], {"x": {}}, {"1": {"subjects": 1, "places": "00"}}, {"1": {"subjects": -1, "places": ""}},
                  {"x": {"subjects": 1, "places": ""}}],
    }.items():  # fmt: skip
        for value in values:
            path.write_text(json.dumps(whole | {name: value}))
            with pytest.raises(NotResumable):
                Resume(path, "of").load()
        path.write_text(json.dumps({other: value for other, value in whole.items() if other != name}))
        with pytest.raises(NotResumable):
            Resume(path, "of").load()


def test_a_checkpoint_that_is_no_text_is_read_and_refused_as_one(world: World) -> None:
    with publishing(world) as served:
        served.bent["/checkpoint"] = b"\xffnote"
        assert HttpLog(served.url, Deadline(5)).checkpoint() == "\ufffdnote"
