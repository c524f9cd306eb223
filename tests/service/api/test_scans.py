"""Scans over HTTP: what the code is here, whether it is what was expected, and that nothing but the scan is written."""

from base64 import b64encode
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from tests.service.api.conftest import Caller, receive

GTIN = "09506000210018"
GS = "\x1d"


@pytest.fixture(scope="module")
def clerk(maker: Caller) -> Caller:
    """With lots whose own number, manufacturer's number and expiry date are known."""
    for lot, label, expiry in (("L-100", None, "2027-12-31"), ("OURS-1", "M77", "2028-02-29"), ("852", None, None)):
        line = {"item": "AMX", "lot": lot, "quantity": "100", "expiry_date": expiry, "manufacturer_lot": label}
        maker.post("/movements", receive(lot, lines=[{name: value for name, value in line.items() if value}]))
    maker.post("/items", {"code": "10D9T", "name": "A shelf's name twin", "unit": "EA"})
    maker.post("/locations", {"site": "SX", "code": "10D9T"})
    maker.post("/sites", {"code": "GLN", "zone": "Europe/Berlin", "gln": "9506000134369"})
    maker.post("/locations", {"site": "GLN", "code": "R1"})
    return maker


def scan(clerk: Caller, code: str | bytes, symbology: str | None = "]d2", expect: dict[str, str] | None = None,
         status: int = 201, **more: Any) -> Any:
    raw = code.encode() if isinstance(code, str) else code
    body = {"raw": b64encode(raw).decode(), "symbology": symbology, "expect": expect} | more
    return clerk.post("/scans", {name: value for name, value in body.items() if value is not None}, status)


def found(answer: Any) -> list[str]:
    return [each["finding"] for each in answer["findings"]]


def test_a_label_names_item_lot_and_dates(clerk: Caller) -> None:
    answer = scan(clerk, f"01{GTIN}1727123110L-100{GS}3712{GS}11260101")
    assert answer["outcome"] == "ok" and answer["item"]["code"] == "AMX" and answer["lot"] == "L-100"
    assert [each["uri"] for each in answer["lots"]] == [f"https://id.gs1.org/01/{GTIN}/10/L-100"]
    assert answer["expiry_date"] == "2027-12-31" and answer["production_date"] == "2026-01-01"
    assert answer["quantities"] == [{"ai": "37", "value": "12", "unit": None}]
    assert answer["scanned"] == "item AMX, lot L-100" and answer["findings"] == [] and answer["do"] == "Go on."


