"""An audit in parts, in processes, cut off and gone on with: it finds what an audit in one go finds."""

import json
import os
import random
import signal
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from verifier import audit, cli, resume
from verifier.entry import format_entry, parse_entry
from verifier.errors import Unavailable
from verifier.http import Deadline
from verifier.policy import parse_policy
from verifier.report import Report, Verdict, as_json

from .maker import World, lot_name, story
from .published import PublishedLog, Served, publishing
from .test_audit import relogged
from .test_hostile import toml


@pytest.fixture(scope="module")
def long() -> World:
    """700 entries of 40 lots, anchored now and then: two whole bundles and a part."""
    world, _ = story()
    dice = random.Random(5)
    said = world.say("farm", [], {})
    for number in range(700 - len(world.entries)):
        world.enter("lot", lot_name(dice.randrange(40)), replace(said, jwt=f"{number}"), 1)
        if number % 150 == 0:
            world.anchor()
    world.anchor()
    return world


@pytest.fixture
def served(long: World) -> Iterator[Served]:
    with publishing(long) as log:
        yield log


def audited(served: Served, work: audit.Work | None = None) -> Report:
    log = audit.HttpLog(served.url, Deadline(30), "auditor")
    return audit.audit(log, parse_policy(served.world.policy()), [served.world.chain()], work=work)


def bend(world: World) -> World:
    """A copy with three faults in it, signed and anchored as if nothing were wrong."""
    other = replace(world, entries=list(world.entries), leaves=list(world.leaves), anchors=list(world.anchors))
    other._nodes = {}

    def change(entries: list[bytes]) -> None:
        for index in (300, 420, 699):
            entries[index] = format_entry(replace(parse_entry(entries[index]), previous=bytes([3]) * 32))  # type: ignore[arg-type]

    other.anchors = [replace(anchor) for anchor in other.anchors]
    return relogged(other, change)


@pytest.mark.parametrize(("bits", "jobs"), [(0, 1), (1, 1), (4, 1), (3, 2), (9, 1)])
def test_parts_and_processes_change_nothing_that_is_found(long: World, bits: int, jobs: int) -> None:
    for world in (long, bend(long)):
        policy = parse_policy(world.policy())
        given = world.entries, world.checkpoint(), policy, [world.chain()]
        whole = audit.audit_log(*given, work=audit.Work(bits=0))
        parted = audit.audit_log(*given, work=audit.Work(jobs=jobs, bits=bits))
        assert as_json(parted) == as_json(whole)
    assert whole.answer(2).refuted[0].what == "previous at index 300"
    assert whole.facts["anchors_compared"] == len(long.anchors)


