"""A driver's name in an event about others' goods: erased on the record, and no byte of it is left anywhere."""

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine, text

from anchoring.restoring import Unaccounted
from service.audit.events import events_are_what_was_signed, evidence_is_in_the_log
from service.audit.evidence_erasures import erasures_of_evidence
from service.demo.lies.superuser import triggers_asleep
from service.local.postgres import Cluster
from service.recovering.statements import keep
from service.settings import Settings
from tests.service.api.conftest import ORIGIN, Caller, Chain
from tests.service.api.epcis import captured
from tests.service.api.test_erasures import BASIS, approve, audit, canary, dumped, person, refused
from tests.service.api.test_proof import accepted, checked, proof_of
from tests.tools.waiting import eventually
from verifier.entry import ERASURE
from verifier.hashing import StatementHash, Subject
from verifier.statement import split

CONTEXT = ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld", {"ex": "https://example.com/ns/"}]


@pytest.fixture(scope="module")
def asker(maker: Caller) -> Caller:
    return person(maker, "administrator")


@pytest.fixture(scope="module")
def two(maker: Caller) -> list[Caller]:
    return [person(maker, "quality"), person(maker, "supervisor")]


def event(**changes: Any) -> dict[str, Any]:
    """About somebody else's pallet: it has neither lots nor quantities."""
    return {
        "@context": CONTEXT, "type": "ObjectEvent", "eventID": f"urn:uuid:{uuid4()}", "action": "OBSERVE",
        "bizStep": "departing", "eventTime": "2026-03-01T17:00:00+00:00", "eventTimeZoneOffset": "+00:00",
        "readPoint": {"id": "urn:epc:id:sgln:5012345.00011.0"}, "epcList": ["urn:epc:id:sscc:5012345.0111111111"],
        "ex:weight": 12.5, **changes,
    }  # fmt: skip


def capture(maker: Caller, said: dict[str, Any]) -> str:
    answer = maker.send("POST", "/epcis/events", said)
    assert answer.status_code == 201, answer.get_data(as_text=True)
    return str(said.get("eventID") or answer.get_json()["eventID"])


def wanted(asker: Caller, id: str, property: str, **changes: Any) -> dict[str, Any]:
    return {"id": str(uuid4()), "event": id, "property": property, "legal_basis": BASIS, "by": asker.party} | changes


def erased(asker: Caller, two: list[Caller], id: str, property: str, **changes: Any) -> Any:
    made = approve(asker.post("/erasures", wanted(asker, id, property, **changes)), *two)
    assert made["state"] == "erased" and made["movement"] is None
    return made


