"""A log that is watched: whatever it does to who watches, the right alarm and no other, and never a traceback."""

import copy
import json
import re
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from verifier import cli, files, monitor_command
from verifier import note as notes
from verifier.alarms import CLASSES
from verifier.checkpoint import Checkpoint, format_checkpoint
from verifier.hashing import leaf_hash

from .maker import ORIGIN, World, party, private_key, public_key, story
from .published import Answer, PublishedLog, publishing
from .test_fork import two
from .test_rounds import Shown, looked, remembered
from .watching import LOT, Partner, failing, grown


class Inbox(BaseHTTPRequestHandler):
    """A webhook that keeps what it is told, and answers as the test says."""

    told: list[Any]
    status: list[int]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.told.append(json.loads(body) if self.headers["Content-Type"] == "application/json" else "no JSON")
        self.send_response(self.status[0])
        self.send_header("Location", "/elsewhere")
        self.end_headers()

    def do_GET(self) -> None:
        self.told.append("redirected")
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        pass


def test_an_honest_log_is_fine_while_it_grows_and_is_anchored(partner: Partner) -> None:
    assert "fine: 9 entries, 9 of them anchored" in partner.said
    partner.served.world = grown()
    assert partner.round() == 0
    assert "fine: 12 entries, 9 of them anchored" in partner.said
    partner.served.world = grown(600)
    partner.served.world.anchor()
    partner.node = partner.served.world.chain()
    assert partner.round() == 0
    assert "fine: 609 entries, 609 of them anchored" in partner.said
    assert len(json.loads(partner.state.read_text())["peaks"]) == (609).bit_count()


# -- the log lies


def _fork_of_one_size(partner: Partner) -> None:
    other = two()[1]
    partner.served.bent["/checkpoint"] = other.checkpoint(9).encode()
    partner.served.world = other


def _longer_fork(partner: Partner) -> None:
    partner.served.world = two()[1]


def _rolled_back(partner: Partner) -> None:
    partner.served.bent["/checkpoint"] = partner.served.world.checkpoint(7).encode()


def _rolled_back_and_forked(partner: Partner) -> None:
    other = two()[1]
    partner.served.bent["/checkpoint"] = other.checkpoint(8).encode()
    partner.served.world = replace(other, entries=other.entries[:8], leaves=other.leaves[:8], _nodes={})
    partner.served.world.now += 1
    partner.node = story()[0].chain()


def _another_map(partner: Partner) -> None:
    partner.served.bent["/checkpoint"] = partner.served.world.checkpoint(map_root=bytes(32)).encode()


def _stalls_behind_the_chain(partner: Partner) -> None:
    world = grown()
    world.anchor()
    partner.node = world.chain()


def _anchored_otherwise(partner: Partner) -> None:
    partner.node = replace(partner.node, final=replace(partner.node.final, log_root=bytes([5]) * 32))


def _another_chain(partner: Partner) -> None:
    partner.node = replace(partner.node, chain_id=1)


def _a_rotated_anchorer(partner: Partner) -> None:
    partner.node = replace(partner.node, final=replace(partner.node.final, rotations=1))


def _nodes_that_went_back(partner: Partner) -> None:
    world = partner.served.world
    partner.node = replace(partner.node, final=world.state(2))


def _no_node(partner: Partner) -> None:
    partner.node = None


def _signed_by_another(partner: Partner) -> None:
    note = partner.served.world.checkpoint()
    line = note.splitlines()[-1]
    partner.served.bent["/checkpoint"] = note.replace(line[-20:], "A" * 18 + "==").encode()


def _of_another_log(partner: Partner) -> None:
    note = partner.served.world.checkpoint().replace(ORIGIN, "log.example.org/lotproof")
    partner.served.bent["/checkpoint"] = note.encode()


def _unsigned(partner: Partner) -> None:
    body = partner.served.world.checkpoint().partition("\n\n")[0]
    partner.served.bent["/checkpoint"] = f"{body}\n\n— somebody.example {'A' * 40}\n".encode()


