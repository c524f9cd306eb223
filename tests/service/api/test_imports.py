"""Imports: judged whole, recorded once, never passed off as witnessed."""

import json
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, text

from service.api import imports as door
from service.exchange import imports
from service.exchange.columns import movement_id
from service.ledger import ledger_audit
from tests.service.api.conftest import Caller, receive
from tests.service.exchange.test_sheets import workbook
from verifier.encoding import unb64url

STOCK = "item,lot,quantity,to,supplier,expiry_date,event_time\n"


def upload(caller: Caller, kind: str, content: str | bytes, expect: int = 200, media: str = "text/csv") -> Any:
    data = content.encode() if isinstance(content, str) else content
    answer = caller.client.post(
        f"/api/v1/imports?kind={kind}&name=f", data=data, content_type=media,
        headers={"Authorization": f"Bearer {caller.key}"},
    )  # fmt: skip
    assert answer.status_code == expect, answer.get_data(as_text=True)
    return answer.get_json()


def run(caller: Caller, made: Any) -> Any:
    made = caller.post(f"/imports/{made['id']}/run", None, expect=200)
    while made["state"] == "running":
        made = caller.post(f"/imports/{made['id']}/run", None, expect=200)
    return made


def stock(prefix: str, count: int) -> str:
    rows = (f"AMX,{prefix}{n},{n + 1},SX/A-01,Acme,2099-12-31,2025-03-01T09:30" for n in range(count))
    return STOCK + "\n".join(rows) + "\n"


def movements_of(owner: Engine, made: Any) -> list[Any]:
    ids = [movement_id(UUID(made["id"]), row) for row in range(1, made["rows"] + 2)]
    with owner.connect() as connection:
        asked = text("SELECT id, content, lots FROM warehouse.movement WHERE id = ANY(:ids)")
        return list(connection.execute(asked, {"ids": ids}))


def test_a_file_is_judged_and_nothing_is_recorded(owner: Engine, maker: Caller) -> None:
    made = upload(maker, "stock", stock("DRY-", 5))
    assert (made["state"], made["rows"], made["bad"], made["problems"]) == ("ready", 5, 0, [])
    assert made["summary"]["movements"] == {"receive": 5} and made["summary"]["new_lots"] == 5
    assert maker.get("/lots?search=DRY-")["lots"] == [] and movements_of(owner, made) == []


def test_it_is_recorded_once_and_says_that_nobody_witnessed_it(
    owner: Engine, maker: Caller, sequencing: Any, regulator: Caller
) -> None:
    made = upload(maker, "stock", stock("ONCE-", 3))
    done = run(maker, made)
    assert (done["state"], done["done"], done["problems"]) == ("done", 3, [])
    rows = movements_of(owner, made)
    assert len(rows) == 3 and all(json.loads(row.content)["witnessed"] is False for row in rows)
    assert json.loads(rows[0].content)["event_time"] == "2025-03-01T09:30:00+08:00"  # the site's own time
    stock_now = maker.get("/stock?item=AMX&limit=1000")
    assert run(maker, done)["done"] == 3 and upload(maker, "stock", stock("ONCE-", 3))["id"] == made["id"]
    assert maker.get("/stock?item=AMX&limit=1000") == stock_now
    with owner.connect() as connection:
        shown = connection.scalar(text(
            "SELECT disclosures FROM warehouse.disclosure JOIN warehouse.movement USING (statement_hash)"
            " WHERE id = :id"), {"id": rows[0].id})  # fmt: skip
        assert ledger_audit(connection) == []
        left = text("SELECT content FROM warehouse.import WHERE id = :id")
        assert connection.scalar(left, {"id": made["id"]}) is None
    opened = [json.loads(unb64url(each)) for each in str(shown).strip("~").split("~")]
    assert ["lotproof:witnessed", False] in [each[1:] for each in opened]


