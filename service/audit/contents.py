"""Requests as they came in, against the journal: it has the hash of the whole, with a commitment for each part that may
be erased, and these commitments one by one. So a word that was changed is told from a salt that was, and from the rest.
"""

from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

import orjson
from sqlalchemy import Row

from anchoring import Finding
from service.audit.block import Block
from service.audit.differ import RECEIPT, Table, shown
from service.ledger.commitments import commitment, committed, is_erased, said
from service.ledger.content import content_hash
from service.statements.reading import decoded, parts_of

MOVEMENT = Table("warehouse.movement", ("number",))
_BROKEN = (ValueError, LookupError, TypeError, AttributeError)


def contents_fit_their_hash(block: Block) -> Iterator[Finding]:
    """The request as it came in is what the journal has the hash of."""
    for row in block.movements:
        signed = block.journals.get(row.number, {}).get("parts", {})
        try:
            kept = orjson.loads(row.parts or "{}")
            keys_fit = kept.keys() == signed.keys()
        except _BROKEN:
            keys_fit = False
        if not keys_fit:
            yield _finding(block, row, "parts", sorted(signed), row.parts)
        elif not signed:
            yield from _plain(block, row)
        else:
            yield from _salted(block, row, kept, signed)


def _plain(block: Block, row: Row[Any]) -> Iterator[Finding]:
    if row.content_hashed != row.content_hash:
        told = block.journals.get(row.number, {}).get("content") == shown(row.content_hashed)
        field = "content_hash" if told else "content"
        yield _finding(block, row, field, shown(row.content_hash), shown(row.content_hashed))


def _salted(block: Block, row: Row[Any], kept: dict[str, str], signed: dict[str, str]) -> Iterator[Finding]:
    """First the whole without its erasable words, then each of these."""
    try:
        told = orjson.loads(row.content)
        seen = content_hash(committed(row.content.encode(), signed))
        values = {name: said(told, name) for name in kept}
    except _BROKEN as error:
        yield _finding(block, row, "content", "the request as JSON", str(error))
        return
    if seen != row.content_hash:
        agreed = block.journals[row.number].get("content") == shown(seen)
        yield _finding(block, row, "content_hash" if agreed else "content", shown(row.content_hash), shown(seen))
    for name, salt in kept.items():
        yield from _part(block, row, name, salt, values[name], signed[name])


def _part(block: Block, row: Row[Any], name: str, salt: str, value: Any, signed: str) -> Iterator[Finding]:
    if is_erased(salt):
        if salt != signed:
            yield _finding(block, row, "parts", f"{name}: {signed}", salt)
        if value is not None:
            yield _finding(block, row, "content", f"{name}: nothing, it was erased", value)
    elif commitment(salt, value) != signed:
        field = "parts" if _disclosed(row, value) else "content"
        yield _finding(block, row, field, f"{name}: what {signed} stands for", value if field == "content" else salt)


def _disclosed(row: Row[Any], value: Any) -> bool:
    """Whether the statement still says these very words, as a property or within a document's URI."""
    told = [decoded(part)[-1] for part in parts_of(row.disclosures or "")]
    return value in told or any(isinstance(each, dict) and value == _number(each) for each in told)


def _number(document: dict[str, Any]) -> str | None:
    uri = document.get("bizTransaction")
    return None if uri is None else unquote(uri.rsplit(f"/{document.get('type')}/", 1)[-1])


def _finding(block: Block, row: Row[Any], field: str, expected: object, seen: object) -> Finding:
    at = MOVEMENT.row((row.number,))
    check = "a request is kept as it came"
    return Finding(check, MOVEMENT.name, at, field, expected, seen, block.index(row.number), RECEIPT)
