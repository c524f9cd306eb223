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


@pytest.mark.parametrize("name", ["lot", "party"])
def test_a_thousand_lots_and_a_thousand_parties_are_watched_and_no_more(name: str) -> None:
    names = [lot_name(number) if name == "lot" else party(f"p{number}") for number in range(1001)]
    options = [word for each in names for word in (f"--{name}", each)]
    more = () if name == "lot" else LOT
    assert len(getattr(own(*options[:2000], *more), {"lot": "lots", "party": "parties"}[name])) == 1000
    assert refused(*options, *more) == "at most 1000 lots and parties can be watched"


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