def of(maker: Caller, id: str) -> dict[str, Any]:
    found = maker.get(f"/epcis/events?EQ_eventID={id}")["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
    return dict(found[0])


def test_no_byte_is_left_and_everything_still_proves(
    pg: Cluster, settings: Settings, maker: Caller, asker: Caller, two: list[Caller], owner: Engine, chain: Chain
) -> None:
    """In a field of the partner's own, in a document's number, in the data of a lot, in what a sensor saw."""
    names = [canary() for _ in range(4)]
    said = event(**{
        "ex:driver": {"name": names[0], "badge": 7},
        "bizTransactionList": [{"type": "po", "bizTransaction": "urn:x:1"},
                               {"type": "desadv", "bizTransaction": f"urn:x:{names[1].split()[-1].split('-')[0]}"}],
        "ilmd": {"ex:harvester": names[2]},
        "sensorElementList": [{"sensorReport": [{"type": "Temperature", "value": 3, "uom": "CEL"}],
                               "ex:where": names[3]}],
        "action": "ADD",
    })  # fmt: skip
    words = [name.split()[-1].split("-")[0] for name in names]
    id = capture(maker, said)
    assert [word for word in words if word not in dumped(pg, settings)] == [], "as text, so that it is found"
    for property in ("ex:driver", "bizTransactionList[1]", "ilmd", "sensorElementList[0]"):
        erased(asker, two, id, property)
    found = of(maker, id)
    assert "ex:driver" not in found and "ilmd" not in found and not found.get("sensorElementList")
    assert len(found["bizTransactionList"]) == 1 and found["ex:weight"] == 12.5
    dump = dumped(pg, settings)
    assert [word for word in words if word in dump] == [], "no byte of it"
    chain.anchor()
    assert audit(owner, chain) == []
    report = checked(maker, chain, proof_of(maker, found["lotproof:proof"]["histories"][0]["lot"]))
    assert accepted(report) and report.facts["erased_fields"] == 4


def test_it_is_not_told_again_and_the_same_event_again_is_known(
    maker: Caller, asker: Caller, two: list[Caller]
) -> None:
    """What was erased is not compared; anything else is."""
    said = event(**{"ex:driver": canary()})
    id = capture(maker, said)
    erased(asker, two, id, "ex:driver")
    document = {"@context": CONTEXT, "type": "EPCISDocument", "schemaVersion": "2.0",
                "creationDate": "2026-03-02T09:00:00Z", "epcisBody": {"eventList": [said]}}  # fmt: skip
    job = captured(maker, document)
    assert (job["success"], job["lotproof:known"], job["lotproof:captured"]) == (True, 1, 0)
    assert "ex:driver" not in of(maker, id)
    document["epcisBody"]["eventList"][0] = {**said, "ex:weight": 13}
    job = captured(maker, document)
    assert not job["success"] and job["errors"][0]["type"].endswith("ResourceAlreadyExistsException")


def test_an_id_that_is_a_hash_of_it_all_goes_too(maker: Caller, asker: Caller, two: list[Caller]) -> None:
    said = event(**{"ex:driver": canary()})
    del said["eventID"]
    answer = maker.send("POST", "/epcis/events", said)
    id = answer.get_json()["eventID"]
    assert id.startswith("ni:")
    made = erased(asker, two, id, "ex:driver")
    assert made["event"].startswith("urn:uuid:") and of(maker, made["event"])["ex:weight"] == 12.5


def test_what_a_statement_cannot_tell_goes_as_a_whole_and_first(
    pg: Cluster, settings: Settings, maker: Caller, asker: Caller, two: list[Caller], owner: Engine, chain: Chain
) -> None:
    name, other = canary(), canary()
    word = name.split()[-1].split("-")[0]
    long = [f"urn:epc:id:sscc:5012345.{n:010d}" for n in range(160)]
    said = event(**{"epcList": long, "ex:crew": {"names": [name] * 2_000}, "ex:driver": other})
    id = capture(maker, said)
    assert word in str(of(maker, id)["ex:crew"]) and len(of(maker, id)["epcList"]) == 160
    wrong = refused(asker.send("POST", "/erasures", wanted(asker, id, "ex:driver")), 409, "not-erasable")
    assert "lotproof:without first" in wrong["detail"]
    erased(asker, two, id, "lotproof:without")
    left = of(maker, id)
    assert not left.get("epcList") and "ex:crew" not in left and left["ex:driver"] == other
    assert word not in dumped(pg, settings), "no byte of it"
    erased(asker, two, id, "ex:driver")
    again = maker.send("POST", "/epcis/events", said)
    assert again.status_code == 409 and "ex:driver" not in of(maker, id)
    document = {"@context": CONTEXT, "type": "EPCISDocument", "schemaVersion": "2.0",
                "creationDate": "2026-03-02T09:00:00Z", "epcisBody": {"eventList": [said]}}  # fmt: skip
    assert captured(maker, document)["lotproof:known"] == 1
    chain.anchor()
    assert audit(owner, chain) == []
    report = checked(maker, chain, proof_of(maker, left["lotproof:proof"]["histories"][0]["lot"]))
    assert accepted(report) and report.facts["erased_fields"] == 2


def test_what_stays(maker: Caller, asker: Caller, two: list[Caller], trader: Caller) -> None:
    id = capture(maker, event(**{"ex:driver": "D. Driver"}))
    for property in ("epcList", "readPoint", "bizStep", "eventTime", "epcList[0]", "lotproof:captured", "type"):
        refused(asker.send("POST", "/erasures", wanted(asker, id, property)), 409, "not-erasable")
    refused(asker.send("POST", "/erasures", wanted(asker, id, "ex:other")), 409, "nothing-to-erase")
    refused(asker.send("POST", "/erasures", wanted(asker, f"urn:uuid:{uuid4()}", "ex:driver")), 409, "unknown-thing")
    both = wanted(asker, id, "ex:driver", movement=str(uuid4()))
    refused(asker.send("POST", "/erasures", both), 422, "wrong-shape")
    made = asker.post("/erasures", body := wanted(asker, id, "ex:driver"))
    assert asker.post("/erasures", body, 200) == made and "ex:driver" in of(maker, id)
    assert asker.get(f"/erasures/{made['id']}")["event"] == id


GONE = "movement IS NULL AND notice IS NOT NULL"


LIES = (
    ("UPDATE warehouse.erasure SET property = 'ex:weight' WHERE movement IS NULL", "property"),
    ("UPDATE warehouse.erasure SET requested_by = 'p-nobody' WHERE movement IS NULL", "requested_by"),
    (f"UPDATE warehouse.erasure SET state = 'rejected', notice = NULL WHERE {GONE}", "statement_hash"),
    ("DELETE FROM warehouse.erasure_approval", "notice"),
    ("UPDATE warehouse.epcis_event SET body = body || '{\"ex:driver\": \"x\"}' WHERE salt IS NULL", "body"),
)


def test_lies_are_found(maker: Caller, asker: Caller, two: list[Caller], owner: Engine, chain: Chain) -> None:
    """As a superuser tells them, who may switch triggers off."""
    erased(asker, two, capture(maker, event(**{"ex:driver": canary()})), "ex:driver")
    eventually(chain.all_sequenced)
    for lie, found in LIES:
        with owner.connect() as connection:
            for table in ("erasure", "erasure_approval", "epcis_event"):
                connection.execute(text(f"ALTER TABLE warehouse.{table} DISABLE TRIGGER USER"))
            assert connection.execute(text(lie)).rowcount
            assert found in {each.field for each in looked_at(connection)}, lie
            connection.rollback()
    with owner.connect() as connection:
        assert list(looked_at(connection)) == []


def test_what_a_backup_brings_back_goes_again_when_its_notice_does(
    maker: Caller, asker: Caller, two: list[Caller], owner: Engine, chain: Chain
) -> None:
    """The backup has the event whole, and neither notice nor erasure."""
    id = capture(maker, event(**{"ex:driver": canary()}))
    with owner.connect() as connection:
        before = connection.execute(text(WHOLE), {"id": id}).one()._asdict()
    made = erased(asker, two, id, "ex:driver")
    eventually(chain.all_sequenced)
    with owner.connect() as connection:
        after = connection.execute(text(WHOLE), {"id": id}).one()
        said = connection.execute(text(NOTICE), made).one()
        values = before | {"notice": said.notice, "erasure": said.number}
        tables = ("disclosure", "erasure", "erasure_approval", "statement", "epcis_event")
        with triggers_asleep(connection, *(f"warehouse.{table}" for table in tables)):
            for statement in RESTORED:
                assert connection.execute(text(statement), values).rowcount
        assert list(looked_at(connection)) == [], "a backup is whole in itself"
        hashed = StatementHash(said.notice)
        entry = Unaccounted(0, ERASURE, Subject(bytes(32)), hashed, None)
        assert keep(connection, ORIGIN, [entry], {hashed: split(said.said)}) == (1, [])
        again = connection.execute(text(WHOLE), {"id": id}).one()
        assert (again.body, again.disclosures, again.salt) == (after.body, after.disclosures, None)
        assert list(looked_at(connection)) == []
        connection.rollback()


WHOLE = """
    SELECT v.statement_hash, v.body::text AS body, v.salt, v.sha256, v.hash, d.disclosures FROM warehouse.epcis_event v
    JOIN warehouse.disclosure d USING (statement_hash) WHERE v.event_id = :id
"""
NOTICE = """
    SELECT e.number, e.notice, s.jwt || d.disclosures AS said FROM warehouse.erasure e
    JOIN warehouse.statement s ON s.statement_hash = e.notice
    JOIN warehouse.disclosure d ON d.statement_hash = e.notice WHERE e.id = :id
"""
RESTORED = (
    "UPDATE warehouse.disclosure SET disclosures = :disclosures WHERE statement_hash = :statement_hash",
    """UPDATE warehouse.epcis_event SET body = CAST(:body AS jsonb), salt = :salt, sha256 = :sha256, hash = :hash
    WHERE statement_hash = :statement_hash""",
    "DELETE FROM warehouse.erasure_approval WHERE erasure = :erasure",
    "DELETE FROM warehouse.erasure WHERE number = :erasure",
    "DELETE FROM warehouse.disclosure WHERE statement_hash = :notice",
    "DELETE FROM warehouse.statement WHERE statement_hash = :notice",
)


def looked_at(connection: Any) -> list[Any]:
    return [*events_are_what_was_signed(connection), *evidence_is_in_the_log(connection, ORIGIN),
            *erasures_of_evidence(connection, ORIGIN)]  # fmt: skip
