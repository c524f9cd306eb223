"""Deployments, intents, signed bytes and their histories: everything that the signed bytes themselves say.

    raw      keccak256 is tx_hash; decoded, every column of its row, and of the intent or deployment that it serves
    intent   its sizes and roots are those of checkpoints; its state is where its history left it
    attempt  a history begins with `signed`, knows only hashes that were signed, and names the anchor that came of it

Not checked, because nothing else tells: what a node answered to a push, and the reason an operator gave.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Connection

from anchoring.audit.finding import Audited, Finding
from anchoring.audit.noticed import INSIDE, NOBODY, OPERATOR
from anchoring.audit.rows import limited, rows, spelled, stream
from anchoring.audit.transactions import Call, NotOurs, Sent, call_of, decoded
from anchoring.contract import code_hash, created_by, creation
from anchoring.onchain import Address
from verifier.errors import Refuted
from verifier.merkle import verify_consistency

_CLOCKS = 300_000  # milliseconds between clocks of workers that took over from each other
_MOVES = {"mined": "mined", "reorged": "signed", "final": "final", "superseded": "superseded", "failed": "failed"}


def check_signed(connection: Connection, audited: Audited) -> Iterator[Finding]:
    """Deployments, intents, signed transactions, attempts."""
    for check in (_twice, _deployments, _transactions, _intents, _attempts):
        yield from limited(check(connection))
        audited.progress("signed for the chain", 1, 1)


def _found(table: str, check: str, key: str, field: str, expected: object, seen: object, index: int | None = None,
           noticed: str = OPERATOR) -> Finding:  # fmt: skip
    return Finding(check, f"ledger.{table}", key, field, expected, seen, index, noticed)


_KEYS = {"deployment": "id", "intent": "id", "signed_transaction": "tx_hash", "attempt": "id"}


def _twice(connection: Connection) -> Iterator[Finding]:
    for table, key in _KEYS.items():
        query = f"SELECT {key}, count(*) FROM ledger.{table} GROUP BY 1 HAVING count(*) > 1 OR {key} IS NULL"  # noqa: S608
        for value, number in rows(connection, query):
            yield _found(table, "a row is there once", spelled(**{key: value}), "", 1, number)


# Deployments


def _deployments(connection: Connection) -> Iterator[Finding]:
    before: Any = None
    for row in _named(connection, "SELECT * FROM ledger.deployment ORDER BY id"):
        key = spelled(id=row["id"])
        try:
            sent = decoded(row["raw"])
        except NotOurs as problem:
            yield _found("deployment", "signed bytes are a transaction", key, "raw", "a deployment", str(problem))
            continue
        expected = _deployment(sent, row)
        wrong = [name for name, value in expected.items() if row[name] != value]
        if len(wrong) > 2 or (wrong == ["tx_hash"] and _was_bent(sent, row)):
            yield _found("deployment", "signed bytes say what the row says", key, "raw", "those of this row", wrong)
        else:
            for name in wrong:
                check = "a deployment is what was signed"
                yield _found("deployment", check, key, name, expected[name], row[name])
        yield from _deployment_state(row, key, before)
        before = row


def _was_bent(sent: Sent, row: Any) -> bool:
    """Whether the bytes and not the hash were changed: nobody else's signature recovers to this account."""
    return bool(sent.sender != row["anchorer"])


def _deployment(sent: Sent, row: Any) -> dict[str, object]:
    guardian = sent.data[-20:]
    expected: dict[str, object] = {
        "chain_id": sent.chain_id, "contract": created_by(Address(sent.sender), sent.nonce), "anchorer": sent.sender,
        "guardian": guardian, "legacy_fees": sent.legacy, "nonce": sent.nonce, "tx_hash": sent.tx_hash,
        "max_fee": sent.max_fee,
    }  # fmt: skip
    if not sent.legacy:
        expected["tip"] = sent.tip
    if sent.data == creation(Address(sent.sender), Address(guardian)):  # of this very artifact
        expected["code_hash"] = code_hash()
    return expected


