"""Traces, drills and reports through the door: pages, files, languages, who sees what, and how proofs come along."""

import csv
import io
from urllib.parse import quote
from uuid import uuid4

import openpyxl
import pypdf
import pytest

from tests.service.api.conftest import Caller, Chain

pytestmark = pytest.mark.usefixtures("sequencing")
REPORTS = ("stock", "turnover?from=2020-01-01T00:00:00Z", "turnover?from=2020-01-01T00:00:00Z&by=item", "ageing",
           "ageing?by=produced", "expiry?days=36500", "quarantine")  # fmt: skip


def uri(lot: str) -> str:
    return f"https://id.gs1.org/01/09506000210018/10/{lot}"


def history(lot: str) -> str:
    return f"/reports/history?lot={quote(uri(lot), safe='')}"


def trace(lot: str, **options: str) -> str:
    more = "".join(f"&{name}={value}" for name, value in options.items())
    return f"/lots/trace?lot={quote(uri(lot), safe='')}{more}"


def with_format(path: str, form: str) -> str:
    return f"{path}{'&' if '?' in path else '?'}format={form}"


@pytest.fixture(scope="module")
def story(maker: Caller) -> Caller:
    line = {"item": "AMX", "lot": "TR-1", "quantity": "60"}
    maker.receive("TR-1", "100", supplier="上海医药")
    maker.post("/movements", {"id": str(uuid4()), "type": "hold", "at": "SX/A-01", "reason": "=cmd|' /C calc'!A0",
                              "lines": [line | {"quantity": "7"}]})
    maker.post("/movements", {"id": str(uuid4()), "type": "split", "at": "SX/A-01", "item": "AMX", "lot": "TR-1",
                              "status": "available", "outputs": [{"lot": "TR-2", "quantity": "50"}]})
    maker.post("/movements", {"id": str(uuid4()), "type": "ship", "from": "SX/A-01", "customer": "+Klinik",
                              "lines": [line | {"lot": "TR-2", "quantity": "20"}]})
    return maker


@pytest.mark.parametrize("path", REPORTS)
def test_each_report_is_json_in_pages_and_a_file_of_each_kind(story: Caller, path: str) -> None:
    whole = story.get(f"/reports/{path}")
    assert whole["rows"] and whole["next"] is None
    first = story.get(f"/reports/{path}{'&' if '?' in path else '?'}limit=1")
    assert first["rows"][0] == whole["rows"][0] and first["next"] in (None, first["rows"][0].get("uri"), "AMX")
    text = story.send("GET", with_format(f"/reports/{path}", "csv"))
    assert text.content_type == "text/csv; charset=utf-8" and "attachment" in text.headers["Content-Disposition"]
    assert len(list(csv.reader(io.StringIO(text.text, newline="")))) == len(whole["rows"]) + 1
    sheet = openpyxl.load_workbook(io.BytesIO(story.send("GET", with_format(f"/reports/{path}", "xlsx")).data)).active
    assert sheet.max_row == len(whole["rows"]) + 1
    paper = story.send("GET", with_format(f"/reports/{path}", "pdf"))
    assert len(pypdf.PdfReader(io.BytesIO(paper.data)).pages) == 1


def test_pages_follow_each_other_to_the_end(story: Caller) -> None:
    whole, found, after = story.get("/reports/stock")["rows"], [], ""
    while True:
        page = story.get(f"/reports/stock?limit=1{after}")
        found += page["rows"]
        if page["next"] is None:
            break
        after = f"&after={quote(page['next'], safe='')}"
    assert found == whole


def test_a_file_speaks_the_language_of_its_reader(story: Caller) -> None:
    def head(path: str, **headers: str) -> str:
        return story.send("GET", path, **headers).text.splitlines()[0]

    assert head("/reports/stock?format=csv").startswith("Item,")
    assert head("/reports/stock?format=csv&lang=zh").startswith("物料,")
    assert head("/reports/stock?format=csv", **{"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.8"}).startswith("物料,")
    assert head("/reports/stock?format=csv&lang=en", **{"Accept-Language": "zh-CN"}).startswith("Item,")
    assert head("/reports/stock?format=csv", **{"Accept-Language": "de,zh;q=0.5"}).startswith("物料,")


