"""A name in every field that may be erased: asked for by one, approved by two, and no byte of it is left anywhere."""

import json
import logging
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import count
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
from sqlalchemy import Connection, Engine, make_url, text

from anchoring import Audited
from service import db, migrating
from service.audit.running import Audit
from service.domain.erasable import MEMBERS
from service.erasing.leftover import TABLES, rewrite, write_over
from service.local.postgres import Cluster
from service.settings import Settings, public_half
from service.webhooks import outbox
from service.webhooks.deliverer import body_of
from tests.service.api.conftest import LOG_KEY, ORIGIN, Caller, Chain
from tests.service.api.test_proof import URI, accepted, checked, disclosed, line, proof_of
from tests.tools.waiting import WAITING, eventually

BASIS = "GDPR Art. 17(1)(a)"
_lots = count(1)


def canary() -> str:
    """A name with a random word that stands nowhere else."""
    return f"Frau {uuid4().hex[:12]}-Öztürk"


def person(maker: Caller, *roles: str) -> Caller:
    """Somebody of the maker's party with a key of their own."""
    code = f"p-{uuid4().hex[:8]}"
    maker.post("/people", {"code": code, "roles": [{"role": role} for role in roles]})
    key = maker.post(f"/people/{code}/api-keys", {"label": "own"})
    return Caller(maker.client, key["api_key"], code)


@pytest.fixture(scope="module")
def asker(maker: Caller) -> Caller:
    return person(maker, "administrator")


@pytest.fixture(scope="module")
def two(maker: Caller) -> list[Caller]:
    return [person(maker, "quality"), person(maker, "supervisor")]


def ship(maker: Caller, **changes: Any) -> dict[str, Any]:
    """A shipment of a part of a new lot."""
    lot = f"E{next(_lots)}"
    maker.receive(lot)
    asked = {"id": str(uuid4()), "type": "ship", "from": "SX/A-01", "customer": "Clinic 9", "lines": [line(lot, "5")]}
    maker.post("/movements", asked | changes)
    return asked | changes


def lot_of(movement: dict[str, Any]) -> str:
    return URI + str(movement["lines"][0]["lot"])


def asked(asker: Caller, movement: dict[str, Any], property: str, **changes: Any) -> Any:
    wanted = {"id": str(uuid4()), "movement": movement["id"], "property": property, "legal_basis": BASIS,
              "by": asker.party}  # fmt: skip
    return asker.post("/erasures", wanted | changes)


def said(erasure: Any, by: Caller, **changes: Any) -> dict[str, Any]:
    return {"person": by.party, "decision": "approve", "shown": erasure["shown"]} | changes


def approve(erasure: Any, *people: Caller) -> Any:
    for each in people:
        erasure = each.post(f"/erasures/{erasure['id']}/approvals", said(erasure, each), 200)
    return erasure


def erase(asker: Caller, two: list[Caller], movement: dict[str, Any], *properties: str) -> Any:
    for each in properties:
        erasure = approve(asked(asker, movement, each), *two)
        assert erasure["state"] == "erased"
    return erasure


def refused(answer: Any, status: int, problem: str) -> dict[str, Any]:
    found: dict[str, Any] = answer.get_json()
    assert (answer.status_code, found["type"].rsplit(":", 1)[-1]) == (status, problem), found
    return found


def dumped(pg: Cluster, settings: Settings) -> str:
    """Everything that the database holds, as pg_dump writes it."""
    name = str(make_url(settings.database_url).database)
    command = [str(pg.bin / "pg_dump"), "-U", "postgres", "-h", str(pg.socket), name]
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout


def audit(owner: Engine, chain: Chain) -> list[Any]:
    """The whole audit, as `./lotproof audit` does it."""
    url = owner.url.render_as_string(hide_password=False)
    return Audit(url, Audited(ORIGIN, [public_half(LOG_KEY)], [chain.node.url])).run()


def exported(maker: Caller, movement: dict[str, Any]) -> bytes:
    """What the house gives out about a movement and its lot."""
    lot = quote(lot_of(movement), safe="")
    paths = [f"/reports/history?lot={lot}&format={form}" for form in ("json", "csv")]
    paths += [f"/lots/trace?lot={lot}", f"/movements/{movement['id']}", "/refusals", "/changes"]
    answers = [maker.send("GET", path) for path in paths]
    assert {answer.status_code for answer in answers} == {200}
    return b"".join(json.dumps(answer.get_json(silent=True), ensure_ascii=False).encode() + answer.data
                    for answer in answers)  # fmt: skip


