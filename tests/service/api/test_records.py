"""Records through the door: files and pages, proof to the chain, who sees what, and what is said later."""

import csv
import io
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import openpyxl
import pypdf
import pytest
from flask import Flask

from service.records.catalogue import RECORDS
from tests.service.api.conftest import Caller, Chain

pytestmark = pytest.mark.usefixtures("sequencing")
GOODS = [name for name in RECORDS if name not in ("gmp-genealogy", "audit-trail")]
CARD = {"name": "Maker Ltd", "phone": "+86 571 1", "street": "1 Road", "city": "Hangzhou", "region": "Zhejiang",
        "postal_code": "310000", "country": "CN", "reason": "for the records"}  # fmt: skip
PRODUCT = {"regimes": ["fsma", "dscsa", "gsp", "fmd"], "brand": "=Brand()", "generic_name": "阿莫西林",
           "reason": "leaflet"}  # fmt: skip


def uri(lot: str) -> str:
    return f"https://id.gs1.org/01/09506000210018/10/{lot}"


def of(name: str, lot: str = "RC-1") -> str:
    return f"/records/{name}" + (f"?lot={quote(uri(lot), safe='')}" if name == "gmp-genealogy" else "?")


@pytest.fixture(scope="module")
def story(maker: Caller) -> Caller:
    assert maker.send("PATCH", "/items/AMX/product", PRODUCT).status_code == 200
    assert maker.send("PUT", "/addresses", {"kind": "site", "code": "SX", **CARD}).status_code == 200
    came = maker.receive("RC-1", "100", supplier="+Supplier", event_time="2026-03-01T08:00:00+08:00")
    maker.post("/trace-codes", {"id": str(uuid4()), "lot": uri("RC-1"), "movement": came["id"],
                                "codes": [{"code": "81000000000000000001"}]})  # fmt: skip
    line = {"item": "AMX", "lot": "RC-1", "quantity": "7"}
    maker.post("/movements", {"id": str(uuid4()), "type": "hold", "at": "SX/A-01", "reason": "=1+1", "lines": [line]})
    for customer, day in (("@Clinic", 2), ("上海医药", 3)):
        maker.post("/movements", {"id": str(uuid4()), "type": "ship", "from": "SX/A-01", "customer": customer,
                                  "event_time": f"2026-03-0{day}T09:00:00+08:00", "lines": [line]})  # fmt: skip
    _measured(maker)
    return maker


def _measured(maker: Caller) -> None:
    """A thermometer where the lot lies, now."""
    maker.post("/sensors", {"code": "COLD", "name": "x", "kinds": ["temperature"], "at": {"location": "SX/A-01"},
                            "interval_seconds": 60, "since": "2026-11-01T00:00:00Z"})  # fmt: skip
    reading = {"sensor": "COLD", "time": datetime.now(UTC).isoformat(), "temperature": "4.5"}
    maker.post("/readings", {"readings": [reading]}, 200)


def sheet(caller: Caller, path: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(caller.send("GET", f"{path}&format=csv").text, newline="")))


@pytest.mark.parametrize("name", RECORDS)
def test_each_record_is_json_and_a_file_of_each_of_its_kinds(story: Caller, name: str) -> None:
    whole = story.get(of(name))["rows"]
    assert whole and set(whole[0]) == {field.key for field in RECORDS[name].fields}
    head, *rows = sheet(story, of(name))
    assert head == [each.column.title.en for each in RECORDS[name].fields] and len(rows) == len(whole)
    book = openpyxl.load_workbook(io.BytesIO(story.send("GET", f"{of(name)}&format=xlsx").data)).active
    assert book.max_row == len(whole) + 1
    paper = story.send("GET", f"{of(name)}&format=pdf&lang=zh")
    if "pdf" in RECORDS[name].formats:
        text = "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(paper.data)).pages)
        assert "记录哈希" in text.replace("\n", "") and f"共 {len(whole)} 行" in text.replace("\n", "")
    else:
        assert paper.status_code == 422


@pytest.mark.parametrize("name", RECORDS)
def test_what_is_missing_is_json_and_a_file(story: Caller, name: str) -> None:
    path = of(name).replace(f"/records/{name}", f"/records/{name}/missing")
    found = story.get(path)
    assert found["record"] == name and found["rows"] == len(story.get(of(name))["rows"]) and found["more"] == 0
    assert len(sheet(story, path)) == len(found["findings"]) + 1
    assert story.send("GET", f"{path}&format=pdf&lang=zh").data.startswith(b"%PDF")


def test_no_cell_is_a_formula(story: Caller) -> None:
    for name in RECORDS:
        cells = [cell for row in sheet(story, of(name)) for cell in row]
        assert cells and not [cell for cell in cells if cell.startswith(("=", "+", "@", "\t"))], name
    assert "'=Brand()" in [cell for row in sheet(story, of("fsma-204")) for cell in row]


