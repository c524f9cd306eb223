"""Statements held as files: read from lot proofs and lines, joined, and judged beside the published log."""

import json
from pathlib import Path
from typing import Any

import pytest

from verifier import given
from verifier.bundle import MAX_FILE
from verifier.cli import main
from verifier.given import BadFolder, statements_in

from .maker import Signed, World, an_event, answering, lot_name, shipped_to, story
from .published import publishing
from .test_audit_statements import unique
from .test_hostile import toml


def texts(world: World) -> list[str]:
    return [said.shown() for said in unique(world)]


def files(folder: Path, **content: str) -> Path:
    for name, text in content.items():
        (folder / name.replace("_", ".")).write_text(text)
    return folder


def disclosures(text: str) -> tuple[str, set[str]]:
    jwt, *rest = text.split("~")
    return jwt, set(rest) - {""}


def test_lot_proofs_and_lines_give_each_statement_once(tmp_path: Path) -> None:
    world, lot = story()
    every = texts(world)
    files(tmp_path, a_json=json.dumps(world.bundle(lot)), b_txt="\n \n" + "\n".join(every) + "\n", _hidden="no")
    assert (tmp_path / ".hidden").exists()
    (tmp_path / "folder").mkdir()
    assert sorted(map(disclosures, statements_in(tmp_path))) == sorted(map(disclosures, every))


def test_a_statement_has_the_disclosures_of_all_its_files(tmp_path: Path) -> None:
    world, _ = story()
    shipment = unique(world)[6]
    files(
        tmp_path, a=shipment.shown(lambda name: name.startswith("lot")), b=shipment.shown(lambda name: name == "type")
    )
    (held,) = statements_in(tmp_path)
    assert len(disclosures(held)[1]) == 3
    assert held.split("~")[0] == shipment.jwt


@pytest.mark.parametrize(("text", "good"), [("abc.d.ef~\n", True), ("abc.d.ef~\n\n", False), ("abc.d.ef~", True)])
def test_a_file_of_statements_is_as_large_as_any_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, good: bool
) -> None:
    monkeypatch.setattr(given, "MAX_FILE", 10)
    files(tmp_path, some=text)
    if good:
        assert statements_in(tmp_path) == ["abc.d.ef~"]
    else:
        with pytest.raises(BadFolder, match="at most 10 bytes"):
            statements_in(tmp_path)


@pytest.mark.parametrize("content", [b"\xff", b"no statement", b"{}", b"a.b.c", b" " * (MAX_FILE + 1), b'{"a":1} x~'])
def test_a_file_of_another_kind_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "odd").write_bytes(content)
    with pytest.raises(BadFolder, match="odd holds neither"):
        statements_in(tmp_path)


def test_a_file_may_be_as_large_as_a_lot_proof(tmp_path: Path) -> None:
    (said,) = texts(story()[0])[:1]
    (tmp_path / "one").write_text(said.ljust(MAX_FILE, "\n"))
    assert len(statements_in(tmp_path)) == 1


def test_a_folder_that_is_none_or_holds_nothing_is_a_mistake(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "missing"):
        with pytest.raises(BadFolder, match=folder.name):
            statements_in(folder)


def audited(capsys: Any, world: World, folder: Path, *more: str) -> tuple[int, Any]:
    """The command against the published log, offline; code and report."""
    (folder.parent / "policy.toml").write_text(toml(world.policy("farm", "mill", "shop", "log")))
    with publishing(world) as served:
        command = ["audit", served.url, "--policy", str(folder.parent / "policy.toml"), "--offline", "--jobs", "1"]
        code = main([*command, "--token", "auditor", "--statements", str(folder), *more])
    said = capsys.readouterr()
    assert "Traceback" not in said.err
    return code, json.loads(said.out) if "--json" in more else said.out


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "held").mkdir()
    return tmp_path / "held"


def fourth(report: dict[str, Any]) -> dict[str, Any]:
    return next(check for check in report["checks"] if check["check"] == 4)


