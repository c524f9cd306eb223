"""Our own schema says what the official one says: on the official examples, and on small changes to them."""

import copy
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from service.epcis.documents import Unreadable
from service.epcis.schema import EVENTS
from service.epcis.validation import check_document
from tests.service.epcis.official import documents, official_schema

VALUES: list[Any] = [
    None, True, 3, -1.5, "", "x", "shipping", "urn:x:y", "not a uri", "2026-01-01T00:00:00Z", [], {}, ["x"],
    ["urn:x:y", "urn:x:y"], {"id": "urn:x:y"}, "OBSERVE", "ADD", "DELETE", "+14:30", "-05:00", "KGM",
]  # fmt: skip
NAMES = [
    "epcList", "quantityList", "parentID", "childEPCs", "ilmd", "action", "bizStep", "extra", "ext:extra", "uom",
    "type", "persistentDisposition", "sensorElementList", "readPoint", "inputEPCList", "transformationID",
]  # fmt: skip


def spots(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every member and element: its container and key."""
    if isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(len(value)):
            yield value, key
            yield from spots(value[key])


def changed(said: dict[str, Any], dice: random.Random) -> dict[str, Any]:
    made = copy.deepcopy(said)
    for _ in range(dice.choice((1, 1, 1, 2))):
        container, key = dice.choice(list(spots(made)))
        what = dice.random()
        if what < 0.35:
            del container[key]
        elif what < 0.8:
            container[key] = dice.choice(VALUES)
        elif isinstance(container, dict):
            container[dice.choice(NAMES)] = dice.choice(VALUES)
    return made


def test_the_official_schema_and_ours_agree(shared_data: Path) -> None:
    official = jsonschema_rs.validator_for(official_schema(shared_data), validate_formats=True)
    dice, tried, refused = random.Random(7), 0, 0
    for file in documents(shared_data):
        said = json.loads(file.read_text()) if file.suffix == ".jsonld" else None
        if said is None:
            continue
        for _ in range(60):
            made = changed(said, dice)
            ok, why = ours(made)
            if official.is_valid(made) != ok and not excused(made, why):
                pytest.fail(f"{file.name}: ours {ok} {why}\n{json.dumps(made)[:3000]}")
            tried, refused = tried + 1, refused + (not ok)
    assert tried > 3000 and tried * 0.2 < refused < tried * 0.8


def ours(said: dict[str, Any]) -> tuple[bool, str]:
    try:
        check_document(said)
    except Unreadable as why:
        return False, str(why)
    return True, ""


def excused(made: dict[str, Any], why: str) -> bool:
    """What we refuse beyond the standard, on purpose: also an event of another type with our properties otherwise."""
    body = made.get("epcisBody", {})
    listed = body.get("eventList") or body.get("queryResults", {}).get("resultsBody", {}).get("eventList", [])
    others = any(each.get("type") not in EVENTS for each in listed if isinstance(each, dict))
    return "without =" in why or (others and bool(why))
