"""A party that signs for itself: the service shows what it would record, and records nothing that is not signed."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask import Flask
from sqlalchemy import Engine, text

from service.audit.warehouse import audit_movements, audit_things
from service.auth import own_hand
from signer.door import signed_headers, wanted_of
from signer.keys import Key, new_key, open_key
from signer.shown import Who
from tests.service.api.conftest import ORIGIN, Caller, furnished, receive
from tests.service.api.epcis import begun, document, path_of, received, send
from verifier.encoding import b64url
from verifier.errors import Refuted

PREPARED, SIGNATURE = own_hand.PREPARED, own_hand.SIGNATURE


def a_key() -> Key:
    return Key(Ed25519PrivateKey.generate())


def uri(caller: Caller) -> str:
    return f"https://log.example.com/party/{caller.party}"


def whose(caller: Caller, key: Key) -> Who:
    return Who(ORIGIN, uri(caller), key.kid)


def change(caller: Caller, *keys: Key, kept_here: str = "none", recovery: str | None = None) -> dict[str, Any]:
    return {
        "id": str(uuid4()),
        "keys": [{"x": key.x, "proof": key.proof(ORIGIN, uri(caller))} for key in keys],
        "kept_here": kept_here,
        "recovery": recovery,
        "reason": "our own key",
        "by": "p-1",
    }


def signed(caller: Caller, key: Key, path: str, body: Any, expect: int = 201) -> Any:
    """What `signer.door` does, over this client."""
    shown = caller.post(path, body, 409, **{own_hand.KEY: key.kid})
    now = datetime.fromisoformat(shown["expires_at"]).timestamp() - 900
    headers = signed_headers(wanted_of(shown, whose(caller, key), now), key, lambda _: True)
    return caller.post(path, body, expect, **headers)


def move(lot: str, quantity: str) -> dict[str, Any]:
    line = {"item": "AMX", "lot": lot, "quantity": quantity}
    return {"id": str(uuid4()), "type": "move", "from": "SX/A-01", "to": "SX/A-02", "lines": [line]}


def settle(app: Flask) -> None:
    """What was believed of a key for a second is asked anew."""
    app.extensions["lotproof"].access.forget()


@pytest.fixture
def own(app: Flask, operator: Caller, request: pytest.FixtureRequest) -> tuple[Caller, Key]:
    """A party all of whose keys are its own."""
    caller, key = furnished(operator, f"own-{uuid4().hex[:8]}"), a_key()
    asked = change(caller, key)
    caller.post("/signing-key-changes", asked)
    caller.post(f"/signing-key-changes/{asked['id']}/approval", {"by": "p-2"}, 200)
    settle(app)
    return caller, key


@pytest.fixture(autouse=True, scope="module")
def audited(owner: Engine) -> Any:
    yield
    with owner.connect() as connection:
        assert [*audit_things(connection, ORIGIN), *audit_movements(connection, ORIGIN)] == []


def sealed_keys(owner: Engine, caller: Caller) -> list[bool]:
    query = """SELECT sealed IS NOT NULL FROM warehouse.party_key k JOIN warehouse.party p ON p.id = k.party_id
        WHERE p.code = :code ORDER BY sequence, kid"""
    with owner.connect() as connection:
        return [kept for kept, in connection.execute(text(query), {"code": caller.party})]


def movements(owner: Engine, caller: Caller) -> int:
    query = """SELECT count(*) FROM warehouse.movement m JOIN warehouse.party p ON p.id = m.party_id
        WHERE p.code = :code"""
    with owner.connect() as connection:
        return int(connection.execute(text(query), {"code": caller.party}).scalar_one())


# Changing keys


def test_a_change_needs_two_persons_and_leaves_no_secret_here(own: tuple[Caller, Key], owner: Engine) -> None:
    caller, key = own
    newest, first = caller.get("/signing-keys")["sets"]
    assert [(each["kid"], each["kept_here"]) for each in newest["keys"]] == [(key.kid, "by the party")]
    assert [each["kept_here"] for each in first["keys"]] == ["here"] and first["sequence"] == 1
    assert sealed_keys(owner, caller) == [True, False]
    (told,) = caller.get("/signing-key-changes")["changes"]
    assert (told["state"], told["asked_by"], told["closed_by"], told["sequence"]) == ("done", "p-1", "p-2", 2)
    (noted,) = caller.get("/changes?kind=signing-key")["changes"]
    assert noted["new"] == [key.kid] and noted["reason"] == "our own key"


def test_who_asked_does_not_approve_and_what_is_closed_stays_closed(maker: Caller) -> None:
    asked = change(maker, a_key(), kept_here="as it is")
    assert maker.post("/signing-key-changes", asked)["state"] == "asked"
    assert maker.post("/signing-key-changes", asked)["state"] == "asked"
    path = f"/signing-key-changes/{asked['id']}"
    assert maker.post(f"{path}/approval", {"by": "p-1"}, 409)["type"].endswith("needs-approval")
    maker.post(f"{path}/withdrawal", {"by": "p-1"}, 200)
    assert maker.post(f"{path}/approval", {"by": "p-2"}, 409)["type"].endswith("change-is-closed")
    assert len(maker.get("/signing-keys")["sets"]) == 1
    again = {**asked, "reason": "another"}
    assert maker.post("/signing-key-changes", again, 409)["type"].endswith("movement-id-taken")
    maker.post(f"/signing-key-changes/{uuid4()}/approval", {"by": "p-2"}, 409)


@pytest.mark.parametrize("other", ["party", "origin", "key", "nothing"])
def test_nobody_registers_a_key_that_he_does_not_have(maker: Caller, other: str) -> None:
    key, party, origin = a_key(), uri(maker), ORIGIN
    proof = {
        "party": key.proof(origin, "https://log.example.com/party/another"),
        "origin": key.proof("another.example.com/log", party),
        "key": a_key().proof(origin, party),
        "nothing": b64url(bytes(64)),
    }[other]
    asked = {**change(maker), "keys": [{"x": key.x, "proof": proof}]}
    assert maker.post("/signing-key-changes", asked, 409)["type"].endswith("bad-key-set")


def test_a_set_is_never_empty_nor_names_a_key_twice(maker: Caller) -> None:
    key = a_key()
    for asked, seen in ((change(maker), "0"), (change(maker, key, key), "twice")):
        maker.post("/signing-key-changes", asked)
        told = maker.post(f"/signing-key-changes/{asked['id']}/approval", {"by": "p-2"}, 409)
        assert told["type"].endswith("bad-key-set") and seen in told["detail"]


def test_a_lost_key_is_replaced_with_the_recovery_key(app: Flask, own: tuple[Caller, Key]) -> None:
    caller, key = own
    rescue, new = a_key(), a_key()
    named = change(caller, key, recovery=rescue.kid)
    caller.post("/signing-key-changes", named)
    assert signed(caller, key, f"/signing-key-changes/{named['id']}/approval", {"by": "p-2"}, 200)["sequence"] == 3
    asked = change(caller, rescue, new)
    caller.post("/signing-key-changes", asked)
    path = f"/signing-key-changes/{asked['id']}/approval"
    stranger = caller.post(path, {"by": "p-2"}, 409, **{own_hand.KEY: new.kid})
    assert stranger["type"].endswith("key-not-valid")
    assert signed(caller, rescue, path, {"by": "p-2"}, 200)["sequence"] == 4
    settle(app)
    signed(caller, new, "/movements", receive("AFTER"))
    old = caller.post("/movements", receive("OLD"), 409, **{own_hand.KEY: key.kid})
    assert old["type"].endswith("key-not-valid")


# Recording


def test_nothing_is_recorded_before_it_is_signed_and_then_exactly_once(own: tuple[Caller, Key], owner: Engine) -> None:
    caller, key = own
    body = receive("L1")
    shown = caller.post("/movements", body, 409)
    assert shown["type"].endswith("sign-this") and shown["key"] == key.kid and movements(owner, caller) == 0
    told = signed(caller, key, "/movements", body)
    assert told["id"] == body["id"] and movements(owner, caller) == 1
    assert caller.post("/movements", body, 200) == told
    assert caller.post("/movements", {**body, "supplier": "Other"}, 409)["type"].endswith("movement-id-taken")


def test_several_in_one_request_and_handed_over_to_a_party_whose_key_is_kept_here(
    own: tuple[Caller, Key], trader: Caller
) -> None:
    caller, key = own
    bulk = {"movements": [receive("B1"), receive("B2"), receive("B3")]}
    results = signed(caller, key, "/movements/bulk", bulk, 200)["results"]
    assert [each["status"] for each in results] == [201, 201, 201]
    line = {"item": "AMX", "lot": "B1", "quantity": "10"}
    offer = {"id": str(uuid4()), "type": "offer", "to_party": trader.party, "lines": [line], "from": "SX/A-01"}
    signed(caller, key, "/movements", offer)
    trader.post("/movements", {"id": str(uuid4()), "type": "accept", "handoff": offer["id"], "to": "SX/A-01"})


def test_a_refusal_needs_no_signature(own: tuple[Caller, Key]) -> None:
    caller, _ = own
    told = caller.post("/movements", move("NONE", "1"), 409)
    assert not told["type"].endswith("sign-this")


def test_what_changed_meanwhile_is_not_recorded(own: tuple[Caller, Key], owner: Engine) -> None:
    """The same lot moved on after the statement was shown: what was signed says what is true no more."""
    caller, key = own
    signed(caller, key, "/movements", receive("L2"))
    first, second = move("L2", "10"), move("L2", "20")
    shown = caller.post("/movements", first, 409)
    headers = headers_for(caller, key, shown)
    signed(caller, key, "/movements", second)
    assert caller.post("/movements", first, 409, **headers)["type"].endswith("overtaken")
    assert movements(owner, caller) == 2
    signed(caller, key, "/movements", first)


def headers_for(caller: Caller, key: Key, shown: Any) -> dict[str, str]:
    now = datetime.fromisoformat(shown["expires_at"]).timestamp() - 900
    return signed_headers(wanted_of(shown, whose(caller, key), now), key, lambda _: True)


Lie = Callable[[dict[str, str], Caller, Key], dict[str, str]]
LIES: dict[str, tuple[Lie, str, int]] = {
    "another key": (lambda h, c, k: h | {SIGNATURE: b64url(a_key().sign(b"x"))}, "bad-signature", 409),
    "no signature": (lambda h, c, k: h | {SIGNATURE: b64url(bytes(64))}, "bad-signature", 409),
    "one too many": (lambda h, c, k: h | {SIGNATURE: f"{h[SIGNATURE]}, {h[SIGNATURE]}"}, "bad-signature", 409),
    "spelled badly": (lambda h, c, k: h | {SIGNATURE: "%%"}, "wrong-header", 422),
    "another note": (lambda h, c, k: h | {PREPARED: b64url(bytes(80))}, "wrong-header", 422),
    "a bit of the note": (lambda h, c, k: h | {PREPARED: _flipped(h[PREPARED])}, "wrong-header", 422),
    "no base64": (lambda h, c, k: h | {PREPARED: "?"}, "wrong-header", 422),
    "signature alone": (lambda h, c, k: {SIGNATURE: h[SIGNATURE]}, "sign-this", 409),
    "a key that is none": (lambda h, c, k: {own_hand.KEY: "me"}, "wrong-header", 422),
}


def _flipped(text_: str) -> str:
    return text_[:40] + ("A" if text_[40] != "A" else "B") + text_[41:]


@pytest.mark.parametrize("name", LIES)
def test_lies(own: tuple[Caller, Key], owner: Engine, name: str) -> None:
    caller, key = own
    body = receive("LIE")
    lie, problem, status = LIES[name]
    headers = lie(headers_for(caller, key, caller.post("/movements", body, 409)), caller, key)
    told = caller.post("/movements", body, status, **headers)
    assert told["type"].endswith(problem), told
    assert movements(owner, caller) == 0


def test_signed_for_another_request_or_party_or_too_late(
    app: Flask, own: tuple[Caller, Key], operator: Caller, monkeypatch: pytest.MonkeyPatch, owner: Engine
) -> None:
    caller, key = own
    body = receive("LATE")
    headers = headers_for(caller, key, caller.post("/movements", body, 409))
    assert caller.post("/movements", receive("LATE"), 409, **headers)["type"].endswith("overtaken")
    other = furnished(operator, f"other-{uuid4().hex[:8]}")
    assert other.post("/movements", body, 422, **headers)["type"].endswith("wrong-header")
    hands = app.extensions["lotproof"].access._hands
    monkeypatch.setattr(hands, "_clock", lambda: own_hand_clock() + timedelta(minutes=16))
    assert caller.post("/movements", body, 409, **headers)["type"].endswith("overtaken")
    assert movements(owner, caller) == movements(owner, other) == 0


def own_hand_clock() -> datetime:
    from datetime import UTC

    return datetime.now(UTC)


def test_both_ways_to_sign_where_a_key_is_kept_here_too(app: Flask, operator: Caller) -> None:
    caller, key = furnished(operator, f"both-{uuid4().hex[:8]}"), a_key()
    asked = change(caller, key, kept_here="as it is")
    caller.post("/signing-key-changes", asked)
    caller.post(f"/signing-key-changes/{asked['id']}/approval", {"by": "p-2"}, 200)
    settle(app)
    caller.receive("KEPT")
    signed(caller, key, "/movements", receive("OWN"))
    keys = {each["kid"] for each in caller.get("/signing-keys")["sets"][0]["keys"]}
    assert len(keys) == 2 and key.kid in keys


# Before signing


def shown_of(caller: Caller) -> Any:
    return caller.post("/movements", receive(f"S{uuid4().hex[:6]}"), 409)


SEEN: dict[str, Callable[[Any, Who], tuple[Any, Who]]] = {
    "another party": lambda p, w: (p, Who(w.origin, "https://log.example.com/party/other", w.kid)),
    "another log": lambda p, w: (p, Who("other.example.com/log", w.party, w.kid)),
    "another key": lambda p, w: (p, Who(w.origin, w.party, a_key().kid)),
    "a hidden field": lambda p, w: (_without(p, 1), w),
    "a hidden lot": lambda p, w: (_without(p, 0), w),
    "a field of its own": lambda p, w: (_more(p), w),
    "no statement": lambda p, w: ({**p, "statements": [{"signing_input": "x.y", "disclosures": "~"}]}, w),
    "another problem": lambda p, w: ({**p, "type": "urn:lotproof:problem:overtaken"}, w),
}


def _without(problem: Any, number: int) -> Any:
    (statement,) = problem["statements"]
    parts = statement["disclosures"].split("~")[1:-1]
    del parts[number]
    return {**problem, "statements": [{**statement, "disclosures": "~" + "".join(f"{each}~" for each in parts)}]}


def _more(problem: Any) -> Any:
    (statement,) = problem["statements"]
    extra = b64url(json.dumps([b64url(bytes(16)), "note", "x"]).encode())
    return {**problem, "statements": [{**statement, "disclosures": f"{statement['disclosures']}{extra}~"}]}


@pytest.mark.parametrize("name", SEEN)
def test_the_signer_signs_nothing_that_it_cannot_see_or_that_is_not_its_own(own: tuple[Caller, Key], name: str) -> None:
    caller, key = own
    problem, who = SEEN[name](shown_of(caller), whose(caller, key))
    now = datetime.fromisoformat(problem["expires_at"]).timestamp() - 900
    with pytest.raises(Refuted):
        wanted_of(problem, who, now)


@pytest.mark.parametrize("late", [-2000, 2000])
def test_the_signer_signs_nothing_of_another_time(own: tuple[Caller, Key], late: int) -> None:
    caller, key = own
    problem = shown_of(caller)
    now = datetime.fromisoformat(problem["expires_at"]).timestamp() - 900
    with pytest.raises(Refuted, match="iat"):
        wanted_of(problem, whose(caller, key), now + late)


def test_a_key_lives_in_a_file_of_its_owner(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    made = new_key(path, "correct horse battery staple")
    assert path.stat().st_mode & 0o777 == 0o600 and b"ENCRYPTED" in path.read_bytes()
    assert open_key(path, "correct horse battery staple").kid == made.kid


def seen(number: int) -> dict[str, Any]:
    """An event about others' goods."""
    return {
        "type": "ObjectEvent", "eventID": f"urn:uuid:0d6a1c52-0000-4000-8000-{number:012d}", "action": "OBSERVE",
        "bizStep": "departing", "eventTime": "2026-03-01T17:00:00+00:00", "eventTimeZoneOffset": "+00:00",
        "epcList": ["urn:epc:id:sscc:5012345.0111111111"],
    }  # fmt: skip