@pytest.mark.parametrize(("code", "symbology", "expect", "outcome"), [
    (f"01{GTIN}10L-100", "]d2", {"kind": "lot", "value": "L-100"}, "ok"),
    (f"01{GTIN}10L-100", "]C1", {"kind": "lot", "value": "L-100", "item": "AMX"}, "ok"),
    (f"01{GTIN}10L-100", "]d2", {"kind": "lot", "value": "L-101"}, "mismatch"),
    (f"01{GTIN}10L-100", "]d2", {"kind": "lot", "value": f"https://id.gs1.org/01/{GTIN}/10/L-100"}, "ok"),
    (f"01{GTIN}10L-100", "]d2", {"kind": "lot", "value": "L-100", "item": "TAB"}, "mismatch"),
    (f"01{GTIN}10M77", "]d2", {"kind": "lot", "value": "OURS-1"}, "ok"),  # the label bears the manufacturer's
    (f"01{GTIN}10NEW", "]d2", {"kind": "lot", "value": "NEW"}, "ok"),  # its own number, before it is received
    (f"01{GTIN}10NEW", "]d2", {"kind": "lot"}, "unknown"),
    (f"01{GTIN}10NEW", "]d2", {"kind": "item", "value": "AMX"}, "ok"),
    (f"01{GTIN}10NEW", "]d2", None, "unknown"),
    (f"01{GTIN}", "]d2", {"kind": "item"}, "ok"),
    ("9506000210018", "]E0", {"kind": "item", "value": "AMX"}, "ok"),
    ("9506000210018", None, {"kind": "item", "value": "AMX"}, "ok"),  # looked up as a plain code, not read as AI 95
    ("0109506000134352", "]d2", {"kind": "item"}, "unknown"),
    ("0109506000134352", "]d2", {"kind": "item", "value": "AMX"}, "mismatch"),
    (f"01{GTIN}10L-100", "]d2", {"kind": "location", "value": "SX/A-01"}, "mismatch"),
    ("SX/A-01", "]C0", {"kind": "location", "value": "SX/A-01"}, "ok"),
    ("SX/A-02\r\n", None, {"kind": "location", "value": "SX/A-01"}, "mismatch"),
    ("SX/A-99", None, {"kind": "location"}, "unknown"),
    ("4149506000134369254R1", "]Q3", {"kind": "location", "value": "GLN/R1"}, "ok"),
    ("4149506000134369", "]Q3", {"kind": "location"}, "ok"),
    ("https://id.gs1.org/414/9506000134369/254/R1", "]Q1", {"kind": "location", "value": "GLN/R1"}, "ok"),
    ("00095060001343520017", "]C1", {"kind": "pallet", "value": "095060001343520017"}, "ok"),
    ("00095060001343520017", "]C1", {"kind": "pallet", "value": "395060002000000071"}, "mismatch"),
    ("00095060001343520017", "]C1", {"kind": "pallet"}, "unknown"),
    ("L-100", None, {"kind": "lot", "value": "L-100"}, "ok"),
    ("M77", None, {"kind": "lot"}, "ok"),
    ("L-100", None, {"kind": "item", "value": "AMX"}, "ok"),  # the number of one item's lot
    ("AMX", None, None, "ok"),
    ("10D9T", None, None, "ambiguous"),  # here an item and, at SX, a location
    ("10D9T", None, {"kind": "location", "value": "SX/10D9T"}, "ok"),
    ("10D9T", None, {"kind": "item", "value": "10D9T"}, "ok"),
    (f"https://id.gs1.org/01/{GTIN}/10/M77", None, {"kind": "lot", "value": "OURS-1"}, "ok"),
    (f"https://shop.example/x/01/{GTIN}/10/L-100?17=271231", "]Q1", {"kind": "lot", "value": "L-100"}, "ok"),
    ("https://shop.example/x", "]Q1", None, "unknown"),
    ("nothing of ours", None, None, "unknown"),
    ("0109506000210019", "]d2", {"kind": "item"}, "unreadable"),
    ("0109506000210019", "]d2", {"kind": "item", "value": "AMX"}, "unreadable"),
    ("0195060002100", "]d2", None, "unreadable"),
    (b"\xff\xfe", None, None, "unreadable"),
])  # fmt: skip
def test_every_outcome_has_its_codes(
    clerk: Caller, code: str | bytes, symbology: str | None, expect: dict[str, str] | None, outcome: str
) -> None:
    answer = scan(clerk, code, symbology, expect, site="SX")
    assert answer["outcome"] == outcome, answer
    assert answer["matches"] == (None if expect is None else outcome == "ok")
    assert (answer["do"] == "Go on.") == (outcome == "ok")


def test_a_wrong_scan_says_what_was_scanned_what_was_expected_and_what_to_do(clerk: Caller) -> None:
    answer = scan(clerk, f"01{GTIN}10L-100", expect={"kind": "lot", "value": "OURS-1", "item": "AMX"})
    assert (answer["scanned"], answer["expected"], answer["do"]) == (
        "item AMX, lot L-100", "lot OURS-1 of item AMX", "Put it back and scan lot OURS-1 of item AMX.")


