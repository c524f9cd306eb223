"""Codes through the door: once each, cases with what is in them, flags, and the records of them."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest

from tests.service.api.conftest import Caller
from tests.service.api.test_records import PRODUCT, uri

pytestmark = pytest.mark.usefixtures("sequencing")


def captured(lot: str, *codes: str, parent: str | None = None, **more: Any) -> dict[str, Any]:
    inside = {} if parent is None else {"parent": parent}
    return {"id": str(uuid4()), "lot": uri(lot), "codes": [{"code": code, **inside} for code in codes], **more}


def acted(act: str, *codes: str, **more: Any) -> dict[str, Any]:
    return {"id": str(uuid4()), "act": act, "codes": list(codes), **more}


@pytest.fixture(scope="module")
def keeper(maker: Caller) -> Caller:
    maker.send("PATCH", "/items/AMX/product", {**PRODUCT, "regimes": ["gsp", "fmd"]})
    for lot in ("TC-1", "TC-2"):
        maker.receive(lot, "100")
    case = {"id": str(uuid4()), "lot": uri("TC-1"), "codes": [{"code": "K1", "level": "case"}]}
    maker.post("/trace-codes", case)
    maker.post("/trace-codes", captured("TC-1", "U1", "U2", "U3", parent="K1"))
    return maker


def flags(answer: dict[str, Any]) -> dict[str, str]:
    return {each["code"]: each["flag"] for each in answer["flagged"]}


def states(keeper: Caller, query: str = "") -> dict[str, str]:
    return {each["code"]: each["state"] for each in keeper.get(f"/trace-codes?limit=1000{query}")["codes"]}


def test_a_case_is_sold_with_all_that_is_in_it_and_a_repeat_is_flagged(keeper: Caller) -> None:
    line = {"item": "AMX", "lot": "TC-1", "quantity": "3"}
    sold = {"id": str(uuid4()), "type": "ship", "from": "SX/A-01", "customer": "Clinic", "lines": [line]}
    keeper.post("/movements", sold)
    assert flags(keeper.post("/trace-codes/acts", acted("sold", "K1", movement=sold["id"]))) == {}
    assert {code: state for code, state in states(keeper).items() if code in ("K1", "U1", "U2", "U3")} == dict.fromkeys(
        ("K1", "U1", "U2", "U3"), "sold")
    assert flags(keeper.post("/trace-codes/acts", acted("sold", "U2", "X9"))) == {
        "U2": "sold before", "X9": "never captured"}
    assert flags(keeper.post("/trace-codes", captured("TC-1", "U3"))) == {"U3": "sold before"}
    assert set(states(keeper, "&flagged=true")) == {"U2", "U3"}
    rows = keeper.get("/records/gsp-trace-codes")["rows"]
    told = {(row["code"], row["act"], row["flag"]) for row in rows}
    assert told >= {("U1", "sold", None), ("U2", "sold", "sold before"), ("U3", "captured", "sold before")}
    of_the_sale = next(row for row in rows if (row["code"], row["act"]) == ("U1", "sold"))
    assert of_the_sale["movement"] == sold["id"] and of_the_sale["log_index"] is not None
    assert of_the_sale["batch"] == "TC-1" and of_the_sale["generic_name"] == "阿莫西林"
    missing = keeper.get("/records/gsp-trace-codes/missing")["findings"]
    assert ("X9", "POST /trace-codes") in {(each["about"], each["entered"]) for each in missing}


def test_what_is_sent_again_is_done_once(keeper: Caller) -> None:
    said = captured("TC-2", "A1", "A2")
    first = keeper.post("/trace-codes", said)
    assert keeper.post("/trace-codes", said, expect=200) == first
    sale = acted("sold", "A1")
    assert keeper.post("/trace-codes/acts", sale) == keeper.post("/trace-codes/acts", sale, expect=200)
    refused = keeper.post("/trace-codes/acts", {**sale, "codes": ["A2"]}, expect=409)
    assert refused["type"].endswith(":trace-act-id-taken") and states(keeper)["A2"] == "held"


def test_of_two_who_sell_one_code_at_once_one_is_flagged(keeper: Caller) -> None:
    keeper.post("/trace-codes", captured("TC-2", "R1"))
    with ThreadPoolExecutor(4) as threads:
        sales = threads.map(lambda _: flags(keeper.post("/trace-codes/acts", acted("sold", "R1"))), range(4))
    assert sorted(map(str, sales)) == sorted(map(str, [{}, *[{"R1": "sold before"}] * 3]))


def test_a_code_belongs_to_one_lot_and_a_case_must_be_known(keeper: Caller) -> None:
    keeper.post("/trace-codes", captured("TC-2", "B1"))
    before = states(keeper)
    other = keeper.post("/trace-codes", captured("TC-1", "B0", "B1"), expect=409)
    assert (other["expected"], other["seen"]) == (uri("TC-2"), uri("TC-1"))
    assert keeper.post("/trace-codes", captured("TC-2", "B2", parent="NOBODY"), expect=409)["seen"] == "NOBODY"
    assert states(keeper) == before, "nothing half written"


def test_decommissioning_has_a_reason_and_is_reversed_in_time(keeper: Caller) -> None:
    keeper.post("/trace-codes", captured("TC-2", "D1", "D2"))
    keeper.post("/trace-codes/acts", acted("decommissioned", "D1", reason="destroyed"))
    keeper.post("/trace-codes/acts", acted("reversed", "D1"))
    assert keeper.post("/trace-codes/acts", acted("reversed", "D2"), expect=409)["seen"] == "held"
    keeper.post("/trace-codes/acts", acted("verified", "D1", result="active", alert="EU-1"))
    rows = [row for row in keeper.get("/records/eu-fmd?limit=1000")["rows"] if row["serial"] == "D1"]
    assert [(row["act"], row["reason"], row["result"], row["alert"]) for row in rows] == [
        ("captured", None, None, None), ("decommissioned", "destroyed", None, None), ("reversed", None, None, None),
        ("verified", None, "active", "EU-1")]
    assert {row["product_code"] for row in rows} == {"09506000210018"} and rows[0]["batch"] == "TC-2"


def test_codes_are_their_partys_own(keeper: Caller, outsider: Caller) -> None:
    outsider.receive("TC-1")
    assert flags(outsider.post("/trace-codes", captured("TC-1", "U1"))) == {}
    assert states(outsider) == {"U1": "held"} and "K1" in states(keeper)
    assert outsider.post("/trace-codes", captured("TC-2", "Z1"), expect=409)["type"].endswith(":unknown-thing")