def test_a_capture_job_waits_for_the_partys_hand(own: tuple[Caller, Key], owner: Engine) -> None:
    """Movements and evidence, 64 statements a time; nobody else carries it out, and an unsigned one records nothing."""
    party, key = own
    events = [received(party.party, "OWN-E", 5), *(seen(number) for number in range(69))]
    job = begun(party, document(*events), GS1_Capture_Error_Behaviour="proceed")
    path = path_of(job)
    shown = party.get(path)
    assert shown["running"] and shown["lotproof:signing"] == f"/api/v1{path}/signing"
    first = signed(party, key, f"{path}/signing", None, 200)
    assert (first["running"], first["lotproof:captured"], len(first["lotproof:waiting"])) == (True, 64, 6)
    last = signed(party, key, f"{path}/signing", None, 200)
    assert (last["running"], last["success"], last["lotproof:captured"]) == (False, True, 70)
    assert "lotproof:signing" not in last and party.get("/stock?item=AMX&lot=OWN-E")["stock"][0]["quantity"] == "5"
    assert party.send("POST", f"{path}/signing").get_json() == last, "there is nothing to sign any more"
    with owner.connect() as connection:
        assert list(audit_movements(connection, ORIGIN)) == list(audit_things(connection, ORIGIN)) == []
    whole = send(party, "/capture", document(*(seen(number) for number in range(100, 165))))
    assert (whole.status_code, whole.get_json()["expected"]) == (413, 64)