def told(working: Engine, hook: str) -> bytes:
    """Everything that waits to be told to a webhook."""
    bodies = []
    with working.connect() as connection:
        while (due := outbox.next_due(connection, datetime.now(UTC))) is not None:
            outbox.delivered(connection, due, 200, datetime.now(UTC))
            bodies.append(body_of(due.event) if str(due.webhook) == hook else b"")
        connection.rollback()
    return b"".join(bodies)


def counted_by(name: str, movement: dict[str, Any]) -> dict[str, Any]:
    lines = [{"item": "AMX", "lot": movement["lines"][0]["lot"], "counted": "94"}]
    return {"id": str(uuid4()), "type": "count", "at": "SX/A-01", "counted_by": name, "approved_by": f"2 {name}",
            "lines": lines}  # fmt: skip


def test_no_byte_of_a_name_is_left_and_every_proof_still_verifies(
    maker: Caller, asker: Caller, two: list[Caller], regulator: Caller, chain: Chain, owner: Engine, working: Engine,
    pg: Cluster, settings: Settings, caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    caplog.set_level(logging.DEBUG)
    name = canary()
    word = name.split()[1].encode()
    hook = maker.post("/webhooks", {"url": "http://127.0.0.1:9/told"})["id"]
    documents = [{"type": "po", "id": name}, {"type": "inv", "id": "R-1"}, {"type": "po", "id": name}]
    movement = ship(maker, customer=name, reason=f"{name} rang", documents=documents)
    counted = counted_by(name, movement)
    assert person(maker, "operator").send("POST", "/movements", counted).status_code == 403
    maker.post("/movements", counted)
    other = ship(maker, customer="Clinic 10")
    chain.anchor()
    before = proof_of(regulator, lot_of(movement))
    answers = [maker.post("/movements", each, 200) for each in (movement, counted)]
    for place in (dumped(pg, settings).encode(), exported(maker, movement), told(working, hook)):
        assert word in place
    stock = maker.get("/stock")

    assert MEMBERS.keys() == {"lotproof:customer", "lotproof:reason", "lotproof:countedBy", "lotproof:approvedBy"}
    erase(asker, two, movement, "lotproof:customer", "lotproof:reason", "bizTransactionList[0]")
    erase(asker, two, counted, "lotproof:countedBy", "lotproof:approvedBy")
    chain.anchor()

    for place in (dumped(pg, settings).encode(), exported(maker, movement), told(working, hook), caplog.text.encode()):
        assert word not in place
    file = proof_of(regulator, lot_of(movement))
    shown = [disclosed(each["statement"]) for each in file["history"]]
    assert word.decode() not in json.dumps(shown, ensure_ascii=False)
    report = checked(regulator, chain, file)
    assert accepted(report) and "5 fields erased" in report.answer(4).remarks and not report.facts["hidden_fields"]
    assert [each["entry"] for each in file["history"][:3]] == [each["entry"] for each in before["history"]]
    assert accepted(checked(regulator, chain, proof_of(regulator, lot_of(other))))
    assert maker.get("/stock") == stock
    assert [maker.post("/movements", each, 200) for each in (movement, counted)] == answers
    assert audit(owner, chain) == []


def test_a_retry_is_known_by_what_is_left_of_it(
    maker: Caller, asker: Caller, two: list[Caller]
) -> None:
    movement = ship(maker, reason="rang")
    erase(asker, two, movement, "lotproof:reason")
    maker.post("/movements", movement | {"reason": "anything, for it is not compared"}, 200)
    for change in ({"customer": "Clinic 11"}, {"lines": [line(movement["lines"][0]["lot"], "6")]}):
        refused(maker.send("POST", "/movements", movement | change), 409, "movement-id-taken")


def withdrawn(connection: Connection, who: Caller) -> None:
    """As another process withdraws a person's roles: the one that is asked next believes the old ones for a second."""
    connection.execute(text("SELECT FROM warehouse.person WHERE code = :code FOR UPDATE"), {"code": who.party})
    connection.execute(text("DELETE FROM warehouse.person_role WHERE person_id ="
                            " (SELECT id FROM warehouse.person WHERE code = :code)"), {"code": who.party})  # fmt: skip


def test_nobody_approves_in_a_role_that_is_gone(maker: Caller, asker: Caller, owner: Engine) -> None:
    late = person(maker, "quality")
    erasure = asked(asker, ship(maker, reason="rang"), "lotproof:reason")
    late.get("/erasures")  # now its roles are believed
    with owner.begin() as connection:
        withdrawn(connection, late)
    told = refused(late.send("POST", f"/erasures/{erasure['id']}/approvals", said(erasure, late)), 403, "forbidden")
    assert "others since" in told["detail"]
    assert asker.get(f"/erasures/{erasure['id']}")["approvals"] == []


def test_an_approval_and_the_end_of_its_role_come_one_after_the_other(
    maker: Caller, asker: Caller, owner: Engine
) -> None:
    late = person(maker, "quality")
    erasure = asked(asker, ship(maker, reason="rang"), "lotproof:reason")
    with ThreadPoolExecutor(1) as pool, owner.connect() as other:
        with owner.begin() as connection:
            late.get("/erasures")
            withdrawn(connection, late)
            sent = pool.submit(late.send, "POST", f"/erasures/{erasure['id']}/approvals", said(erasure, late))
            eventually(lambda: other.scalar(WAITING))
        assert sent.result(30).status_code == 403
    assert asker.get(f"/erasures/{erasure['id']}")["approvals"] == []


def test_a_stranger_sees_that_it_was_erased_and_by_which_law(
    maker: Caller, asker: Caller, two: list[Caller], outsider: Caller, chain: Chain
) -> None:
    movement = ship(maker, reason="rang")
    erase(asker, two, movement, "lotproof:reason")
    chain.anchor()
    file = proof_of(outsider, lot_of(movement))
    said = {value[1]: value[2] for value in disclosed(file["history"][-1]["statement"]) if len(value) == 3}
    assert said.keys() == {"type", "lotproof:erased", "lotproof:legalBasis", "lotproof:approved"}
    assert (said["lotproof:erased"], said["lotproof:legalBasis"]) == ("lotproof:reason", BASIS)
    assert accepted(checked(outsider, chain, file))


def test_every_lot_of_the_movement_has_the_notice_in_its_history(
    maker: Caller, asker: Caller, two: list[Caller], regulator: Caller, chain: Chain
) -> None:
    first, second = ship(maker), ship(maker)
    both = first | {"id": str(uuid4()), "reason": "rang", "lines": [first["lines"][0], second["lines"][0]]}
    maker.post("/movements", both)
    erasure = erase(asker, two, both, "lotproof:reason")
    chain.anchor()
    for movement in (first, second):
        file = proof_of(regulator, lot_of(movement))
        assert len(file["history"]) == 4 and accepted(checked(regulator, chain, file))
    assert erasure["notice"] and [each["person"] for each in erasure["approvals"]] == [each.party for each in two]


def test_the_customer_goes_from_master_data_and_orders_of_that_name_too(
    maker: Caller, asker: Caller, two: list[Caller], owner: Engine, pg: Cluster, settings: Settings
) -> None:
    name = canary()
    movement = ship(maker, customer=name)
    maker.post("/customers", {"code": f"C-{uuid4().hex[:8]}", "name": name})
    order = {"id": str(uuid4()), "kind": "sales", "number": uuid4().hex[:8], "site": "SX", "partner": name,
             "lines": [{"item": "AMX", "quantity": "1"}]}  # fmt: skip
    made = maker.post("/orders", order)
    with owner.connect() as connection:
        asked = text("SELECT encode(content_hash, 'hex') FROM warehouse.orders WHERE uuid = :id")
        hashed = connection.scalar(asked, {"id": order["id"]})
    assert hashed in dumped(pg, settings)
    erase(asker, two, movement, "lotproof:customer")
    assert name not in dumped(pg, settings)
    assert hashed not in dumped(pg, settings), "whoever guesses the name would have it confirmed"
    assert maker.post("/orders", order, 200)["id"] == made["id"]


@pytest.mark.parametrize("property", ["quantityList", "quantityList[0]", "lots", "bizStep", "readPoint", "eventTime",
                                      "lotproof:journal", "lotproof:lot1", "sourceList[0]"])  # fmt: skip
def test_facts_are_not_erased_whoever_asks(maker: Caller, asker: Caller, property: str) -> None:
    wanted = {"id": str(uuid4()), "movement": ship(maker)["id"], "property": property, "legal_basis": BASIS}
    for caller, by in ((asker, asker.party), (maker, "u-1")):
        told = refused(caller.send("POST", "/erasures", wanted | {"by": by}), 409, "not-erasable")
        assert "lotproof:reason" in told["expected"] and told["seen"] == property
    kept = maker.get("/refusals?limit=1")["refusals"][0]
    assert (kept["operation"], kept["problem"]) == ("ask_erasure", "not-erasable")


def test_the_reason_of_a_recall_stays(maker: Caller, asker: Caller) -> None:
    lot = ship(maker)["lines"][0]["lot"]
    recall = {"id": str(uuid4()), "type": "recall", "item": "AMX", "lot": lot, "reason": "glass"}
    maker.post("/movements", recall)
    wanted = {"id": str(uuid4()), "movement": recall["id"], "property": "lotproof:reason", "legal_basis": BASIS}
    told = refused(asker.send("POST", "/erasures", wanted | {"by": asker.party}), 409, "not-erasable")
    assert told["seen"] == "a recall"


def test_words_of_a_case_stay_with_the_case(maker: Caller, asker: Caller) -> None:
    lot = ship(maker)["lines"][0]["lot"]
    case = {"id": str(uuid4()), "cause": "damaged", "words": "wet", "by": "u-1", "item": "AMX", "lot": lot}
    (movement,) = maker.post("/quarantine-cases", case)["movements"]
    wanted = {"id": str(uuid4()), "movement": movement["id"], "property": "lotproof:reason", "legal_basis": BASIS}
    told = refused(asker.send("POST", "/erasures", wanted | {"by": asker.party}), 409, "not-erasable")
    assert told["seen"] == "one of a quarantine case"


def test_one_alone_erases_nothing(maker: Caller, asker: Caller, two: list[Caller], owner: Engine) -> None:
    movement = ship(maker, reason="rang")
    erasure = asked(asker, movement, "lotproof:reason")
    path = f"/erasures/{erasure['id']}/approvals"
    refused(asker.send("POST", path, said(erasure, asker)), 403, "forbidden")  # an administrator approves nothing
    refused(two[0].send("POST", path, said(erasure, two[1])), 403, "forbidden")  # nor somebody in another's name
    both = person(maker, "administrator", "quality")
    own = asked(both, movement, "lotproof:reason")
    refused(both.send("POST", f"/erasures/{own['id']}/approvals", said(own, both)), 409, "needs-approval")
    once = approve(erasure, two[0], two[0])
    assert (once["state"], len(once["approvals"])) == ("asked", 1)
    refused(two[1].send("POST", path, said(erasure, two[1], shown="A" * 43)), 409, "shown-other")
    with owner.connect() as connection:
        kept = connection.execute(text("SELECT content FROM warehouse.movement WHERE id = :id"), {"id": movement["id"]})
        assert '"reason":"rang"' in kept.scalar_one()
    kept = {(row["operation"], row["problem"]) for row in maker.get("/refusals?limit=4")["refusals"]}
    assert kept == {("approve_erasure", each) for each in ("forbidden", "needs-approval", "shown-other")}


def test_one_no_is_enough(maker: Caller, asker: Caller, two: list[Caller]) -> None:
    erasure = asked(asker, ship(maker, reason="rang"), "lotproof:reason")
    path = f"/erasures/{erasure['id']}/approvals"
    approve(erasure, two[0])
    ended = two[1].post(path, said(erasure, two[1], decision="reject"), 200)
    assert (ended["state"], ended["notice"]) == ("rejected", None)
    third = person(maker, "quality")
    refused(third.send("POST", path, said(erasure, third)), 409, "wrong-state")


def test_another_partys_statement_is_not_there(maker: Caller, trader: Caller, two: list[Caller], asker: Caller) -> None:
    movement = ship(maker, reason="rang")
    wanted = {"id": str(uuid4()), "movement": movement["id"], "property": "lotproof:reason", "legal_basis": BASIS,
              "by": "u-1"}  # fmt: skip
    refused(trader.send("POST", "/erasures", wanted), 409, "unknown-thing")
    erasure = asked(asker, movement, "lotproof:reason")
    answer = trader.send("POST", f"/erasures/{erasure['id']}/approvals", said(erasure, two[0], person="u-2"))
    refused(answer, 404, "not-found")
    assert trader.get("/erasures")["erasures"] == []


def test_what_is_not_there_or_not_any_more_is_told_so(maker: Caller, asker: Caller, two: list[Caller]) -> None:
    movement = ship(maker, reason="rang")
    first, late = asked(asker, movement, "lotproof:reason"), asked(asker, movement, "lotproof:reason")
    approve(first, *two)
    path = f"/erasures/{late['id']}/approvals"
    two[0].post(path, said(late, two[0]), 200)
    refused(two[1].send("POST", path, said(late, two[1])), 409, "nothing-to-erase")
    for property in ("lotproof:reason", "lotproof:countedBy", "bizTransactionList[0]"):
        wanted = {"id": str(uuid4()), "movement": movement["id"], "property": property, "legal_basis": BASIS}
        refused(asker.send("POST", "/erasures", wanted | {"by": asker.party}), 409, "nothing-to-erase")


def test_asked_again_it_is_the_same_and_other_content_is_refused(
    maker: Caller, asker: Caller, two: list[Caller]
) -> None:
    movement = ship(maker, reason="rang")
    erasure = asked(asker, movement, "lotproof:reason")
    wanted = {"id": erasure["id"], "movement": movement["id"], "property": "lotproof:reason", "legal_basis": BASIS,
              "by": asker.party}  # fmt: skip
    assert asker.post("/erasures", wanted, 200) == erasure
    refused(asker.send("POST", "/erasures", wanted | {"legal_basis": "none"}), 409, "id-taken")
    done = approve(erasure, *two)
    assert approve(erasure, *two) == done == asker.post("/erasures", wanted, 200)
    assert asker.get("/erasures?state=erased&limit=1")["erasures"] == [done]
    assert asker.get(f"/erasures/{done['id']}") == done


def test_the_law_names_nobody(maker: Caller, asker: Caller) -> None:
    wanted = {"id": str(uuid4()), "movement": ship(maker, customer="Ms Wu")["id"], "property": "lotproof:customer",
              "legal_basis": "because Ms Wu asks", "by": asker.party}  # fmt: skip
    told = refused(asker.send("POST", "/erasures", wanted), 422, "bad-text")
    assert "Ms Wu" not in json.dumps(told)


@pytest.fixture
def admin(pg: Cluster, settings: Settings) -> Iterator[Engine]:
    made = db.engine_for(pg.url(str(make_url(settings.database_url).database)))
    yield made
    made.dispose()


def files_with(pg: Cluster, admin: Engine, word: str) -> list[str]:
    """Data files of this database in which the word stands."""
    with migrating.autocommit(admin) as connection:
        connection.execute("CHECKPOINT")
        [folder] = connection.execute("SELECT oid FROM pg_database WHERE datname = current_database()").fetchall()
    place = pg.data / "base" / str(folder[0])
    found = subprocess.run(["grep", "-laF", "-r", word, str(place)], capture_output=True, text=True, check=False)
    return found.stdout.split()


def test_no_file_holds_what_was_erased(
    maker: Caller, asker: Caller, two: list[Caller], pg: Cluster, admin: Engine
) -> None:
    name = canary()
    movement = ship(maker, customer=name, reason=f"{name} rang")
    order = {"id": str(uuid4()), "kind": "sales", "number": uuid4().hex[:8], "site": "SX", "partner": name,
             "lines": [{"item": "AMX", "quantity": "1"}]}  # fmt: skip
    maker.post("/orders", order)
    assert len(files_with(pg, admin, name)) >= 2
    erase(asker, two, movement, "lotproof:customer", "lotproof:reason")
    assert files_with(pg, admin, name), "expected dead rows: else this shows nothing"
    with migrating.autocommit(admin) as connection:
        assert [table for table, size in rewrite(connection) if size] == list(TABLES)
        asked = "SELECT pg_walfile_name(pg_current_wal_lsn())"
        before = connection.execute(asked).fetchall()
        assert write_over(connection, most=2) == 2 and connection.execute(asked).fetchall() > before
    assert files_with(pg, admin, name) == []