def test_what_is_recorded_at_the_door_says_nothing_of_witnesses_and_cannot(owner: Engine, maker: Caller) -> None:
    made = maker.post("/movements", receive("WITNESSED"), Prefer="wait=0")
    with owner.connect() as connection:
        content = connection.scalar(text("SELECT content FROM warehouse.movement WHERE id = :id"), {"id": made["id"]})
    assert '"witnessed":true' in str(content)
    maker.post("/movements", receive("LIAR", witnessed=True), expect=422)


def test_every_bad_row_and_column_is_named(maker: Caller) -> None:
    bad = upload(maker, "movements", "\n".join([
        "type,event_time,item,lot,quantity,from,to,supplier,customer,expiry_date",
        "receive,2025-03-01,AMX,BAD-1,100,,SX/A-01,Acme,,2099-12-31",
        "receive,yesterday,NOPE,BAD-2,many,,SX/A-01,,,2099-13-01",
        "teleport,2025-03-01,AMX,BAD-1,1,,SX/A-01,,,",
        "ship,2025-03-02,AMX,BAD-1,101,SX/A-01,,Clinic,,",
        "ship,2025-03-02,AMX,BAD-1,101,SX/A-01,,,Clinic,",
        "ship,2025-03-02,AMX,BAD-1,100,SX/A-01,,,Clinic,",
        "move,2025-03-02,AMX,GHOST,1,SX/A-01,SX/NOWHERE,,,",
        "receive,2099-03-01T10:00,AMX,BAD-3,1,,SX/A-01,Acme,,",
        ",,,,,,,,,",
        "receive,,AMX,BAD-4,1,,SX/A-01,Acme,,,,surplus",
    ]))  # fmt: skip
    assert (bad["state"], bad["rows"], bad["bad"]) == ("bad", 9, 7)
    assert bad["summary"]["movements"] == {"receive": 1, "ship": 1}
    told = {(each["row"], each["column"]) for each in bad["problems"]}
    assert told == {
        (3, "event_time"), (3, "item"), (3, "quantity"), (3, "supplier"), (3, "expiry_date"), (4, "type"),
        (5, "supplier"), (5, "customer"), (6, "quantity"), (8, "to"), (9, "event_time"), (11, None), (11, "event_time"),
    }  # fmt: skip
    quantity = next(each for each in bad["problems"] if (each["row"], each["column"]) == (6, "quantity"))
    assert "101 EA" in quantity["expected"] and "100 EA" in quantity["seen"]
    refused = maker.post(f"/imports/{bad['id']}/run", None, expect=409)
    assert refused["type"] == "urn:lotproof:problem:import-has-bad-rows"
    assert maker.get("/lots?search=BAD-")["lots"] == []


def test_the_problems_are_read_page_by_page(maker: Caller) -> None:
    made = upload(maker, "lots", "item,lot,quantity,to\n" + "".join(f"NOPE,P-{n},1,SX/A-01\n" for n in range(250)))
    seen, page = list(made["problems"]), made
    while page["next"]:
        page = maker.get(f"/imports/{made['id']}?after={page['next']}")
        seen += page["problems"]
    assert [each["row"] for each in seen] == list(range(2, 252)) and {each["column"] for each in seen} == {"item"}


def test_columns_are_named_when_they_are_unknown_missing_or_twice(maker: Caller) -> None:
    made = upload(maker, "lots", "item,lot,lot,colour\nAMX,1,2,red\n")
    assert {(each["column"], each["problem"]) for each in made["problems"]} == {
        ("colour", "unknown column"), ("quantity", "column is missing"), ("to", "column is missing"),
        ("lot", "column is there twice"),
    }  # fmt: skip
    assert made["state"] == "bad"


def test_xlsx_does_the_same(maker: Caller) -> None:
    head = ("item", "lot", "quantity", "to", "event_time", "expiry_date")
    content = workbook(head, ("AMX", 261101, 12.0, "SX/A-01", datetime(2025, 5, 4, 8, 0), datetime(2099, 1, 31)))
    made = upload(maker, "lots", content, media=door.MEDIA[1])
    assert (made["format"], made["state"], made["problems"]) == ("xlsx", "ready", [])
    run(maker, made)
    assert maker.get("/lots?lot=261101")["lots"][0]["expiry_date"] == "2099-01-31"


