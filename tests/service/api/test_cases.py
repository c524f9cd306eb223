"""Quarantine as a quality manager lives it, over HTTP: opened, found, decided, approved by two; nothing gets past."""

import hashlib
import json
from base64 import urlsafe_b64encode
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from service.ledger import ledger_audit
from service.settings import Settings
from tests.service.api.conftest import Caller

_lots = count(1)


def new_lot(maker: Caller, quantity: str = "100", **changes: Any) -> str:
    lot = f"C{next(_lots)}"
    maker.receive(lot, quantity, **changes)
    return lot


def opening(**about: str) -> dict[str, Any]:
    return {"id": str(uuid4()), "cause": "damaged", "words": "Wet cartons", "by": "u-open", **about}


def opened(maker: Caller, expect: int = 201, **about: str) -> Any:
    return maker.post("/quarantine-cases", opening(**about), expect)


def path(case: Any, act: str = "") -> str:
    return f"/quarantine-cases/{case['id']}" + (f"/{act}" if act else "")


def decided(maker: Caller, case: Any, ruling: str, **more: Any) -> Any:
    maker.post(path(case, "review"), {"by": "u-quality", "words": "looking"}, 200)
    body = {"ruling": ruling, "reason": "as found", "by": "u-quality", **more}
    return maker.post(path(case, "decision"), body, 200)


def approve(maker: Caller, case: Any, person: str, expect: int = 200, **more: str) -> Any:
    body = {"person": person, "decision": "approve", "meaning": "I stand for it", "shown": case["shown"], **more}
    return maker.post(path(case, "approvals"), body, expect)


def lying(maker: Caller, lot: str) -> dict[tuple[str, str], str]:
    rows = maker.get(f"/stock?lot={lot}")["stock"]
    return {(row["location"], row["status"]): row["quantity"] for row in rows}


def movement(type: str, lot: str, quantity: str, **more: Any) -> dict[str, Any]:
    line = {"item": "AMX", "lot": lot, "quantity": quantity}
    return {"id": str(uuid4()), "type": type, "lines": [line], **more}


def audited(owner: Engine) -> None:
    with owner.connect() as connection:
        assert ledger_audit(connection) == []


def test_a_case_about_a_lot_holds_all_of_it_everywhere_and_nothing_else(owner: Engine, maker: Caller) -> None:
    lot, other = new_lot(maker), new_lot(maker)
    maker.post("/movements", movement("move", lot, "30", **{"from": "SX/A-01", "to": "SX/A-02"}))
    maker.post("/movements", movement("hold", lot, "5", at="SX/A-02", reason="before"))
    case = opened(maker, item="AMX", lot=lot)
    assert lying(maker, lot) == {("SX/A-01", "hold"): "70", ("SX/A-02", "hold"): "30"}
    assert lying(maker, other) == {("SX/A-01", "available"): "100"}
    assert {(each["location"], each["quantity"]) for each in case["goods"]} == {("SX/A-01", "70"), ("SX/A-02", "30")}
    assert (case["state"], case["scope"], len(case["movements"])) == ("open", "lot", 2)
    audited(owner)


def test_a_case_about_a_place_holds_what_lies_there(operator: Caller, owner: Engine) -> None:
    from tests.service.api.conftest import furnished

    house = furnished(operator, "lanyue")
    lots = [new_lot(house, str(10 + n)) for n in range(3)]
    house.post("/movements", movement("move", lots[0], "4", **{"from": "SX/A-01", "to": "SX/A-02"}))
    case = opened(house, at="SX/A-01")
    assert {each["lot"]: each["quantity"] for each in case["goods"]} == {lots[0]: "6", lots[1]: "11", lots[2]: "12"}
    assert lying(house, lots[0]) == {("SX/A-01", "hold"): "6", ("SX/A-02", "available"): "4"}
    assert opened(house, 409, at="SX/A-01")["type"].endswith("nothing-to-hold")
    audited(owner)


