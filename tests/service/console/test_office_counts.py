"""Counts, lot numbers and imports at the desk."""

import io
from typing import Any
from uuid import uuid4

import pytest

from tests.service.api.conftest import Caller
from tests.service.console.test_acting import Console, at_console, text_of
from tests.service.console.test_pages import URI, text


@pytest.fixture(scope="module")
def desk(maker: Caller) -> dict[str, Console]:
    roles = {"counter": ("operator",), "boss": ("supervisor", "administrator", "operator"), "machine": ("integrator",)}
    return {name: at_console(maker, *each) for name, each in roles.items()}


def counted(console: Console, place: str, *quantities: str) -> str:
    """A count of one place, opened and entered; the address of its page."""
    made = console.fill("/console/counts/new", "/console/counts/new", **{"place-1": place, "blind": "yes"})
    sheet = made.headers["Location"].partition("?")[0]
    fields = {f"counted-{at}": quantity for at, quantity in enumerate(quantities, 1)}
    console.fill(sheet, f"{sheet}/lines", **fields)
    return sheet


def test_a_difference_is_counted_blind_approved_by_another_and_posted(maker: Caller, desk: dict[str, Console]) -> None:
    maker.receive("N-1", "100", to="SX/A-02")
    counter, boss = desk["counter"], desk["boss"]
    sheet = counted(counter, "SX/A-02", "97")
    open_ = text(counter.look(sheet))
    assert "1 of 1 lines counted" in open_ and "100" not in open_.partition("Location")[2].partition("Give")[0]
    counter.fill(sheet, f"{sheet}/finish")
    shown = text(boss.look(sheet))
    assert "-3 EA" in shown and "out of tolerance" in shown
    assert "Approve" not in text(counter.look(sheet)), "an operator approves nothing"
    boss.fill(sheet, f"{sheet}/approve", words="I looked myself")
    boss.fill(sheet, f"{sheet}/post")
    assert "posted" in text(boss.look(sheet)) and "I looked myself" in text(boss.look(sheet))
    assert maker.get("/stock?lot=N-1")["stock"][0]["quantity"] == "97"


def test_who_counted_does_not_approve_his_own_difference(maker: Caller, desk: dict[str, Console]) -> None:
    maker.receive("N-2", "100", to="SX/NG")
    boss = desk["boss"]
    sheet = counted(boss, "SX/NG", "90")
    boss.fill(sheet, f"{sheet}/finish")
    boss.fill(sheet, f"{sheet}/approve", 409, words="mine")
    assert maker.get("/stock?lot=N-2")["stock"][0]["quantity"] == "100"
    boss.fill(sheet, f"{sheet}/recount")
    assert "being counted" in text(boss.look(sheet))
    boss.fill(sheet, f"{sheet}/cancel")
    assert "given up" in text(boss.look(sheet)) and "given up" in text(boss.look("/console/counts?state=cancelled"))


def test_a_rule_is_previewed_before_it_is_made(maker: Caller, desk: dict[str, Console]) -> None:
    boss, page, action = desk["boss"], "/console/numbers", "/console/numbers/rules"
    fields = {"code": "D1", "name": "daily", "pattern": "Q{YY}-{serial:3}", "reset": "year", "per": "rule",
              "start": "7", "for_item": "AMX", "site": "SX"}  # fmt: skip
    shown = text(boss.fill(page, action, 200, preview="yes", **fields))
    assert "-007" in shown and "-009" in shown and "Nothing is taken" in shown
    assert maker.get("/lot-number-rules")["rules"] == []
    wrong = text_of(boss.fill(page, action, 409, preview="yes", **fields | {"pattern": "Q{YY}"}))
    assert "serial" in wrong
    assert 'value="Q{YY}"' in boss.fill(page, action, 409, **fields | {"pattern": "Q{YY}"}).get_data(as_text=True)
    boss.fill(page, action, **fields)
    assert [rule["start"] for rule in maker.get("/lot-number-rules")["rules"]] == [7]
    taken = text(boss.fill(page, "/console/numbers/take", 200, item="AMX", site="SX", count="2"))
    assert "-007" in taken and "-008" in taken
    assert "-009" in text(boss.fill(page, "/console/numbers/preview/D1", 200, item="AMX", site="SX"))