def _deployment_state(row: Any, key: str, before: Any) -> Iterator[Finding]:
    state, block = row["state"], row["block"]
    check = "a deployment in a block names it, and no other does"
    if state not in ("signed", "mined", "final"):
        yield _found("deployment", check, key, "state", "signed, mined or final", state)
    elif (block is None) != (state == "signed"):
        yield _found("deployment", check, key, "state" if state == "signed" else "block", "a block", block)
    elif (row["block_hash"] is None or len(row["block_hash"]) != 32) != (state == "signed"):
        yield _found("deployment", check, key, "block_hash", "32 bytes", row["block_hash"])
    if row["genesis"] is None or len(row["genesis"]) != 32:
        yield _found("deployment", "a genesis block has a hash", key, "genesis", "32 bytes", row["genesis"])
    if row["signed_at"] is None or (before is not None and row["signed_at"] + _CLOCKS < (before["signed_at"] or 0)):
        check = "a later deployment is signed later"
        yield _found(
            "deployment", check, key, "signed_at", before and before["signed_at"], row["signed_at"], None, NOBODY
        )
    if not row["reason"]:
        yield _found("deployment", "a deployment has a reason", key, "reason", "a reason", row["reason"], None, NOBODY)


# Signed bytes


class _Intent(NamedTuple):
    id: int
    deployment: int
    old_size: int
    size: int
    log_root: bytes
    map_root: bytes
    sender: bytes
    nonce: int
    signed_at: int
    state: str


_INTENTS = (
    "SELECT id, deployment, old_size, size, log_root, map_root, sender, nonce, signed_at, state FROM ledger.intent"
)


def _transactions(connection: Connection) -> Iterator[Finding]:
    made = rows(connection, "SELECT id, raw, tx_hash FROM ledger.deployment")
    contracts = {number: _address(raw, tx_hash) for number, raw, tx_hash in made}
    query = "SELECT s.*, i.deployment FROM ledger.signed_transaction s LEFT JOIN ledger.intent i ON i.id = s.intent"
    for row in _named(connection, query + " ORDER BY s.signed_at, s.tx_hash"):
        key = spelled(tx_hash=row["tx_hash"])
        try:
            sent = decoded(row["raw"])
            call = call_of(sent.data)
        except NotOurs as problem:
            yield _found("signed_transaction", "signed bytes call anchor", key, "raw", "a transaction", str(problem))
            continue
        wrong = {name: pair for name, pair in _columns(sent, row).items() if pair[0] != pair[1]}
        if "tx_hash" in wrong and (len(wrong) > 2 or "sender" in wrong):
            yield _found("signed_transaction", "signed bytes are those of their hash", key, "raw", row["tx_hash"],
                         sent.tx_hash)  # fmt: skip
            continue
        for name, (expected, seen) in wrong.items():
            check = "a transaction is what was signed"
            yield _found("signed_transaction", check, key, name, expected, seen)
        yield from _serves(connection, row, key, sent, call, contracts)


def _columns(sent: Sent, row: Any) -> dict[str, tuple[object, object]]:
    expected: dict[str, object] = {
        "tx_hash": sent.tx_hash, "chain_id": sent.chain_id, "contract": sent.to, "sender": sent.sender,
        "nonce": sent.nonce, "gas": sent.gas, "max_fee": sent.max_fee,
    }  # fmt: skip
    if not sent.legacy:
        expected["tip"] = sent.tip
    return {name: (value, row[name]) for name, value in expected.items()}