def test_the_same_opening_again_is_the_same_case_and_another_under_its_id_is_refused(maker: Caller) -> None:
    lot = new_lot(maker)
    body = opening(item="AMX", lot=lot, at="SX/A-01", quantity="20")
    first = maker.post("/quarantine-cases", body)
    assert maker.post("/quarantine-cases", body, 200) == first
    assert lying(maker, lot) == {("SX/A-01", "available"): "80", ("SX/A-01", "hold"): "20"}
    assert maker.post("/quarantine-cases", body | {"quantity": "21"}, 409)["type"].endswith("id-taken")


@pytest.mark.parametrize(
    "about",
    [
        {},
        {"item": "AMX"},
        {"lot": "X"},
        {"at": "SX/A-01", "quantity": "1"},
        {"item": "AMX", "lot": "X", "quantity": "1"},
    ],
)
def test_a_case_is_about_a_lot_a_place_or_a_quantity(maker: Caller, about: dict[str, str]) -> None:
    assert opened(maker, 422, **about)["kind"] == "about"


def test_more_than_lies_there_is_not_held_and_unknown_goods_are_named(maker: Caller) -> None:
    lot = new_lot(maker)
    assert opened(maker, 409, item="AMX", lot=lot, at="SX/A-01", quantity="101")["type"].endswith("nothing-to-hold")
    assert opened(maker, 409, item="AMX", lot="NONE")["type"].endswith("unknown-thing")
    assert opened(maker, 409, at="SX/NONE")["type"].endswith("unknown-thing")
    assert lying(maker, lot) == {("SX/A-01", "available"): "100"}


def test_release_needs_two_others_than_the_one_who_opened_the_case(owner: Engine, maker: Caller) -> None:
    lot = new_lot(maker)
    case = decided(maker, opened(maker, item="AMX", lot=lot), "release")
    assert approve(maker, case, "u-open", 409)["type"].endswith("needs-approval")
    case = approve(maker, case, "u-2")
    assert (case["state"], lying(maker, lot)) == ("decided", {("SX/A-01", "hold"): "100"})
    assert approve(maker, case, "u-2") == case
    done = approve(maker, case, "u-3")
    assert (done["state"], done["goods"]) == ("closed", [])
    assert lying(maker, lot) == {("SX/A-01", "available"): "100"}
    assert approve(maker, case, "u-3") == done
    assert [each["type"] for each in done["movements"]] == ["hold", "release"]
    audited(owner)


def test_the_approvers_and_what_they_were_shown_stand_in_the_signed_statement(owner: Engine, maker: Caller) -> None:
    lot = new_lot(maker)
    photo = b"\xff\xd8 a photo"
    case = opened(maker, item="AMX", lot=lot)
    sent = attach(maker, case, photo)
    case = decided(maker, sent, "release")
    assert case["shown"] == b64(hashlib.sha256(case["record"].encode()).digest())
    approve(maker, case, "u-2")
    done = approve(maker, case, "u-3")
    release = done["movements"][-1]
    with owner.connect() as connection:
        (told,) = connection.execute(text("SELECT content FROM warehouse.movement WHERE id = :id"), release)
        (shown,) = connection.execute(
            text(
                "SELECT disclosures FROM warehouse.disclosure d JOIN warehouse.movement m USING (statement_hash)"
                " WHERE m.id = :id"
            ),
            release,
        )
    content = json.loads(told.content)
    assert content["approved_by"] == ["u-2", "u-3"] and content["case"] == case["id"]
    named = {document["id"] for document in content["documents"]}
    *_, last = maker.get(f"/signatures?subject=case&id={case['id']}")["signatures"]
    hashes = (case["shown"], b64(hashlib.sha256(photo).digest()), last["sheet"])
    assert named == {f"ni:///sha-256;{each}" for each in hashes}
    from base64 import urlsafe_b64decode

    disclosed = [urlsafe_b64decode(part + "==").decode() for part in shown.disclosures.split("~") if part]
    assert all(any(name in each for each in disclosed) for name in named)
    assert any('"lotproof:case"' in each and case["id"] in each for each in disclosed)