def test_another_expiry_date_is_quality_s_business_and_overwrites_nothing(clerk: Caller) -> None:
    before = clerk.get("/lots?lot=L-100")
    answer = scan(clerk, f"01{GTIN}1728010110L-100", expect={"kind": "lot", "value": "L-100"})
    assert answer["outcome"] == "conflict" and answer["matches"] is False and "call quality" in answer["do"]
    assert answer["findings"][0] | {"detail": ""} == {
        "finding": "expiry-conflict", "detail": "", "expected": "2027-12-31", "seen": "2028-01-01"}
    assert clerk.get("/lots?lot=L-100") == before
    assert scan(clerk, f"01{GTIN}1728020010M77")["outcome"] == "ok"  # day 00: the 29th
    assert scan(clerk, f"01{GTIN}1728010110852")["outcome"] == "ok"  # none is known of this lot; none is entered
    assert clerk.get("/lots?lot=852")["lots"][0]["expiry_date"] is None


def test_a_missing_separator_is_asked_about_and_nothing_is_chosen(clerk: Caller) -> None:
    answer = scan(clerk, f"01{GTIN}10X4217271231", expect={"kind": "lot", "value": "X42"})
    assert answer["outcome"] == "ambiguous" and answer["matches"] is False and found(answer) == ["missing-separator"]
    assert answer["item"]["code"] == "AMX" and answer["lots"] == [] and answer["lot"] is None
    assert answer["expiry_date"] is None and [each["ai"] for each in answer["elements"]] == ["01"]
    shown = ["".join(f"({each['ai']}){each['value']}" for each in choice) for choice in answer["choices"]]
    assert shown == [f"(01){GTIN}(10)X4217271231", f"(01){GTIN}(10)X4(21)7271231", f"(01){GTIN}(10)X42(17)271231"]


def test_a_lot_that_exists_as_it_was_read_is_not_asked_about(clerk: Caller) -> None:
    clerk.receive("Y4217271231")
    assert scan(clerk, f"01{GTIN}10Y4217271231")["outcome"] == "ok"
    clerk.receive("Y42")  # now both readings name a lot
    assert scan(clerk, f"01{GTIN}10Y4217271231")["outcome"] == "ambiguous"
    assert scan(clerk, f"01{GTIN}10B2110X", expect={"kind": "item"})["outcome"] == "ok"  # no reading for its own sake


def test_a_lot_longer_than_it_may_be_is_never_cut(clerk: Caller) -> None:
    answer = scan(clerk, f"01{GTIN}10ABCDEFGHIJKLMNOPQRST17271231")
    assert answer["outcome"] == "ambiguous" and len(answer["choices"]) == 1 and answer["lot"] is None


def test_a_label_that_stands_for_several_lots_is_asked_about(clerk: Caller) -> None:
    outputs = [{"lot": "PART-1", "quantity": "10"}, {"lot": "PART-2", "quantity": "10"}]
    clerk.post("/movements", {"id": str(uuid4()), "type": "split", "at": "SX/A-01", "item": "AMX", "lot": "OURS-1",
                              "outputs": outputs})
    answer = scan(clerk, f"01{GTIN}10M77")
    assert answer["outcome"] == "ambiguous" and len(answer["lots"]) == 3
    assert scan(clerk, f"01{GTIN}10M77", expect={"kind": "lot"})["outcome"] == "ambiguous"
    assert scan(clerk, f"01{GTIN}10M77", expect={"kind": "lot", "value": "PART-2"})["outcome"] == "ok"
    assert scan(clerk, f"01{GTIN}10M77", expect={"kind": "item"})["outcome"] == "ok"


def test_a_damaged_number_is_shown_with_its_likely_lots(clerk: Caller) -> None:
    answer = scan(clerk, f"01{GTIN}10l.I0O", expect={"kind": "lot"})
    assert answer["outcome"] == "unknown" and "looks-like" in found(answer)
    assert [each["lot"] for each in answer["look_alikes"]] == ["L-100"] and answer["lots"] == []
    assert [each["lot"] for each in scan(clerk, "Ｌ—１００", None)["look_alikes"]] == ["L-100"]