def _serves(connection: Connection, row: Any, key: str, sent: Sent, call: Call, contracts: Any) -> Iterator[Finding]:
    """The intent asks what the bytes ask; the consistency proof in them holds; the contract is its deployment's."""
    asked = (call.old_size, call.size, call.log_root, call.map_root, sent.sender, sent.nonce)
    found = [_Intent(*each) for each in rows(connection, f"{_INTENTS} WHERE id = %b", row["intent"])]
    if not found or sum(mine != theirs for mine, theirs in zip(asked, found[0][2:8], strict=True)) > 1:
        true = rows(
            connection,
            f"{_INTENTS} WHERE old_size = %b AND size = %b AND log_root = %b AND map_root = %b AND sender = %b"
            " AND nonce = %b", *asked,
        )  # fmt: skip
        expected = true[0][0] if true else "the intent that it serves"
        yield _found("signed_transaction", "signed bytes serve their intent", key, "intent", expected, row["intent"])
        return
    right = [number for number, address in contracts.items() if address == sent.to]
    if right and found[0].deployment not in right:
        check, expected = "an intent is of the contract that its bytes call", right[0]
        yield _found("intent", check, spelled(id=found[0].id), "deployment", expected, found[0].deployment)
    yield from _in_time(connection, row, sent.tx_hash, found[0])


def _address(raw: bytes | None, tx_hash: bytes) -> bytes | None:
    """The contract that a deployment made, by its signed bytes; None if these are others."""
    try:
        sent = decoded(raw)
    except NotOurs:
        return None
    return created_by(Address(sent.sender), sent.nonce) if sent.tx_hash == tx_hash else None


def _in_time(connection: Connection, row: Any, tx_hash: bytes, intent: _Intent) -> Iterator[Finding]:
    noted = rows(connection, "SELECT id, at FROM ledger.attempt WHERE intent = %b AND step = 'signed' AND tx_hash = %b",
                 row["intent"], tx_hash)  # fmt: skip
    check, key = "signing is noted in the history, at its time", spelled(tx_hash=row["tx_hash"])
    if not noted:
        what = f"signed 0x{tx_hash.hex()} of intent {row['intent']}"
        yield _found("attempt", check, spelled(intent=row["intent"]), "", what, None, None, NOBODY)
    elif noted[0][1] != row["signed_at"]:
        near = abs((row["signed_at"] or 0) - (intent.signed_at or 0)) > abs(
            (noted[0][1] or 0) - (intent.signed_at or 0)
        )
        table, where, field = (
            ("signed_transaction", key, "signed_at") if near else ("attempt", spelled(id=noted[0][0]), "at")
        )
        pair = (noted[0][1], row["signed_at"]) if near else (row["signed_at"], noted[0][1])
        yield _found(table, check, where, field, *pair, None, NOBODY)


# Intents


def _intents(connection: Connection) -> Iterator[Finding]:
    history = _histories(connection)
    for row in stream(connection, f"{_INTENTS} ORDER BY id"):
        intent, key = _Intent(*row), spelled(id=row[0])
        calls = [each for each in _calls(connection, intent.id) if _differing(each, intent) < 2]
        if not calls:
            yield _found(
                "signed_transaction", "an intent has signed bytes", spelled(intent=intent.id), "", "a row", None
            )
        for name, value in _asked(calls[-1]).items() if calls else ():
            if getattr(intent, name) != value:
                check = "an intent is what was signed"
                yield _found("intent", check, key, name, value, getattr(intent, name), intent.old_size)
        if calls and calls[0][1] is not None:
            yield from _true(connection, calls[0][1], key)
        yield from _state(connection, intent, key, history.get(intent.id, []))
        if intent.signed_at is None or (calls and abs(intent.signed_at - (calls[0][2] or 0)) > _CLOCKS):
            check = "an intent is opened when its first bytes are signed"
            yield _found(
                "intent", check, key, "signed_at", calls[0][2] if calls else "a time", intent.signed_at, None, NOBODY
            )


