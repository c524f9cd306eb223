"""People and their roles: the whole table, operation by operation and role by role, and what stays on record."""

from dataclasses import fields
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine
from sqlalchemy.exc import ProgrammingError

from service.api import movement_schemas
from service.api.fields import Text
from service.auth.keys import Caller as Key
from service.auth.permissions import MOVEMENTS, OPERATIONS, PLACES, movement_problem
from service.domain.commands import COMMANDS, Command
from service.domain.people import COMPANY, ROLES, Grant
from service.people import refusals
from tests.service.api.conftest import Caller, receive


def person(company: Caller, *roles: tuple[str, str | None]) -> Caller:
    granted = [{"role": role, "site": site} for role, site in roles]
    made = company.post("/people", {"roles": granted})
    key = company.post(f"/people/{made['code']}/api-keys", {"label": "test"})
    return Caller(company.client, key["api_key"], made["code"])


def guarded(client: FlaskClient) -> list[tuple[str, str, str, list[str]]]:
    """Verb, path, id and kinds of keys of every operation that asks for a key of a party."""
    return [
        (verb.upper(), path.removeprefix("/api/v1"), operation["operationId"], operation["x-people"])
        for path, methods in client.get("/api/openapi.json").get_json()["paths"].items()
        for verb, operation in methods.items()
        if verb != "parameters" and operation["security"] and "party" in operation["x-roles"]
    ]


def answer(caller: Caller, verb: str, path: str) -> int:
    path = path.replace("{id}", str(uuid4())).replace("{code}", "nobody").replace("{movement}", str(uuid4()))
    return caller.send(verb, path, None if verb in ("GET", "DELETE") else {}).status_code


def test_every_operation_that_asks_for_a_key_stands_in_the_table(client: FlaskClient) -> None:
    paths = client.get("/api/openapi.json").get_json()["paths"]
    ids = {
        operation["operationId"]
        for methods in paths.values()
        for verb, operation in methods.items()
        if verb != "parameters" and operation["security"]
    }
    assert ids == OPERATIONS.keys()
    assert {operation for _, _, operation, allowed in guarded(client) if not allowed} == set()


def test_the_companys_own_key_may_do_everything_of_a_party(client: FlaskClient, maker: Caller) -> None:
    for verb, path, operation, _ in guarded(client):
        assert answer(maker, verb, path) != 403, operation


def command(type: str, site: str = "SX") -> Command:
    """A command of this type, all of whose places are at one site."""
    shape = COMMANDS[type]
    members = {each.name: f"{site}/A" if each.name in PLACES else () for each in fields(shape)}
    return shape(**members)


def test_every_type_of_movement_stands_in_the_table() -> None:
    assert COMMANDS.keys() <= MOVEMENTS.keys()
    assert {role for allowed in MOVEMENTS.values() for role in allowed} <= set(COMPANY)


@pytest.mark.parametrize("type", COMMANDS)
@pytest.mark.parametrize("role", ROLES)
def test_a_movement_needs_its_role_at_its_site(type: str, role: str) -> None:
    def refused(*grants: Grant) -> bool:
        key = Key("k", "party", "p", 1, "someone", frozenset(grants))
        return movement_problem(key, command(type)) is not None

    allowed = role in MOVEMENTS[type]
    names_a_place = any(each.name in PLACES for each in fields(COMMANDS[type]))
    everywhere = type in ("recall", "lift")
    assert refused(Grant(role)) != allowed
    assert refused(Grant(role, "SX"), Grant("auditor")) != (allowed and not everywhere)
    assert refused(Grant(role, "OTHER")) == (not allowed or names_a_place or everywhere)
    assert refused()


def test_every_place_that_a_movement_can_name_is_looked_at() -> None:
    """A member that the schemas read as SITE/LOC must be one of those whose site is checked."""

    def places(shape: Any) -> set[str]:
        named = set()
        for name, field in shape().fields.items():
            inner = getattr(field, "inner", field)
            if isinstance(inner, Text) and inner.expected.startswith("a location SITE/LOC"):
                named.add(name)
            elif hasattr(inner, "schema"):
                named |= places(type(inner.schema))
        return named

    for shape in movement_schemas.SHAPES.values():
        assert places(shape) <= set(PLACES)


