"""From a movement over HTTP to a file that a stranger's verifier accepts, and who is shown what."""

import base64
import json
import time
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient

from service.proof import proofs
from tests.service.api.conftest import Caller, Chain, furnished, receive
from verifier import audit
from verifier.http import Deadline
from verifier.policy import Policy, load_policy
from verifier.receipt import verify_receipt
from verifier.report import Report
from verifier.rpc import RpcNode
from verifier.verify import verify

URI = "https://id.gs1.org/01/09506000210018/10/"


def policy_of(caller: Caller) -> Policy:
    """The draft, taken as it is: only a test may do that."""
    return load_policy(caller.client.get("/api/v1/policy").get_data(as_text=True))


def proof_of(caller: Caller, lot: str) -> dict[str, Any]:
    return caller.get(f"/lots/proof?lot={lot}")  # type: ignore[no-any-return]


def checked(caller: Caller, chain: Chain, file: dict[str, Any]) -> Report:
    node = RpcNode(chain.node.url, Deadline(20))
    return verify([json.dumps(file).encode()], policy_of(caller), [node], now=int(time.time()))


def accepted(report: Report) -> bool:
    assert report.exit_code == 0, [(answer.title, answer.verdict, answer.why) for answer in report.answers]
    return True


def disclosed(statement: str) -> list[Any]:
    texts = [text for text in statement.split("~")[1:] if text]
    return [json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))) for text in texts]


def line(lot: str, quantity: str) -> dict[str, str]:
    return {"item": "AMX", "lot": lot, "quantity": quantity}


def hand_over(maker: Caller, trader: Caller, lot: str) -> None:
    """A lot in the maker's store, moved inside, a part of it handed to the trader, who accepts."""
    maker.receive(lot)
    inside = {"id": str(uuid4()), "type": "move", "from": "SX/A-01", "to": "SX/A-02", "lines": [line(lot, "40")]}
    offer = {"id": str(uuid4()), "type": "offer", "from": "SX/A-02", "to_party": "tongqu", "lines": [line(lot, "30")]}
    maker.post("/movements", inside)
    maker.post("/movements", offer)
    trader.post("/movements", {"id": str(uuid4()), "type": "accept", "handoff": offer["id"], "to": "SX/A-01"})


def test_nothing_is_proved_before_something_is_anchored(operator: Caller, chain: Chain) -> None:
    early = furnished(operator, "early")
    early.receive("EARLY")
    answer = early.send("GET", f"/lots/proof?lot={URI}EARLY")
    assert answer.status_code == 503 and int(answer.headers["Retry-After"]) > 0
    assert answer.get_json()["type"] == "urn:lotproof:problem:not-anchored-yet"
    chain.anchor(final=False)
    assert early.send("GET", f"/lots/proof?lot={URI}EARLY").status_code == 503
    mined = early.get(f"/lots/proof?lot={URI}EARLY&under=mined")
    assert len(mined["history"]) == 1
    chain.anchor()
    assert early.get(f"/lots/proof?lot={URI}EARLY") == mined


def test_a_regulator_proves_the_life_of_a_lot_against_the_chain(
    maker: Caller, trader: Caller, regulator: Caller, chain: Chain
) -> None:
    hand_over(maker, trader, "W1")
    again = {"id": str(uuid4()), "type": "offer", "from": "SX/A-02", "to_party": "tongqu", "lines": [line("W1", "3")]}
    maker.post("/movements", again)
    chain.anchor()
    file = proof_of(regulator, URI + "W1")
    assert len(file["history"]) == 5 and len(file["keys"]) == 2
    report = checked(regulator, chain, file)
    assert accepted(report)
    assert [report.facts["handoffs"][how] for how in ("signed by both", "one-sided")] == [1, 1]
    assert [one.partition(",")[0] for one in report.facts["not_agreed"]] == ["entry 5"]


def test_a_proof_is_a_file_with_the_name_of_its_lot(maker: Caller, chain: Chain) -> None:
    maker.receive("N/1")
    chain.anchor()
    answer = maker.send("GET", f"/lots/proof?lot={URI}N%252F1")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="N_2F1.lotproof.json"'
    assert answer.get_json()["lot"] == URI + "N%2F1"


