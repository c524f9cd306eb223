"""Every operation of the OpenAPI document, and a request for each that its owner may make: the examples' story, told.

Paths name things of `acme`, the company of the story. What the story does not make is made here.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from service.api.examples import Example, story
from service.exchange.columns import COLUMNS
from tests.service.api.conftest import Caller
from tests.service.api.test_examples import Played, filled
from verifier.encoding import b64url

PREFIX = "/api/v1"
OWNER = "acme"
BODIES: Mapping[str, Any] = {
    "change_item": {"spec": "21 mg", "reason": "a new leaflet"},
    "change_product": {"pack_size": "20 tablets", "reason": "for the records"},
    "change_sensor": {"name": "of shelf 1", "reason": "a new label"},
    "set_limits": {"at": {"location": "MUC/NG"}, "kind": "humidity", "high": "75", "reason": "the rule"},
    "change_stability": {"model": "q10", "reference": "20", "reason": "a study"},
    "change_person": {"active": True, "reason": "back again"},
    "set_item_issue_policy": {"issue_policy": "FIFO"},
    "approve_keys": {"by": "u-2"},
    "withdraw_keys": {"by": "u-1"},
}
FILE = b"a page"
FILES: Mapping[str, tuple[str, bytes]] = {
    "upload_logger": ("", b"time,temperature,humidity\n2026-11-03T08:00:00Z,18.1,\n"),
    "add_attachment": ("?name=page.pdf&by=u-1", FILE),
    "upload_import": ("?kind=lots&name=old", (",".join(COLUMNS["lots"]) + "\n").encode()),
}


@dataclass(frozen=True, slots=True)
class Operation:
    """One of the document: `roles` are the kinds of key that may call it, none for everybody."""

    id: str
    verb: str
    rule: str
    roles: tuple[str, ...]

    @property
    def names_something(self) -> bool:
        return "{" in self.rule

    def path(self, names: Mapping[str, str]) -> str:
        """With these names for `{id}` and its kin."""
        path = self.rule.removeprefix(PREFIX)
        for name, value in names.items():
            path = path.replace("{" + name + "}", value)
        return path


def operations(client: FlaskClient) -> list[Operation]:
    paths = client.get("/api/openapi.json").get_json()["paths"]
    return [
        Operation(said["operationId"], verb.upper(), rule, tuple(said.get("x-roles", ())))
        for rule, verbs in paths.items() for verb, said in verbs.items() if verb != "parameters"
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Told:
    """The story after it was told: who took part, and the names that stand in paths, by the path's first word, or
    by the operation."""

    callers: Mapping[str, Caller]
    names: Mapping[str, str]
    examples: Mapping[str, Example]
    kept: Mapping[str, str]

    def owner(self, operation: Operation) -> Caller:
        """Whose is what the request is about."""
        example = self.examples.get(operation.rule) if operation.verb == "POST" else None
        return self.callers[example.by if example else OWNER]

    def ask(self, operation: Operation, caller: Caller) -> TestResponse:
        """What the owner may ask with this operation, asked by this caller."""
        kind = operation.rule.removeprefix(PREFIX + "/").partition("/")[0]
        name = self.names.get(operation.id, self.names.get(kind, ""))
        names = dict.fromkeys(("id", "code", "sscc", "token"), name)
        names |= {"line": "1", "name": QUERIES.get(operation.id, "shipped")}
        if operation.id in FILES:
            query, content = FILES[operation.id]
            return _send_file(caller, operation.path(names) + query, content)
        example = self.examples.get(operation.rule)
        if example is None or operation.verb != "POST":
            path = operation.path(names) + ASKED.get(operation.id, "")
            return caller.send(operation.verb, path, BODIES.get(operation.id))
        body = {name: filled(value, dict(self.kept)) for name, value in example.body.items()}
        return caller.send("POST", filled(example.path, dict(self.kept)), body)


def told(operator: Caller, mark: str = "") -> Told:
    """Tell the story, with `mark` in every text of its own that a company wrote."""
    played, examples = Played({"operator": operator}, {}), dict[str, Example]()
    for example in story():
        marks = mark and example.by == OWNER and not example.path.startswith("/epcis/")  # names of the standard
        played.post(replace(example, body=marked(example.body, mark)) if marks else example)
        if not example.read:
            examples.setdefault(PREFIX + example.rule.replace("<", "{").replace(">", "}"), example)
    return Told(played.callers, dict(_names(played.callers, played.kept, mark)), examples, played.kept)


WORDS = frozenset({"name", "spec", "words", "reason", "supplier", "label", "certificate", "partner", "meaning"})
"""The members in which a company writes what it likes, and which nothing refers to."""


def marked(value: Any, mark: str) -> Any:
    if isinstance(value, list):
        return [marked(each, mark) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        name: f"{each} {mark}" if name in WORDS and isinstance(each, str) else marked(each, mark)
        for name, each in value.items()
    }


def _names(callers: Mapping[str, Caller], kept: Mapping[str, str], mark: str) -> Iterator[tuple[str, str]]:
    owner = callers[OWNER]

    def made(path: str, body: dict[str, Any]) -> str:
        return str(owner.post(path, marked(body, mark) if mark else body)["code" if path == "/people" else "id"])

    for example in story():
        kind, _, rest = example.path.strip("/").partition("/")
        if example.by == OWNER and "{" not in rest and rest:
            yield kind, rest.partition("/")[0]
    yield "webhooks", kept["hook"]
    yield "read_capture", kept["captured"]
    yield "sign_capture", kept["captured"]
    yield from _epcis_names(owner, kept)
    yield "excursions", _excursion(owner)
    yield "pallets", next(each.body["pallet"] for each in story() if "pallet" in each.body)
    yield "items", "TAB"
    yield "people", made("/people", {"code": f"p-{uuid4().hex[:8]}", "name": "Li", "roles": []})
    moved = {each.body["type"]: each.body["id"] for each in story() if each.by == OWNER and each.path == "/movements"}
    yield "movements", moved["move"]
    yield "read_movement_certificate", moved["destroy"]
    yield "api-keys", made("/api-keys", {"label": "to be revoked"})
    share = {"id": str(uuid4()), "lot": "https://id.gs1.org/01/09506000134352/10/L-2611", "label": "a visitor"}
    yield "shares", made("/shares", share)
    print_of = {"id": str(uuid4()), "lot": share["lot"], "reason": "another roll"}
    yield "label-prints", made("/label-prints", print_of)
    yield "oauth-clients", made("/oauth-clients", {"label": "a scanner", "jwk": a_machines_key()})
    provider = {"label": "x", "issuer": "https://id.acme.example", "client_id": "x", "client_secret": "x"}
    yield "oidc-providers", made("/oidc-providers", provider)
    change = {"id": str(uuid4()), "kept_here": "new", "reason": "each year", "by": "u-1"}
    yield "signing-key-changes", made("/signing-key-changes", change)
    case = {"id": str(uuid4()), "cause": "suspect", "words": "wet", "item": "TAB", "lot": "L-2613", "by": "u-1"}
    yield "quarantine-cases", made("/quarantine-cases", case)
    query, content = FILES["add_attachment"]
    kept = _send_file(owner, f"/quarantine-cases/{case['id']}/attachments{query}", content)
    yield "attachments", kept.get_json()["attachments"][0]["sha256"]
    query, content = FILES["upload_import"]
    yield "imports", _send_file(owner, "/imports" + query, content).get_json()["id"]


def _excursion(owner: Caller) -> str:
    """Of a truck with nothing on it."""
    truck, since = {"vehicle": "M-LP-9"}, "2026-11-01T00:00:00Z"
    owner.post("/sensors", {"code": "TRUCK-9", "name": "x", "kinds": ["temperature"], "at": truck, "since": since,
                            "interval_seconds": 60})  # fmt: skip
    limit = {"at": truck, "kind": "temperature", "high": "8", "reason": "x"}
    assert owner.send("PUT", "/limits", limit).status_code == 200
    hot = {"sensor": "TRUCK-9", "time": "2026-11-01T01:00:00Z", "temperature": "9"}
    return str(owner.post("/readings", {"readings": [hot]}, 200)["excursions"][0])


def a_machines_key() -> dict[str, str]:
    """The public half of a new one."""
    public = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    return {"kty": "OKP", "crv": "Ed25519", "x": b64url(public)}


def _epcis_names(owner: Caller, kept: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """An event, a thing and places in it; a page; what was subscribed to; a query more."""
    owner.post("/epcis/queries", {"name": QUERIES["drop_epcis_query"], "query": {"EQ_bizStep": ["storing"]}})
    event = owner.get("/epcis/events?EQ_bizStep=arriving")["epcisBody"]["queryResults"]["resultsBody"]["eventList"][0]
    yield "read_epcis_event", event["eventID"]
    for kind, name in (("epcs", event["epcList"][0]), ("read_points", event["readPoint"]["id"])):
        yield f"read_epcis_{kind}", quote(name, safe="")
        yield f"list_epcis_events_of_{kind}", quote(name, safe="")
    place = quote(owner.get("/epcis/bizLocations")["member"][0], safe="")
    yield from ((f"{each}_locations", place) for each in ("read_epcis", "list_epcis_events_of"))
    for kind in ("types", "steps", "dispositions"):
        yield f"read_epcis_{kind}", STANDARD_WORDS[kind]
        yield f"list_epcis_events_of_{kind}", STANDARD_WORDS[kind]
    link = owner.send("GET", "/epcis/events?perPage=1").headers["Link"]
    yield "end_epcis_page", link.rpartition("nextPageToken=")[2].partition(">")[0]
    yield "read_epcis_subscription", kept["told"]
    for operation in ("end_epcis_partner", "resend_epcis_documents", "list_epcis_transmissions",
                      "report_epcis_partner"):  # fmt: skip
        yield operation, kept["partner"]
    more = owner.post("/epcis/queries/shipped/subscriptions", {"dest": "https://erp.acme.example/", "stream": True})
    yield "end_epcis_subscription", more["subscriptionID"]


ASKED = {"tell_readings": "?from=2026-11-01T00:00:00Z&to=2026-11-02T00:00:00Z"}
"""What must be asked beside a name."""
QUERIES = {"drop_epcis_query": "to-be-dropped"}
STANDARD_WORDS = {"types": "ObjectEvent", "steps": "shipping", "dispositions": "in_transit"}
"""They are there for everybody, whoever has seen them or not."""


def _send_file(caller: Caller, path: str, content: bytes) -> TestResponse:
    headers = {"Authorization": f"Bearer {caller.key}"} if caller.key else {}
    media = "text/csv" if "imports" in path or "readings" in path else "application/pdf"
    return caller.client.post(PREFIX + path, data=content, headers={**headers, "Content-Type": media})