def test_pages_follow_each_other(story: Caller) -> None:
    for name in ("fsma-204", "gsp-sales", "audit-trail", "gmp-genealogy"):
        whole, found, after = story.get(of(name))["rows"], [], ""
        while True:
            page = story.get(f"{of(name)}&limit=1{after}")
            found += page["rows"]
            if page["next"] is None:
                break
            after = f"&after={page['next']}"
        assert found == whole, name


def test_every_row_carries_its_anchor_once_it_is_final(app: Flask, story: Caller, chain: Chain) -> None:
    assert app.extensions["lotproof"].binder.tick() and app.extensions["lotproof"].watcher.seal()
    chain.anchor()
    status = story.get("/status")["final"]
    for name in RECORDS:
        for row in story.get(of(name))["rows"]:
            if row["record_status"] == "not in the log":
                assert (name, row["entity"], row["anchor_tx"]) == ("audit-trail", "supplement", None)
                continue
            assert (row["record_status"], row["final"], row["anchor_tx"], row["anchor_block"]) == (
                "final", "yes", status["transaction"], status["block"])
            assert row["log_index"] < row["checkpoint_size"] == status["size"] and row["anchored_at"] is not None


def test_a_period_is_one_of_event_times(story: Caller) -> None:
    told = story.get("/records/gsp-sales?from=2026-03-02T00:00:00Z&to=2026-03-03T00:00:00Z")["rows"]
    assert [(row["customer"], row["date"]) for row in told] == [("@Clinic", "2026-03-02")]
    backwards = story.send("GET", "/records/gsp-sales?from=2026-03-02T00:00:00Z&to=2026-03-01T00:00:00Z")
    assert backwards.status_code == 422
    of_code = story.get("/records/fsma-204?tlc=RC-1")["rows"]
    assert [row["cte"] for row in of_code] == ["receiving", "shipping", "shipping"]


def test_gsp_titles_are_chinese_with_their_english_twins(story: Caller) -> None:
    head = sheet(story, "/records/gsp-purchases?")[0]
    assert head[:3] == ["通用名称 Generic name", "剂型 Dosage form", "规格 Specification"]


def test_the_catalogue_tells_rules_columns_and_how_many_items(story: Caller, outsider: Caller) -> None:
    heads = {head["name"]: head for head in story.get("/records")["records"]}
    assert heads.keys() == RECORDS.keys() and heads["fsma-204"]["items"] == 1 and heads["audit-trail"]["items"] is None
    assert "1.1345" in heads["fsma-204"]["rule"] and heads["gsp-sales"]["unconfirmed"]
    assert {head["items"] for head in outsider.get("/records")["records"]} == {0, None}


def test_what_is_somebody_elses_is_in_no_record(story: Caller, outsider: Caller) -> None:
    for name in GOODS:
        assert outsider.get(of(name))["rows"] == [] and outsider.get(f"/records/{name}/missing")["rows"] == 0
    assert outsider.send("GET", of("gmp-genealogy")).status_code == 404
    assert outsider.send("GET", of("fsma-204") + f"lot={quote(uri('RC-1'), safe='')}").status_code == 404
    assert "RC-1" not in outsider.send("GET", "/records/audit-trail").text
    assert outsider.get("/addresses")["addresses"] == [] and outsider.get("/supplements")["supplements"] == []
    said = {"id": str(uuid4()), "lot": uri("RC-1"), "field": "tlc_source", "value": "x", "reason": "envy"}
    assert outsider.post("/supplements", said, expect=409)["type"].endswith(":unknown-thing")
    assert outsider.send("GET", "/records/nothing").status_code == 404


def test_a_companys_own_card_is_seen_by_whom_it_trades_with(story: Caller, trader: Caller) -> None:
    trader.send("PATCH", "/items/AMX/product", PRODUCT)
    story.send("PUT", "/addresses", {"kind": "party", "code": story.party, **CARD})
    line = {"item": "AMX", "lot": "RC-1", "quantity": "3"}
    offer = {"id": str(uuid4()), "type": "offer", "from": "SX/A-01", "to_party": trader.party, "lines": [line]}
    story.post("/movements", offer)
    trader.post("/movements", {"id": str(uuid4()), "type": "accept", "handoff": offer["id"], "to": "SX/A-01"})
    row, = trader.get("/records/fsma-204")["rows"]
    assert (row["previous_source_name"], row["previous_source_street"]) == ("Maker Ltd", "1 Road")
    mine = {"kind": "partner", "code": story.party, **CARD, "street": "Gate 3"}
    assert trader.send("PUT", "/addresses", mine).status_code == 200
    assert trader.get("/records/fsma-204")["rows"][0]["previous_source_street"] == "Gate 3"


