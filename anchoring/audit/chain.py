"""What the operator's nodes show of the contract, beside what the ledger keeps of it.

Asked through the verifier, as a partner would: all nodes at one block, and only what all of them say is held against
the ledger. The block is the newest that all call final, so that what a reorg may still take away is not judged.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

from sqlalchemy import Connection

from anchoring.audit.anchors import Kept, anchors_of, epochs_of
from anchoring.audit.finding import Audited, Finding
from anchoring.audit.noticed import OPERATOR
from anchoring.audit.policy import Contract, newest_contract, policy_of
from anchoring.audit.rows import limited, rows, spelled
from verifier.chain import Event, Node, View, agreed, said_by_all, same
from verifier.errors import Unavailable
from verifier.http import Deadline
from verifier.policy import Policy
from verifier.rpc import RpcNode

PATIENCE = 600.0  # seconds for all answers together


def nodes_of(audited: Audited) -> list[Node]:
    """The nodes, each with the same patience."""
    return [RpcNode(url, Deadline(PATIENCE)) for url in audited.rpc_urls]


def check_chain(connection: Connection, audited: Audited) -> Iterator[Finding]:
    """Identity, anchors, epochs and sealed groups of the contract in use; nothing without nodes."""
    contract = newest_contract(connection)
    if contract is None or contract.state == "signed" or not audited.rpc_urls:
        return
    nodes = nodes_of(audited)
    try:
        yield from limited(_checked(connection, audited, contract, nodes))
    except Unavailable as unknown:
        check = "the chain can be asked"
        yield Finding(check, "", unknown.what, "", "an answer", unknown.why, None, "nobody: try again")


def _checked(connection: Connection, audited: Audited, contract: Contract, nodes: Sequence[Node]) -> Iterator[Finding]:
    policy = policy_of(audited, contract)
    block = min((node.newest(policy.finality) for node in nodes), key=lambda each: each.number)
    key = spelled(id=contract.id)
    identity = same(nodes, "chain and code", lambda node: node.identity(block, policy.contract))
    seen = {"chain_id": identity.chain_id, "genesis": identity.genesis, "code_hash": identity.code_hash}
    for name, value in seen.items():
        if getattr(contract, name) != value and not (name == "code_hash" and _not_yet(contract, block.number)):
            check = "the contract in use is the one that was deployed"
            yield Finding(check, "ledger.deployment", key, name, value, getattr(contract, name), None, OPERATOR)
            return
    if _not_yet(contract, block.number):
        return
    state = same(nodes, "contract", lambda node: node.state(block, policy.contract))
    policy = replace(policy, epoch=state.epoch, rotations=state.rotations)
    view = said_by_all(nodes, lambda asked: agreed(policy, asked, policy.finality, int(time.time())))
    yield from _anchors(connection, contract, policy, nodes, view)
    yield from _epochs(connection, contract, view)
    audited.progress("chain", 1, 1)


def _not_yet(contract: Contract, number: int) -> bool:
    """Whether the contract's block is not final."""
    return contract.block is not None and contract.block > number


def _anchors(
    connection: Connection, contract: Contract, policy: Policy, nodes: Sequence[Node], view: View
) -> Iterator[Finding]:
    events = same(nodes, "events", lambda node: node.events(view.block, policy.contract))
    kept = {
        each.index: each
        for each in anchors_of(connection, contract.id)
        if each.state != "lost" and each.index is not None
    }
    for event in events:
        stored = kept.get(event.index)
        if stored is not None:
            yield from _beside(stored, event)
    missing = [event.index for event in events if event.index not in kept]
    for index in missing:
        if any(other > index for other in kept):  # the newest may not have been seen yet
            key = spelled(deployment=contract.id, index=index)
            check = "every anchor of the contract is kept"
            yield Finding(check, "ledger.anchor", key, "", events[index].log_root, None, None, OPERATOR)
    for index, stored in kept.items():
        if index >= view.state.count and stored.state == "final":
            check, told = (
                "what is called final is held by the contract at its final block",
                f"{view.state.count} anchors",
            )
            yield Finding(check, "ledger.anchor", stored.key, "state", told, "final", _first(stored), OPERATOR)
    yield from _blocks(nodes, kept, view)
    yield from _sealed(connection, contract, policy, nodes, view)
    yield from _ahead(connection, view)