def _a_page(partner: Partner) -> None:
    partner.served.bent["/checkpoint"] = b"<html>\xff\x00\x1b[2J"


def _other_tiles(partner: Partner) -> None:
    partner.served.world = grown()
    tile = bytearray(b"".join(partner.served.world.leaves))
    tile[32 * 4] ^= 1
    partner.served.bent["/tile/0/000.p/12"] = bytes(tile)


def _other_tiles_behind_honest_peaks(partner: Partner) -> None:
    """Only what the consistency proof needs is bent; no fork follows from it."""
    world = grown(600)
    partner.served.world = world
    tile = bytearray(b"".join(world.leaves[:256]))
    tile[32 * 8] ^= 1
    partner.served.bent["/tile/0/000"] = bytes(tile)


def _short_tiles(partner: Partner) -> None:
    partner.served.world = grown()
    partner.served.bent["/tile/0/000.p/12"] = b"short"


def _long_tiles(partner: Partner) -> None:
    partner.served.world = grown()
    partner.served.bent["/tile/0/000.p/12"] = bytes(32 * 13)


def _no_tiles(partner: Partner) -> None:
    partner.served.world = grown()
    partner.served.bent["/tile/0/000.p/12"] = lambda log: log.good(b"")


def _a_huge_log(partner: Partner) -> None:
    """Signed, and 2^53 - 1 entries: nothing may be asked for that many times."""
    body = format_checkpoint(Checkpoint(ORIGIN, 2**53 - 1, bytes(32), bytes(32)))  # type: ignore[arg-type]
    line = ORIGIN, notes.key_id(ORIGIN, notes.ED25519, public_key("log")), private_key("log").sign(body.encode())
    partner.served.bent["/checkpoint"] = notes.format_note(body, [line]).encode()
    partner.served.bent["*"] = _zeros


def _zeros(log: PublishedLog) -> None:
    width = log.path.rpartition(".p/")[2] if ".p/" in log.path else "256"
    log.good(bytes(32 * int(width)))


LIES: dict[Callable[[Partner], None], tuple[list[str], int, int]] = {
    _fork_of_one_size: (["FORK"], 1, 1),
    _longer_fork: (["FORK"], 1, 1),
    _rolled_back: (["ROLLBACK"], 1, 0),
    _rolled_back_and_forked: (["ROLLBACK", "FORK"], 1, 1),
    _another_map: (["FORK"], 1, 1),
    _stalls_behind_the_chain: (["ROLLBACK"], 1, 0),
    _anchored_otherwise: (["ANCHOR"], 1, 0),
    _another_chain: (["CHAIN"], 1, 0),
    _a_rotated_anchorer: (["CHAIN"], 1, 0),
    _nodes_that_went_back: (["CHAIN AWAY"], 2, 0),
    _no_node: (["CHAIN AWAY"], 2, 0),
    _signed_by_another: (["SIGNATURE"], 1, 0),
    _of_another_log: (["SIGNATURE"], 1, 0),
    _unsigned: (["SIGNATURE"], 1, 0),
    _a_page: (["FORM"], 1, 0),
    _other_tiles: (["TILES"], 1, 0),
    _other_tiles_behind_honest_peaks: (["TILES"], 1, 0),
    _short_tiles: (["LOG AWAY"], 2, 0),
    _long_tiles: (["LOG AWAY"], 2, 0),
    _no_tiles: (["LOG AWAY"], 2, 0),
    _a_huge_log: (["TILES"], 1, 0),
}


