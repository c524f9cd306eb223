"""Resolve the dependencies of pyproject.toml and package.json anew and write the lock files: names, versions and
hashes, no address.

`--upgrade` takes newer versions where pyproject.toml allows them; without it only what changed is resolved.
"""

import argparse
import json
import shutil
import subprocess
import tomllib
from pathlib import Path

from service.local.errors import SetupError

ROOT = Path(__file__).parents[2]


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--upgrade", action="store_true", help="take newer versions")


def run(options: argparse.Namespace) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    base, extras = project["dependencies"], project["optional-dependencies"]
    upgrade = ["--upgrade"] if options.upgrade else []
    _resolve("requirements.lock", base, upgrade)
    # what both need stands in both, in the same version
    _resolve("requirements-dev.lock", base + extras["dev"], [*upgrade, "-c", "requirements.lock"])
    _resolve("requirements-node.lock", extras["node"], upgrade)
    _resolve("requirements-boot.lock", extras["boot"], upgrade)
    subprocess.run(["npm", "install", "--package-lock-only", "--ignore-scripts"], cwd=ROOT, check=True)
    _without_addresses(ROOT / "package-lock.json")


def _without_addresses(lock: Path) -> None:
    """Leave out where to donate; .npmrc already leaves out where packages were fetched."""
    tree = json.loads(lock.read_text())
    for package in tree["packages"].values():
        package.pop("funding", None)
    lock.write_text(json.dumps(tree, indent=2) + "\n")


def _resolve(lock: str, wanted: list[str], options: list[str]) -> None:
    uv = shutil.which("uv") or str(ROOT / ".boot/uv/bin/uv")
    if not Path(uv).exists():
        raise SetupError("no uv: expected it on the PATH or in .boot")
    fixed = "--quiet --universal --generate-hashes --python-version 3.11"
    silent = "--no-annotate --no-header --no-emit-index-url --no-emit-find-links"
    argv = [uv, "pip", "compile", *fixed.split(), *silent.split(), *options, "-o", lock, "-"]
    subprocess.run(argv, input="\n".join(wanted), text=True, cwd=ROOT, check=True)