def _beside(stored: Kept, event: Event) -> Iterator[Finding]:
    for name in ("size", "log_root", "map_root"):
        if getattr(stored, name) != getattr(event, name):
            check = "an anchor is what the contract tells"
            pair = getattr(event, name), getattr(stored, name)
            yield Finding(check, "ledger.anchor", stored.key, name, *pair, _first(stored), OPERATOR)


def _first(stored: Kept) -> int | None:
    return stored.size - 1 if isinstance(stored.size, int) else None


def _blocks(nodes: Sequence[Node], kept: dict[int, Kept], view: View) -> Iterator[Finding]:
    """Hash and time of the blocks in which final anchors stand."""
    for stored in kept.values():
        if not isinstance(stored.block, int) or not 0 <= stored.block <= view.block.number:
            continue
        block = same(nodes, f"block {stored.block}", lambda node, at=stored.block: node.block(at))  # type: ignore[misc]
        for name, value in (("block_hash", block.hash), ("time", block.time)):
            if getattr(stored, name) != value:
                check = "an anchor stands in the block that it names"
                yield Finding(check, "ledger.anchor", stored.key, name, value, getattr(stored, name), _first(stored),
                              OPERATOR)  # fmt: skip


def _sealed(
    connection: Connection, contract: Contract, policy: Policy, nodes: Sequence[Node], view: View
) -> Iterator[Finding]:
    query = "SELECT number, root FROM ledger.sealed_group WHERE deployment = %b ORDER BY number"
    for number, root in rows(connection, query, contract.id):
        if number is None or not 0 <= number < view.state.count >> 6:
            continue
        true = same(nodes, f"group {number}", lambda node, at=number: node.sealed(view.block, policy.contract, at))  # type: ignore[misc]
        if true != root:
            key, check = spelled(deployment=contract.id, number=number), "a sealed group is what the contract keeps"
            yield Finding(check, "ledger.sealed_group", key, "root", true, root, None, OPERATOR)


def _ahead(connection: Connection, view: View) -> Iterator[Finding]:
    """The contract's head is a head of this log."""
    size, root = view.state.size, view.state.log_root
    have = rows(connection, "SELECT coalesce(max(size), 0) FROM ledger.checkpoint")[0][0]
    if size > have:
        key, check = spelled(size=size), "the log is not behind the contract"
        yield Finding(check, "ledger.checkpoint", key, "", f"a checkpoint with log root {root.hex()}",
                      f"the newest is of {have}", have, OPERATOR)  # fmt: skip
        return
    signed = rows(connection, "SELECT log_root FROM ledger.checkpoint WHERE size = %b", size)
    if signed and signed[0][0] != root:
        check = "the contract's head is a head of this log"
        yield Finding(
            check, "ledger.checkpoint", spelled(size=size), "log_root", root, signed[0][0], size - 1, OPERATOR
        )


def _epochs(connection: Connection, contract: Contract, view: View) -> Iterator[Finding]:
    kept = {each.number: each for each in epochs_of(connection, contract.id) if not each.lost and each.whole}
    for number, opened in enumerate(view.state.epochs, 1):
        stored = kept.get(number)
        for name in ("first", "keep"):
            if stored is not None and getattr(stored, name) != getattr(opened, name):
                check = "an epoch is what the contract tells"
                yield Finding(check, "ledger.epoch", spelled(id=stored.id), name, getattr(opened, name),
                              getattr(stored, name), None, OPERATOR)  # fmt: skip
    for number in kept.keys() - set(range(1, len(view.state.epochs) + 1)):
        if view.state.epochs and number is not None:
            check = "an epoch is what the contract tells"
            yield Finding(check, "ledger.epoch", spelled(id=kept[number].id), "number",
                          f"at most {len(view.state.epochs)}", number, None, OPERATOR)  # fmt: skip