def test_who_sees_what(maker: Caller, trader: Caller, outsider: Caller, regulator: Caller, chain: Chain) -> None:
    hand_over(maker, trader, "D1")
    chain.anchor()
    counts = {}
    for reader in (maker, trader, outsider, regulator):
        file = proof_of(reader, URI + "D1")
        assert accepted(checked(reader, chain, file))
        counts[reader.key] = [len(disclosed(item["statement"])) for item in file["history"]]
    everything = counts[regulator.key]
    received, moved, offered, taken = everything
    assert min(everything) > 10
    assert counts[maker.key] == [received, moved, offered, taken]  # its own, and the answer that names it
    # What is between the two, and of what the maker did before, what travels with the goods: the lot's data and state.
    assert counts[trader.key] == [7, 6, offered, taken]
    assert counts[outsider.key] == [5, 5, 5, 5]


def test_a_stranger_to_the_lot_sees_that_something_happened_and_no_more(
    maker: Caller, outsider: Caller, chain: Chain
) -> None:
    both = receive("D2")
    both["lines"].append({**both["lines"][0], "lot": "D2-SECRET"})
    maker.post("/movements", both)
    chain.anchor()
    (item,) = proof_of(outsider, URI + "D2")["history"]
    shown = disclosed(item["statement"])
    assert {entry[1] for entry in shown if len(entry) == 3} == {"type", "action", "bizStep", "eventTime"}
    assert [entry[1] for entry in shown if len(entry) == 2] == [URI + "D2"]
    assert "D2-SECRET" not in json.dumps(shown)


def test_that_a_lot_was_never_registered_is_proved_too(maker: Caller, regulator: Caller, chain: Chain) -> None:
    maker.receive("A1")
    chain.anchor()
    for caller in (regulator, maker):
        file = proof_of(caller, URI + "NEVER")
        assert (file["history"], file["keys"], file["head"]["count"]) == ([], {}, 0)
        assert accepted(checked(caller, chain, file))


def test_a_lot_that_is_recorded_is_not_denied(maker: Caller, regulator: Caller, chain: Chain) -> None:
    maker.receive("A2-before")
    chain.anchor()
    maker.receive("A2")
    answer = regulator.send("GET", f"/lots/proof?lot={URI}A2")
    assert answer.status_code == 503 and answer.get_json()["type"] == "urn:lotproof:problem:not-anchored-yet"
    chain.anchor()
    assert accepted(checked(regulator, chain, proof_of(regulator, URI + "A2")))


def test_absences_are_given_out_slowly_to_a_party_and_freely_to_a_regulator(
    outsider: Caller, regulator: Caller, chain: Chain, monkeypatch: pytest.MonkeyPatch
) -> None:
    outsider.receive("HERE")
    chain.anchor()
    clock = [time.monotonic()]
    monkeypatch.setattr(proofs, "monotonic", lambda: clock[0])
    answers = [outsider.send("GET", f"/lots/proof?lot={URI}GUESS{number}").status_code for number in range(80)]
    assert answers == [200] * proofs.ABSENCES_AT_ONCE + [429] * 20
    refused = outsider.send("GET", f"/lots/proof?lot={URI}GUESS")
    assert refused.headers["Retry-After"] == "1"
    clock[0] += 1
    assert outsider.send("GET", f"/lots/proof?lot={URI}GUESS").status_code == 200
    assert {regulator.send("GET", f"/lots/proof?lot={URI}GUESS{number}").status_code for number in range(80)} == {200}


@pytest.mark.parametrize(
    "lot",
    ["https://id.gs1.org/01/09506000210019/10/X", "https://id.gs1.org/01/09506000210018/10/", "https://ID.gs1.org/01/09506000210018/10/X",
     "https://id.gs1.org/01/09506000210018/10/X%2f", "https://log.example.com/party/chenghe", "https://log.example.com"],
)  # fmt: skip
def test_what_is_no_lot_uri_is_told_so(maker: Caller, lot: str) -> None:
    answer = maker.send("GET", "/lots/proof?lot=" + lot.replace("%", "%25"))
    assert answer.status_code == 422 and answer.get_json()["expected"]


def test_a_receipt_is_accepted_by_the_verifier(maker: Caller, chain: Chain) -> None:
    (given,) = maker.receive("V1")["receipts"]
    report = verify_receipt(json.dumps(given["receipt"]).encode(), policy_of(maker), URI + "V1")
    assert report.exit_code == 0, report


def test_a_lot_of_a_thousand_entries_is_one_file(maker: Caller, regulator: Caller, chain: Chain) -> None:
    move = {"type": "move", "from": "SX/A-01", "to": "SX/A-02", "lines": [line("BIG", "1")]}
    wanted = [receive("BIG", "2000"), *({**move, "id": str(uuid4())} for _ in range(999))]
    maker.post("/movements/bulk", {"movements": wanted}, expect=200)
    chain.anchor()
    began = time.process_time()
    file = proof_of(regulator, URI + "BIG")
    assert time.process_time() - began < 5
    assert len(file["history"]) == 1000 and accepted(checked(regulator, chain, file))


