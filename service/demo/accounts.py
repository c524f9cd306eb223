"""The companies get their accounts: party, API key, items, sites and locations; whatever is there already stays.

API keys are shown once, so they are kept in a file (0600) for the next time the demo is run. Where that file is gone,
the operator makes new ones: the story can be played on from any state.
"""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from service.demo.door import Door, Refusal
from service.demo.story import Json, Story

API = "/api/v1"
REGULATOR = "regulator"


@dataclass(frozen=True, slots=True)
class Company:
    """A party that can act: its URI in the ledger, the thumbprint of its first key, and its own door."""

    id: str
    uri: str
    first_key: str
    door: Door


@dataclass(frozen=True, slots=True)
class Accounts:
    """Everybody who appears in the demo."""

    companies: dict[str, Company]
    regulator: Door


def open_accounts(operator: Door, story: Story, keys_file: Path) -> Accounts:
    """Make what is missing; `keys_file` is read first and written last."""
    keys = _read(keys_file)
    listed = {party["id"]: party for party in operator.get(f"{API}/parties")["parties"]}
    companies = {}
    for party in story.parties:
        known = listed.get(party["id"]) or _register(operator, party, keys)
        door = _door(operator, party["id"], keys, {"label": "demo", "role": "party", "party": party["id"]})
        companies[party["id"]] = Company(party["id"], known["uri"], known["first_key"], door)
        _furnish(door, story, party)
    regulator = _door(operator, REGULATOR, keys, {"label": "demo regulator", "role": "regulator"})
    _write(keys_file, keys)
    return Accounts(companies, regulator)


def _register(operator: Door, party: Json, keys: dict[str, str]) -> Json:
    made = operator.post(f"{API}/parties", {name: party[name] for name in ("id", "name", "gln")})
    keys[party["id"]] = made["api_key"]
    return dict(made)


def _door(operator: Door, name: str, keys: dict[str, str], wanted: Json) -> Door:
    """The door of `name` with a key that works: the one we kept, else a new one."""
    if name in keys and _works(Door(operator.base_url, keys[name])):
        return Door(operator.base_url, keys[name])
    keys[name] = operator.post(f"{API}/api-keys", wanted)["api_key"]
    return Door(operator.base_url, keys[name])


def _works(door: Door) -> bool:
    """Whether the key is known here: it is not after the stack's state was thrown away."""
    try:
        door.get(f"{API}/items")
    except Refusal as refusal:
        return refusal.status != 401
    return True


def _furnish(door: Door, story: Story, party: Json) -> None:
    for item in story.items_of(party):
        _ensure(door, "/items", {name: value for name, value in item.items() if value} | {"needs_expiry": True})
    for site in party["sites"]:
        _ensure(door, "/sites", {name: site[name] for name in ("code", "name", "zone", "gln")})
        for code, kind in site["locations"].items():
            _ensure(door, "/locations", {"site": site["code"], "code": code, "kind": kind})


def _ensure(door: Door, path: str, thing: Json) -> None:
    try:
        door.post(API + path, thing)
    except Refusal as refusal:
        if refusal.slug != "thing-exists":
            raise


def _read(file: Path) -> dict[str, str]:
    try:
        kept: Any = json.loads(file.read_text())
    except (OSError, ValueError):
        return {}
    return dict(kept)


def _write(file: Path, keys: dict[str, str]) -> None:
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    half = file.with_suffix(".half")
    with open(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
        json.dump(keys, out, indent=1)
    half.replace(file)
