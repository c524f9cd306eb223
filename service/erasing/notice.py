"""The notice that something was erased (ledger format §1, kind 3): which disclosure, of what, why, by whom."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import orjson

from service.domain.key_errors import KeyIsElsewhere
from service.domain.things import Party
from service.erasing.record import shown_hash
from service.erasing.target import Target
from service.ledger.adding import driver
from service.ledger.desk import Desk
from service.ledger.signers import signers_of
from service.statements.sdjwt import Statement, element, issue_erasure, named


def sign_notice(desk: Desk, erasure: Any, target: Target, people: Sequence[str], id: UUID, at: int) -> Statement:
    """Signed by the party, with its newest key or by its own hand; raises KeyIsElsewhere."""
    (issuer,) = [Party(*row) for row in desk.ask(_PARTY, party=desk.party_id)]
    signers = dict(signers_of(driver(desk.connection), desk.scribe.keyring, [issuer]))
    if issuer.id not in signers:
        raise KeyIsElsewhere(issuer.code)
    return issue_erasure(
        signers[issuer.id],
        issuer=issuer.uri, id=str(id), issued_at=at // 1000, origin=desk.scribe.origin,
        lots=[element(orjson.dumps(lot)) for lot in target.movement.lots],
        properties=[
            named(name.encode(), orjson.dumps(value)) for name, value in _says(erasure, target, people).items()
        ],
        erases=target.movement.statement_hash, digests=[target.digest], random=desk.scribe.random,
    )  # fmt: skip


def _says(erasure: Any, target: Target, people: Sequence[str]) -> dict[str, Any]:
    return {
        "type": "lotproof:Erasure",
        "lotproof:movement": f"urn:uuid:{target.movement.id}",
        "lotproof:erased": erasure.property,
        "lotproof:legalBasis": erasure.legal_basis,
        "lotproof:approved": shown_hash(
            erasure.statement_hash, erasure.digest, erasure.property, erasure.legal_basis
        ),
        "lotproof:requestedBy": erasure.requested_by,
        "lotproof:approvedBy": list(people),
    }


_PARTY = "SELECT id, code, name, uri FROM warehouse.party WHERE id = :party"
