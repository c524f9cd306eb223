"""The history of a lot on paper: it says all, is read back from its code, and its page tells what changed since."""

import re
from collections.abc import Callable
from hashlib import sha256
from typing import Any
from uuid import uuid4

import pytest

from tests.service.api.conftest import Caller
from tests.service.api.test_cases import opened
from tests.service.papers.reader import codes_of, faults, squeezed, text_of

URI = "https://id.gs1.org/01/09506000210018/10/"
CHANGES: dict[str, Callable[[Caller, str], Any]] = {
    "a hold": lambda maker, lot: opened(maker, item="AMX", lot=lot),
    "a shipment": lambda maker, lot: maker.post("/movements", {
        "id": str(uuid4()), "type": "ship", "from": "SX/A-01", "customer": "Apo",
        "lines": [{"item": "AMX", "lot": lot, "quantity": "1"}]}),
    "a recall": lambda maker, lot: maker.post(
        "/movements", {"id": str(uuid4()), "type": "recall", "item": "AMX", "lot": lot, "reason": "x"}),
}  # fmt: skip


def printed(caller: Caller, lot: str, status: int = 201, **more: Any) -> Any:
    answer = caller.send("POST", "/lot-papers", {"id": str(uuid4()), "lot": URI + lot, "lang": "en", **more})
    assert answer.status_code == status, answer.get_data(as_text=True)
    return answer.data if status == 201 else answer.get_json()


def page_of(caller: Caller, pdf: bytes) -> str:
    """What is behind the code on the paper, to somebody without a key."""
    (symbology, link), = codes_of(pdf)
    assert symbology == "]Q1"
    answer = caller.client.get(link.removeprefix("https://log.example.com"))
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return str(answer.get_data(as_text=True))


def test_the_paper_says_everything_and_its_page_knows_it(maker: Caller) -> None:
    maker.receive("LP-1")
    opened(maker, item="AMX", lot="LP-1")
    pdf = printed(maker, "LP-1")
    said = squeezed(text_of(pdf))
    for word in ("LP-1", "Amoxicillin", "Onhold", "received", "putonhold", "Wetcartons", "SX/A-01", "Copyno."):
        assert word in said, word
    assert faults(pdf) == [] and "[U+" not in said, "a sign that no letter of ours draws"
    row = maker.get(f"/lot-papers?lot={URI}LP-1")["papers"][0]
    assert row["file_hash"] == sha256(pdf).hexdigest() and row["copy"] == 1
    brief = "-".join(re.findall("....", row["hash"][:16].upper()))
    shown = page_of(maker, pdf)
    assert brief in said and brief in shown and row["file_hash"] in shown
    assert "Nothing was recorded of this lot since" in shown and "Wet cartons" not in shown


@pytest.mark.parametrize("change", CHANGES)
def test_its_page_says_what_changed_since(maker: Caller, change: str) -> None:
    lot = f"LP-{change[2:6].upper()}"
    maker.receive(lot)
    pdf = printed(maker, lot)
    CHANGES[change](maker, lot)
    assert "has changed since it was printed" in page_of(maker, pdf)
    assert "Nothing was recorded" in page_of(maker, printed(maker, lot)), "the next copy holds again"
    assert [each["copy"] for each in maker.get(f"/lot-papers?lot={URI}{lot}")["papers"]] == [2, 1]


def test_in_chinese_it_fits_too(maker: Caller) -> None:
    maker.receive("LP-ZH")
    pdf = printed(maker, "LP-ZH", lang="zh")
    assert "批次追溯报告" in (said := squeezed(text_of(pdf))) and faults(pdf) == [] and "[U+" not in said


def test_an_id_is_of_one_print_and_a_lot_of_another_has_none(maker: Caller, outsider: Caller) -> None:
    maker.receive("LP-ID")
    id = str(uuid4())
    printed(maker, "LP-ID", id=id)
    assert printed(maker, "LP-ID", 409, id=id)["type"].endswith("print-id-taken")
    assert printed(outsider, "LP-ID", 404) and outsider.get(f"/lot-papers?lot={URI}LP-ID")["papers"] == []
    assert maker.client.get(f"/print/{uuid4()}").status_code == 404
    trail = maker.get(f"/changes?kind=lot-paper&code={id}")["changes"]
    assert {each["field"] for each in trail} == {"lot", "copy", "hash", "file"}