def test_a_run_that_dies_between_record_and_note_goes_on_and_repeats_nothing(
    owner: Engine, trader: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "CALL", 10)
    made = upload(trader, "stock", stock("CUT-", 25))
    kept = imports._note

    def dies(*given: Any) -> None:
        if given[2] == 20:
            raise RuntimeError("killed")
        kept(*given)

    monkeypatch.setattr(imports, "_note", dies)
    assert trader.send("POST", f"/imports/{made['id']}/run").status_code == 500
    assert trader.get(f"/imports/{made['id']}")["done"] == 10 and len(movements_of(owner, made)) == 20
    monkeypatch.setattr(imports, "_note", kept)
    assert run(trader, made)["done"] == 25
    lots = trader.get("/stock?item=AMX&limit=1000")["stock"]
    assert {line["lot"]: line["quantity"] for line in lots if line["lot"].startswith("CUT-")} == {
        f"CUT-{n}": str(n + 1) for n in range(25)
    }


def test_a_call_records_for_some_seconds_and_shows_how_far_it_is(
    trader: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "CALL", 5)
    monkeypatch.setattr(door, "RUN_SECONDS", 0.0)
    made = upload(trader, "stock", stock("SLOW-", 12))
    ticks = iter([True, False] * 9)
    calls, state = 0, made
    real = imports.run
    monkeypatch.setattr(imports, "run", lambda *given: real(*given[:5], lambda: next(ticks)))
    while state["state"] != "done":
        state = trader.post(f"/imports/{made['id']}/run", None, expect=200)
        calls += 1
    assert (calls, state["done"]) == (3, 12)


def test_what_the_world_refuses_meanwhile_is_named_and_can_be_tried_again(maker: Caller) -> None:
    made = upload(maker, "lots", "item,lot,quantity,to\nAMX,LATER-1,5,SX/A-01\nAMX,LATER-2,5,SX/A-01\n")
    other = upload(maker, "stock", stock("LATER-", 2))
    run(maker, other)  # LATER-1 exists now
    done = run(maker, made)
    assert (done["state"], done["done"]) == ("done", 2)
    assert [(each["row"], each["column"], each["stage"]) for each in done["problems"]] == [(2, "lot", "record")]
    assert run(maker, made)["problems"][0]["row"] == 2


def test_two_calls_at_once_do_not_meet(owner: Engine, maker: Caller) -> None:
    made = upload(maker, "stock", stock("TWO-", 2))
    with owner.connect() as other:
        other.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:id, 0))"), {"id": made["id"]})
        busy = maker.post(f"/imports/{made['id']}/run", None, expect=409)
    assert busy["type"] == "urn:lotproof:problem:import-running"
    assert run(maker, made)["state"] == "done"


def test_files_that_are_none_are_refused(maker: Caller) -> None:
    for content in (b"", b"\xff\xff", b"PK\x03\x04nonsense"):
        assert upload(maker, "lots", content, 422)["type"] == "urn:lotproof:problem:unreadable-file"
    upload(maker, "lots", b"x", 415, media="application/pdf")
    upload(maker, "nothing", b"x", 422)


def test_an_import_is_the_partys_own(maker: Caller, trader: Caller) -> None:
    made = upload(maker, "stock", stock("OWN-", 1))
    assert trader.send("GET", f"/imports/{made['id']}").status_code == 404
    assert trader.send("POST", f"/imports/{made['id']}/run").status_code == 404


@pytest.mark.parametrize("kind", ["lots", "stock", "movements"])
def test_the_template_is_a_file_that_can_be_imported(maker: Caller, kind: str) -> None:
    template = maker.send("GET", f"/imports/template?kind={kind}")
    assert template.content_type == "text/csv; charset=utf-8"
    made = upload(maker, kind, template.get_data())
    assert (made["rows"], made["bad"]) == (1, 1)
    assert {each["column"] for each in made["problems"]} <= {"to", "item"}  # TAB and MUC/A1 are not there