def b64(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def test_an_approval_of_something_else_than_the_case_as_it_is_counts_for_nothing(maker: Caller) -> None:
    lot = new_lot(maker)
    case = decided(maker, opened(maker, item="AMX", lot=lot), "release")
    assert approve(maker, case, "u-2", 409, shown="A" * 43)["type"].endswith("shown-other")
    approve(maker, case, "u-2")
    reopened = maker.post(path(case, "findings"), {"by": "u-lab", "words": "Assay 80 %"}, 200)
    assert (reopened["state"], reopened["ruling"]) == ("under_review", None)
    assert approve(maker, case, "u-3", 409)["type"].endswith("wrong-state")
    again = maker.post(path(case, "decision"), {"ruling": "release", "reason": "still", "by": "u-q"}, 200)
    assert again["shown"] != case["shown"]
    assert approve(maker, case, "u-3", 409)["type"].endswith("shown-other")
    assert approve(maker, again, "u-3")["state"] == "decided"  # u-2's approval was of another round


def test_a_rejection_sends_the_case_back_to_the_review(maker: Caller) -> None:
    case = decided(maker, opened(maker, item="AMX", lot=new_lot(maker)), "release")
    approve(maker, case, "u-2")
    back = approve(maker, case, "u-3", decision="reject", meaning="Not with these readings")
    assert back["state"] == "under_review"
    assert [(each["person"], each["decision"]) for each in back["approvals"]] == [("u-2", "approve"), ("u-3", "reject")]


def test_a_partial_release_leaves_the_rest_in_the_case(owner: Engine, maker: Caller) -> None:
    lot = new_lot(maker)
    case = opened(maker, item="AMX", lot=lot)
    part = {"item": "AMX", "lot": lot, "at": "SX/A-01", "quantity": "60"}
    maker.post(path(case, "review"), {"by": "u-q", "words": "look"}, 200)
    too_much = {"ruling": "partial_release", "reason": "r", "by": "u-q", "goods": [part | {"quantity": "101"}]}
    assert maker.post(path(case, "decision"), too_much, 409)["type"].endswith("bad-quantity")
    case = maker.post(path(case, "decision"), too_much | {"goods": [part]}, 200)
    approve(maker, case, "u-2")
    rest = approve(maker, case, "u-3")
    assert (rest["state"], [each["quantity"] for each in rest["goods"]]) == ("under_review", ["40"])
    assert lying(maker, lot) == {("SX/A-01", "available"): "60", ("SX/A-01", "hold"): "40"}
    body = {"ruling": "keep_on_hold", "reason": "waits for the lab", "by": "u-q"}
    maker.post(path(case, "decision"), body, 200)
    closed = maker.post(path(case, "close"), {"by": "u-q", "words": "archived"}, 200)
    assert (closed["state"], closed["goods"]) == ("closed", [])
    assert lying(maker, lot)["SX/A-01", "hold"] == "40"
    maker.post("/movements", movement("release", lot, "40", at="SX/A-01", approved_by=["u-2", "u-3"]))
    audited(owner)


def test_destruction_with_witnesses_and_certificate(owner: Engine, maker: Caller, outsider: Caller) -> None:
    lot = new_lot(maker)
    case = opened(maker, item="AMX", lot=lot)
    measured = [{"name": "pH", "value": "4.1"}, {"name": "assay", "value": "81.5", "unit": "%"}]
    maker.post(path(case, "findings"), {"by": "u-lab", "words": "Below limit", "measured": measured}, 200)
    attach(maker, case, b"lab report")
    assert maker.send("GET", path(case, "certificate")).status_code == 409
    case = decided(maker, case, "destroy", witnesses=["w-1", "w-2"], certificate="DC-7")
    approve(maker, case, "u-open")
    done = approve(maker, case, "u-3")
    assert (done["state"], lying(maker, lot)) == ("closed", {})
    told = maker.get(path(case, "certificate"))
    assert (told["certificate"], told["witnesses"], told["party"]["id"]) == ("DC-7", ["w-1", "w-2"], "chenghe")
    assert [(each["lot"], each["quantity"], each["location"]) for each in told["goods"]] == [(lot, "100", "SX/A-01")]
    assert [each["person"] for each in told["approvals"]] == ["u-open", "u-3"]
    assert told["findings"][0]["measured"] == measured
    assert told["record"] == case["record"] and told["attachments"][0]["size"] == len(b"lab report")
    assert outsider.send("GET", path(case, "certificate")).status_code == 404
    audited(owner)


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({}, 422),
        ({"witnesses": ["w"], "certificate": "DC"}, 409),
        ({"witnesses": ["w", "w"], "certificate": "DC"}, 409),
    ],
)
def test_destruction_without_them_is_not_decided(maker: Caller, more: dict[str, Any], status: int) -> None:
    case = opened(maker, item="AMX", lot=new_lot(maker))
    maker.post(path(case, "review"), {"by": "u-q", "words": "look"}, 200)
    maker.post(path(case, "decision"), {"ruling": "destroy", "reason": "r", "by": "u", **more}, status)
    assert maker.get(path(case))["state"] == "under_review"


