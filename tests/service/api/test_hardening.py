"""What callers try: members that are none of theirs, numbers in every spelling, lookalikes, the ids of others, names
that want to be headers.
"""

import json
from io import BytesIO
from time import perf_counter
from uuid import uuid4
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from flask.testing import FlaskClient

from service.api.examples import story
from service.api.movement_schemas import WIRE
from tests.service.api.conftest import Caller, receive
from tests.service.api.test_examples import filled

pytestmark = pytest.mark.usefixtures("sequencing")

FORBIDDEN = ("seq", "index", "tenant", "tenant_id", "party_id", "recorded_at", "created_at", "role", "grants", "sealed",
             "actor", "key", "__proto__", "constructor")  # fmt: skip
POSTS = {(each.by, each.path): each for each in story()}


@pytest.fixture(scope="module")
def told(operator: Caller) -> dict[str, Caller]:
    callers = {"operator": operator}
    for code in ("acme", "corner"):
        made = operator.post("/parties", {"id": code, "name": code})
        callers[code] = Caller(operator.client, made["api_key"], code)
    return callers


def test_no_request_sets_what_only_the_service_may(told: dict[str, Caller]) -> None:
    """Each example of each operation with a member more: refused by its name, before anything else is asked."""
    kept = dict.fromkeys(("shown", "asked"), "x")
    for (by, _), example in POSTS.items():
        if by not in told or example.read:  # a person's own, or nothing to write
            continue
        path = filled(example.path, kept | dict.fromkeys(_holes(example.path), str(uuid4())))
        for name in FORBIDDEN:
            if name in example.body:
                continue
            answer = told[by].send("POST", path, example.body | {name: "1"})
            errors = answer.get_json().get("errors", [{}])
            assert answer.status_code == (400 if path.startswith("/epcis/") else 422), (path, name, answer.text)
            if path in ("/epcis/capture", "/epcis/events"):
                continue  # a document, judged by the standard's schema
            assert any(each["at"] == f"/{name}" or "nothing else" in each["problem"] for each in errors), (path, name)


def _holes(path: str) -> list[str]:
    return [part.partition("}")[0] for part in path.split("{")[1:]]


def test_no_schema_of_a_request_has_room_for_more(client: FlaskClient) -> None:
    document = client.get("/api/openapi.json").get_json()
    schemas, seen = document["components"]["schemas"], 0
    for path, verbs in document["paths"].items():
        for verb in ("post", "put", "patch"):
            content = verbs.get(verb, {}).get("requestBody", {}).get("content", {}).get("application/json", {})
            if "schema" in content:
                name = content["schema"].get("$ref", "a part of it/Movement").rpartition("/")[2]
                for each in [shape.__name__ for shape in WIRE.values()] if name == "Movement" else [name]:
                    assert schemas[each]["additionalProperties"] is False, (path, each)
                    seen += 1
    assert seen > 60


LITERALS = r"""
NaN Infinity -Infinity 1e400 -1e400 1e5 1E5 1e-5 1.0 1.5 0.1 -1 -0 0 -0.0 00 01 +1 .5 1. 0x10 0b1 0o7 1_000 1,000
true false null [] {} [1] {"a":1} "1.0" "-1" "+1" "1e3" "1E3" "0x10" "1_0" "" "NaN" "Infinity" "-0" "00" "01" "1." ".5"
"1.0000000001" "99999999999999999999" "１" "१" "𝟏" "1\u0000" "²" "1/2" "½" "∞" "1,5" "\u00201" "1\u0020" "\u2212"
9007199254740992 99999999999999999999999999 1e-400 1.7976931348623157e309 "1e400" "0.0" 0e0
""".split()  # noqa: SIM905 - as they are sent
assert len(LITERALS) >= 60
HUGE = ("9" * 5_000, "1" + "0" * 4_300, "-" + "9" * 400, '"' + "9" * 5_000 + '"', "0." + "0" * 3_000 + "1")