@pytest.mark.parametrize(("lie", "alarm"), LIES.items(), ids=[lie.__name__ for lie in LIES])
def test_a_lie_is_named_proved_where_it_can_be_and_not_remembered(
    partner: Partner, lie: Callable[[Partner], None], alarm: tuple[list[str], int, int]
) -> None:
    kinds, code, proofs = alarm
    before = json.loads(partner.state.read_text())
    lie(partner)
    assert (partner.round(), partner.kinds) == (code, kinds), partner.said
    after = json.loads(partner.state.read_text())
    assert after["note"] == before["note"] and after["peaks"] == before["peaks"]
    assert "\x1b" not in partner.said
    assert len(partner.evidence) == proofs
    for file in partner.evidence:
        assert cli.main([str(file), "--policy", partner.policy, "--as", "fork", "--offline"]) == 0
    # Honest again, it is fine again; the evidence stays.
    partner.served.bent.clear()
    partner.served.world = story()[0]
    partner.node = partner.served.world.chain()
    assert partner.round() == 0
    assert len(partner.evidence) == proofs


def test_evidence_is_kept_once_and_not_without_end(partner: Partner, monkeypatch: Any) -> None:
    monkeypatch.setattr(monitor_command, "MAX_EVIDENCE", 2)
    for size in (10, 10, 11, 12, 13):
        other = two()[1]
        partner.served.bent["/checkpoint"] = other.checkpoint(size).encode()
        partner.served.world = replace(other, leaves=other.leaves[:size])
        assert (partner.round(), partner.kinds) == (1, ["FORK"])
    assert len(partner.evidence) == 2
    assert all(re.fullmatch(r"state\.json\.fork-[0-9a-f]{12}\.json", path.name) for path in partner.evidence)
    assert "not kept" in partner.said


# -- the log answers badly


def _endless(log: PublishedLog) -> None:
    log.send_response(200)
    log.end_headers()
    while True:
        log.wfile.write(b"a" * 65536)


def _dripping(log: PublishedLog) -> None:
    log.send_response(200)
    log.end_headers()
    while True:
        log.wfile.write(b"a")
        log.wfile.flush()
        time.sleep(0.05)


def _silent(log: PublishedLog) -> None:
    time.sleep(2)


def _redirecting(log: PublishedLog) -> None:
    log.send_response(302)
    log.send_header("Location", "/checkpoint")
    log.end_headers()


def _hanging_up(log: PublishedLog) -> None:
    log.connection.close()


@pytest.mark.parametrize("place", ["/checkpoint", "/tile/0/000.p/12"])
@pytest.mark.parametrize("answer", [_endless, _dripping, _silent, _redirecting, failing, _hanging_up])
def test_a_log_that_answers_badly_leaves_it_open_in_time(partner: Partner, place: str, answer: Answer) -> None:
    partner.served.world = grown()
    partner.served.bent[place] = answer
    started = time.monotonic()
    assert (partner.round("--timeout", "0.4"), partner.kinds) == (2, ["LOG AWAY"])
    assert time.monotonic() - started < 1.5


def test_a_log_that_is_not_there_leaves_it_open(partner: Partner) -> None:
    partner.served.url = "http://127.0.0.1:9"
    assert (partner.round(), partner.kinds) == (2, ["LOG AWAY"])


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.binary(min_size=1, max_size=400), st.sampled_from(["/checkpoint", "/tile/0/000.p/12", "*"]))
def test_rubbish_anywhere_ends_with_a_code(partner: Partner, raw: bytes, place: str) -> None:
    partner.served.world = grown()
    partner.served.bent.clear()
    partner.served.bent[place] = raw
    assert partner.round() in (1, 2)


# -- time passes


def test_a_log_that_stands_still_is_too_old_after_a_while(partner: Partner) -> None:
    partner.now += 100
    assert partner.round("--max-quiet", "100") == 0
    partner.now += 1
    assert (partner.round("--max-quiet", "100"), partner.kinds) == (3, ["QUIET"])
    partner.now += 86_400 - 101
    assert partner.round() == 0
    partner.now += 1
    assert (partner.round(), partner.kinds) == (3, ["QUIET"])
    partner.served.bent["/checkpoint"] = failing
    assert (partner.round(), partner.kinds) == (2, ["LOG AWAY", "QUIET"])