def test_rework_and_return_are_movements_that_name_the_case(owner: Engine, maker: Caller) -> None:
    lot = new_lot(maker)
    case = opened(maker, item="AMX", lot=lot)
    back = movement("return", lot, "40", **{"from": "SX/A-01", "supplier": "Acme", "reason": "r", "case": case["id"]})
    assert maker.post("/movements", back, 409)["type"].endswith("wrong-state")
    case = decided(maker, case, "rework")
    outputs = [{"item": "AMX", "lot": f"{lot}-R", "quantity": "60"}]
    rework = movement("rework", lot, "60", at="SX/A-01", reason="relabelled", outputs=outputs, case=case["id"])
    assert maker.post("/movements", rework | {"case": str(uuid4())}, 409)["type"].endswith("unknown-thing")
    maker.post("/movements", rework)
    goods = {each["lot"]: each["quantity"] for each in maker.get(path(case))["goods"]}
    assert goods == {lot: "40", f"{lot}-R": "60"}
    assert maker.post(path(case, "close"), {"by": "u", "words": "x"}, 409)["type"].endswith("wrong-state")
    case = decided(maker, case, "return_to_supplier")
    maker.post("/movements", back)
    case = decided(maker, case, "release")
    approve(maker, case, "u-2")
    assert approve(maker, case, "u-3")["state"] == "closed"
    assert lying(maker, f"{lot}-R") == {("SX/A-01", "available"): "60"}
    audited(owner)


def test_no_plain_movement_takes_goods_out_of_a_case_and_they_keep_it_where_they_go(
    owner: Engine, maker: Caller
) -> None:
    lot = new_lot(maker)
    case = opened(maker, item="AMX", lot=lot)
    release = movement("release", lot, "1", at="SX/A-01", approved_by=["u-2", "u-3"])
    told = maker.post("/movements", release, 409)
    assert told["type"].endswith("under-case") and told["case"] == case["id"]
    destroy = movement(
        "destroy", lot, "1", witnesses=["a", "b"], certificate="x", approved_by=["a", "b"], **{"from": "SX/A-01"}
    )
    assert maker.post("/movements", destroy, 409)["type"].endswith("under-case")
    named = release | {"case": case["id"]}
    assert maker.post("/movements", named, 409)["type"].endswith("wrong-state")
    decided(maker, case, "release")
    assert maker.post("/movements", named, 409)["type"].endswith("needs-approval")
    moves = [
        movement("move", lot, "60", **{"from": "SX/A-01", "to": "SX/NG"}),
        movement("move", lot, "10", **{"from": "SX/NG", "to": "SX/A-02"}),
    ]
    assert [each["status"] for each in maker.post("/movements/bulk", {"movements": moves}, 200)["results"]] == [201] * 2
    now = maker.get(path(case))
    assert {each["location"]: each["quantity"] for each in now["goods"]} == {
        "SX/A-01": "40",
        "SX/A-02": "10",
        "SX/NG": "50",
    }
    assert [each["type"] for each in now["movements"]] == ["hold", "move", "move"]
    assert maker.post("/movements", release | {"at": "SX/NG"}, 409)["type"].endswith("under-case")
    audited(owner)


