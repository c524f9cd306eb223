"""Electronic signatures over HTTP: of a person, with a meaning, over what was shown, named by what came of them."""

import hashlib
import json
from base64 import urlsafe_b64encode
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from service.audit.sheets import sheets_are_those_named
from service.ledger import ledger_audit
from tests.service.api.conftest import Caller
from tests.service.api.test_people import person

A_HASH = "A" * 43


@pytest.fixture(scope="module")
def people(maker: Caller) -> dict[str, Caller]:
    """Two of quality and one who counts; the first has a name."""
    found = {name: person(maker, ("quality", None), ("supervisor", None)) for name in ("li", "wu")}
    maker.send("PATCH", f"/people/{found['li'].party}", {"name": "Li Wei", "reason": "new"})
    return found | {"clerk": person(maker, ("operator", None))}


def signatures(caller: Caller, subject: str, id: str) -> list[dict[str, Any]]:
    return caller.get(f"/signatures?subject={subject}&id={id}")["signatures"]  # type: ignore[no-any-return]


def b64(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def documents_of(owner: Engine, movement: str) -> set[str]:
    with owner.connect() as connection:
        content = connection.scalar(text("SELECT content FROM warehouse.movement WHERE id = :id"), {"id": movement})
    return {document["id"] for document in json.loads(content)["documents"]}


def recalled(maker: Caller, lot: str) -> Any:
    maker.receive(lot)
    body = {"id": str(uuid4()), "item": "AMX", "lot": lot, "reason": "glass", "class": "II", "by": "u-1"}
    return maker.post("/recalls", body)


def lift(caller: Caller, recall: Any, expect: int = 200, **changes: Any) -> Any:
    body = {"person": caller.party, "decision": "approve", "words": "no glass", "shown": recall["shown"], **changes}
    return caller.post(f"/recalls/{recall['id']}/lift/approvals", body, expect)


def test_a_recall_ends_by_two_persons_who_each_sign_for_himself(
    owner: Engine, maker: Caller, people: dict[str, Caller]
) -> None:
    recall, li, wu = recalled(maker, "R1"), people["li"], people["wu"]
    assert recall["shown"] == b64(hashlib.sha256(recall["record"].encode()).digest())
    assert lift(li, recall)["in_force"] and lift(li, recall)["in_force"]
    ended = lift(wu, recall, words="I agree")
    assert not ended["in_force"] and ended["lifted_by"] == sorted([li.party, wu.party])
    first, second = signatures(li, "recall", recall["id"])
    assert (first["name"], first["meaning"], first["words"], first["method"]) == (
        "Li Wei", "approval", "no glass", "api-key")
    assert (second["name"], second["words"], second["shown"]) == (None, "I agree", recall["shown"])
    with owner.connect() as connection:
        lifting = connection.scalar(text("SELECT id FROM warehouse.movement WHERE type = 'lift' ORDER BY number DESC"))
        assert ledger_audit(connection) == []
    assert documents_of(owner, lifting) == {f"ni:///sha-256;{second['sheet']}"}


def test_the_end_of_a_recall_that_one_rejects_needs_two_again(maker: Caller, people: dict[str, Caller]) -> None:
    recall, li, wu = recalled(maker, "R2"), people["li"], people["wu"]
    lift(li, recall)
    for _ in range(2):  # the answer to the first was lost
        lift(wu, recall, decision="reject")
    assert lift(wu, recall)["in_force"]
    assert not lift(li, recall)["in_force"]
    assert [each["meaning"] for each in signatures(li, "recall", recall["id"])] == [
        "approval", "rejection", "approval", "approval"]


@pytest.mark.parametrize(("change", "status", "problem"), [
    ({"shown": A_HASH}, 409, "shown-other"),
    ({"person": "somebody-else"}, 403, "forbidden"),
    ({"shown": "x"}, 422, "wrong-shape"),
    ({"decision": "perhaps"}, 422, "wrong-shape"),
])  # fmt: skip
def test_what_is_no_signature(
    maker: Caller, people: dict[str, Caller], change: dict[str, str], status: int, problem: str
) -> None:
    recall = recalled(maker, f"N-{uuid4().hex[:8]}")
    assert lift(people["li"], recall, status, **change)["type"] == f"urn:lotproof:problem:{problem}"
    assert signatures(people["li"], "recall", recall["id"]) == []


def test_what_the_companys_own_key_says_is_its_word(maker: Caller) -> None:
    recall = recalled(maker, "R3")
    assert not lift(Caller(maker.client, maker.key, "u-2"), recall)["lifted_at"]
    (signed,) = signatures(maker, "recall", recall["id"])
    assert (signed["person"], signed["method"], signed["name"]) == ("u-2", "company-key", None)


def test_a_count_is_approved_as_it_was_shown_and_its_movements_name_the_signature(
    owner: Engine, maker: Caller, people: dict[str, Caller]
) -> None:
    maker.receive("K1")
    clerk, li = people["clerk"], people["li"]
    sheet = {"id": str(uuid4()), "by": clerk.party, "places": ["SX/A-01"]}
    lines = clerk.post("/counts", sheet)["lines"]
    counted = [{"at": each["location"], "item": each["item"], "lot": each["lot"], "status": each["status"],
                "counted": "90" if each["lot"] == "K1" else each["book_at_start"]} for each in lines]  # fmt: skip
    clerk.post(f"/counts/{sheet['id']}/lines", {"by": clerk.party, "lines": counted}, 200)
    done = clerk.post(f"/counts/{sheet['id']}/finish", {"by": clerk.party}, 200)
    refused = li.post(f"/counts/{sheet['id']}/approve", {"by": li.party, "shown": A_HASH}, 409)
    assert refused["type"] == "urn:lotproof:problem:shown-other"
    li.post(f"/counts/{sheet['id']}/approve", {"by": li.party, "shown": done["shown"], "words": "counted twice"}, 200)
    posted = clerk.post(f"/counts/{sheet['id']}/post", {"by": clerk.party}, 200)
    (signed,) = signatures(li, "count", sheet["id"])
    assert (signed["shown"], signed["words"]) == (done["shown"], "counted twice")
    (movement,) = {each["movement"] for each in posted["lines"]}
    assert documents_of(owner, movement) == {f"ni:///sha-256;{signed['sheet']}"}


def test_a_change_of_keys_is_signed_by_who_asks_and_by_who_approves(maker: Caller) -> None:
    asked = maker.post("/signing-key-changes", {"id": str(uuid4()), "kept_here": "new", "reason": "yearly", "by": "a"})
    path = f"/signing-key-changes/{asked['id']}/approval"
    assert maker.post(path, {"by": "b", "shown": A_HASH}, 409)["type"] == "urn:lotproof:problem:shown-other"
    maker.post(path, {"by": "b", "shown": asked["shown"], "words": "as planned"}, 200)
    told = signatures(maker, "signing-keys", asked["id"])
    assert [(each["person"], each["meaning"], each["shown"]) for each in told] == [
        ("a", "authorship", asked["shown"]), ("b", "approval", asked["shown"])]


def test_changes_of_master_data_are_reviewed_by_another_than_who_made_them(
    maker: Caller, people: dict[str, Caller]
) -> None:
    li, wu = people["li"], people["wu"]
    maker.send("PATCH", "/items/AMX", {"spec": "30 mg", "reason": "label"})
    page = li.get("/changes?limit=1000")
    assert {"item", "site", "location", "person"} <= {each["kind"] for each in page["changes"]}
    body = {"person": li.party, "changes": page["range"], "shown": page["shown"], "words": "nothing odd"}
    assert li.post("/changes/reviews", body)["changes"] == len(page["changes"])
    told = wu.get("/changes?limit=1000")["changes"]
    assert all([each["person"] for each in row["reviewed_by"]] == [li.party] for row in told)
    assert maker.send("PATCH", "/items/AMX", {"spec": "40 mg", "reason": "again"}).status_code == 200
    newest, *older = wu.get("/changes?limit=1000")["changes"]
    assert newest["reviewed_by"] == [] and older == told
    (signed,) = signatures(wu, "changes", page["range"])
    assert (signed["meaning"], signed["shown"]) == ("review", page["shown"])


def test_nobody_reviews_what_was_not_on_the_screen_or_what_he_changed_himself(operator: Caller) -> None:
    from tests.service.api.conftest import furnished

    company = furnished(operator, "reviewed")
    both = person(company, ("quality", None), ("administrator", None))
    both.post("/items", {"code": "OWN", "name": "Own", "unit": "EA"})
    page = both.get("/changes?limit=2")
    body = {"person": both.party, "changes": page["range"], "shown": page["shown"], "words": "fine"}
    company.post("/items", {"code": "SEC", "name": "Second", "unit": "EA"})
    more = both.get("/changes?limit=1000")
    assert both.post("/changes/reviews", {**body, "changes": more["range"]}, 409)["type"].endswith("shown-other")
    none = both.post("/changes/reviews", {**body, "changes": "999999-1000000"}, 409)
    assert none["type"].endswith("nothing-to-review")
    both.post("/changes/reviews", body)
    reviewed = [row for row in both.get("/changes?limit=1000")["changes"] if row["reviewed_by"]]
    assert reviewed == [], "two of its own, which another has to review"


@pytest.mark.parametrize("lie", [
    "UPDATE warehouse.signature SET words = 'because I was told to' WHERE id = :id AND person = 'u-3'",
    "UPDATE warehouse.signature SET person = 'u-9' WHERE id = :id AND person = 'u-3'",
    "UPDATE warehouse.signature SET meaning = 'review' WHERE id = :id AND person = 'u-2'",
    "DELETE FROM warehouse.signature WHERE id = :id",
])  # fmt: skip
def test_an_administrator_who_changes_a_signature_is_found_out(owner: Engine, maker: Caller, lie: str) -> None:
    recall = recalled(maker, f"T-{uuid4().hex[:8]}")
    for name in ("u-2", "u-3"):
        lift(Caller(maker.client, maker.key, name), recall)
    with owner.connect() as connection:
        assert [*sheets_are_those_named(connection)] == []
        connection.execute(text("ALTER TABLE warehouse.signature DISABLE TRIGGER ALL"))
        connection.execute(text(lie), {"id": recall["id"]})
        (found,) = sheets_are_those_named(connection)
        assert (found.table, found.row) == ("warehouse.signature", f"subject=recall, id={recall['id']}")
        connection.rollback()


def test_a_signature_is_never_changed_and_other_parties_see_none(
    owner: Engine, maker: Caller, outsider: Caller
) -> None:
    recall = recalled(maker, "R4")
    lift(Caller(maker.client, maker.key, "u-2"), recall)
    assert signatures(outsider, "recall", recall["id"]) == []
    for statement in ("UPDATE warehouse.signature SET person = 'x'", "DELETE FROM warehouse.signature",
                      "TRUNCATE warehouse.signature"):
        with pytest.raises(DBAPIError, match="never changed"), owner.begin() as connection:
            connection.execute(text(statement))
