"""The story played against the real stack, proved, and judged by the packed verifier in processes of its own."""

import json
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from service.demo import clerk, judge, play
from service.demo.accounts import API, open_accounts
from service.demo.door import Door
from service.demo.lies.catalogue import ALL, LEFT_OUT, Liar, Lie, verdict
from tests.e2e import stack
from tests.e2e.conftest import Told
from tests.e2e.stack import Running

pytestmark = pytest.mark.xdist_group("demo")  # one stack for all who look at the played story


def test_every_movement_was_recorded_and_every_forbidden_one_refused_by_its_rule(told: Told) -> None:
    steps = [step for _, step in told.story.steps(told.played.day_zero)]
    assert told.played.movements == sum(step.refused is None for step in steps)
    assert [(step.id, slug) for step, slug in told.played.refused] == [(s.id, s.refused) for s in steps if s.refused]
    assert told.played.receipts > told.played.movements, "a movement of two lots has two receipts"


def test_a_play_that_was_interrupted_goes_on_where_it_stopped(told: Told) -> None:
    assert 0 < told.interrupted.movements < told.played.movements
    assert (told.interrupted.again, told.played.again) == (False, True)
    assert told.played.day_zero == told.interrupted.day_zero


def test_every_lot_is_proven_to_a_stranger(told: Told) -> None:
    files = [told.files.of(lot) for lot in told.lots]
    judgements = judge.judge(told.tool, told.files.policy, files)
    assert {j.file.name: j.why for j in judgements if not j.proven} == {}
    assert [j.report["subject"] for j in judgements] == [lot.uri for lot in told.lots]
    entries = sum(j.report["facts"]["entries"] for j in judgements)
    assert entries == told.played.receipts, "every receipt's entry is in the file of its lot"
    assert all(j.report["facts"]["hidden_fields"] == 0 for j in judgements), "a regulator sees all"


def test_a_lot_that_was_never_registered_is_proven_absent(told: Told) -> None:
    (judgement,) = judge.judge(told.tool, told.files.policy, [told.file("AC0199")])
    assert judgement.proven and judgement.report["facts"]["entries"] == 0


def test_playing_the_story_again_changes_nothing_even_when_the_api_keys_are_lost(
    told: Told, the_stack: Running, tmp_path: Path
) -> None:
    before = Door(the_stack.url).raw("/checkpoint")
    operator = Door(the_stack.url, the_stack.settings.operator_key)
    accounts = open_accounts(operator, told.story, tmp_path / "keys.json")
    again = play.play(told.story, accounts, told.played.day_zero + timedelta(5), lambda lot, receipt: None)
    assert again.again and again.day_zero == told.played.day_zero
    first = told.played
    assert (again.movements, again.receipts, again.size) == (first.movements, first.receipts, first.size)
    assert Door(the_stack.url).raw("/checkpoint") == before


def test_the_records_of_every_company_lack_nothing(told: Told) -> None:
    """Also when it is done again; and those who keep a record have rows in it."""
    for _ in range(2):
        assert clerk.keep_records(told.story, told.accounts) == []
    doors = {name: company.door for name, company in told.accounts.companies.items()}
    kept = {name: {record for record in clerk.RECORDS if door.get(f"{API}/records/{record}")["rows"]}
            for name, door in doors.items()}  # fmt: skip
    assert kept["tongqu"] == set(clerk.RECORDS) and "gsp-unfit" in kept["chenghe"] and kept["qingye"] == {"fsma-204"}


def test_a_machine_with_nothing_but_tool_policy_and_proof_verifies(told: Told, tmp_path: Path) -> None:
    """`python -I` in an empty folder with an empty environment: no PYTHONPATH, no checkout, nothing of ours."""
    home, away = stack.scratch(tmp_path, "home"), stack.scratch(tmp_path, "away")
    for source, name in ((told.tool, "v.pyz"), (told.files.policy, "p.toml"), (told.file("3/0872"), "lot.json")):
        (home / name).write_bytes(source.read_bytes())
    command = [sys.executable, "-I", home / "v.pyz", home / "lot.json", "--policy", home / "p.toml"]
    done = subprocess.run(command, cwd=away, env={}, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Every check says yes." in done.stdout
    assert list(away.iterdir()) == []


def test_the_whole_log_passes_an_audit_from_outside(told: Told, the_stack: Running) -> None:
    """Over HTTP, from checkpoint, tiles and entry bundles: the map that the files rely on does follow from the log."""
    token = ["--token", told.accounts.regulator.key]
    command = [sys.executable, "-I", told.tool, "audit", the_stack.url, *token, "--json", "--policy", told.files.policy]
    done = subprocess.run(command, capture_output=True, text=True, env={})
    report = json.loads(done.stdout)
    assert done.returncode == 0, [check for check in report["checks"] if check["answer"] != "yes"]
    assert (report["facts"]["entries"], report["facts"]["anchored_size"]) == (told.size, told.size)


def test_many_files_are_judged_each_by_itself_and_the_worst_decides_the_exit_code(told: Told, liar: Liar) -> None:
    files = [told.file("3/0872"), liar.path(LEFT_OUT), told.file("AC0199")]
    command = [sys.executable, "-I", told.tool, "--each", "--json", "--policy", told.files.policy, *files]
    done = subprocess.run(command, capture_output=True, text=True, env={})
    assert [report["exit"] for report in json.loads(done.stdout)] == [0, 1, 0]
    assert done.returncode == 1


def test_without_a_node_the_same_file_is_neither_proven_nor_refuted(told: Told) -> None:
    policy = ["--policy", told.files.policy]
    command = [sys.executable, "-I", told.tool, told.file("3/0872"), *policy, "--offline", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, env={})
    answers = {check["check"]: check["answer"] for check in json.loads(done.stdout)["checks"]}
    assert done.returncode == 2
    assert answers == {**dict.fromkeys(range(1, 7), "yes"), 7: "could not check", 8: "could not check"}


@pytest.mark.parametrize("lie", ALL, ids=lambda lie: lie.says)
def test_each_lie_is_caught_by_the_check_that_is_named(liar: Liar, lie: Lie) -> None:
    assert liar.untold == {}
    told = next(told for told in liar.told if told.lie is lie)
    assert told.caught, f"expected {lie.caught_by}, got {told.by}: {told.why}"


def test_the_truth_told_as_a_lie_is_not_caught_nor_a_lie_that_another_check_catches(liar: Liar, told: Told) -> None:
    """Without this, a verifier that refuses everything would pass all of the above."""
    (honest,) = judge.judge(told.tool, told.files.policy, [told.file(LEFT_OUT.lot)])
    assert not verdict(LEFT_OUT, honest).caught
    (shortened,) = judge.judge(told.tool, told.files.policy, [liar.path(LEFT_OUT)])
    assert verdict(LEFT_OUT, shortened).caught
    assert not verdict(replace(LEFT_OUT, caught_by=7), shortened).caught


def test_after_all_lies_the_true_state_is_as_it_was(liar: Liar, told: Told) -> None:
    judgements = judge.judge(told.tool, told.files.policy, [told.files.of(lot) for lot in told.lots])
    assert all(judgement.proven for judgement in judgements)
    assert told.accounts.regulator.raw("/api/v1/lots/proof", lot=told.lots[0].uri) == told.file("AC0142").read_bytes()