def test_what_is_signed_and_not_anchored_in_time_is_too_old(partner: Partner) -> None:
    partner.served.world = grown()
    assert partner.round() == 0
    partner.now += 3600
    assert partner.round() == 0
    partner.now += 1
    assert (partner.round(), partner.kinds) == (3, ["UNANCHORED"])
    assert partner.round("--max-unanchored", "9999") == 0
    partner.node = None
    assert (partner.round(), partner.kinds) == (2, ["CHAIN AWAY"])
    partner.served.world.anchor()
    partner.node = partner.served.world.chain()
    assert partner.round() == 0


def test_a_later_checkpoint_does_not_put_off_what_is_due(partner: Partner) -> None:
    for times in range(1, 4):
        partner.served.world = grown(times)
        partner.now += 1500
        partner.round()
    assert partner.kinds == []
    partner.served.world = grown(4)
    partner.now += 1500
    assert (partner.round(), partner.kinds) == (3, ["UNANCHORED"])
    assert "size 10 is not anchored after 4500 s" in partner.said


def test_what_is_due_is_forgotten_once_exactly_that_is_anchored(partner: Partner) -> None:
    partner.served.world = grown()
    assert partner.round() == 0
    partner.served.world.anchor()
    partner.node = partner.served.world.chain()
    partner.now += 100
    figures = partner.folder / "lotproof.prom"
    assert partner.round("--metrics", str(figures)) == 0
    partner.now += 5000
    assert partner.round("--metrics", str(figures)) == 0
    assert "lotproof_monitor_unanchored_seconds 0" in figures.read_text()
    assert "lotproof_monitor_quiet_seconds 5100" in figures.read_text()
    partner.served.world.movement("farm", [LOT])
    assert partner.round() == 0
    partner.now += 3601
    assert (partner.round(), partner.kinds) == (3, ["UNANCHORED"])


# -- who is told, and how


@pytest.fixture
def inbox(partner: Partner) -> Iterator[type[Inbox]]:
    handler: Any = type("Kept", (Inbox,), {"told": [], "status": [204]})
    with publishing(partner.served.world, handler) as served:
        partner.more = ["--webhook", f"{served.url}/alarms"]
        yield handler


def test_an_alarm_is_told_once_again_when_it_changed_and_when_it_ends(partner: Partner, inbox: type[Inbox]) -> None:
    assert partner.round() == 0
    assert inbox.told == []
    partner.node = None
    for _ in range(3):
        partner.round()
    (said,) = inbox.told
    assert (said["format"], said["exit"], said["ended"]) == ("lotproof-alarm/1", 2, [])
    assert [(a["class"], a["exit"], a["evidence"]) for a in said["raised"]] == [("CHAIN AWAY", 2, None)]
    assert said["raised"][0]["todo"] and said["origin"] == ORIGIN and said["url"] == partner.served.url
    _longer_fork(partner)
    partner.round()
    assert [a["class"] for a in inbox.told[1]["raised"]] == ["FORK"]
    assert Path(inbox.told[1]["raised"][0]["evidence"]).exists()
    partner.served.world = story()[0]
    partner.node = partner.served.world.chain()
    partner.round()
    assert (inbox.told[2]["raised"], sorted(inbox.told[2]["ended"])) == ([], ["CHAIN AWAY", "FORK"])
    partner.round()
    assert len(inbox.told) == 3


def test_a_webhook_that_is_named_later_is_told_what_stands(partner: Partner, inbox: type[Inbox]) -> None:
    partner.node = None
    webhook, partner.more = partner.more, []
    partner.round()
    partner.more = webhook
    partner.round()
    assert [alarm["class"] for alarm in inbox.told[0]["raised"]] == ["CHAIN AWAY"]


def test_an_age_that_runs_on_is_no_new_alarm(partner: Partner, inbox: type[Inbox]) -> None:
    for _ in range(3):
        partner.now += 90_000
        assert partner.round() == 3
    assert len(inbox.told) == 1


