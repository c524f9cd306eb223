"""Labels over HTTP: what they say, that a scanner reads it from the file, and who gets none."""

import io
from uuid import uuid4

import pypdf
import pytest

from service.papers.label import SIZES
from tests.service.api.conftest import Caller
from tests.service.papers.reader import codes_of

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
    paper = maker.send("GET", f"{path}&format=pdf&copies=2")
    assert codes_of(paper.data, dpi=300) == read * 2
    box = pypdf.PdfReader(io.BytesIO(paper.data)).pages[0].mediabox
    assert (float(box.width), float(box.height)) == pytest.approx(SIZES[size], abs=0.01)  # type: ignore[index]
    drawn = maker.send("GET", f"{path}&format=svg")
    assert drawn.content_type == "image/svg+xml" and b'width="' + size.partition("x")[0].encode() in drawn.data


@pytest.mark.parametrize(("more", "status"), [
    ("&code=gs1-128", 409), ("&size=10x10", 422), ("&copies=0", 422), ("&copies=101", 422), ("&quantity=1e3", 422),
    ("&quantity=0.5", 409),
])  # fmt: skip
def test_what_does_not_fit_is_refused_saying_what_would(maker: Caller, lot: str, more: str, status: int) -> None:
    answer = maker.send("GET", f"/lots/label?lot={lot}{more}")
    assert answer.status_code == status and answer.get_json()["detail"]


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