class Published:
    """The log as the test client fetches it."""

    def __init__(self, client: FlaskClient, key: str | None) -> None:
        self._client, self._headers = client, {"Authorization": f"Bearer {key}"}

    def _fetch(self, path: str) -> bytes:
        answer = self._client.get(path, headers=self._headers)
        assert answer.status_code == 200, (path, answer.data)
        if path != "/checkpoint":
            assert "immutable" in answer.headers["Cache-Control"]
        return answer.data

    def checkpoint(self) -> str:
        return self._fetch("/checkpoint").decode()

    def tile(self, level: int, number: int, width: int) -> bytes:
        return self._fetch(f"/tile/{audit.tile_path(level, number, width)}")

    def entries(self, number: int, width: int) -> bytes:
        return self._fetch(f"/tile/{audit.tile_path('entries', number, width)}")


def test_an_auditor_rebuilds_the_whole_log_from_what_is_published(
    app: Flask, client: FlaskClient, maker: Caller, regulator: Caller, chain: Chain
) -> None:
    maker.receive("L1")
    chain.anchor()
    node = RpcNode(chain.node.url, Deadline(30))
    report = audit.audit(Published(client, regulator.key), policy_of(regulator), [node], now=int(time.time()))
    assert accepted(report)


def test_the_accumulator_is_published_as_tiles_and_entries_only_to_auditors(
    client: FlaskClient, maker: Caller, regulator: Caller, stranger: Caller, chain: Chain
) -> None:
    chain.anchor()
    tile = client.get("/anchors/0/000.p/1")
    assert tile.status_code == 200 and len(tile.data) == 32
    assert client.get("/anchors/entries/000.p/1").status_code == 404
    assert client.get("/anchors/0/x001/000").status_code == 404
    assert client.get("/tile/0/000.p/1").headers["Access-Control-Allow-Origin"] == "*"
    for caller, expected in ((stranger, 401), (maker, 403), (regulator, 200)):
        headers = {"Authorization": f"Bearer {caller.key}"} if caller.key else {}
        answer = client.get("/tile/entries/000.p/1", headers=headers)
        assert answer.status_code == expected
        assert "public" not in answer.headers["Cache-Control"]


def test_the_start_page_and_the_status_tell_how_far_the_chain_is(
    client: FlaskClient, maker: Caller, chain: Chain
) -> None:
    maker.receive("T1")
    chain.anchor()
    status = client.get("/api/v1/status").get_json()
    assert status["final"]["size"] == status["size"] > 0 and status["unanchored"] == 0
    page = client.get("/").get_data(as_text=True)
    assert status["contract"] in page and f"<dd>{status['size']}</dd>" in page


def test_a_long_history_comes_in_parts_which_the_verifier_takes_together(
    maker: Caller, regulator: Caller, chain: Chain
) -> None:
    maker.receive("LONG")
    for _ in range(6):
        move = {"id": str(uuid4()), "type": "move", "from": "SX/A-01", "to": "SX/A-02", "lines": [line("LONG", "1")]}
        maker.post("/movements", move)
    chain.anchor()
    whole = proof_of(regulator, URI + "LONG")
    size = whole["checkpoint"].split("\n")[1]
    maker.receive("LATER")
    chain.anchor()
    parts = [
        regulator.get(f"/lots/proof?lot={URI}LONG&size={size}&first={first}&last={last}")
        for first, last in ((1, 3), (4, 5), (6, 7))
    ]
    assert [entry for part in parts for entry in part["history"]] == whole["history"]
    files = [json.dumps(part).encode() for part in parts]
    node = RpcNode(chain.node.url, Deadline(20))
    assert accepted(verify(files, policy_of(regulator), [node], now=int(time.time())))
    alone = verify(files[1:2], policy_of(regulator), [node], now=int(time.time()))
    assert alone.exit_code == 2 and "not in this file" in alone.answers[4].why


@pytest.mark.parametrize("part", ["first=1&last=9", "first=3&last=2", "first=2", "first=0&last=1"])
def test_a_part_that_is_not_there_is_refused_by_name(maker: Caller, chain: Chain, part: str) -> None:
    maker.receive("SHORT")
    chain.anchor()
    answer = maker.send("GET", f"/lots/proof?lot={URI}SHORT&{part}")
    assert answer.status_code == 422, answer.get_json()


def test_a_size_that_is_not_anchored_has_no_proof(maker: Caller, chain: Chain) -> None:
    maker.receive("SIZED")
    chain.anchor()
    assert maker.send("GET", f"/lots/proof?lot={URI}SIZED&size=900719").status_code == 404
