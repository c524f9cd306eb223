"""How the watch is told, round after round: what is printed, measured, posted, and for how long an option holds."""

import io
import json
import sys
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from verifier import cli, monitor_command
from verifier.alarms import CLASSES
from verifier.timing import moment

from .published import publishing
from .test_monitor_own import anchored, ids
from .watching import LOT, Partner, failing, grown


def command(partner: Partner, *more: str) -> list[str]:
    return [partner.served.url, "--policy", partner.policy, "--state", str(partner.state), *partner.more, *more]


def rounds(partner: Partner, *between: Any, more: tuple[str, ...] = ()) -> int:
    """One process: a round, and one more after each of `between` was done."""
    waiting = iter(between)

    def sleep(_: float) -> None:
        step = next(waiting, None)
        if step is None:
            raise KeyboardInterrupt
        step()

    code = monitor_command.run(command(partner, *more), lambda: partner.now, sleep)
    partner.said = partner.capsys.readouterr().out
    return code


def figures(partner: Partner) -> dict[str, str]:
    text = (partner.folder / "figures").read_text()
    lines = (line.removeprefix("lotproof_monitor_").rpartition(" ") for line in text.splitlines() if line[0] != "#")
    return {name: value for name, _, value in lines}


METRICS = ("--metrics", "figures")


@pytest.fixture(autouse=True)
def _here(partner: Partner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(partner.folder)


def test_before_anything_was_seen_nothing_is_late(partner: Partner) -> None:
    partner.state.unlink()
    partner.served.bent["/checkpoint"] = failing
    assert partner.round(*METRICS) == 2
    names = ("exit_code", "log_entries", "anchored_entries", "quiet_seconds", "unanchored_seconds", "webhook_failed")
    assert [figures(partner)[name] for name in names] == ["2", "0", "0", "0", "0", "0"]


def test_a_clock_that_was_put_back_makes_nothing_negative(partner: Partner) -> None:
    partner.served.world = grown()
    assert partner.round() == 0
    partner.now -= 50
    assert partner.round(*METRICS) == 0
    assert (figures(partner)["quiet_seconds"], figures(partner)["unanchored_seconds"]) == ("0", "0")


def test_a_line_begins_with_the_time_and_an_alarm_that_goes_on_is_not_printed_again(partner: Partner) -> None:
    partner.node = None
    assert rounds(partner, lambda: None) == 2
    todo = CLASSES["CHAIN AWAY"][1]
    assert partner.said == f"{moment(1_790_000_000_000)} CHAIN AWAY: chain: no node\n    {todo}\n"


@pytest.mark.parametrize("more", [(), ("--json",)])
def test_what_is_printed_is_there_at_once_also_in_a_pipe(
    partner: Partner, monkeypatch: pytest.MonkeyPatch, more: tuple[str, ...]
) -> None:
    pipe = io.BytesIO()
    out = io.TextIOWrapper(pipe, "utf-8")
    monkeypatch.setattr(sys, "stdout", out)
    assert monitor_command.run(command(partner, "--once", *more), lambda: partner.now) == 0
    assert pipe.getvalue().endswith(b"\n")


def test_keys_are_accepted_once_and_not_for_as_long_as_the_watch_goes_on(own: Partner) -> None:
    def another(name: str) -> None:
        world.keys("farm", ["farm", name], signer="farm")
        world.movement("farm", [LOT])
        anchored(own, world)

    world = grown(1)
    another("one")
    assert rounds(own, lambda: another("two"), more=("--accept-keys",)) == 1
    assert "3 key statements, 2 are known" in own.said


class Webhook(BaseHTTPRequestHandler):
    """Keeps whole requests, and answers as the test says."""

    told: list[tuple[str, Any]]
    status: list[int]

    def do_POST(self) -> None:
        self.told.append((self.headers["User-Agent"], json.loads(self.rfile.read(int(self.headers["Content-Length"])))))
        self.send_response(self.status[0])
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def webhook(partner: Partner) -> Any:
    handler: Any = type("Kept", (Webhook,), {"told": [], "status": [204]})
    with publishing(partner.served.world, handler) as served:
        partner.more = ["--webhook", f"{served.url}/alarms"]
        yield handler


def test_a_webhook_is_told_by_whom_when_and_of_which_log(partner: Partner, webhook: Any) -> None:
    partner.node = None
    assert partner.round() == 2
    ((who, said),) = webhook.told
    assert who == "lotproof-verify"
    assert set(said) == {"format", "origin", "url", "at", "exit", "raised", "ended"}
    assert (said["url"], said["at"]) == (partner.served.url, moment(1_790_000_000_000))


def test_an_alarm_that_ended_before_it_was_taken_leaves_nothing_undelivered(partner: Partner, webhook: Any) -> None:
    def well_again() -> None:
        assert figures(partner)["webhook_failed"] == "1"
        partner.node = partner.served.world.chain()

    webhook.status[0] = 500
    partner.node = None
    assert rounds(partner, well_again, more=METRICS) == 0
    assert figures(partner)["webhook_failed"] == "0" and len(webhook.told) == 1


def test_a_round_without_a_webhook_forgets_what_one_was_told(partner: Partner, webhook: Any) -> None:
    partner.node = None
    named, partner.more = partner.more, []
    for more, told in ((named, 1), (named, 1), ([], 1), (named, 2)):
        partner.more = more
        assert partner.round() == 2
        assert len(webhook.told) == told


@pytest.mark.parametrize(
    ("text", "good"), [("0.5", True), ("0", False), ("999999999", True), ("1e9", False), ("nan", False)]
)
def test_seconds_are_more_than_none_and_less_than_a_thousand_million(partner: Partner, text: str, good: bool) -> None:
    assert (cli.main(["monitor", *command(partner, "--once", "--max-quiet", text)]) != 64) is good


def test_the_same_evidence_is_kept_once_and_named_each_time(partner: Partner) -> None:
    partner.served.bent["/checkpoint"] = partner.served.world.checkpoint(map_root=bytes(32)).encode()
    for _ in range(2):
        assert partner.round() == 1
        assert f"; evidence: {partner.evidence[0]}\n" in partner.said
    assert len(partner.evidence) == 1


def test_addresses_may_end_with_a_slash(own: Partner) -> None:
    url = own.served.url
    own.served.url = url + "/"
    assert own.round() == 0
    own.served.url = url
    assert own.round("--api", f"{url}/api/v1/") == 0
    assert own.served.asked[-1].startswith("/api/v1/lots/proof?lot=")


def test_ids_that_are_no_text_are_ids_that_nobody_sent(own: Partner) -> None:
    (own.folder / "sent").write_bytes(b"\xff\n")
    assert (own.round("--sent", str(own.folder / "sent")), own.kinds) == (1, ["ENTRY"])


def test_what_is_sent_while_the_watch_goes_on_is_read_too(own: Partner) -> None:
    """The id is written before the movement is sent: nobody cries out about it."""
    sent = own.folder / "sent"
    sent.write_text(" ".join(ids(own.served.world)))

    def send() -> None:
        world = own.served.world
        world.movement("farm", [LOT])
        anchored(own, world)
        sent.write_text(" ".join(ids(own.served.world)))

    assert rounds(own, send, more=("--sent", str(sent))) == 0
    sent.write_text("")
    assert (own.round("--sent", str(sent)), own.kinds) == (1, ["ENTRY"])


def test_wrong_use_shows_how_it_is_used(partner: Partner) -> None:
    assert cli.main(["monitor", "--once"]) == 64
    assert partner.capsys.readouterr().err.startswith("usage: lotproof-verify monitor")