def test_no_cell_of_a_file_is_a_formula(story: Caller) -> None:
    for path in (history("TR-1"), history("TR-2"), trace("TR-1"), "/reports/quarantine"):
        for cells in csv.reader(io.StringIO(story.send("GET", with_format(path, "csv")).text, newline="")):
            assert not [cell for cell in cells if cell.startswith(("=", "+", "@", "\t"))], path
    assert "'=cmd|" in story.send("GET", "/reports/quarantine?format=csv").text
    book = openpyxl.load_workbook(io.BytesIO(story.send("GET", "/reports/quarantine?format=xlsx").data)).active
    assert "=cmd|' /C calc'!A0" in [cell.value for cell in book[2]]
    assert {cell.data_type for cell in book[2]} <= set("snd")


def test_a_trace_is_whole_and_its_file_has_every_edge(story: Caller) -> None:
    told = story.get(trace("TR-1"))
    assert told["complete"] and told["totals"]["agree"] and told["took_ms"] < 5000
    assert {edge["kind"] for edge in told["edges"]} == {"arrival", "descent", "shipped"}
    assert told["totals"]["suppliers"][0]["name"] == "上海医药"
    rows = list(csv.DictReader(io.StringIO(story.send("GET", with_format(trace("TR-1"), "csv")).text, newline="")))
    assert [row["Movement id"] for row in rows] == [edge["movement"] for edge in told["edges"]]
    paper = pypdf.PdfReader(io.BytesIO(story.send("GET", with_format(trace("TR-1", lang="zh"), "pdf")).data))
    text = paper.pages[0].extract_text().replace("\n", "")
    assert "追溯" in text and "上海医药" in text and "+Klinik" in text


def test_the_record_comes_along_while_the_goods_stay_as_they_are(story: Caller, chain: Chain) -> None:
    before = {row["record_status"] for row in story.get(history("TR-1"))["rows"]}
    assert before <= {"recorded", "sequenced"}
    chain.anchor(final=False)
    rows = story.get(history("TR-1"))["rows"]
    assert {row["record_status"] for row in rows} == {"anchored"} and all(row["block"] for row in rows)
    chain.anchor()
    rows = story.get(history("TR-1"))["rows"]
    assert {row["record_status"] for row in rows} == {"final"} and all(row["anchored_at"] for row in rows)
    assert [row["goods_status"] for row in rows] == ["available", "partly_hold", "partly_hold"]
    assert {edge["record_status"] for edge in story.get(trace("TR-1"))["edges"]} == {"final"}


def test_what_is_somebody_elses_is_not_there(story: Caller, outsider: Caller, regulator: Caller) -> None:
    for path in (trace("TR-1"), history("TR-1")):
        for lot in (path, path.replace("TR-1", "NEVER")):
            assert outsider.send("GET", lot).status_code == 404
    assert outsider.send("POST", "/recall-drills", {"lot": uri("TR-1")}).status_code == 404
    assert all(outsider.get(f"/reports/{path}")["rows"] == [] for path in REPORTS)
    assert regulator.send("GET", "/reports/stock").status_code == 403


def test_a_drill_is_kept_and_listed(story: Caller, outsider: Caller) -> None:
    made = story.post("/recall-drills", {"lot": uri("TR-1")})
    assert made["lots"] == 2 and made["customers"] == 1 and made["would_notify"][0]["name"] == "+Klinik"
    assert story.get("/recall-drills")["drills"][0]["id"] == made["id"]
    assert story.get("/recall-drills?limit=1")["next"] == made["id"]
    assert outsider.get("/recall-drills")["drills"] == []


def test_integrity_is_for_the_party_and_for_those_who_watch(story: Caller, regulator: Caller, operator: Caller) -> None:
    for caller in (story, regulator, operator):
        told = caller.get("/reports/integrity")
        assert told["clean"] and told["findings"] == [] and told["findings_total"] == 0
    assert regulator.send("GET", "/reports/integrity?format=pdf").data.startswith(b"%PDF")


@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "format=doc", "lang=de", "at=yesterday", "at=2026-01-01",
                                   "after=x", "limit=1&limit=2"])  # fmt: skip
def test_a_wrong_question_is_refused(story: Caller, query: str) -> None:
    assert story.send("GET", f"/reports/stock?{query}").status_code == 422


def test_a_period_that_ends_before_it_begins_is_refused(story: Caller) -> None:
    path = "/reports/turnover?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z"
    assert story.send("GET", path).status_code == 422
    assert story.send("GET", "/reports/turnover").status_code == 422
