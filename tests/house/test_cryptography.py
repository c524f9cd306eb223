"""The inventory of `docs/hardening.md` names every primitive that the product uses, and none that it does not."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = ("service", "anchoring", "verifier", "signer")
PACKAGES = ("hashlib", "hmac", "secrets", "argon2", "pyotp", "joserfc", "eth_account", "http_message_signatures", "ssl")
PRIMITIVES = "cryptography.hazmat.primitives"
PLUMBING = {"serialization", "errors", "exceptions", "import", "scheme", "algorithm_from_name"}


def used() -> set[str]:
    files = (path for room in ROOMS for path in (ROOT / room).rglob("*.py") if "migrations" not in path.parts)
    return {name for path in files for name in _of(ast.parse(path.read_text()))}


def _of(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from _imported(node.module, [alias.name for alias in node.names])
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in PACKAGES and alias.name != "hashlib")
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "hashlib":
            yield node.attr


def _imported(module: str, names: list[str]) -> Iterator[str]:
    if module == "hashlib":
        yield from names
    elif module.startswith(PRIMITIVES):
        kinds = {"AESGCM", "Ed25519PrivateKey", "Ed25519PublicKey", "HKDF", "Scrypt", "SHA256", "ec", "rsa"}
        yield from (name.removesuffix("PrivateKey").removesuffix("PublicKey") for name in names if name in kinds)
    elif module.partition(".")[0] in PACKAGES:
        yield module.partition(".")[0]


def told() -> set[str]:
    section = (ROOT / "docs" / "hardening.md").read_text().partition("\n## Cryptography")[2].partition("\n## ")[0]
    rows = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    return {name for row in rows for name in re.findall(r"`([^`]+)`", row)}


def test_the_inventory_is_whole_and_names_nothing_that_is_not_there() -> None:
    assert used() == told()
