"""The bill of materials: valid by the official schema, whole, and the same each time."""

import json
import re
from pathlib import Path

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from service.commands import sbom

ROOT = Path(__file__).parents[2]
BILL = sbom.bill(ROOT)


def test_it_is_valid_by_the_schema_of_cyclonedx() -> None:
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(BILL) is None
    wrong = json.loads(BILL) | {"components": [{"type": "lib"}]}
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(wrong)), "expected it to be looked at"


def test_every_package_of_every_lock_is_in_it_with_its_hashes() -> None:
    listed = {each["bom-ref"]: each for each in json.loads(BILL)["components"]}
    pinned = {
        f"pkg:pypi/{name}@{version}": block
        for lock in ROOT.glob("requirements*.lock") for block in re.split(r"\n(?=\S)", lock.read_text().strip())
        for name, version in re.findall(r"^([a-z0-9._-]+)(?:\[[a-z,]+\])?==([^\s;\\]+)", block)
    }  # fmt: skip
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    assert len(pinned) > 80 and pinned.keys() <= listed.keys()
    vendored = {each["package"] for each in json.loads((ROOT / sbom.VENDORED).read_text())}
    required = {each["name"] for each in listed.values() if each["scope"] == "required"}
    assert len(listed.keys() - pinned.keys()) <= len(packages) - 1 + len(vendored) and vendored <= required
    assert all(each["hashes"] for name, each in listed.items() if name.startswith("pkg:pypi"))
    content = {each["content"] for each in listed["pkg:pypi/flask@" + _version("flask")]["hashes"]}
    assert content == set(re.findall(r"sha256:([0-9a-f]{64})", pinned["pkg:pypi/flask@" + _version("flask")]))


def _version(name: str) -> str:
    return next(each["version"] for each in json.loads(BILL)["components"] if each["name"] == name)


def test_what_the_product_runs_with_is_told_from_what_tests_need() -> None:
    scope = {each["name"]: each["scope"] for each in json.loads(BILL)["components"]}
    assert (scope["flask"], scope["pytest"], scope["ganache"], scope["uv"]) == (
        "required", "excluded", "excluded", "optional"
    )  # fmt: skip


def test_most_say_under_which_licence_they_are() -> None:
    known = [each for each in json.loads(BILL)["components"] if each.get("licenses")]
    assert len(known) > 0.6 * len(json.loads(BILL)["components"])


def test_it_is_the_same_each_time_and_names_no_address() -> None:
    assert sbom.bill(ROOT) == BILL
    assert set(re.findall(r"https?://[^/\"]+", BILL)) <= {"http://cyclonedx.org"}