def test_every_scan_is_kept_as_it_came(clerk: Caller, owner: Engine) -> None:
    code = f"01{GTIN}10L-100{GS}"
    answer = scan(clerk, code, expect={"kind": "lot", "value": "L-100"}, site="SX")
    wrong = scan(clerk, b"\xff\x00", None, {"kind": "lot", "value": "L-100", "item": "AMX"}, site="SX")
    query = text("SELECT s.*, i.code, l.number, t.code AS site FROM warehouse.scan s LEFT JOIN warehouse.item i ON"
                 " i.id = s.item_id LEFT JOIN warehouse.lot l ON l.id = s.lot_id LEFT JOIN warehouse.site t"
                 " ON t.id = s.site_id WHERE s.id = :id")
    with owner.connect() as connection:
        kept, unread = (connection.execute(query, {"id": each["id"]}).one() for each in (answer, wrong))
    assert (kept.raw, kept.symbology, kept.purpose, kept.outcome) == (code.encode(), "]d2", "lot", "ok")
    assert (kept.code, kept.number, kept.site, kept.expected) == ("AMX", "L-100", "SX", "lot L-100")
    assert (unread.raw, unread.outcome, unread.code) == (b"\xff\x00", "unreadable", "AMX")  # the item it should be


def test_a_scan_that_is_sent_again_counts_once(clerk: Caller, owner: Engine) -> None:
    id = str(uuid4())
    first = scan(clerk, "AMX", None, id=id)
    assert scan(clerk, "AMX", None, id=id, status=200) == first
    assert scan(clerk, "AMY", None, id=id, status=409)["type"] == "urn:lotproof:problem:scan-id-taken"
    with owner.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM warehouse.scan WHERE id = :id"), {"id": id}) == 1


def test_nobody_sees_what_is_another_s(clerk: Caller, trader: Caller) -> None:
    answer = scan(trader, f"01{GTIN}10L-100")  # the trader has an item of this GTIN, and no such lot
    assert answer["item"]["code"] == "AMX" and answer["lots"] == [] and answer["look_alikes"] == []
    assert scan(trader, "10D9T", None)["outcome"] == "unknown"
    assert scan(trader, "X", None, status=409, site="NO")["seen"] == "NO"


@pytest.mark.parametrize("body", [
    {}, {"raw": ""}, {"raw": "@@@@"}, {"raw": "QQ"}, {"raw": "QQ==", "symbology": "d2"},
    {"raw": "QQ==", "symbology": 1},
    {"raw": "QQ==", "expect": {"kind": "person"}}, {"raw": b64encode(b"x" * 4001).decode()},
])  # fmt: skip
def test_what_is_no_scan_is_refused(clerk: Caller, body: dict[str, Any]) -> None:
    assert clerk.post("/scans", body, 422)["type"] == "urn:lotproof:problem:wrong-shape"


codes = st.one_of(
    st.binary(min_size=1, max_size=60),
    st.text("0123456789\x1dLOT-/]d2", min_size=1).map(str.encode),
    st.text(min_size=1, max_size=30).map(lambda text: text.encode("utf-8", "surrogatepass")),
)


symbologies = st.sampled_from([None, "]d2", "]C1", "]E0", "]Q1"])


@given(codes, symbologies, st.sampled_from([None, "item", "lot", "location", "pallet"]))
@settings(suppress_health_check=list(HealthCheck), deadline=None, max_examples=200)
def test_no_scan_is_a_fault(clerk: Caller, raw: bytes, symbology: str | None, kind: str | None) -> None:
    answer = scan(clerk, raw, symbology, {"kind": kind} if kind else None, site="SX")
    assert answer["outcome"] in ("ok", "mismatch", "unreadable", "unknown", "ambiguous", "conflict")