def test_the_audit_tells_of_each_statement_what_it_says(capsys: Any, folder: Path) -> None:
    world, lot = story()
    files(folder, all="\n".join(texts(world)))
    _, report = audited(capsys, world, folder, "--json")
    assert fourth(report)["answer"] == "yes"
    rows = report["facts"]["statements"]
    assert [row["indexes"] for row in rows] == [[0], [1], [2], [3], [4], [5], [6, 7], [8]]
    assert {row["answer"] for row in rows} == {"yes"}
    assert (rows[0]["kind"], rows[0]["party"][-4:], "lots" in rows[0]) == (2, "farm", False)
    shipped = rows[6]
    assert shipped["lots"] == [lot, lot_name(2)]
    assert shipped["hidden"] == 0
    assert shipped["quantities"] == [
        {"list": "quantityList", "lot": each, "unit": "KGM", "quantity": "100"} for each in shipped["lots"]
    ]
    assert shipped["hash"] == unique(world)[6].hash.hex()
    code, text = audited(capsys, world, folder)
    assert (code, "statements: 8 given, 8 yes, 0 refuted, 0 could not check" in text) == (2, True)


def handed_over(received: Any, **how: Any) -> tuple[World, Signed]:
    """A world in which the mill says how much of a shipment of 100 it received."""
    world, lot = World(), lot_name(1)
    for name in ("farm", "mill"):
        world.keys(name, [name])
    shipment = world.movement("farm", [lot], an_event([lot], **shipped_to("mill")))
    world.movement("mill", [lot], an_event([lot], received), ref=answering(shipment), **how)
    world.anchor()
    return world, shipment


def test_more_received_than_shipped_is_refuted_and_named(capsys: Any, folder: Path) -> None:
    world, _ = handed_over(101)
    files(folder, all="\n".join(texts(world)))
    code, report = audited(capsys, world, folder, "--json")
    rows = report["facts"]["statements"]
    assert (code, [row["answer"] for row in rows]) == (1, ["yes", "yes", "yes", "refuted"])
    assert "KGM" in rows[3]["why"]
    assert rows[3]["quantities"][0]["quantity"] == "101"


def test_what_answers_a_statement_that_is_not_given_is_left_open(capsys: Any, folder: Path) -> None:
    world, shipment = handed_over(100)
    files(folder, all="\n".join(text for text in texts(world) if not text.startswith(shipment.jwt)))
    _, report = audited(capsys, world, folder, "--json")
    assert [row["answer"] for row in report["facts"]["statements"]] == ["yes", "yes", "could not check"]
    assert fourth(report)["remarks"] == ["1 statements of the log were not given"]


def test_a_statement_with_a_bad_signature_vouches_for_nothing(capsys: Any, folder: Path) -> None:
    world, _ = handed_over(100, key="farm")
    files(folder, all="\n".join(texts(world)))
    _, report = audited(capsys, world, folder, "--json")
    last = report["facts"]["statements"][3]
    assert (last["answer"], "id" in last, "quantities" in last) == ("refuted", False, False)


def test_strangers_come_after_those_in_the_log(capsys: Any, folder: Path) -> None:
    world, lot = story()
    files(folder, all="\n".join([world.say("farm", [lot], {}).shown(), *texts(world)]))
    code, report = audited(capsys, world, folder, "--json")
    rows = report["facts"]["statements"]
    assert (code, rows[-1]["indexes"], rows[-1]["answer"], len(rows)) == (1, [], "refuted", 9)


def test_quantities_are_told_only_where_the_whole_list_is_shown(capsys: Any, folder: Path) -> None:
    world, _ = handed_over("many")
    shown = [said.shown(lambda name: name != "quantityList[0]") for said in unique(world)]
    files(folder, all="\n".join([*shown[:3], texts(world)[3]]))
    _, report = audited(capsys, world, folder, "--json")
    rows = report["facts"]["statements"]
    assert [row.get("quantities") for row in rows[2:]] == [[], []]
    assert rows[2]["hidden"] == 1


def test_a_log_whose_form_is_refuted_leaves_the_statements_open(capsys: Any, folder: Path) -> None:
    world, _ = story()
    files(folder, all="\n".join(texts(world)))
    world.entries[3] = b"\x02" + world.entries[3][1:]
    code, report = audited(capsys, world, folder, "--json")
    assert (code, fourth(report)["answer"], "statements" in report["facts"]) == (1, "could not check", False)


def test_a_folder_that_is_none_is_wrong_use(capsys: Any, folder: Path) -> None:
    world, _ = story()
    code, _ = audited(capsys, world, folder)
    assert code == 64