def test_what_a_count_does_not_find_is_lost_from_the_case_and_does_not_keep_it_open(
    owner: Engine, maker: Caller
) -> None:
    lot = new_lot(maker)
    case = opened(maker, item="AMX", lot=lot)

    def counted(quantity: str, status: str, expect: int = 201) -> Any:
        line = {"item": "AMX", "lot": lot, "counted": quantity, "status": status}
        body = {"id": str(uuid4()), "type": "count", "at": "SX/A-01", "lines": [line], "counted_by": "a"}
        return maker.post("/movements", body | {"approved_by": "b"}, expect)

    counted("90", "hold")
    assert {each["where"]: each["quantity"] for each in maker.get(path(case))["goods"]} == {"place": "90", "lost": "10"}
    assert counted("10", "available", 409)["type"].endswith("wrong-status")
    counted("94", "hold")
    audited(owner)
    case = decided(maker, case, "release")
    approve(maker, case, "u-2")
    done = approve(maker, case, "u-3")
    assert (done["state"], done["goods"]) == ("closed", [])
    assert lying(maker, lot) == {("SX/A-01", "available"): "94"}
    audited(owner)


def test_the_database_holds_the_line_whoever_writes(owner: Engine, maker: Caller) -> None:
    """The owner of the database inserts legs past the domain."""
    lot = new_lot(maker)
    case = opened(maker, item="AMX", lot=lot, at="SX/A-01", quantity="30")
    maker.post("/movements", movement("hold", lot, "10", at="SX/A-01", reason="beside"))
    engine = owner
    legs = text("""
        INSERT INTO warehouse.leg (lot_id, movement, line, place, status, units)
        SELECT c.lot_id, (SELECT max(number) FROM warehouse.movement), 90 + k.line, c.place,
            CAST(k.status AS warehouse.stock_status), k.units
        FROM warehouse.case_cover c, (VALUES (1, 'hold', -:units), (2, 'available', :units)) AS k (line, status, units)
        WHERE c.case_number = (SELECT number FROM warehouse.quarantine_case WHERE id = :case)
    """)
    for role in ("origin", "replica"):
        with pytest.raises(IntegrityError, match="under_case"), engine.begin() as connection:
            connection.execute(text(f"SET LOCAL session_replication_role = {role}"))
            connection.execute(legs, {"units": 11, "case": case["id"]})
    with engine.begin() as connection:
        connection.execute(legs, {"units": 10, "case": case["id"]})  # what lies beside is under no case
        connection.rollback()
    with pytest.raises(IntegrityError, match="under_case"), engine.begin() as connection:
        more = text(
            "UPDATE warehouse.case_cover SET units = units + 11 WHERE case_number ="
            " (SELECT number FROM warehouse.quarantine_case WHERE id = :case)"
        )
        connection.execute(more, {"case": case["id"]})