@pytest.mark.parametrize("status", [500, 302, 404])
def test_an_alarm_that_was_not_taken_is_told_again(partner: Partner, inbox: type[Inbox], status: int) -> None:
    inbox.status[0] = status
    partner.node = None
    for _ in range(2):
        assert partner.round() == 2
    assert len(inbox.told) == 2 and "redirected" not in inbox.told
    inbox.status[0] = 200
    for _ in range(2):
        partner.round()
    assert len(inbox.told) == 3


def test_nobody_at_the_webhook_changes_no_code(partner: Partner) -> None:
    partner.node = None
    figures = partner.folder / "lotproof.prom"
    assert partner.round("--webhook", "http://127.0.0.1:9/", "--metrics", str(figures)) == 2
    assert "lotproof_monitor_webhook_failed 1" in figures.read_text()


def test_figures_are_written_for_prometheus(partner: Partner) -> None:
    figures = partner.folder / "lotproof.prom"
    partner.served.world = grown()
    partner.now += 5
    partner.round()
    partner.now += 4000
    assert partner.round("--metrics", str(figures)) == 3
    text = figures.read_text()
    samples = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    assert samples["lotproof_monitor_log_entries"] == "12"
    assert samples["lotproof_monitor_anchored_entries"] == "9"
    assert samples["lotproof_monitor_unanchored_seconds"] == "4000"
    assert samples['lotproof_monitor_alarm{class="UNANCHORED",exit="3"}'] == "1"
    assert samples['lotproof_monitor_alarm{class="FORK",exit="1"}'] == "0"
    assert samples["lotproof_monitor_round_timestamp_seconds"] == "1790004005"
    assert len(samples) == len(CLASSES) + 7 and text.count("# TYPE") == 8
    assert [path.name for path in partner.folder.iterdir() if path.suffix == ".new"] == []


# -- what is remembered

_A_LOT = {"count": 1, "size": 2, "leaf": "A" * 43 + "="}
STATES: dict[str, Callable[[dict[str, Any]], Any]] = {
    "another format": lambda state: state | {"format": "lotproof-monitor/2"},
    "another log": lambda state: state | {"origin": "log.example.org/lotproof"},
    "a member more": lambda state: state | {"more": 1},
    "a member less": lambda state: {name: value for name, value in state.items() if name != "due"},
    "peaks of another tree": lambda state: state | {"peaks": state["peaks"][::-1]},
    "no peaks": lambda state: state | {"peaks": []},
    "a note that is none": lambda state: state | {"note": "x"},
    "a time that is a text": lambda state: state | {"grown": "yesterday"},
    "due that is a number": lambda state: state | {"due": 7},
    "lots that are a list": lambda state: state | {"lots": []},
    "a lot without leaf": lambda state: state | {"lots": {LOT: {"count": 1, "size": 2}}},
    "too many lots": lambda state: state | {"lots": {str(n): _A_LOT for n in range(1001)}},
    "a party without statements": lambda state: state | {"parties": {party("farm"): {"size": 1}}},
    "told a number": lambda state: state | {"told": {"FORK": 1}},
    "a list": lambda state: [state],
}


def test_a_memory_of_a_monitor_that_knew_no_waiting_lots_is_read(partner: Partner) -> None:
    kept = json.loads(partner.state.read_text())
    del kept["waits"]
    partner.state.write_text(json.dumps(kept))
    assert partner.round() == 0
    assert json.loads(partner.state.read_text())["waits"] == {}


@pytest.mark.parametrize("bent", STATES.values(), ids=STATES.keys())
def test_a_memory_that_cannot_be_read_ends_the_watch_and_is_not_written_over(partner: Partner, bent: Any) -> None:
    text = json.dumps(bent(json.loads(partner.state.read_text())))
    partner.state.write_text(text)
    assert cli.main(["monitor", partner.served.url, "--policy", partner.policy, "--state", str(partner.state),
                     "--once"]) == 64  # fmt: skip
    assert partner.state.read_text() == text