@pytest.mark.parametrize("literal", [*LITERALS, *HUGE], ids=lambda literal: literal[:24])
def test_a_quantity_is_a_plain_number_in_one_spelling(maker: Caller, literal: str) -> None:
    lot = f"N-{abs(hash(literal)) % 10**10}"
    body = json.dumps(receive(lot, "PUT-HERE")).replace('"PUT-HERE"', literal)
    began = perf_counter()
    headers = {"Authorization": f"Bearer {maker.key}"}
    answer = maker.client.post("/api/v1/movements", data=body, content_type="application/json", headers=headers)
    took = perf_counter() - began
    assert answer.status_code in ((400, 409, 422) if literal in ('"1.0"', '"0.0"') else (400, 422)), answer.text
    assert answer.content_type == "application/problem+json" and took < 0.5, took
    assert maker.get(f"/lots?lot={lot}")["lots"] == []


LOOKALIKES = {
    "Cyrillic": "LОT-A1", "Greek": "LΟT-A1", "full-width": "ＬOT-A1", "digit": "LOT-А1", "bidi": "LOT-\u202eA1",
    "zero width": "LOT\u200b-A1", "soft hyphen": "LOT\u00ad-A1", "composed": "LO\u0308T-A1", "long dash": "LOT–A1",
    "no-break space": "LOT\u00a0A1", "mathematical": "𝐋OT-A1", "combining": "LOT-A1\u0301", "tag": "LOT-A1\U000e0041",
    "NUL": "LOT\0A1", "escape": "LOT\x1bA1", "line": "LOT\nA1", "ideographic space": "LOT\u3000A1", "hook": "ŁOT-A1",
}  # fmt: skip


@pytest.mark.parametrize("name", LOOKALIKES)
def test_a_lot_number_that_looks_like_another_is_not_recorded(maker: Caller, name: str) -> None:
    """Only the characters of GS1 set 82 are in a lot number, so none that is in another script."""
    if not maker.get("/lots?lot=LOT-A1")["lots"]:
        maker.receive("LOT-A1")
    answer = maker.send("POST", "/movements", receive(LOOKALIKES[name]))
    assert answer.status_code == 422, answer.text
    assert LOOKALIKES[name] not in {each["lot"] for each in maker.get("/lots")["lots"]}


def test_lots_that_differ_in_what_is_hard_to_read_are_pointed_out(maker: Caller) -> None:
    maker.receive("LOT-B10")
    told = maker.post("/lot-numbers/check", {"item": "AMX", "lot": "L0T-BlO"}, 200)
    assert "LOT-B10" in json.dumps(told)


@pytest.mark.parametrize("kind", ["movements", "purchase orders", "shares"])
def test_the_same_id_of_two_parties_is_two_things(maker: Caller, trader: Caller, kind: str) -> None:
    id = str(uuid4())
    made = {}
    for caller in (maker, trader):
        lot = f"SAME-{caller.party.upper()}"
        if kind == "movements":
            made[caller.party] = caller.post("/movements", receive(lot, id=id))
            assert caller.get(f"/movements/{id}")["id"] == id
        elif kind == "purchase orders":
            order = {"id": id, "kind": "purchase", "number": "4711", "site": "SX", "partner": "x",
                     "lines": [{"item": "AMX", "quantity": "1"}]}  # fmt: skip
            made[caller.party] = caller.post("/orders", order)
        else:
            caller.receive(lot)
            gtin = caller.get("/items")["items"][0]["gtin"]
            share = {"id": id, "lot": f"https://id.gs1.org/01/{gtin}/10/{lot}", "label": caller.party}
            made[caller.party] = caller.post("/shares", share)
    assert len({json.dumps(each, sort_keys=True) for each in made.values()}) == 2