@pytest.mark.parametrize("change", [
    "UPDATE warehouse.case_act SET words = 'x'", "DELETE FROM warehouse.case_act", "TRUNCATE warehouse.case_act",
    "DELETE FROM warehouse.case_cover", "DELETE FROM warehouse.quarantine_case", "TRUNCATE warehouse.case_cover",
    "UPDATE warehouse.case_movement SET movement = 1", "DELETE FROM warehouse.case_movement",
])  # fmt: skip
def test_what_people_did_in_a_case_is_never_changed(owner: Engine, maker: Caller, change: str) -> None:
    opened(maker, item="AMX", lot=new_lot(maker))
    with pytest.raises(DBAPIError, match="never changed"), owner.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(text(change))


def attach(maker: Caller, case: Any, content: bytes, expect: int = 200, **headers: str) -> Any:
    answer = maker.client.post(
        "/api/v1" + path(case, "attachments?name=%E7%85%A7%E7%89%87%201.jpg&by=u-1"),
        data=content,
        headers={"Authorization": f"Bearer {maker.key}", "Content-Type": "image/jpeg", **headers},
    )
    assert answer.status_code == expect, answer.get_data(as_text=True)
    return answer.get_json()


def test_a_file_is_kept_by_its_hash_and_checked_when_it_is_read(
    settings: Settings, maker: Caller, outsider: Caller
) -> None:
    case = opened(maker, item="AMX", lot=new_lot(maker))
    content = b"\xff\xd8" + uuid4().bytes
    sent = attach(maker, case, content)
    (file,) = sent["attachments"]
    assert file["sha256"] == hashlib.sha256(content).hexdigest() and file["content_type"] == "image/jpeg"
    assert attach(maker, case, content) == sent
    url = file["url"].removeprefix("/api/v1")
    got = maker.send("GET", url)
    assert (got.status_code, got.data, got.content_type) == (200, content, "image/jpeg")
    assert got.headers["Content-Disposition"].startswith("attachment;")
    assert outsider.send("GET", url).status_code == 404
    stored = Path(str(settings.attachments_dir), file["sha256"][:2], file["sha256"])
    assert sorted(each.name for each in stored.parent.iterdir()) == [file["sha256"]]
    stored.write_bytes(content + b"!")
    assert maker.send("GET", url).get_json()["type"].endswith("attachment-altered")
    stored.unlink()
    assert maker.send("GET", url).status_code == 409
    attach(maker, case, content)
    assert maker.send("GET", url).data == content


def test_a_file_has_a_type_a_size_and_a_case(maker: Caller) -> None:
    case = opened(maker, item="AMX", lot=new_lot(maker))
    attach(maker, case, b"", 422)
    attach(maker, case, b"x", 415, **{"Content-Type": "nonsense"})
    attach(maker, case, bytes(20_000_001), 413)
    attach(maker, {"id": str(uuid4())}, b"x", 404)
    assert attach(maker, case, bytes(20_000_000))["attachments"][0]["size"] == 20_000_000


def test_a_case_is_seen_by_its_own_party_only_and_lists_are_paged(maker: Caller, outsider: Caller) -> None:
    cases = [opened(maker, item="AMX", lot=new_lot(maker))["id"] for _ in range(3)]
    first = maker.get("/quarantine-cases?limit=2&state=open")
    assert [each["id"] for each in first["cases"]] == cases[:0:-1] and first["next"] == cases[1]
    assert maker.get(f"/quarantine-cases?limit=1&after={first['next']}")["cases"][0]["id"] == cases[0]
    uri = first["cases"][0]["goods"][0]["uri"]
    assert [each["id"] for each in maker.get(f"/quarantine-cases?lot={uri}")["cases"]] == [cases[2]]
    assert outsider.get("/quarantine-cases")["cases"] == []
    for method, act, body in (
        ("GET", "", None),
        ("POST", "review", {"by": "u", "words": "w"}),
        ("POST", "close", {"by": "u", "words": "w"}),
    ):
        assert outsider.send(method, path({"id": cases[0]}, act), body).status_code == 404