def test_a_memory_cut_off_at_any_byte_is_refused(partner: Partner) -> None:
    whole = partner.state.read_bytes()
    command = ["monitor", partner.served.url, "--policy", partner.policy, "--state", str(partner.state), "--once"]
    for length in range(0, len(whole) - 1, 41):
        partner.state.write_bytes(whole[:length])
        assert cli.main(command) == 64


def test_a_crash_while_writing_leaves_what_was_remembered(partner: Partner, monkeypatch: Any) -> None:
    before = partner.state.read_bytes()
    partner.served.world = grown()

    def crash(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(files.os, "fsync", crash)
    with pytest.raises(KeyboardInterrupt):
        partner.round()
    assert partner.state.read_bytes() == before
    monkeypatch.undo()


def test_a_mistake_of_the_monitor_is_told_and_forgets_nothing(partner: Partner, monkeypatch: Any) -> None:
    before = json.loads(partner.state.read_text())

    def broken(self: Any) -> None:
        self.memory.note = None
        raise ZeroDivisionError("\x1b[2J")

    monkeypatch.setattr("verifier.monitor.Round.run", broken)
    assert (partner.round(), partner.kinds) == (2, ["MONITOR"])
    assert "\x1b" not in partner.said
    assert json.loads(partner.state.read_text())["note"] == before["note"]


def test_it_watches_until_it_is_stopped_and_prints_what_changed(partner: Partner) -> None:
    def later(seconds: float) -> None:
        assert seconds == 7
        rounds.append(seconds)
        partner.node = None if len(rounds) == 2 else partner.served.world.chain()
        if len(rounds) == 5:
            raise KeyboardInterrupt

    rounds: list[float] = []
    command = [partner.served.url, "--policy", partner.policy, "--state", str(partner.state), "--every", "7"]
    assert monitor_command.run(command, lambda: partner.now, later) == 0
    lines = [line.split(" ", 1)[1] for line in partner.capsys.readouterr().out.splitlines() if line[0] != " "]
    assert [line.split(":")[0] for line in lines] == ["fine", "CHAIN AWAY", "CHAIN AWAY", "fine"]
    assert lines[1:3] == ["CHAIN AWAY: chain: no node", "CHAIN AWAY: no more"]


def test_each_round_can_be_printed_as_json(partner: Partner) -> None:
    partner.node = None
    assert partner.round("--json") == 2
    said = json.loads(partner.said)
    assert (said["exit"], [alarm["class"] for alarm in said["raised"]]) == (2, ["CHAIN AWAY"])


def test_a_full_disk_does_not_end_the_watch(partner: Partner, monkeypatch: Any) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    def later(_: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("verifier.monitor_state.write_whole", full)
    command = [partner.served.url, "--policy", partner.policy, "--state", str(partner.state)]
    assert monitor_command.run(command, lambda: partner.now, later) == 2
    assert cli.main(["monitor", *command, "--once"]) == 64


@pytest.mark.parametrize(
    "wrong",
    [
        ["--lot", "not a lot"],
        ["--lot", LOT, "--party", "farm"],
        ["--party", "https://log.example.com/party/farm"],
        ["--sent", "nowhere"],
        ["--lot", LOT, "--sent", "nowhere"],
        ["--token-file", "nowhere"],
        ["--every", "0"],
        ["--every", "-1"],
        ["--max-quiet", "nan"],
    ],
)
def test_wrong_use_ends_with_64(partner: Partner, wrong: list[str]) -> None:
    command = ["monitor", partner.served.url, "--policy", partner.policy, "--state", str(partner.state), "--once"]
    assert cli.main([*command, *wrong]) == 64


def test_every_class_of_alarm_says_what_to_do() -> None:
    assert all(code in (1, 2, 3) and todo.endswith((".", "?")) for code, todo in CLASSES.values())


def _forked(world: World) -> World:
    """The same log with another sixth entry, and two more."""
    other = copy.deepcopy(world)
    other.entries[5] = other.entries[5][:-1] + bytes([other.entries[5][-1] ^ 1])
    other.leaves[5] = leaf_hash(other.entries[5])
    other._nodes.clear()
    for _ in range(2):
        other.movement("farm", [LOT])
    return other


def _bent(act: str, world: World) -> dict[str, bytes | Answer]:
    """What a server that lies in this way answers, whatever the log is by now."""
    return {
        "another map": {"/checkpoint": world.checkpoint(map_root=bytes(32)).encode()},
        "rolls back": {"/checkpoint": world.checkpoint(len(world.entries) - 1).encode()},
        "rubbish": {"/checkpoint": b"\xff\x00"},
        "unsigned": {"/checkpoint": world.checkpoint().replace("— log.", "— lag.").encode()},
        "fails": {"*": failing},
    }.get(act, {})


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(
        st.sampled_from(
            ["grow", "anchor", "another map", "rolls back", "rubbish", "unsigned", "fails", "forks", "no node"]
        ),
        min_size=3,
        max_size=9,
    )
)
def test_in_any_order_a_lie_is_never_fine_and_honesty_always_is(partner: Partner, acts: list[str]) -> None:
    world = story()[0]
    partner.state.unlink(missing_ok=True)
    for act in ["grow", *acts]:
        partner.served.bent.clear()
        partner.served.world, partner.node = world, world.chain()
        if act == "grow":
            world.movement("farm", [LOT])
        elif act == "anchor":
            world.anchor()
        else:
            partner.served.bent.update(_bent(act, world))
            partner.served.world = _forked(world) if act == "forks" else world
            partner.node = None if act == "no node" else partner.node
            assert partner.round() != 0, act
            assert (act in ("forks", "another map")) == ("FORK" in partner.kinds)
            partner.served.bent.clear()
        partner.served.world, partner.node = world, world.chain()
        assert partner.round() == 0, (act, partner.said)


def test_the_page_for_partners_names_every_class_and_no_option_that_is_not_there() -> None:
    page = (Path(__file__).parents[2] / "docs" / "monitor.md").read_text(encoding="utf-8")
    for kind, (code, _) in CLASSES.items():
        (row,) = [line for line in page.splitlines() if line.startswith("|") and f"`{kind}`" in line]
        assert row.split("|")[2].strip() == str(code), kind
    known = set(monitor_command._arguments()._option_string_actions) | {"--as", "--resume"}
    assert set(re.findall(r"--[a-z]+(?:-[a-z]+)*", page)) <= known


def test_a_log_that_shows_no_tiles_at_first_is_not_remembered(partner: Partner) -> None:
    partner.state.unlink()
    partner.served.bent["/tile/0/000.p/9"] = lambda log: log.good(b"")
    assert (partner.round(), partner.kinds) == (2, ["LOG AWAY"])
    assert json.loads(partner.state.read_text())["note"] is None
    partner.served.bent.clear()
    assert (partner.round(), partner.kinds) == (0, [])


def test_evidence_that_cannot_be_kept_ends_the_round(partner: Partner, monkeypatch: Any) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    before = partner.state.read_bytes()
    _fork_of_one_size(partner)
    monkeypatch.setattr("verifier.monitor_command.write_whole", full)
    command = ["monitor", partner.served.url, "--policy", partner.policy, "--state", str(partner.state), "--once"]
    assert cli.main(command) == 64
    assert partner.state.read_bytes() == before


def test_a_request_to_end_ends_the_watch(partner: Partner) -> None:
    def later(_: float) -> None:
        signal.raise_signal(signal.SIGTERM)

    command = [partner.served.url, "--policy", partner.policy, "--state", str(partner.state)]
    assert monitor_command.run(command, lambda: partner.now, later) == 0


def test_nothing_is_due_once_all_is_anchored() -> None:
    memory = remembered(grown())
    assert memory.due == (12, 0)
    world = grown()
    world.anchor()
    looked(Shown(world), memory, 60)
    assert memory.due is None
