"""What a monitor may be told to watch, and how it ends when it is told to."""

import signal
from pathlib import Path

import pytest

from verifier import monitor_command
from verifier.command import WrongUse
from verifier.monitor_own import Own

from .maker import lot_name, party
from .watching import Partner

LOT, FARM = ("--lot", lot_name()), ("--party", party("farm"))


def own(*more: str) -> Own:
    given = monitor_command._arguments().parse_args(["http://log", "--policy", "p", "--state", "s", *more])
    return monitor_command._own(given)


def refused(*more: str) -> str:
    with pytest.raises(WrongUse) as wrong:
        own(*more)
    return str(wrong.value)


def test_lots_parties_and_ids_are_watched_as_they_are_named(tmp_path: Path) -> None:
    (tmp_path / "sent").write_text("a\nb\n\n b\n")
    assert own() == Own([], [], None, False)
    assert own(*LOT, *FARM, "--accept-keys") == Own([lot_name()], [party("farm")], None, True)
    assert own(*LOT, *FARM, "--sent", str(tmp_path / "sent")).sent == {"a", "b"}


def test_what_is_seen_in_the_proofs_of_lots_needs_a_lot() -> None:
    assert refused(*FARM).endswith("name some with --lot")
    assert refused("--sent", "file").endswith("name some with --lot")
    assert refused(*LOT, "--sent", "file").endswith("name it with --party")


def test_as_many_lots_and_parties_are_watched_as_allowed_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(monitor_command, "MAX_WATCHED", 2)
    lots = [word for number in range(3) for word in ("--lot", lot_name(number))]
    parties = [word for number in range(3) for word in ("--party", party(f"p{number}"))]
    seen = own(*lots[:4], *parties[:4])
    assert (len(seen.lots), len(seen.parties)) == (2, 2)
    for more in ((*lots, *parties[:2]), (*lots[:2], *parties)):
        assert refused(*more) == "at most 2 lots and parties can be watched"


def test_an_address_may_end_with_a_slash() -> None:
    given = ["http://log/base/", "--policy", "p", "--state", "s"]
    read = monitor_command._arguments().parse_args([*given, "--api", "http://api/"])
    assert (read.url, read.api) == ("http://log/base", "http://api")
    assert monitor_command._arguments().parse_args(given).api is None


def test_a_file_of_ids_is_read_up_to_its_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(monitor_command, "MAX_SENT", 5)
    sent = tmp_path / "sent"
    sent.write_text("a b c")
    assert own(*LOT, *FARM, "--sent", str(sent)).sent == {"a", "b", "c"}
    sent.write_text("a b cd")
    assert refused(*LOT, *FARM, "--sent", str(sent)) == f"{sent} is larger than 5 bytes"


def test_names_are_spelled_as_the_format_spells_them() -> None:
    assert refused("--lot", party("farm")).startswith("lot URI")
    assert refused(*LOT, "--party", lot_name()).startswith("party URI")


def test_without_a_state_nothing_is_watched() -> None:
    with pytest.raises(WrongUse, match="--state"):
        monitor_command._arguments().parse_args(["http://log", "--policy", "p"])


def test_who_called_the_monitor_has_his_own_way_to_be_stopped_again(partner: Partner) -> None:
    def stopped(seconds: float) -> None:
        assert signal.getsignal(signal.SIGTERM) is not before
        signal.raise_signal(signal.SIGTERM)

    before = signal.getsignal(signal.SIGTERM)
    given = [partner.served.url, "--policy", partner.policy, "--state", str(partner.state)]
    assert monitor_command.run(given, lambda: partner.now, stopped) == 0
    assert signal.getsignal(signal.SIGTERM) is before