def test_a_supplement_said_again_is_the_same_and_another_one_is_refused(story: Caller) -> None:
    said = {"id": str(uuid4()), "lot": uri("RC-1"), "field": "tlc_source", "value": "+Supplier", "reason": "on paper"}
    first = story.post("/supplements", said)
    assert story.post("/supplements", said, expect=200) == first
    refused = story.post("/supplements", {**said, "value": "other"}, expect=409)
    assert refused["type"] == "urn:lotproof:problem:supplement-id-taken"
    assert story.get("/supplements?limit=1")["supplements"] == [first]
    assert story.get("/records/fsma-204")["rows"][0]["tlc_source_name"] == "+Supplier"


@pytest.mark.parametrize("wrong", [
    {"field": "tlc_source"}, {"field": "document_number", "lot": uri("RC-1")},
    {"field": "unit_price", "lot": uri("RC-1")},
    {"field": "harvested_on", "lot": uri("RC-1"), "value": "yesterday"},
    {"field": "tlc_source", "lot": uri("RC-1"), "movement": str(uuid4())},
])  # fmt: skip
def test_a_supplement_that_says_nothing_of_anything_is_refused(story: Caller, wrong: dict[str, Any]) -> None:
    before = story.get("/supplements")
    refused = story.post("/supplements", {"id": str(uuid4()), "value": "x", "reason": "x", **wrong}, expect=422)
    assert refused["expected"] is not None and story.get("/supplements") == before


@pytest.mark.parametrize(("wrong", "status"), [
    ({"kind": "site", "code": "NOWHERE"}, 409), ({"kind": "party", "code": "tongqu"}, 409), ({"country": "China"}, 422),
    ({"gln": "1234567890123"}, 422), ({"coordinates": "north"}, 422), ({"name": None}, 422), ({"kind": "moon"}, 422),
    ({"fax": "1"}, 422),
])  # fmt: skip
def test_a_card_of_nothing_is_refused(story: Caller, wrong: dict[str, Any], status: int) -> None:
    before = story.get("/addresses")
    assert story.send("PUT", "/addresses", {"kind": "partner", "code": "X", **CARD, **wrong}).status_code == status
    assert story.get("/addresses") == before


def test_product_data_are_read_as_they_were_said(story: Caller) -> None:
    told = story.get("/items/AMX/product")
    assert told["generic_name"] == "阿莫西林" and told["regimes"] == PRODUCT["regimes"] and told["raw"] is False
    assert story.send("GET", "/items/NONE/product").status_code == 404
    assert story.send("PATCH", "/items/NONE/product", {"brand": "x", "reason": "x"}).status_code == 404
    assert story.send("PATCH", "/items/AMX/product", {"regimes": ["moon"], "reason": "x"}).status_code == 422
    changes = story.get("/changes?kind=product")["changes"]
    assert {row["field"]: row["new"] for row in changes} == {name: value for name, value in PRODUCT.items()
                                                            if name != "reason"}  # fmt: skip


def test_the_floor_reads_no_prices(story: Caller) -> None:
    story.post("/people", {"code": "floor", "roles": [{"role": "operator"}]})
    person = Caller(story.client, story.post("/people/floor/api-keys", {"label": "x"})["api_key"])
    assert person.send("GET", "/records/gsp-sales").status_code == 403
    assert person.send("GET", "/records").status_code == 200


def test_the_paper_of_a_transaction_has_the_statement_once_it_is_made(story: Caller, outsider: Caller) -> None:
    sold = story.get("/records/dscsa")["rows"][1]["movement"]

    def paper(lang: str = "en") -> str:
        data = story.send("GET", f"/records/dscsa/form?movement={sold}&lang={lang}").data
        return "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(data)).pages).replace("\n", "")

    assert "No transaction statement was made" in paper() and "did not knowingly" not in paper()
    made = {"id": str(uuid4()), "movement": sold, "field": "transaction_statement", "value": "made", "reason": "ours"}
    story.post("/supplements", made)
    assert "did not knowingly ship a suspect or illegitimate product" in paper() and "RC-1" in paper()
    assert story.get("/records/dscsa")["rows"][1]["record_hash"] in paper()
    assert "(G) 未在知情的情况下篡改交易历史" in paper("zh")
    for caller, movement in ((outsider, sold), (story, str(uuid4()))):
        assert caller.send("GET", f"/records/dscsa/form?movement={movement}").status_code == 404


def test_a_card_that_is_removed_is_gone_and_the_trail_has_no_name(story: Caller, outsider: Caller) -> None:
    card = {"kind": "partner", "code": "Zhang San", **CARD, "name": "Zhang San", "natural_person": True}
    assert story.send("PUT", "/addresses", card).status_code == 200
    path = "/addresses?code=Zhang%20San&reason=he%20asked"
    assert outsider.send("DELETE", path).status_code == 404
    assert story.send("DELETE", path).status_code == 200 and story.send("DELETE", path).status_code == 404
    assert "Zhang San" not in story.send("GET", "/addresses").text + story.send("GET", "/changes").text
    assert story.get("/changes?kind=address&limit=1")["changes"][0]["field"] == "card"