def _calls(connection: Connection, intent: int) -> list[tuple[Sent, Call, int]]:
    """What was signed for an intent, oldest first; without what is no transaction."""
    found = []
    for raw, at in rows(connection, "SELECT raw, signed_at FROM ledger.signed_transaction WHERE intent = %b"
                        " OR tx_hash IN (SELECT tx_hash FROM ledger.attempt WHERE intent = %b)"
                        " ORDER BY max_fee, signed_at", intent, intent):  # fmt: skip
        try:
            sent = decoded(raw)
            found.append((sent, call_of(sent.data), at))
        except NotOurs:
            continue
    return found


def _asked(signed: tuple[Sent, Call, int]) -> dict[str, object]:
    sent, call, _ = signed
    return {"old_size": call.old_size, "size": call.size, "log_root": call.log_root, "map_root": call.map_root,
            "sender": sent.sender, "nonce": sent.nonce}  # fmt: skip


def _differing(signed: tuple[Sent, Call, int], intent: _Intent) -> int:
    """In how many columns the bytes and the intent differ: in more than one, they are another's."""
    return sum(getattr(intent, name) != value for name, value in _asked(signed).items())


def _true(connection: Connection, call: Call, key: str) -> Iterator[Finding]:
    """What was signed is of this log: the checkpoint's roots, and a proof that holds."""
    check, told = (
        "what is signed for the chain is a checkpoint of this log",
        f"{OPERATOR}; whoever holds a proof under it",
    )
    signed = rows(connection, "SELECT log_root, map_root FROM ledger.checkpoint WHERE size = %b", call.size)
    if not signed:
        yield _found("checkpoint", check, spelled(size=call.size), "", "a checkpoint", None, call.old_size, told)
        return
    for name, value, stored in zip(("log_root", "map_root"), (call.log_root, call.map_root), signed[0], strict=True):
        if value != stored:
            yield _found("checkpoint", check, spelled(size=call.size), name, value, stored, call.old_size, told)
    query = """SELECT log_root FROM ledger.anchor WHERE size = %b AND state <> 'lost'
               INTERSECT SELECT log_root FROM ledger.checkpoint WHERE size = %b"""  # both, so that neither was changed
    old = rows(connection, query, call.old_size, call.old_size)
    if old and old[0][0] is not None and signed[0][0] == call.log_root:
        try:
            verify_consistency(call.old_size, call.size, old[0][0], call.log_root, call.proof)
        except Refuted as refuted:
            yield _found("intent", "the signed proof of consistency holds", key, "old_size", refuted.expected,
                         refuted.seen, call.old_size, told)  # fmt: skip


def _state(connection: Connection, intent: _Intent, key: str, steps: Sequence[Any]) -> Iterator[Finding]:
    """Where the history left it; the anchors decide between the two."""
    told = next((_MOVES[step] for step in reversed([each.step for each in steps]) if step in _MOVES), "signed")
    if told == intent.state:
        return
    query = "SELECT state FROM ledger.anchor WHERE intent = %b ORDER BY id DESC LIMIT 1"
    anchor = [state for (state,) in rows(connection, query, intent.id)]
    shows = {"lost": "signed"}.get(anchor[0], anchor[0]) if anchor else None
    check = "an intent is where its history left it"
    if shows == intent.state:
        yield _found("attempt", check, spelled(intent=intent.id), "step", intent.state, told, None, NOBODY)
    else:
        yield _found("intent", check, key, "state", told, intent.state, None, NOBODY)


# Histories


@dataclass(frozen=True, slots=True)
class _Step:
    id: int
    intent: int
    step: str
    tx_hash: bytes | None
    detail: str
    at: int


def _histories(connection: Connection) -> dict[int, list[_Step]]:
    found: dict[int, list[_Step]] = defaultdict(list)
    for row in stream(connection, "SELECT id, intent, step, tx_hash, detail, at FROM ledger.attempt ORDER BY id"):
        found[row[1]].append(_Step(*row))
    return found