def test_a_person_of_one_site_cannot_move_at_another(maker: Caller) -> None:
    maker.post("/sites", {"code": "SHA", "zone": "Asia/Shanghai"})
    maker.post("/locations", {"site": "SHA", "code": "B1"})
    clerk = person(maker, ("operator", "SX"), ("quality", "SHA"))
    clerk.post("/movements", receive("HERE"), Prefer="wait=0")
    there = receive("THERE", to="SHA/B1")
    problem = clerk.post("/movements", there, expect=403)
    assert (problem["movement_type"], problem["movement_id"]) == ("receive", there["id"])
    assert "at SHA" in problem["expected"]
    line = [{"item": "AMX", "lot": "HERE", "quantity": "1"}]
    across = {"id": str(uuid4()), "type": "move", "from": "SX/A-01", "to": "SHA/B1", "lines": line}
    release = {"id": str(uuid4()), "type": "release", "at": "SX/A-01", "lines": line, "approved_by": ["a", "b"]}
    for refused in (across, release):
        clerk.post("/movements", refused, expect=403)
    results = clerk.post("/movements/bulk", {"movements": [across, receive("ALSO"), there]}, 200, Prefer="wait=0")
    assert [each["status"] for each in results["results"]] == [403, 201, 403]


def test_the_ledger_names_key_and_person_and_never_a_name(owner: Engine, maker: Caller) -> None:
    made = maker.post("/people", {"code": "p-17", "name": "Li Wei 李伟", "roles": [{"role": "operator"}]})
    assert made["name"] == "Li Wei 李伟"
    key = maker.post("/people/p-17/api-keys", {"label": "scanner"})
    assert key["person"] == "p-17"
    Caller(maker.client, key["api_key"]).post("/movements", receive("BY-LI"), Prefer="wait=0")
    with owner.connect() as connection:
        rows = connection.exec_driver_sql("SELECT m::text FROM warehouse.movement m WHERE actor LIKE '%%/p-17'").all()
        trail = connection.exec_driver_sql("SELECT string_agg(c::text, '') FROM warehouse.change c").scalar()
    assert len(rows) == 1 and f"{key['id']}/p-17" in rows[0][0]
    erased = maker.send("PATCH", "/people/p-17", {"name": None, "reason": "left"}).get_json()
    assert erased["name"] is None and "李伟" not in rows[0][0] + str(trail)


def test_a_person_who_is_no_longer_active_gets_nowhere(maker: Caller) -> None:
    clerk = person(maker, ("operator", None))
    assert clerk.get("/items")
    assert maker.send("PATCH", f"/people/{clerk.party}", {"active": False, "reason": "left"}).status_code == 200
    assert clerk.send("GET", "/items").status_code == 401
    maker.send("PATCH", f"/people/{clerk.party}", {"active": True, "roles": [], "reason": "back"})
    assert clerk.send("GET", "/items").status_code == 403
    trail = maker.get(f"/changes?kind=person&code={clerk.party}")["changes"]
    assert [(each["field"], each["old"], each["new"]) for each in trail[:3]] == [
        ("roles", [{"role": "operator", "site": None}], []), ("active", False, True), ("active", True, False),
    ]  # fmt: skip
    assert trail[0]["reason"] == "back"


def test_people_are_the_partys_own(maker: Caller, trader: Caller) -> None:
    clerk = person(maker, ("operator", None))
    assert trader.send("PATCH", f"/people/{clerk.party}", {"active": False, "reason": "x"}).status_code == 404
    assert trader.send("POST", f"/people/{clerk.party}/api-keys", {"label": "x"}).status_code == 404
    assert clerk.party not in str(trader.get("/people")) and clerk.party in str(maker.get("/people?limit=1000"))
    trader.post("/people", {"roles": [{"role": "operator", "site": "SHA"}]}, expect=409)
    maker.post("/people", {"code": clerk.party, "roles": []}, expect=409)
    maker.post("/people", {"roles": [{"role": "operator"}, {"role": "operator", "site": None}]}, expect=409)


def test_people_are_listed_page_by_page(trader: Caller) -> None:
    codes = sorted(trader.post("/people", {"code": f"c-{n}", "roles": []})["code"] for n in range(5))
    page, seen = trader.get("/people?limit=2"), []
    while page["next"]:
        seen += page["people"]
        page = trader.get(f"/people?limit=2&after={page['next']}")
    assert [each["code"] for each in [*seen, *page["people"]]] == codes


