"""Labels over HTTP: what they say, that a scanner reads it from the file, and who gets none."""

import io
from base64 import b64encode
from typing import Any
from uuid import uuid4

import pypdf
import pytest

from service.papers.label import SIZES
from tests.service.api.conftest import Caller
from tests.service.papers.reader import codes_of, squeezed, text_of

URI = "https://id.gs1.org/01/09506000210018/10/"
PREFIX = "9506000"


@pytest.fixture(scope="module")
def lot(maker: Caller) -> str:
    line = {"item": "AMX", "lot": "T-77", "quantity": "9", "production_date": "2026-01-02", "expiry_date": "2028-12-31"}
    maker.receive("T-77", lines=[line])
    return URI + "T-77"


@pytest.mark.parametrize(("size", "code", "read"), [
    ("60x40", "datamatrix", [("]d2", "01095060002100181728123110T-77")]),
    ("100x70", "datamatrix", [("]d2", "01095060002100181728123110T-77")]),
    ("60x40", "qr", [("]Q1", "https://log.example.com/01/09506000210018/10/T-77")]),
    ("100x70", "gs1-128", [("]C1", "010950600021001817281231"), ("]C1", "10T-77")]),
])  # fmt: skip
def test_a_scanner_reads_from_the_paper_what_the_answer_says(
    maker: Caller, lot: str, size: str, code: str, read: list[tuple[str, str]]
) -> None:
    path = f"/lots/label?lot={lot}&size={size}&code={code}"
    assert [(each["symbology"], each["text"]) for each in maker.get(path)["codes"]] == read
    asked = {"id": str(uuid4()), "lot": lot, "size": size, "code": "datamatrix", "copies": 2, "reason": "more boxes"}
    asked |= dict(pair.split("=") for pair in path.partition("&")[2].split("&"))
    paper = maker.send("GET", maker.post("/label-prints", asked)["file"].removeprefix("/api/v1"))
    assert codes_of(paper.data, dpi=300) == read * 2
    box = pypdf.PdfReader(io.BytesIO(paper.data)).pages[0].mediabox
    assert (float(box.width), float(box.height)) == pytest.approx(SIZES[size], abs=0.01)  # type: ignore[index]
    drawn = maker.send("GET", f"{path}&format=svg")
    assert drawn.content_type == "image/svg+xml" and b'width="' + size.partition("x")[0].encode() in drawn.data


@pytest.mark.parametrize(("more", "status"), [
    ("&code=gs1-128", 409), ("&size=10x10", 422), ("&copies=1", 422), ("&quantity=1e3", 422),
    ("&quantity=0.5", 409),
])  # fmt: skip
def test_what_does_not_fit_is_refused_saying_what_would(maker: Caller, lot: str, more: str, status: int) -> None:
    answer = maker.send("GET", f"/lots/label?lot={lot}{more}")
    assert answer.status_code == status and answer.get_json()["detail"]


def printed(maker: Caller, status: int = 201, **asked: Any) -> Any:
    return maker.post("/label-prints", {"id": str(uuid4()), **asked}, status)


def test_copies_go_on_counting_and_what_is_printed_again_has_a_reason(maker: Caller) -> None:
    maker.receive("T-80")
    lot = URI + "T-80"
    first = printed(maker, lot=lot, copies=3)
    assert (first["first"], first["last"], first["reason"]) == (1, 3, None)
    refused = printed(maker, 409, lot=lot)
    assert refused["type"].endswith("reprint-needs-reason") and refused["printed"] == 3
    again = printed(maker, lot=lot, reason="label torn", code="qr")
    assert (again["first"], again["last"], again["printed_by"]) == (4, 4, first["printed_by"])
    assert [each["first"] for each in maker.get(f"/label-prints?lot={lot}")["prints"]] == [4, 1]
    trail = maker.get(f"/changes?kind=label&code={again['id']}")["changes"]
    assert {(each["field"], each["new"], each["reason"]) for each in trail} == {
        ("lot", lot, "label torn"), ("copies", "4-4", "label torn")}  # fmt: skip
    said = text_of(maker.send("GET", again["file"].removeprefix("/api/v1")).data)
    assert "No.4·reprint补打" in squeezed(said) and "SPECIMEN" not in said
    assert "SPECIMEN" in text_of(maker.send("GET", f"/lots/label?lot={lot}&format=pdf").data)