def _attempts(connection: Connection) -> Iterator[Finding]:
    known = dict(rows(connection, "SELECT tx_hash, intent FROM ledger.signed_transaction"))
    sent = list(_sent(connection))
    asked: dict[tuple[object, ...], int] = {_Intent(*row)[2:8]: row[0] for row in rows(connection, _INTENTS)}
    known |= {each.tx_hash: asked.get(_plan(each), intent) for each, intent in sent}
    fees = {each.tx_hash: f"nonce {each.nonce}, {each.max_fee} wei a gas" for each, _ in sent}
    anchors = _told_of_anchors(connection)
    for number, steps in _histories(connection).items():
        last: _Step | None = None
        for step in steps:
            yield from _attempt(step, last, known, fees, anchors.get(number, set()))
            last = step


def _attempt(step: _Step, last: _Step | None, known: Any, fees: Any, anchors: set[str]) -> Iterator[Finding]:
    key = spelled(id=step.id)
    if last is None and step.step != "signed":
        yield _found("attempt", "a history begins with signing", key, "step", "signed", step.step, None, NOBODY)
    if step.step not in ("signed", "pushed", "refused", "unanswered", *_MOVES):
        yield _found("attempt", "a step is one of those there are", key, "step", "a step", step.step, None, NOBODY)
    if step.tx_hash is not None and known.get(step.tx_hash) != step.intent:
        name = "intent" if step.tx_hash in known else "tx_hash"
        expected = known.get(step.tx_hash, "a hash of what was signed for this intent")
        yield _found(
            "attempt", "a history knows what was signed", key, name, expected, getattr(step, name), None, NOBODY
        )
    elif step.step in ("signed", "pushed", "refused", "unanswered") and step.tx_hash is None:
        yield _found("attempt", "a history knows what was signed", key, "tx_hash", "a hash", None, None, NOBODY)
    if step.detail is None or (step.step == "signed" and fees.get(step.tx_hash, step.detail) != step.detail):
        check = "a history says what was offered"
        yield _found("attempt", check, key, "detail", fees.get(step.tx_hash, "a text"), step.detail, None, NOBODY)
    if step.step in ("mined", "final", "reorged") and step.detail is not None and step.detail not in anchors:
        check = "a history names the anchor that came of it"
        yield _found(
            "attempt", check, key, "detail", " or ".join(sorted(anchors)) or "no anchor", step.detail, None, INSIDE
        )
    if step.at is None or (last is not None and step.at + _CLOCKS < (last.at or 0)):
        at = f"{last.at} or later" if last is not None else "a time"
        yield _found("attempt", "a history goes forward", key, "at", at, step.at, None, NOBODY)


def _sent(connection: Connection) -> Iterator[tuple[Sent, int]]:
    """What the signed bytes themselves say, whatever their rows do, and for which intent they are."""
    for raw, intent in stream(connection, "SELECT raw, intent FROM ledger.signed_transaction"):
        with suppress(NotOurs):
            yield decoded(raw), intent


def _plan(sent: Sent) -> tuple[object, ...]:
    """The intent that these bytes serve, as its columns."""
    try:
        call = call_of(sent.data)
    except NotOurs:
        return ()
    return call.old_size, call.size, call.log_root, call.map_root, sent.sender, sent.nonce


def _told_of_anchors(connection: Connection) -> dict[int, set[str]]:
    """What a history may say of the anchors of its intent."""
    told: dict[int, set[str]] = defaultdict(set)
    query = "SELECT intent, index, block, block_hash FROM ledger.anchor WHERE intent IS NOT NULL"
    for intent, index, block, hashed in rows(connection, query):
        where = f"block {block} 0x{(hashed or b'').hex()}"
        told[intent] |= {f"anchor {index} in {where}", f"anchor {index}", f"{where} is no longer part of the chain"}
    return told


def _named(connection: Connection, query: str) -> Iterator[dict[str, Any]]:
    """Rows by the names of their columns; bytes as bytes, numbers as whole numbers."""
    result = connection.exec_driver_sql(query)
    for row in result.mappings():
        yield {name: bytes(value) if isinstance(value, memoryview) else value for name, value in row.items()}