def test_refusals_are_on_record_and_bounded(outsider: Caller, maker: Caller) -> None:
    clerk = person(outsider, ("auditor", None))
    clerk.post("/items", {"code": "X", "name": "X", "unit": "EA"}, expect=403)
    line = [{"item": "AMX", "lot": "NONE", "quantity": "5"}]
    nothing = {"id": str(uuid4()), "type": "move", "from": "SX/A-01", "to": "SX/A-02", "lines": line}
    outsider.post("/movements", nothing, expect=409)
    outsider.post("/movements/bulk", {"movements": [nothing, {"type": "x"}]}, expect=200)
    kept = outsider.get("/refusals")["refusals"]
    assert [(each["operation"], each["status"], each["movement_type"]) for each in kept[:3]] == [
        ("record_movements", 409, "move"),
        ("record_movement", 409, "move"),
        ("add_item", 403, None),
    ]
    assert kept[0]["movement"] == nothing["id"] and kept[2]["person"] == clerk.party
    assert all(len(each["detail"]) <= 500 for each in kept)
    assert nothing["id"] not in str(maker.get("/refusals"))
    older = outsider.get(f"/refusals?limit=1&before={kept[0]['number']}")
    assert older["refusals"] == kept[1:2] and older["next"] == kept[1]["number"]


def test_who_floods_the_refusals_fills_nothing_and_hides_nobody(
    monkeypatch: pytest.MonkeyPatch, outsider: Caller, maker: Caller
) -> None:
    monkeypatch.setattr(refusals, "MOST_OF_ONE", 3)
    clerk, other = person(outsider, ("auditor", None)), person(outsider, ("auditor", None))
    for _ in range(5):
        clerk.post("/items", {"code": "X", "name": "X", "unit": "EA"}, expect=403)
    clerk.post("/sites", {"code": "X", "zone": "UTC"}, expect=403)
    other.post("/items", {"code": "X", "name": "X", "unit": "EA"}, expect=403)
    told = outsider.get("/refusals")
    assert [each["person"] for each in told["refusals"][:4]] == [other.party, *[clerk.party] * 3]
    beyond = {(each["operation"], each["kept"], each["more"]) for each in told["counted"] if each["who"] == clerk.party}
    assert beyond == {("add_item", 3, 2), ("add_site", 0, 1)}
    assert not {clerk.party, other.party} & {each["who"] for each in maker.get("/refusals")["counted"]}
    assert other.party not in {each["who"] for each in told["counted"]}


def test_a_party_that_floods_with_many_keys_has_its_limit_too(
    monkeypatch: pytest.MonkeyPatch, outsider: Caller
) -> None:
    clerks = [person(outsider, ("auditor", None)) for _ in range(3)]
    before = len(outsider.get("/refusals?limit=1000")["refusals"])
    monkeypatch.setattr(refusals, "MOST_OF_PARTY", before + 2)
    for clerk in clerks:
        clerk.post("/items", {"code": "X", "name": "X", "unit": "EA"}, expect=403)
    assert len(outsider.get("/refusals?limit=1000")["refusals"]) == before + 2
    [last] = [each for each in outsider.get("/refusals")["counted"] if each["who"] == clerks[2].party]
    assert (last["kept"], last["more"]) == (0, 1)


def test_a_bulk_of_refused_movements_is_counted_whole(monkeypatch: pytest.MonkeyPatch, trader: Caller) -> None:
    monkeypatch.setattr(refusals, "MOST_OF_ONE", 0)
    line = [{"item": "AMX", "lot": "NONE", "quantity": "5"}]
    many = [{"id": str(uuid4()), "type": "move", "from": "SX/A-01", "to": "SX/A-02", "lines": line} for _ in range(50)]
    trader.post("/movements/bulk", {"movements": many}, expect=200)
    assert 50 in {each["more"] for each in trader.get("/refusals")["counted"]}
    assert not {each["id"] for each in many} & {each["movement"] for each in trader.get("/refusals")["refusals"]}


