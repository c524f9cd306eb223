"""Statements that somebody holds as files: a folder of lot proofs and of SD-JWTs, one a line.

    lot proof, or one part of it    every statement in its history and in its key chains
    other text                      each line that is not empty is one SD-JWT with its disclosures

A statement that stands in several files has the disclosures of all of them: each reader may have been shown
another part. Reading proves nothing (`verifier.audit_statements`); a file of no such form is a mistake of use.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from verifier.bundle import MAX_FILE, Bundle, parse_bundle
from verifier.errors import Refuted
from verifier.files import content
from verifier.statement import SdJwt, split


class BadFolder(Exception):
    """A folder, or a file in it, from which no statements can be read."""


def statements_in(folder: Path) -> list[str]:
    """The SD-JWTs of all files directly in the folder, each statement once; raises BadFolder, OSError.

    Files whose names begin with a dot are left alone. Memory: the texts of all files.
    """
    if not folder.is_dir():
        raise BadFolder(f"{folder} is no folder")
    shown: dict[str, dict[str, None]] = {}
    files = sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    for path in files:
        for parts in _read(path):
            shown.setdefault(parts.jwt, {}).update(dict.fromkeys(parts.disclosures))
    if not shown:
        raise BadFolder(f"{folder} holds no statement")
    return ["~".join([jwt, *disclosures, ""]) for jwt, disclosures in shown.items()]


def _read(path: Path) -> Iterator[SdJwt]:
    data = content(path, MAX_FILE)
    try:
        if data.lstrip()[:1] == b"{":
            yield from _of_proof(parse_bundle(data))
        elif len(data) > MAX_FILE:
            raise Refuted("file", f"at most {MAX_FILE} bytes", "more")
        else:
            yield from (split(line.strip()) for line in data.decode("ascii").splitlines() if line.strip())
    except (Refuted, UnicodeDecodeError) as problem:
        raise BadFolder(f"{path} holds neither a lot proof nor statements: {problem}") from None


def _of_proof(bundle: Bundle) -> Iterator[SdJwt]:
    histories = [bundle.history, *(chain.history for chain in bundle.keys.values())]
    for item in (item for history in histories for item in history):
        if item.statement is not None:
            yield item.statement
