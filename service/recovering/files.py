"""Partners' files as sources: lot proofs, and receipts wherever they stand in a JSON document (also in kept answers).

Nothing here is believed: claims prove themselves under the log's key (`anchoring.restoring`), statements by their hash.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from service.recovering.claims import Claim
from verifier.bundle import FORMAT as LOT_PROOF
from verifier.bundle import MAX_FILE, Bundle, Item, parse_bundle
from verifier.encoding import load_json
from verifier.entry import format_entry
from verifier.errors import Refuted
from verifier.hashing import StatementHash, statement_hash
from verifier.receipt import FORMAT as RECEIPT
from verifier.receipt import read_receipt
from verifier.statement import SdJwt

MAX_DEPTH = 16


@dataclass(slots=True)
class Found:
    """What the files say. `statements`: the JWT and all disclosures that any of them shows."""

    claims: list[Claim] = field(default_factory=list)
    statements: dict[StatementHash, SdJwt] = field(default_factory=dict)
    files: int = 0
    remarks: list[str] = field(default_factory=list)


def read_folder(folder: Path, found: Found) -> None:
    """Every file below `folder` whose name ends in .json; one that is neither is passed over and said."""
    for path in sorted(folder.rglob("*.json")):
        try:
            _read(path, found)
            found.files += 1
        except (Refuted, OSError, ValueError, RecursionError) as fault:
            found.remarks.append(f"{path}: {fault}")


def _read(path: Path, found: Found) -> None:
    if path.stat().st_size > MAX_FILE:
        raise ValueError(f"expected at most {MAX_FILE} bytes, got {path.stat().st_size}")
    raw = path.read_bytes()
    document = load_json(raw)  # refuses what is nested deeply
    if isinstance(document, dict) and document.get("format") == LOT_PROOF:
        _take_bundle(parse_bundle(raw), str(path), found)
        return
    receipts = list(_receipts(document, MAX_DEPTH))
    if not receipts:
        raise ValueError("neither a lot proof nor a receipt")
    for each in receipts:
        receipt = read_receipt(each)
        entry = format_entry(receipt.entry)
        found.claims.append(Claim(receipt.index, entry, str(path), receipt.path, each["checkpoint"]))


def _take_bundle(bundle: Bundle, where: str, found: Found) -> None:
    for item in (*bundle.history, *(item for chain in bundle.keys.values() for item in chain.history)):
        found.claims.append(Claim(item.index, format_entry(item.entry), where, item.path, bundle.note_text))
        _take_statement(item, found)


def _take_statement(item: Item, found: Found) -> None:
    if item.statement is None or statement_hash(item.statement.jwt) != item.entry.statement_hash:
        return
    known = found.statements.get(item.entry.statement_hash, SdJwt(item.statement.jwt, ()))
    shown = dict.fromkeys((*known.disclosures, *item.statement.disclosures))
    found.statements[item.entry.statement_hash] = SdJwt(item.statement.jwt, tuple(shown))


def _receipts(value: Any, depth: int) -> Iterator[dict[str, Any]]:
    if depth == 0:
        return
    if isinstance(value, dict):
        if value.get("format") == RECEIPT:
            yield value
            return
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from _receipts(each, depth - 1)