def test_an_audit_that_was_cut_off_goes_on_where_it_stopped(served: Served, tmp_path: Path) -> None:
    file = tmp_path / "state"
    work = audit.Work(resume=resume.Resume(file, "one", hurried()))
    served.bent["/tile/entries/002.p/188"] = lambda log: log.good(b"")
    cut = audited(served, work)
    assert (cut.exit_code, cut.answer(1).verdict) == (2, Verdict.UNKNOWN)
    assert json.loads(file.read_text())["read"] == 512
    served.bent.clear()
    del served.asked[:]
    # The log moved on; the audit is still of the checkpoint that it began with.
    served.bent["/checkpoint"] = lambda log: log.good(b"newer")
    done = audited(served, work)
    assert done.exit_code == 0, [answer.why for answer in done.answers]
    assert served.asked == ["/tile/entries/002.p/188", "/tile/0/002.p/188", "/tile/1/000.p/2"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", ["000", "001"])
def test_a_tile_that_was_away_is_asked_for_again(served: Served, tmp_path: Path, number: str) -> None:
    work = audit.Work(resume=resume.Resume(tmp_path / "state", "one", hurried()))
    served.bent[f"/tile/0/{number}"] = lambda log: log.good(b"")
    served.bent["/tile/entries/002.p/188"] = lambda log: log.good(b"")
    assert audited(served, work).answer(3).verdict is Verdict.UNKNOWN
    del served.bent["/tile/entries/002.p/188"]
    assert audited(served, work).answer(3).verdict is Verdict.UNKNOWN
    assert any(tmp_path.iterdir())
    served.bent.clear()
    del served.asked[:]
    assert audited(served, work).exit_code == 0
    assert f"/tile/0/{number}" in served.asked and not any(tmp_path.iterdir())


def test_what_is_done_is_told_from_the_first_entry_to_the_last_part(served: Served) -> None:
    told: list[tuple[str, int, int]] = []
    audited(served, audit.Work(progress=lambda *done: told.append(done), bits=1))
    assert told == [("entries", done, 700) for done in (256, 512, 700)] + [
        ("parts of the lot map", done, 2) for done in (1, 2)
    ]


def test_an_audit_that_was_killed_goes_on_where_it_stopped(served: Served, tmp_path: Path) -> None:
    """SIGKILL, in a process of its own, while it waits for the third bundle."""
    reached, go_on = threading.Event(), threading.Event()

    def wait(log: PublishedLog) -> None:
        reached.set()
        go_on.wait(10)

    served.bent["/tile/entries/002.p/188"] = wait
    work = audit.Work(resume=resume.Resume(tmp_path / "state", "one", hurried()))
    child = os.fork()
    if child == 0:
        try:
            audited(served, work)
        finally:
            os._exit(0)
    assert reached.wait(10)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    go_on.set()
    served.bent.clear()
    del served.asked[:]
    assert audited(served, work).exit_code == 0
    assert "/tile/entries/001" not in served.asked


def hurried() -> Callable[[], float]:
    """A clock by which it is always time to save."""
    times = iter(range(0, 1_000_000, 60))
    return lambda: float(next(times))


def test_parts_that_are_done_are_not_looked_at_again(served: Served, tmp_path: Path, monkeypatch: Any) -> None:
    work = audit.Work(resume=resume.Resume(tmp_path / "state", "one", hurried()), bits=2)
    looked: list[int] = []

    def look_until(stop: int) -> Callable[..., Any]:
        def look(path: Path, bits: int, sizes: Any, part: int) -> Any:
            if len(looked) == stop:
                raise KeyboardInterrupt
            looked.append(part)
            return real(path, bits, sizes, part)

        return look

    real = audit.looked_at.__globals__["_look"]
    monkeypatch.setitem(audit.looked_at.__globals__, "_look", look_until(3))
    with pytest.raises(KeyboardInterrupt):
        audited(served, work)
    monkeypatch.setitem(audit.looked_at.__globals__, "_look", look_until(9))
    assert audited(served, work).exit_code == 0
    assert looked == [0, 1, 2, 3]


def away(log: PublishedLog) -> None:
    log.good(b"")


def test_a_break_and_the_last_entry_are_written_down_however_soon_they_come(served: Served, tmp_path: Path) -> None:
    """By a clock that stands still nothing else is."""
    state, read = tmp_path / "state", []

    def look(what: str, done: int, total: int) -> None:
        read.append((what, done, json.loads(state.read_text())["read"] if state.exists() else 0))

    work = audit.Work(resume=resume.Resume(state, "one", lambda: 0.0), progress=look, bits=1)
    served.bent["/tile/entries/002.p/188"] = away
    assert audited(served, work).exit_code == 2
    assert json.loads(state.read_text())["read"] == 512
    served.bent.clear()
    assert audited(served, work).exit_code == 0
    reading, parts = "entries", "parts of the lot map"
    assert read == [
        (reading, 256, 0), (reading, 512, 0), (parts, 1, 512), (parts, 2, 512),
        (reading, 700, 512), (parts, 1, 700), (parts, 2, 700),
    ]  # fmt: skip


def bundle_with_no_entry(world: World) -> bytes:
    entries = [bytes(114), *world.entries[1:256]]
    return b"".join(len(raw).to_bytes(2, "big") + raw for raw in entries)


@pytest.mark.parametrize("where", ["/tile/0/000", "/tile/entries/000"])
def test_nothing_is_kept_once_something_is_wrong(served: Served, tmp_path: Path, where: str) -> None:
    work = audit.Work(resume=resume.Resume(tmp_path / "state", "one", hurried()))
    served.bent[where] = bytes(8192) if where == "/tile/0/000" else bundle_with_no_entry(served.world)
    served.bent["/tile/entries/002.p/188"] = away
    assert audited(served, work).exit_code == 1
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize(("bundle", "kept"), [(False, False), (True, True)])
def test_only_what_could_not_be_read_is_a_reason_to_go_on_later(tmp_path: Path, bundle: bool, kept: bool) -> None:
    """Neither a chain that nobody could ask nor statements without their keys."""
    world, _ = story()

    def entries(first: int, size: int) -> Iterator[bytes]:
        if bundle:
            raise Unavailable("a bundle", "away")
        yield from world.entries[first:size]

    work = audit.Work(resume=resume.Resume(tmp_path / "state", "one", hurried()))
    policy = parse_policy(world.policy())
    said = [world.statements[4].shown()]
    report = audit.audit_log(entries, world.checkpoint(), policy, statements=said, work=work)
    assert {7} | ({1} if bundle else {4}) <= {each.check for each in report.answers if each.verdict is Verdict.UNKNOWN}
    assert any(tmp_path.iterdir()) is kept


def test_what_is_wrong_is_found_again_after_a_break(long: World, tmp_path: Path) -> None:
    with publishing(bend(long)) as served:
        whole = as_json(audited(served))
        work = audit.Work(resume=resume.Resume(tmp_path / "state", "one", hurried()), bits=2)
        served.bent["/tile/entries/002.p/188"] = lambda log: log.good(b"")
        assert audited(served, work).exit_code == 1
        served.bent.clear()
        assert as_json(audited(served, work)) == whole


def test_a_tile_that_could_not_be_read_is_asked_for_again(served: Served, tmp_path: Path) -> None:
    work = audit.Work(resume=resume.Resume(tmp_path / "state", "one", hurried()))
    served.bent["/tile/0/001"] = lambda log: log.good(b"")
    assert audited(served, work).answer(3).verdict is Verdict.UNKNOWN
    served.bent.clear()
    assert audited(served, work).exit_code == 0


def cut_off(served: Served, folder: Path) -> Path:
    served.bent["/tile/entries/002.p/188"] = lambda log: log.good(b"")
    assert audited(served, audit.Work(resume=resume.Resume(folder / "state", "one", hurried()))).exit_code == 2
    served.bent.clear()
    return folder / "state"


LIES: dict[str, Callable[[dict[str, Any]], Any]] = {
    "another format": lambda state: state | {"format": "lotproof-audit/2"},
    "of another audit": lambda state: state | {"of": "another"},
    "a member more": lambda state: state | {"more": 1},
    "no checkpoint": lambda state: {name: value for name, value in state.items() if name != "checkpoint"},
    "read more than there is": lambda state: state | {"read": 1024},
    "read less than it says": lambda state: state | {"read": 256},
    "another root": lambda state: state | {"root": "00" * 32},
    "a root that is none": lambda state: state | {"root": "zz"},
    "parts that are a list": lambda state: state | {"parts": []},
    "a part of no length": lambda state: state | {"parts": {"0": {"subjects": 1, "places": "00"}}},
    "a part of another name": lambda state: state | {"parts": {"x": {"subjects": 1, "places": ""}}},
    "events that are texts": lambda state: state | {"held": state["held"] | {"events": ["abcd"]}},
    "an event of numbers": lambda state: state | {"held": state["held"] | {"events": [[1, 2, 3, 4]]}},
    "a list": lambda state: [state],
}


def test_a_state_that_is_not_ours_is_refused_and_not_written_over(served: Served, tmp_path: Path) -> None:
    file = cut_off(served, tmp_path)
    state, entries = json.loads(file.read_text()), tmp_path / "state.entries"
    kept = entries.read_bytes()
    for name, lie in LIES.items():
        bent = json.dumps(lie(state))
        file.write_text(bent)
        entries.write_bytes(kept)
        with pytest.raises(resume.NotResumable):
            audited(served, audit.Work(resume=resume.Resume(file, "one")))
        assert file.read_text() == bent, name
    for raw in (b"", b"{", b"\xff", b"[" * 100_000):
        file.write_bytes(raw)
        with pytest.raises(resume.NotResumable):
            audited(served, audit.Work(resume=resume.Resume(file, "one")))


def test_entries_on_disk_that_were_changed_are_refused(served: Served, tmp_path: Path) -> None:
    file = cut_off(served, tmp_path)
    entries = tmp_path / "state.entries"
    raw = bytearray(entries.read_bytes())
    raw[114 * 77 + 50] ^= 1
    entries.write_bytes(raw)
    with pytest.raises(resume.NotResumable, match="not what was read"):
        audited(served, audit.Work(resume=resume.Resume(file, "one")))


def test_a_full_disk_leaves_the_audit_open(served: Served, tmp_path: Path, monkeypatch: Any) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("verifier.reading.Spool.append", full)
    report = audited(served)
    assert report.exit_code == 2
    assert "No space left" in report.answer(1).why


def test_the_command_resumes_and_refuses_the_state_of_another_log(served: Served, tmp_path: Path, capsys: Any) -> None:
    policy, key, state = (tmp_path / name for name in ("policy.toml", "key", "state"))
    policy.write_text(toml(served.world.policy()))
    key.write_text("auditor\n")
    told = ["audit", served.url, "--policy", str(policy), "--offline", "--token-file", str(key), "--resume", str(state)]
    served.bent["/tile/entries/002.p/188"] = lambda log: log.good(b"")
    assert cli.main(told) == 2
    assert json.loads(state.read_text())["read"] == 512
    served.bent.clear()
    assert cli.main([told[0], served.url + "/", *told[2:]]) == 64
    assert "another log" in capsys.readouterr().err
    assert cli.main(told) == 2
    assert "entries: 700" in capsys.readouterr().out
    assert not state.exists()
    key.write_text("two\nlines")
    assert cli.main(told) == 64
    assert cli.main([*told[:-1], str(tmp_path / "nowhere" / "state")]) == 64


def test_the_server_of_these_tests_tells_entries_to_auditors_only(served: Served) -> None:
    assert PublishedLog.token == "auditor"
    log = audit.HttpLog(served.url, Deadline(5))
    assert audit.audit(log, parse_policy(served.world.policy())).answer(1).verdict is Verdict.UNKNOWN
