"""Asks the contract what it would say to our newest checkpoint; nothing is signed and nothing is sent.

For the operator before a hand-over, and for whoever wants to see a fork refused: the node executes the very call that
the anchorer would send, from the anchorer's own address, and the contract answers with its error.
"""

from __future__ import annotations

from sqlalchemy import Connection

from anchoring import contract, deployments, ours
from anchoring.contract import LotAnchor
from anchoring.errors import NotInLedger
from anchoring.rpc import Refused, Rpc


def rehearse(conn: Connection, url: str) -> str | None:
    """The contract's refusal in words, such as `WrongOldRoot(0x…, 0x…)`; None if it would take the checkpoint.

    Raises NotInLedger if no contract is deployed or there is nothing to anchor, Away if the node does not answer.
    """
    known, rpc = deployments.current(conn), Rpc(url)
    if known is None:
        raise NotInLedger("a contract")
    wanted = ours.plan(conn, LotAnchor(rpc, known.contract).head(rpc.head()).size)
    if wanted is None:
        raise NotInLedger("a checkpoint above the anchored one")
    proof = ours.proof(conn, wanted)
    data = contract.anchor_call(wanted.old_size, wanted.size, wanted.log_root, wanted.map_root, proof)
    call = {"from": known.anchorer, "to": known.contract, "data": data}
    try:
        rpc.estimate({name: "0x" + value.hex() for name, value in call.items()})
    except Refused as refused:
        return contract.explain(refused.data) or refused.message
    return None
