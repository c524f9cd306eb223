"""Alarms by themselves: their classes, when two are the same one, and what is said of them."""

import pytest

from verifier.alarms import CLASSES, Alarm, Alarms, message, metrics

REFUTED = ("FORK", "ROLLBACK", "ANCHOR", "SIGNATURE", "FORM", "TILES", "CHAIN", "KEYS", "LOT", "ENTRY")
UNKNOWN = ("LOG AWAY", "CHAIN AWAY", "LOT AWAY", "MONITOR")
OLD = ("QUIET", "UNANCHORED")
CODES = dict.fromkeys(REFUTED, 1) | dict.fromkeys(UNKNOWN, 2) | dict.fromkeys(OLD, 3)


def raised(*kinds: str) -> Alarms:
    alarms = Alarms()
    for kind in kinds:
        alarms.raise_(kind, f"text of {kind}")
    return alarms


def test_every_class_has_the_exit_code_of_what_it_means() -> None:
    assert {kind: code for kind, (code, _) in CLASSES.items()} == CODES
    assert all(todo.endswith((".", "?")) for _, todo in CLASSES.values())


@pytest.mark.parametrize("kind", CODES)
def test_a_round_ends_with_the_code_of_its_alarm(kind: str) -> None:
    assert raised(kind).code == raised(kind).raised[kind].code == CODES[kind]


def test_refuted_comes_before_unknown_and_unknown_before_old() -> None:
    assert [raised(*kinds).code for kinds in ((), ("QUIET",), ("QUIET", "MONITOR"), ("MONITOR", "QUIET", "LOT"))] == [
        0, 3, 2, 1,
    ]  # fmt: skip


def test_the_first_alarm_of_a_class_is_the_one_that_stands() -> None:
    alarms = raised("LOT")
    alarms.raise_("LOT", "another", "key", "file")
    assert alarms.raised == {"LOT": Alarm("LOT", "text of LOT", "", None)}


def test_an_alarm_is_another_one_by_its_key_or_if_it_has_none_by_its_text() -> None:
    assert Alarm("QUIET", "for 5 s", "since 7").mark == Alarm("QUIET", "for 9 s", "since 7").mark == "since 7"
    assert Alarm("QUIET", "for 5 s").mark == "for 5 s"


def test_texts_and_marks_are_cut() -> None:
    alarms = Alarms()
    alarms.raise_("FORM", "x" * 9999)
    assert (len(alarms.raised["FORM"].text), len(alarms.marks()["FORM"])) == (1600, 400)


def test_news_are_what_began_changed_or_ended() -> None:
    alarms = raised("LOT", "FORK", "QUIET")
    new, ended = alarms.news({"LOT": "text of LOT", "FORK": "another", "FORM": "", "TILES": ""})
    assert ([alarm.kind for alarm in new], ended) == (["FORK", "QUIET"], ["FORM", "TILES"])
    assert alarms.news(alarms.marks()) == ([], [])


def test_a_message_says_all_of_an_alarm_and_what_to_do() -> None:
    assert message("log", "url", "now", 1, [Alarm("FORK", "text", "key", "file")], ("FORM",)) == {
        "format": "lotproof-alarm/1",
        "origin": "log",
        "url": "url",
        "at": "now",
        "exit": 1,
        "raised": [{"class": "FORK", "exit": 1, "text": "text", "todo": CLASSES["FORK"][1], "evidence": "file"}],
        "ended": ["FORM"],
    }


def test_figures_are_told_as_prometheus_reads_them() -> None:
    lines = metrics({"log_entries": 12.0, "round_timestamp_seconds": 1790004005.25}, ["CHAIN AWAY"]).splitlines()
    assert lines[:5] == [
        "# TYPE lotproof_monitor_log_entries gauge",
        "lotproof_monitor_log_entries 12",
        "# TYPE lotproof_monitor_round_timestamp_seconds gauge",
        "lotproof_monitor_round_timestamp_seconds 1790004005.25",
        "# TYPE lotproof_monitor_alarm gauge",
    ]
    assert lines[5:] == [
        f'lotproof_monitor_alarm{{class="{kind}",exit="{code}"}} {int(kind == "CHAIN AWAY")}'
        for kind, code in CODES.items()
    ]
