"""How the statement of a movement answers an earlier one (`ref`, ledger format, section 1)."""

from service.domain.decision import Decision
from service.statements.sdjwt import Reference

_RELATIONS = {"accepted": "accepts", "refused": "refuses", "withdrawn": "corrects"}


def reference_of(decision: Decision) -> Reference | None:
    """How a statement answers an earlier one; nobody accepts what he sent himself."""
    handoff = decision.handoff
    if handoff is None or handoff.state == "offered" or decision.settled is not None:
        return None
    if handoff.is_transfer and handoff.state == "accepted":
        return None
    return Reference(_RELATIONS[handoff.state], handoff.statement)
