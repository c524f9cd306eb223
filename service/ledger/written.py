"""One allowed movement on its way into the tables."""

from dataclasses import dataclass
from uuid import UUID

from service.domain.decision import Decision
from service.domain.things import Party
from service.ledger.commitments import Parts
from service.statements.sdjwt import Statement


@dataclass(frozen=True, slots=True)
class Written:
    """One allowed movement, signed, with everything its rows need."""

    number: int
    party: Party
    id: UUID
    type: str
    actor: str
    recorded_at: int
    content: bytes
    parts: Parts
    content_hash: bytes
    journal: bytes
    decision: Decision
    statement: Statement
    lots: tuple[str, ...]