def test_a_job_that_is_captured_as_a_whole_and_refused_records_nothing(own: tuple[Caller, Key]) -> None:
    party, _ = own
    job = begun(party, document(seen(900), received(party.party, "OWN-W", 1.5)))
    told = party.post(f"{path_of(job)}/signing", None, 200)
    assert not told["success"] and not told["running"] and told["lotproof:captured"] == 0


def test_a_key_that_an_administrator_plants_in_the_database_speaks_for_no_party_that_signs_for_itself(
    own: tuple[Caller, Key], owner: Engine
) -> None:
    caller, key = own
    planted = Caller(caller.client, f"lpk_{uuid4().hex}", caller.party)
    with owner.begin() as connection:
        connection.execute(text(
            "INSERT INTO warehouse.api_key (id, role, party_id, label, shown, secret_hash, created_at)"
            " SELECT gen_random_uuid(), 'party', id, 'x', 'lpk_', sha256(:secret), now() FROM warehouse.party"
            " WHERE code = :party"), {"secret": str(planted.key).encode(), "party": caller.party})  # fmt: skip
    assert planted.get("/items")["items"], "he reads"
    asked = receive("PLANTED")
    shown = planted.post("/movements", asked, 409, **{own_hand.KEY: key.kid})
    forged = a_key()
    signatures = ",".join(b64url(forged.sign(each["signing_input"].encode())) for each in shown["statements"])
    headers = {own_hand.KEY: key.kid, PREPARED: shown["prepared"], SIGNATURE: signatures}
    assert planted.send("POST", "/movements", asked, **headers).status_code in (403, 409, 422)
    assert caller.send("GET", f"/movements/{asked['id']}").status_code == 404
