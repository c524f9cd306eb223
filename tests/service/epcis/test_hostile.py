"""Documents that were bent: whatever is in them is read and can be written again, or refused by name."""

import json
import random
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from service.domain.things import Party
from service.epcis.documents import Unreadable, read, write
from service.epcis.evidence import Issuer, sign_evidence
from service.epcis.planning.known import Item, Known
from service.epcis.planning.parts import NotPlanned
from service.epcis.planning.plan import plan
from service.epcis.translation import FORMATS
from service.epcis.wanted import all_wanted
from service.keys.keyring import SigningKey
from tests.service.epcis import test_validation as bending
from tests.service.epcis.official import documents, media_of
from verifier.disclosure import disclose
from verifier.statement import read as read_statement
from verifier.statement import split

HOST, ORIGIN = "log.example.com", "log.example.com/lotproof"
KEY = SigningKey.of_seed(bytes(range(32)))
STRANGE: list[Any] = [
    10**25, 1e-12, "https://id.gs1.org/01/%FF", "2026-13-41T00:00:00Z", "0000-00-00",
    "9999-12-31T23:59:59.9999999-14:00", "0001-01-01T00:00:00+14:00",
    "\u2028", [[["x"]]], {"#text": 5}, {"epcClass": 5}, "ex:", ":", "a" * 3000, "<&>]]>",
    {"@context": {"a": 5}}, {"type": "x"}, "\x0b", "\ufffe", {"a b": {"1": [None]}}, {"https://x.example/ns#a": 1},
]  # fmt: skip
NAMES = [
    "@context", "#text", "ex:x", "@type", "lotproof:lot1", "lotproof:approvedBy", "lotproof:proof", "errorDeclaration",
    "http://x.example/ns#a", "urn:x y", "a:b c", "xmlns:foo", "1:2", "repository-x:ignoreFields",
]  # fmt: skip


@pytest.fixture(autouse=True)
def strange(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bending, "VALUES", bending.VALUES + STRANGE)
    monkeypatch.setattr(bending, "NAMES", bending.NAMES + NAMES)


def bent(file: Path, dice: random.Random) -> bytes:
    if file.suffix == ".jsonld":
        return json.dumps(bending.changed(json.loads(file.read_text()), dice)).encode()
    body = bytearray(file.read_bytes())
    for _ in range(dice.choice((1, 1, 1, 3))):
        at = dice.randrange(len(body))
        what = dice.random()
        if what < 0.5:
            body[at] = dice.randrange(256)
        elif what < 0.8:
            del body[at : at + dice.randrange(1, 30)]
        else:
            body[at:at] = body[max(0, at - 40) : at]
    return bytes(body)


def everything() -> Known:
    """A party to which every item, lot and place of the documents belongs."""
    item = Item("X", "KGM")
    known = Known("p", f"https://{HOST}/party/p", HOST)
    known.by_gtin = known.items = _All(item)
    known.places = known.pallets = _All("S/A")
    return known


class _All(dict[str, Any]):
    def __init__(self, value: Any) -> None:
        super().__init__({"https://id.gs1.org/414/4012345000054": value, None: value})  # type: ignore[dict-item]
        self._value = value

    def __contains__(self, key: object) -> bool:
        return key is not None

    def __getitem__(self, key: str) -> Any:
        return self._value

    def get(self, key: str, default: Any = None) -> Any:
        return self._value


def test_bent_documents(shared_data: Path) -> None:
    dice, taken = random.Random(11), 0
    issuer = Issuer(KEY, Party(1, "p", "P", f"https://{HOST}/party/p"), HOST, ORIGIN, 1_790_000_000_000, dice.randbytes)
    for file in documents(shared_data):
        for _ in range(16):
            body = bent(file, dice)
            try:
                document = read(body, media_of(file))
            except Unreadable:
                continue
            taken += 1
            for media in ("application/json", "application/xml"):
                for form in FORMATS:
                    again = read(write(document, media, form), media)
                    assert len(again.events) == len(document.events)
            for wanted in all_wanted(document):
                _planned(wanted.event)
                _signed(issuer, wanted)
    assert taken > 200


def _planned(event: dict[str, Any]) -> None:
    with suppress(NotPlanned):
        plan(everything(), event)


def _signed(issuer: Issuer, wanted: Any) -> None:
    """The verifier reads what was signed."""
    made = sign_evidence(issuer, wanted, UUID(int=7))
    parts = split(made.statement.jwt + made.statement.disclosures)
    lot = f"https://{HOST}/lot/p/epcis/{UUID(int=7)}"
    disclosed = disclose(read_statement(parts.jwt, 1, ORIGIN), parts.disclosures, lot)
    assert disclosed.properties["eventID"] == f"urn:uuid:{made.id}" and not disclosed.hidden
