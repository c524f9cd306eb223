"""A clerk of each company keeps the records whole: writes address cards and product data, then works through what is
missing, as `GET /records/{name}/missing` lists it, until nothing is.

Ids of supplements come from what they are about: played again, nothing is said twice.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from service.demo.accounts import API, Accounts, Company
from service.demo.report import say
from service.demo.story import Json, Story, movement_id

FILE = Path(__file__).with_name("records.json")
ROUNDS = 4
RECORDS = ("fsma-204", "dscsa", "gsp-purchases", "gsp-acceptance", "gsp-sales", "gsp-checking-out", "gsp-unfit",
           "gsp-trace-codes")  # fmt: skip
_PARTS = ("phone", "street", "city", "region", "postal_code")
_REASON = "for the records"


def keep_records(story: Story, accounts: Accounts) -> list[str]:
    """What is missing when all is done: nothing, unless the story tells of something that nobody wrote down."""
    written = json.loads(FILE.read_bytes())
    for company in accounts.companies.values():
        _describe(written, story, company)
    _packages(written["codes"], story, accounts)
    companies = accounts.companies.values()
    left = [f"{company.id}, {record}: {each['field']} of {each['about']}"
            for company in companies for record in RECORDS for each in _complete(written["says"], company, record)]
    say(f"demo: the records of {len(companies)} companies lack {'; '.join(left) or 'nothing'} ({API}/records)")
    return left


def _describe(written: Json, story: Story, company: Company) -> None:
    party = next(known for known in story.parties if known["id"] == company.id)
    for code in party["items"]:
        company.door.patch(f"{API}/items/{code}/product", {**written["products"][code], "reason": _REASON})
    for card in _cards(written, party):
        company.door.put(f"{API}/addresses", {**card, "country": "CN", "reason": _REASON})


def _cards(written: Json, party: Json) -> Iterator[Json]:
    names = {site["code"]: site["name"] for site in party["sites"]} | {party["id"]: party["name"]}
    for kind, cards in written["addresses"][party["id"]].items():
        for code, parts in cards.items():
            yield {"kind": kind, "code": code, "name": names.get(code, code), **dict(zip(_PARTS, parts, strict=True))}
    for code in written["consumers"].get(party["id"], ()):
        yield {"kind": "partner", "code": code, "name": code, "consumer": True}


def _packages(written: Json, story: Story, accounts: Accounts) -> None:
    """A case with two packages is captured, and sold with a shipment of the story."""
    door, case = accounts.companies[written["company"]].door, written["case"]
    item = story.content["lots"][written["lot"]]["item"]
    lot = door.get(f"{API}/lots", item=item, lot=written["lot"])["lots"][0]["uri"]
    codes = [{"code": case, "level": "case"}, *({"code": code, "parent": case} for code in written["units"])]
    door.post(f"{API}/trace-codes", {"id": _id("captured", case), "lot": lot, "codes": codes})
    sold = {"act": "sold", "codes": [case], "movement": str(movement_id(written["sold_with"]))}
    door.post(f"{API}/trace-codes/acts", {"id": _id("sold", case), **sold})


def _id(*about: object) -> str:
    return str(uuid5(NAMESPACE_URL, f"urn:lotproof:demo:{':'.join(map(str, about))}"))


def _complete(says: Json, company: Company, record: str) -> list[Json]:
    """What is left. A movement of several lots is told once in a round, so there may be another."""
    findings: list[Json] = []
    for _ in range(ROUNDS):
        findings = company.door.get(f"{API}/records/{record}/missing")["findings"]
        said = [_supplement(says, company, each) for each in findings if each["field"] in says]
        for each in said:
            company.door.post(f"{API}/supplements", each)
        if not said:
            break
    return findings


def _supplement(says: Json, company: Company, finding: Json) -> Json:
    field = "inspected_by" if finding["field"] == "inspected_on" else finding["field"]
    said = {"field": field, "value": says[field], "reason": _REASON}
    if "with movement" in finding["entered"]:
        said["movement"] = finding["movement"]
    if finding["entered"].endswith("lot"):
        said["lot"] = finding["lot"]
    return {"id": _id(company.id, field, said.get("movement"), said.get("lot")), **said}