FILES = ('a".pdf', "a;b=c.pdf", "a\\b.pdf", "../../etc/passwd", "澄和.pdf", "a%0d%0aX-Evil: 1.pdf", "a'b.pdf",
         ".htaccess")  # fmt: skip


@pytest.fixture(scope="module")
def case(maker: Caller) -> str:
    maker.receive("FILED")
    made = {"id": str(uuid4()), "cause": "suspect", "words": "wet", "item": "AMX", "lot": "FILED", "by": "u-1"}
    return str(maker.post("/quarantine-cases", made)["id"])


@pytest.mark.parametrize("name", FILES)
def test_a_file_name_stays_a_name(maker: Caller, case: str, name: str) -> None:
    headers = {"Authorization": f"Bearer {maker.key}", "Content-Type": "application/pdf"}
    path = f"/api/v1/quarantine-cases/{case}/attachments"
    sent = maker.client.post(path, data=name.encode(), query_string={"name": name, "by": "u-1"}, headers=headers)
    if sent.status_code == 422:
        return
    got = maker.send("GET", f"/attachments/{sent.get_json()['attachments'][-1]['sha256']}")
    said = got.headers["Content-Disposition"]
    assert said.startswith("attachment;") and not {"X-Evil"} & set(got.headers.keys())
    assert "\r" not in said and "\n" not in said and said.isascii()


@pytest.mark.parametrize("name", ["a\r\nX: y.pdf", "a\n.pdf", "a\0.pdf", "a\x1b.pdf", "x" * 300])
def test_a_file_name_has_no_control_characters(maker: Caller, name: str) -> None:
    headers = {"Authorization": f"Bearer {maker.key}", "Content-Type": "application/pdf"}
    path = f"/api/v1/quarantine-cases/{uuid4()}/attachments"
    sent = maker.client.post(path, data=b"x", query_string={"name": name, "by": "u-1"}, headers=headers)
    assert sent.status_code == 422, sent.text


def zipped(parts: dict[str, bytes]) -> bytes:
    made = BytesIO()
    with ZipFile(made, "w", ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return made.getvalue()


ENTITIES = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "' + b"a" * 100 + b'">' + b"".join(
    b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 20) for n in range(8)
) + b"]><worksheet>&i;</worksheet>"  # fmt: skip
OUTSIDE = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><worksheet>&a;</worksheet>'


def workbook(sheet: bytes) -> bytes:
    """A workbook whose sheet is this XML."""
    import openpyxl

    made, out = BytesIO(), BytesIO()
    openpyxl.Workbook().save(made)
    with ZipFile(made) as old, ZipFile(out, "w", ZIP_DEFLATED) as new:
        for part in old.namelist():
            new.writestr(part, sheet if part == "xl/worksheets/sheet1.xml" else old.read(part))
    return out.getvalue()


BOMBS = {
    "nothing, a thousand times smaller": lambda: zipped({"xl/workbook.xml": b"\0" * 40_000_000}),
    "ten thousand parts": lambda: zipped({f"xl/{n}": b"" for n in range(10_000)}),
    "an archive in an archive": lambda: zipped({"xl/workbook.xml": zipped({"a": b"\0" * 50_000_000})}),
    "a billion laughs": lambda: workbook(ENTITIES),
    "a file of ours": lambda: workbook(OUTSIDE),
    "gzip": lambda: b"\x1f\x8b\x08" + b"\0" * 100,
    "no archive": lambda: b"PK\x03\x04" + b"\0" * 1000,
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_workbook_that_grows_is_refused_before_it_has(maker: Caller, name: str) -> None:
    content = BOMBS[name]()
    headers = {"Authorization": f"Bearer {maker.key}", "Content-Type": "application/octet-stream"}
    began = perf_counter()
    answer = maker.client.post("/api/v1/imports?kind=lots&name=x", data=content, headers=headers)
    assert perf_counter() - began < 5
    assert answer.status_code in (415, 422) or answer.get_json()["problems"], answer.text
    assert "root:" not in answer.text
