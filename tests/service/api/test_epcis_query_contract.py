"""Every operation of the query interface answers as the official OpenAPI document says, whatever it is asked.

Each parameter that the document lists is sent with a good value and with bad ones, alone and in any company.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.service.api.conftest import Caller
from tests.service.api.epcis_contract import Contract
from tests.service.api.test_epcis_contract import CAPTURE

NAMES = {
    "eventID": "urn:uuid:0d6a1c52-0000-4000-8000-000000000000", "eventType": "ObjectEvent", "bizStep": "receiving",
    "epc": "https://id.gs1.org/01/09506000210018/10/CQ-1", "disposition": "in_progress", "queryName": "contract",
    "bizLocation": "https://id.gs1.org/414/9506000134376", "readPoint": "https://id.gs1.org/414/9506000134376",
    "subscriptionID": "", "token": "nonsense",
}  # fmt: skip
ANYTHING = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=40) | st.sampled_from(
    ["", "x|y", "2026-01-01T00:00:00Z", "-1", "1e9", "urn:epc:id:sgtin:0614141.107346.2017", "ex:a", "true", "|", "%00"]
)


@pytest.fixture(scope="module")
def contract(shared_data: Path) -> Contract:
    """Without its mistakes: it forgot at some resources what it says at their kin, that a wrong parameter is a 400; the
    schema of one query is a list of them, its example is one; the patterns of schedules are of no dialect.
    """
    made = Contract(shared_data)
    for said in made.said["paths"].values():
        if "200" in said.get("get", {}).get("responses", {}):
            said["get"]["responses"]["400"] = {"$ref": "#/components/responses/400QueryIssues"}
    described = made.said["paths"]["/queries/{queryName}"]["get"]["responses"]["200"]["content"]["application/json"]
    described["schema"] = described["schema"]["items"]
    for name, schema in made.said["components"]["schemas"].items():
        if name.startswith("GS1-Query-"):
            schema.pop("pattern", None)
    return made


@pytest.fixture(scope="module")
def paths(contract: Contract, maker: Caller) -> dict[str, str]:
    """Each path of the document with the names of things that are there."""
    maker.receive("CQ-1")
    query = {"name": "contract", "query": {"EQ_bizStep": ["receiving"], "MATCH_anyEPCClass": [NAMES["epc"]]}}
    contract.check(maker.send("POST", "/epcis/queries", query), "post", "/queries")
    contract.check(maker.send("POST", "/epcis/queries", query), "post", "/queries")
    hook = {"dest": "https://erp.example.com/epcis", "stream": True}
    made = maker.send("POST", "/epcis/queries/contract/subscriptions", hook)
    contract.check(made, "post", "/queries/{queryName}/subscriptions")
    found = maker.get("/epcis/events?EQ_bizStep=receiving")["epcisBody"]["queryResults"]["resultsBody"]["eventList"][0]
    names = {**NAMES, "subscriptionID": made.get_json()["subscriptionID"], "eventID": found["eventID"]}
    places = {"bizLocation": found["bizLocation"]["id"], "readPoint": maker.get("/epcis/readPoints")["member"]}
    names |= {"bizLocation": places["bizLocation"], "readPoint": (places["readPoint"] or [names["readPoint"]])[0]}
    spelled = {}
    for verb, path in contract.operations() - CAPTURE:
        spelled[path] = path
        for name, value in names.items():
            spelled[path] = spelled[path].replace("{" + name + "}", quote(value, safe=""))
        assert "{" not in spelled[path], (verb, path)
    return spelled


def official(contract: Contract, verb: str, path: str) -> Iterator[dict[str, Any]]:
    said = contract.said["paths"][path]
    for each in [*said.get("parameters", []), *said[verb].get("parameters", [])]:
        yield contract._resolved(each)


def gets(contract: Contract) -> list[str]:
    return sorted(path for verb, path in contract.operations() - CAPTURE if verb == "get")


def test_every_resource_is_there(contract: Contract, paths: dict[str, str], maker: Caller) -> None:
    for path in gets(contract):
        answer = maker.send("GET", f"/epcis{paths[path]}")
        contract.check(answer, "get", path)
        assert answer.status_code == 200, path


def test_nobody_without_a_key_gets_anything(contract: Contract, paths: dict[str, str], stranger: Caller) -> None:
    for path in gets(contract):
        contract.check(stranger.send("GET", f"/epcis{paths[path]}"), "get", path)


def test_discovery(contract: Contract, paths: dict[str, str], maker: Caller) -> None:
    for verb, path in sorted(contract.operations() - CAPTURE):
        if verb == "options":
            contract.check(maker.send("OPTIONS", f"/epcis{paths[path]}"), verb, path)


def test_every_parameter_of_the_document_is_known(contract: Contract, paths: dict[str, str], maker: Caller) -> None:
    """With the value of its type: 200, and not "there is no parameter"; each at one of the resources that have it."""
    where: dict[str, list[tuple[str, dict[str, Any]]]] = {}
    for path in gets(contract):
        for parameter in official(contract, "get", path):
            if parameter["in"] == "query" and parameter["name"] not in ("nextPageToken", *SCHEDULED):
                where.setdefault(parameter["name"], []).append((path, parameter))
    assert len(where) > 50
    for turn, (name, resources) in enumerate(where.items()):
        path, parameter = resources[turn % len(resources)]
        answer = maker.send("GET", f"/epcis{paths[path]}?{urlencode({name: good(contract, parameter)})}")
        contract.check(answer, "get", path)
        assert answer.status_code == 200, (path, name, answer.get_data(as_text=True))


SCHEDULED = (
    "second",
    "minute",
    "hour",
    "dayOfMonth",
    "month",
    "dayOfWeek",
    "stream",
    "reportIfEmpty",
    "initialRecordTime",
)


def good(contract: Contract, parameter: dict[str, Any]) -> str:
    schema = contract._resolved(parameter["schema"])
    kind, name = schema.get("type"), parameter["name"]
    known = {"orderBy": "eventTime", "orderDirection": "ASC", "EQ_action": "ADD", "EQ_booleanValue": "true"}
    known |= {"EXISTS_errorDeclaration": "true", "EQ_hexBinaryValue": "F0", "eventCountLimit": "3", "perPage": "3"}
    if name in known or kind in ("number", "integer"):
        return known.get(name, "7")
    return "2026-01-01T00:00:00Z" if schema.get("format") == "date-time" else "urn:epc:id:sgtin:0614141.107346.2017"


def test_nothing_that_is_sent_is_a_fault(contract: Contract, paths: dict[str, str], maker: Caller) -> None:
    known = {
        path: [each["name"] for each in official(contract, "get", path) if each["in"] == "query"]
        for path in gets(contract)
    }
    headers = sorted(
        {each["name"] for path in known for each in official(contract, "get", path) if each["in"] == "header"}
    )
    headers = [name for name in headers if name not in ("Upgrade", "Connection")]
    latin = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=30)

    @settings(max_examples=150, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def send(data: st.DataObject) -> None:
        path = data.draw(st.sampled_from(sorted(known)))
        names = st.sampled_from(known[path]) if known[path] else st.just("perPage")
        query = data.draw(st.lists(st.tuples(names | ANYTHING, ANYTHING), max_size=4))
        sent = data.draw(st.dictionaries(st.sampled_from(headers), latin, max_size=2))
        answer = maker.send("GET", f"/epcis{paths[path]}?{urlencode(query)}", **sent)
        contract.check(answer, "get", path)

    send()


def test_what_can_be_ended_ends(contract: Contract, paths: dict[str, str], maker: Caller) -> None:
    one, whole = "/queries/{queryName}/subscriptions/{subscriptionID}", "/queries/{queryName}"
    for path in (one, one, whole, whole):
        contract.check(maker.send("DELETE", f"/epcis{paths[path]}"), "delete", path)
    link = maker.send("GET", "/epcis/bizSteps?perPage=1").headers["Link"]
    token = link.rpartition("nextPageToken=")[2].partition(">")[0]
    contract.check(maker.send("DELETE", f"/epcis/nextPageToken/{token}"), "delete", "/nextPageToken/{token}")