def test_the_same_print_is_asked_for_twice_and_counted_once(maker: Caller) -> None:
    maker.receive("T-81")
    asked = {"id": str(uuid4()), "lot": URI + "T-81", "copies": 2}
    once, twice = maker.post("/label-prints", asked), maker.post("/label-prints", asked, 200)
    assert once == twice
    assert maker.post("/label-prints", asked | {"copies": 3}, 409)["type"].endswith("print-id-taken")
    maker.send("PATCH", "/items/AMX", {"name": "Another name", "reason": "x"})
    files = [maker.send("GET", once["file"].removeprefix("/api/v1")).data for _ in range(2)]
    assert files[0] == files[1] and "Another" not in text_of(files[0])


@pytest.mark.parametrize(("asked", "status"), [
    ({}, 422), ({"lot": URI + "T-77", "place": "SX/A-01"}, 422), ({"place": "SX/NO"}, 404), ({"place": "SX"}, 404),
    ({"pallet": "0" * 18}, 404), ({"lot": URI + "NONE"}, 404), ({"lot": URI + "T-77", "copies": 0}, 422),
    ({"lot": URI + "T-77", "copies": 101}, 422), ({"lot": URI + "T-77", "code": "gs1-128"}, 409),
])  # fmt: skip
def test_a_print_that_cannot_be_is_refused_and_not_counted(
    maker: Caller, lot: str, asked: dict[str, Any], status: int
) -> None:
    before = len(maker.get("/label-prints")["prints"])
    assert printed(maker, status, **asked)["detail"]
    assert len(maker.get("/label-prints")["prints"]) == before


@pytest.mark.parametrize("size", ["60x40", "100x70"])
def test_a_place_has_a_label_that_a_scanner_reads_as_the_place(maker: Caller, size: str) -> None:
    path = f"/locations/label?place=SX/A-01&size={size}"
    codes = [(each["symbology"], each["text"]) for each in maker.get(path)["codes"]]
    assert codes == [("]Q1", "SX/A-01"), ("]C0", "SX/A-01")]
    assert codes_of(maker.send("GET", f"{path}&format=pdf").data) == codes
    scanned = {"id": str(uuid4()), "raw": b64encode(b"SX/A-01").decode(), "symbology": "]C0"}
    assert maker.post("/scans", scanned)["location"] == "SX/A-01"


def test_prints_of_another_are_not_there(maker: Caller, outsider: Caller, lot: str) -> None:
    made = printed(maker, lot=lot, reason="x")
    assert outsider.get("/label-prints")["prints"] == []
    assert outsider.send("GET", made["file"].removeprefix("/api/v1")).status_code == 404
    assert printed(outsider, 404, lot=lot)


def test_a_lot_of_another_has_no_label(outsider: Caller, lot: str) -> None:
    assert outsider.send("GET", f"/lots/label?lot={lot}").status_code == 404


def test_a_pallet_has_its_number_in_bars_and_what_stands_on_it(maker: Caller, outsider: Caller, lot: str) -> None:
    maker.post("/gs1-prefixes", {"prefix": PREFIX})
    sscc = maker.post("/sscc", {"id": str(uuid4()), "count": 1})["ssccs"][0]
    path = f"/pallets/{sscc}/label"
    assert maker.get(path)["contents"] == []
    maker.post("/movements", {"id": str(uuid4()), "type": "pack", "at": "SX/A-01", "pallet": sscc,
                              "lines": [{"item": "AMX", "lot": "T-77", "quantity": "4"}]})  # fmt: skip
    told = maker.get(path)
    assert told["contents"] == ["AMX · T-77 · EXP 2028-12-31 · 4 EA"] and told["readable"] == f"(00){sscc}"
    assert codes_of(maker.send("GET", f"{path}?format=pdf").data) == [("]C1", f"00{sscc}")]
    assert outsider.send("GET", path).status_code == 404
    wrong = sscc[:-1] + str((int(sscc[-1]) + 1) % 10)
    assert maker.send("GET", f"/pallets/{wrong}/label").status_code == 404
