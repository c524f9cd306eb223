"""Print a software bill of materials, CycloneDX 1.6 as JSON: every package of the lock files, and what is vendored
for browsers, with version, hashes, and its licence where it is installed here or its lock names one.

The same lock files give the same bytes on machines of one kind: no moment and no dice are in it. Whether a known
vulnerability is among them, others know: docs/hardening.md tells whom to ask.
"""

import argparse
import base64
import hashlib
import json
import re
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

ROOT = Path(__file__).parents[2]
VENDORED = "service/console/static/floor/vendor/vendored.json"
LOCKS = {
    "requirements.lock": "required", "requirements-node.lock": "optional", "requirements-boot.lock": "optional",
    "requirements-dev.lock": "excluded", "package-lock.json": "excluded", VENDORED: "required",
}  # fmt: skip
"""In words of CycloneDX what each lock is for: `excluded` is what only tests, or trying things out, needs."""

_SPACE = UUID("9f5c6a86-6d0f-4f5e-8a3e-7d1c6f0f5a11")
_PIN = re.compile(r"([a-z0-9._-]+)(?:\[[a-z,]+\])?==([^\s;\\]+)")


def arguments(parser: argparse.ArgumentParser) -> None:
    pass


def run(_: argparse.Namespace) -> None:
    print(bill(ROOT))


def bill(root: Path) -> str:
    """The document for the lock files of this folder."""
    from cyclonedx.model.bom import Bom
    from cyclonedx.output.json import JsonV1Dot6

    made = Bom(components=_once(each for name in LOCKS for each in _components(root, name)))
    made.serial_number = uuid5(_SPACE, "".join(_digest(root / name) for name in LOCKS))
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    made.metadata.component = ours = _component(
        "pypi", project["name"], project["version"], "required", set(), project["license"]
    )
    named = {re.split(r"[^a-z0-9._-]", each)[0] for each in project["dependencies"]}
    made.register_dependency(ours, [each for each in made.components if each.name in named])
    said = json.loads(JsonV1Dot6(made).output_as_string())
    del said["metadata"]["timestamp"]
    return json.dumps(said, indent=2, sort_keys=True)


def _once(found: Iterator[Any]) -> list[Any]:
    """What several locks name is what the first of them needs it for."""
    return list({str(each.purl): each for each in reversed(list(found))}.values())


def _components(root: Path, name: str) -> Iterator[Any]:
    read = {"package-lock.json": _of_npm, VENDORED: _of_vendored}.get(name, _of_python)
    return read((root / name).read_text(), LOCKS[name])


def _of_python(text: str, scope: str) -> Iterator[Any]:
    for block in re.split(r"\n(?=\S)", text.strip()):
        found = _PIN.match(block)
        assert found, f"expected name==version, got {block[:80]}"
        hashes = {("SHA-256", each) for each in re.findall(r"--hash=sha256:([0-9a-f]{64})", block)}
        yield _component("pypi", found[1], found[2], scope, hashes, _installed_licence(found[1], found[2]))


def _of_npm(text: str, scope: str) -> Iterator[Any]:
    for path, package in json.loads(text)["packages"].items():
        if path:
            name = path.rpartition("node_modules/")[2]
            yield _component("npm", name, package["version"], scope, set(_integrity(package)), package.get("license"))


def _of_vendored(text: str, scope: str) -> Iterator[Any]:
    """Of what lies among our own files, for browsers; the hashes are those of its files."""
    for each in json.loads(text):
        hashes = {("SHA-256", digest) for digest in each["files"].values()}
        yield _component("npm", each["package"], each["version"], scope, hashes, each["licence"])


def _integrity(package: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for each in package.get("integrity", "").split():
        kind, _, text = each.partition("-")
        yield {"sha512": "SHA-512", "sha1": "SHA-1"}[kind], base64.b64decode(text).hex()


def _installed_licence(name: str, version: str) -> str | None:
    """As the package says of itself; None if it is not installed here, or says a whole page."""
    try:
        found = metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return None
    said = found.metadata.get("License-Expression") or found.metadata.get("License") or ""
    return said if found.version == version and 0 < len(said) <= 100 and said != "UNKNOWN" else None


def _component(
    kind: str, name: str, version: str, scope: str, hashes: set[tuple[str, str]], licence: str | None
) -> Any:
    from cyclonedx.contrib.license.factories import LicenseFactory
    from cyclonedx.model import HashAlgorithm, HashType
    from cyclonedx.model.component import Component, ComponentScope, ComponentType
    from packageurl import PackageURL

    space, _, short = name.rpartition("/")
    purl = PackageURL(kind, space or None, short, version)
    return Component(
        type=ComponentType.LIBRARY, name=name, version=version, scope=ComponentScope(scope), purl=purl,
        bom_ref=str(purl), hashes=[HashType(alg=HashAlgorithm(alg), content=content) for alg, content in hashes],
        licenses=[LicenseFactory().make_from_string(licence)] if licence else [],
    )  # fmt: skip


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
