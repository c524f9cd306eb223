"""The lock files: names, versions and hashes; no address of any registry, so that they hold behind every mirror."""

import ast
import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = sorted(path.name for path in ROOT.glob("requirements*.lock"))


def pins(name):
    """Package and marker → version."""
    text = (ROOT / name).read_text()
    return {
        (found[1], (found[3] or "").strip()): found[2]
        for found in re.finditer(r"^([a-z0-9._-]+(?:\[[a-z,]+\])?)==([^\s;\\]+)\s*(;[^\\]*)?\\?$", text, re.M)
    }


def test_the_locks_are_those_that_the_set_up_reads():
    script = (ROOT / "lotproof").read_text()
    assert LOCKS and all(f'"{name}"' in script for name in LOCKS)


@pytest.mark.parametrize("name", [*LOCKS, "package-lock.json", "pyproject.toml", "package.json", ".npmrc"])
def test_no_lock_names_a_registry(name):
    assert "://" not in (ROOT / name).read_text()


@pytest.mark.parametrize("name", LOCKS)
def test_every_package_has_its_hashes(name):
    text = (ROOT / name).read_text()
    packages = re.split(r"\n(?=\S)", text.strip())
    assert packages and all("==" in package and "--hash=sha256:" in package for package in packages)


def test_tests_run_with_the_packages_that_the_product_runs_with():
    base, dev = pins("requirements.lock"), pins("requirements-dev.lock")
    assert (
        base
        and {package: (version, dev.get(package)) for package, version in base.items() if dev.get(package) != version}
        == {}
    )


def test_npm_packages_have_integrity_and_no_address():
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    assert packages.pop("") and packages
    assert [
        name
        for name, package in packages.items()
        if "resolved" in package or not (package.get("integrity") or package.get("inBundle"))
    ] == []


def test_an_old_python_can_read_the_set_up_and_say_that_it_is_too_old():
    ast.parse((ROOT / "lotproof").read_text(), feature_version=(3, 6))


def test_the_contract_is_committed_as_data():
    artifact = json.loads((ROOT / "contracts/artifacts/LotAnchor.json").read_text())
    assert {"abi", "bytecode", "runtime", "compiler"} <= artifact.keys()


def test_the_readme_names_the_two_commands():
    readme = ROOT / "README.md"
    if not readme.exists():
        pytest.skip("NO README YET")
    assert "./lotproof up --demo" in readme.read_text() and "./lotproof test" in readme.read_text()