def test_a_typed_number_is_checked_and_pallet_numbers_are_taken(maker: Caller, desk: dict[str, Console]) -> None:
    maker.receive("CHK-10")
    boss = desk["boss"]
    shown = text(boss.fill("/console/numbers", "/console/numbers/check", 200, item="AMX", lot="CHK-1O"))
    assert "look like it" in shown and "CHK-10" in shown
    assert "a GS1 company prefix" in text(boss.look("/console/numbers"))
    maker.post("/gs1-prefixes", {"prefix": "9506000"})
    taken = boss.fill("/console/numbers", "/console/numbers/sscc", 200, prefix="9506000", count="1")
    assert "sscc=" in taken.get_data(as_text=True)


CSV = "item,lot,quantity,to,supplier,expiry_date\n"


def uploaded(console: Console, content: str, expect: int = 303) -> Any:
    csrf = next(iter(console.forms("/console/counts/new").values()))["csrf"]
    file = (io.BytesIO(content.encode()), "历史.csv", "text/csv")
    return console.submit({"csrf": csrf, "kind": "stock", "file": file}, "/console/imports", expect)  # type: ignore[dict-item]


def test_a_file_is_judged_row_by_row_and_recorded_only_when_somebody_says_so(
    maker: Caller, desk: dict[str, Console]
) -> None:
    machine = desk["machine"]
    rows = "".join(f"AMX,IM-{at},5,SX/A-01,Old,2098-10-31\n" for at in range(5))
    bad = uploaded(machine, CSV + rows + "NOPE,Z-1,5,SX/A-01,Old,2098-10-31\n").headers["Location"]
    shown = text(machine.look(bad))
    assert "cannot be recorded as it is" in shown and "NOPE" in shown and "历史.csv" in shown
    assert f"{bad}/run" not in machine.forms(bad), "what is bad is not run"
    good = uploaded(machine, CSV + rows).headers["Location"]
    assert "nothing is recorded yet" in text(machine.look(good))
    assert maker.get("/lots?search=IM-")["lots"] == []
    assert machine.fill(good, f"{good}/run").headers["Location"].endswith("done=done")
    assert "5 of 5 rows recorded" in text(machine.look(good)) and len(maker.get("/lots?search=IM-")["lots"]) == 5


def test_who_may_not_import_is_told_so(desk: dict[str, Console]) -> None:
    assert desk["counter"].look("/console/imports").status_code == 403
    assert uploaded(desk["counter"], CSV, 403)
    assert text_of(uploaded(desk["machine"], "", 422))


def test_the_floor_counts_into_the_same_lot(maker: Caller, desk: dict[str, Console]) -> None:
    """A lot that is found and is on no sheet is added to it."""
    maker.receive("N-9", "5")
    maker.post("/locations", {"site": "SX", "code": "EMPTY", "kind": "storage"})
    counter = desk["counter"]
    made = counter.fill("/console/counts/new", "/console/counts/new", **{"place-1": "SX/EMPTY"})
    sheet = made.headers["Location"].partition("?")[0]
    fields = {"at-1": "SX/EMPTY", "item-1": "AMX", "lot-1": "N-9", "counted-1": "2"}
    counter.fill(sheet, f"{sheet}/lines", **fields)
    lines = maker.get(f"/counts/{sheet.rpartition('/')[2]}")["lines"]
    assert [(line["location"], line["lot"], line["counted"]) for line in lines] == [("SX/EMPTY", "N-9", "2")]


def test_a_lots_files_are_those_of_its_cases(maker: Caller, desk: dict[str, Console]) -> None:
    maker.receive("DOC-1")
    case = {"id": str(uuid4()), "cause": "damaged", "words": "x", "by": "u", "item": "AMX", "lot": "DOC-1"}
    maker.post("/quarantine-cases", case)
    page = f"/console/cases/{case['id']}"
    csrf = next(iter(desk["counter"].forms(page).values()))["csrf"]
    photo = (io.BytesIO(b"\xff\xd8\xff photo"), "photo.jpg", "image/jpeg")
    desk["counter"].submit({"csrf": csrf, "file": photo}, f"{page}/attach")  # type: ignore[dict-item]
    assert "photo.jpg" in text(desk["counter"].look(page))
    shown = text(desk["counter"].look(f"/console/lot/work?uri={URI}DOC-1"))
    assert "photo.jpg" in shown and "image/jpeg" in shown