def test_a_refused_movement_leaves_its_refusal_and_nothing_else(app: Flask, outsider: Caller) -> None:
    before = outsider.get("/stock")
    late = receive("BAD", lines=[{"item": "NOPE", "lot": "BAD", "quantity": "1"}])
    outsider.post("/movements", late, expect=409)
    assert outsider.get("/stock") == before
    assert outsider.get("/refusals?limit=1")["refusals"][0]["problem"] == "unknown-thing"


def test_an_item_changes_with_a_reason_and_a_trail(trader: Caller) -> None:
    trader.post("/items", {"code": "NEW", "name": "New", "unit": "EA"})
    wanted = {"name": "Newer", "storage_min": "-2.5", "needs_expiry": True, "unit": "KGM", "decimals": 3}
    assert trader.send("PATCH", "/items/NEW", wanted).status_code == 422
    changed = trader.send("PATCH", "/items/NEW", {**wanted, "reason": "label was wrong"}).get_json()
    assert (changed["name"], changed["unit"], changed["decimals"], changed["needs_expiry"]) == ("Newer", "KGM", 3, True)
    made = [each["field"] for each in trader.get("/changes?kind=item&code=NEW")["changes"] if each["old"] is None]
    assert {"name", "unit"} <= {*made}
    trail = {each["field"]: each for each in trader.get("/changes?kind=item&code=NEW")["changes"] if each["reason"]}
    assert trail.keys() == wanted.keys()
    assert (trail["storage_min"]["old"], trail["storage_min"]["new"]) == (None, "-2.5")
    assert trail["name"]["reason"] == "label was wrong" and trail["name"]["who"]
    before = trader.get("/changes?kind=item&code=NEW")
    trader.send("PATCH", "/items/NEW", {**wanted, "reason": "again"})
    assert trader.get("/changes?kind=item&code=NEW") == before


@pytest.mark.parametrize("change", [{"unit": "KGM"}, {"decimals": 2}, {"gtin": None}])
def test_what_lots_are_counted_and_named_by_stays(trader: Caller, change: dict[str, Any]) -> None:
    trader.post("/movements", receive(f"K-{next(iter(change))}"), Prefer="wait=0")
    refused = trader.send("PATCH", "/items/AMX", {**change, "reason": "x"})
    assert (refused.status_code, refused.get_json()["type"]) == (409, "urn:lotproof:problem:lots-exist")
    assert trader.send("PATCH", "/items/AMX", {"spec": "20 mg", "reason": "x"}).status_code == 200


def test_an_item_of_somebody_else_or_a_taken_gtin_is_refused(trader: Caller, maker: Caller) -> None:
    maker.post("/items", {"code": "MINE", "name": "Mine", "unit": "EA"})
    assert trader.send("PATCH", "/items/MINE", {"name": "x", "reason": "x"}).status_code == 404
    taken = maker.send("PATCH", "/items/MINE", {"gtin": "09506000210018", "reason": "x"})
    assert (taken.status_code, taken.get_json()["type"]) == (409, "urn:lotproof:problem:thing-exists")
    bad = maker.send("PATCH", "/items/MINE", {"storage_min": "8", "storage_max": "2", "reason": "x"})
    assert bad.status_code == 422


def test_who_made_and_ended_a_key_is_on_record(maker: Caller) -> None:
    made = maker.post("/api-keys", {"label": "ERP"})
    maker.post(f"/api-keys/{made['id']}/revoke", None, expect=200)
    trail = maker.get(f"/changes?kind=api-key&code={made['id']}")["changes"]
    assert [each["field"] for each in trail] == ["revoked", "label"]


def test_the_record_of_refusals_and_changes_is_never_changed(owner: Engine, maker: Caller) -> None:
    maker.post("/api-keys", {"label": "ERP"})
    maker.post("/movements", receive("X", to="SX/NONE"), expect=409)
    with pytest.raises(ProgrammingError, match="never changed"), owner.begin() as connection:
        connection.exec_driver_sql("DELETE FROM warehouse.refusal_tally")
    for table in ("refusal", "change"):
        for sql in (f"DELETE FROM warehouse.{table}", f"UPDATE warehouse.{table} SET at = now()",
                    f"TRUNCATE warehouse.{table}"):  # fmt: skip
            with pytest.raises(ProgrammingError, match="never changed"), owner.begin() as connection:
                connection.exec_driver_sql(sql)
