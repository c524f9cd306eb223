"""Whether a file that was let pass says nothing but the truth: by the world's own knowledge, not by any check.

A yes is right if the file is the original in another spelling, or if all that it says is true of the world
and what it leaves out or adds is documented as not checked. Such differences have names, the liberties;
each is reported by the verifier (`hidden_fields`, `withheld_statements`) or says nothing (docs/ledger-format.md:
"unknown signers are ignored", "six hashes suffice for ever", the order of members).
"""

import base64
import json
from collections.abc import Sequence
from hashlib import sha256
from typing import Any, NoReturn

from tests.verifier.maker import AnchorRecord, Signed, World
from verifier import uri
from verifier.encoding import b64url
from verifier.note import COSIGNATURE, ED25519, key_id
from verifier.report import Report

from .given import Given

SPELLING = "another spelling of the same document"


class Lie(Exception):
    """A file that was let pass says what is not so."""


def read(data: bytes) -> Any:
    """JSON as the format reads it, by other code than the verifier's; raises Lie for what is none."""
    try:
        text = data.decode("utf-8")
        value = json.loads(text, object_pairs_hook=_once, parse_constant=_refuse)
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError) as problem:
        raise Lie(f"no JSON of this format was let pass: {problem}") from None
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({name for name, _ in pairs}) != len(pairs):
        raise ValueError("a member stands twice")
    return dict(pairs)


def _refuse(text: str) -> NoReturn:
    raise ValueError(text)


def same(a: Any, b: Any) -> bool:
    """Equal as JSON: in Python 1, 1.0 and True are equal too."""
    return json.dumps(a, sort_keys=True) == json.dumps(b, sort_keys=True)


def liberties(given: Given, data: bytes, report: Report) -> list[str]:
    """Names of what differs from the original and may; raises Lie if the file says what is not so."""
    file = read(data)
    if same(file, given.file):
        _expect("exit code of the same document", given.exit_code, report.exit_code)
        return [SPELLING]
    found = _KINDS[given.kind](given, file)
    if given.kind == "lot":
        found += _facts(given, file, report)
    return sorted(set(found)) or ["another true file"]


def _expect(what: str, true: Any, said: Any) -> None:
    if not same(true, said):
        raise Lie(f"{what}: true is {_short(true)}, said is {_short(said)}")


def _short(value: Any) -> str:
    return json.dumps(value)[:200]


def _lot(given: Given, file: Any) -> list[str]:
    world, lot = given.world, file["lot"]
    note, size = file["checkpoint"], _size(file["checkpoint"])
    first, last = file.get("first", 1), file.get("last")
    true = world.bundle(lot, size=size, first=first, last=last)
    if given.lot is not None:
        _expect("lot that was asked for", given.lot, lot)
    for name in ("format", "head"):
        _expect(name, true[name], file[name])
    _expect("members", sorted(true), sorted(file))
    _expect("number of entries", len(true["history"]), len(file["history"]))
    found = _note(given, world.checkpoint(size), given.file["checkpoint"], note)
    for mine, other in zip(true["history"], file["history"], strict=True):
        _expect("entry", {**mine, "statement": 0}, {**other, "statement": 0})
        found += _statement(given, mine["statement"], other["statement"])
    others = [part for number, part in enumerate(given.files) if number != given.bent]
    elsewhere = {anchor["index"] for part in others for anchor in part["anchors"]}
    needed = {anchor["index"] for anchor in true["anchors"]} - elsewhere
    found += _anchors(world, needed, file["anchors"])
    return found + _keys(world, size, file, {name for part in others for name in part["keys"]})


def _size(note: str) -> int:
    size = note.split("\n")[1]
    if not size.isdecimal() or str(int(size)) != size:
        raise Lie(f"size {size!r}")
    return int(size)


def _statement(given: Given, true: str, said: str | None) -> list[str]:
    if said is None:
        if not given.policy.allow_withheld:
            raise Lie("a statement is withheld and the policy forbids it")
        return ["statement withheld"]
    jwt, *shown = said.split("~")
    true_jwt, *all_of_it = true.split("~")
    _expect("JWT", true_jwt, jwt)
    _expect("end of an SD-JWT", "", shown.pop())
    if strange := set(shown) - set(all_of_it[:-1]):
        raise Lie(f"a disclosure that nobody signed: {strange.pop()[:80]}")
    if len(set(shown)) != len(shown):
        raise Lie("a disclosure stands twice")
    found = ["fields withheld"] if len(shown) < len(all_of_it) - 1 else []
    kept = [text for text in all_of_it if text in shown]
    return [*found, "order of disclosures"] if kept != shown else found


def _note(given: Given, true: str, original: str, said: str) -> list[str]:
    """The log's line stands once and is right; lines of strangers say nothing."""
    true_body, _, true_line = true.rpartition("\n\n")
    body, _, under = said.rpartition("\n\n")
    _expect("checkpoint", true_body, body)
    known, lines = _known(given), under[:-1].split("\n")
    before = original.rpartition("\n\n")[2][:-1].split("\n")
    by_log = [line for line in lines if known.get(_signer(line)) == ED25519]
    _expect("signatures of the log", [true_line[:-1]], by_log)
    cosigned = [line for line in lines if known.get(_signer(line)) == COSIGNATURE]
    if set(cosigned) - set(before):
        raise Lie("a known witness signed otherwise")
    if len(set(map(_signer, cosigned))) < given.policy.quorum:
        raise Lie("too few witnesses")
    return [] if lines == before else ["lines of strangers and witnesses"]


def _known(given: Given) -> dict[tuple[str, str], int]:
    keys = [(key, ED25519) for key in given.policy.log_keys] + [(key, COSIGNATURE) for key in given.policy.witnesses]
    return {(key.name, key_id(key.name, kind, key.public).hex()): kind for key, kind in keys}


def _signer(line: str) -> tuple[str, str]:
    _, name, spelled = line.split(" ")
    return name, base64.b64decode(spelled)[:4].hex()


def _anchors(world: World, needed: set[int], said: Sequence[Any]) -> list[str]:
    found = []
    indexes = [anchor["index"] for anchor in said]
    _expect("order of anchors", sorted(set(indexes)), indexes)
    if missing := needed - set(indexes):
        raise Lie(f"anchors {missing} are missing")
    if len(said) > len(needed):
        found.append("anchors that nobody needs")
    for anchor in said:
        record = world.anchors[anchor["index"]]
        true = world.anchor_json(record, len(world.anchors))
        _expect("anchor", {**true, "path": 0}, {**anchor, "path": 0})
        if any(epoch.keep <= record.index < epoch.first for epoch in world.epochs):
            raise Lie("an anchor that is void")
        found += _anchor_path(world, record, true["path"], anchor["path"])
    return found


def _anchor_path(world: World, record: AnchorRecord, true: list[str], said: list[str]) -> list[str]:
    if same(true, said):
        return []
    if true[: len(said)] == said:
        return ["an older path of an anchor"]
    sealed = (record.index // 64 + 1) * 64 <= len(world.anchors)
    if sealed and len(said) < len(true) and true[:6] == said[:6]:
        return ["hashes above a sealed group"]
    raise Lie(f"path of anchor {record.index}")


def _keys(world: World, size: int, file: Any, elsewhere: set[str]) -> list[str]:
    signed = {_issuer(item["statement"]) for item in file["history"] if item["statement"] is not None}
    if missing := signed - file["keys"].keys() - elsewhere:
        raise Lie(f"no keys of {missing}")
    for name, chain in file["keys"].items():
        subject = uri.subject(uri.PARTY, file["checkpoint"].split("\n")[0], name)
        indexes = [index for index in world.heads.get(subject, []) if index < size]
        true = [world.item(index, size, lambda _: True, "") for index in indexes]
        _expect(f"keys of {name}", {"history": true, "head": world.head(subject, size)}, chain)
    return ["keys of a party that said nothing here"] if file["keys"].keys() - signed else []


def _issuer(statement: str) -> str:
    payload = statement.split(".")[1]
    return str(json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["iss"])


def _facts(given: Given, file: Any, report: Report) -> list[str]:
    """What is not shown was counted, and what is not final was not called so."""
    withheld = sum(item["statement"] is None for item in file["history"])
    _expect("withheld statements", withheld, report.facts["withheld_statements"])
    world = given.world
    statements = {said.jwt: said for said in world.statements.values()}
    shown = [item["statement"].split("~") for item in file["history"] if item["statement"] is not None]
    hidden = any(_hides(world, statements[jwt], texts) for jwt, *texts in shown)
    if hidden != bool(report.facts["hidden_fields"]):
        raise Lie(f"hidden fields: true is {hidden}, said is {report.facts['hidden_fields']}")
    if hidden and given.policy.require_full:
        raise Lie("a hidden field, and the policy wants them all")
    final = max(node.final.count for node in given.nodes)
    if report.exit_code == 0 and file["anchors"][-1]["index"] >= final:
        raise Lie("an anchor that is not final passed as final")
    return []


def _hides(world: World, said: Signed, shown: Sequence[str]) -> bool:
    erased = {digest for ref in map(_ref, world.statements.values()) if ref for digest in ref.get("digests", [])}
    texts = {name: text for name, text in said.disclosures.items() if not name.startswith("lot ")}
    return any(text not in shown and _digest(text) not in erased for text in texts.values())


def _ref(said: Signed) -> Any:
    payload = said.jwt.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))).get("ref")


def _digest(text: str) -> str:
    return b64url(sha256(text.encode()).digest())


def _receipt(given: Given, file: Any) -> list[str]:
    """By this log, or by its fork: a receipt binds the log, not the chain, and both were signed."""
    if any(same(file, donor) for donor in given.donors if given.lot is None or _of_lot(given, donor)):
        return ["another receipt of the same lot"]
    world, index = given.world, file["index"]
    true = world.receipt(index, _size(file["checkpoint"]))
    _expect("receipt", {**true, "checkpoint": 0}, {**file, "checkpoint": 0})
    if given.lot is not None and not _of_lot(given, file):
        raise Lie("a receipt of another lot")
    return _note(given, true["checkpoint"], given.file["checkpoint"], file["checkpoint"])


def _of_lot(given: Given, receipt: Any) -> bool:
    subject = uri.subject(uri.LOT, given.policy.origin, given.lot or "")
    return base64.b64decode(receipt["entry"])[2:34] == subject


def _fraud(given: Given, file: Any) -> list[str]:
    """The promise was made, the later checkpoint was signed, and it says what the proof says it does."""
    found = []
    promises = [given.file["receipt"], *(donor["receipt"] for donor in given.donors)]
    said = file["receipt"]
    true = next((p for p in promises if same({**p, "checkpoint": 0}, {**said, "checkpoint": 0})), None)
    if true is None:
        raise Lie("a promise that nobody gave")
    for mine, other in ((true["checkpoint"], said["checkpoint"]), (given.file["checkpoint"], file["checkpoint"])):
        found += _note(given, mine, mine, other)
    _expect("head", given.file["head"], file["head"])
    _expect("format", given.file["format"], file["format"])
    return found


_KINDS = {"lot": _lot, "receipt": _receipt, "fraud": _fraud}
