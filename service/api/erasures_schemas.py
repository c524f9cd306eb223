"""Erasures on the wire."""

from service.api.case_schemas import person
from service.api.fields import Choice, Flag, Instant, Many, One, Shape, Text, Uuid, WholeInQuery
from service.api.schemas import Nullable, text
from service.domain.erasable import EXPECTED, EXPECTED_OF_EVIDENCE
from service.erasing import approving, asking

STATES = ("asked", "erased", "rejected")


class NewErasure(Shape):
    makes = asking.NewErasure
    id = Uuid(required=True)
    movement = Uuid(doc={"description": "One that your party recorded; or `event`"})
    event = Text(2048, doc={"description": "The eventID of an EPCIS event about others' goods that it captured"})
    declares_error = Flag(load_default=False, doc={"description": "Of the declaration of an error in that event"})
    property = Text(
        500, required=True,
        doc={"description": f"What is to go: of a movement {EXPECTED}; of an event {EXPECTED_OF_EVIDENCE}"},
    )  # fmt: skip
    legal_basis = Text(
        200, required=True,
        doc={"description": "Like `GDPR Art. 17(1)(a)`: stays on record for ever, so it names nobody"},
    )  # fmt: skip
    by = person()


class NewErasureApproval(Shape):
    makes = approving.ErasureApproval
    person = person()
    decision = Choice("approve", "reject", required=True)
    shown = Text(
        43, pattern="[A-Za-z0-9_-]{43}", called="the erasure's `shown`, 43 characters", required=True,
        doc={"description": "The erasure's `shown`: hash of the disclosure that goes, of which property, and why"},
    )  # fmt: skip


class ErasureQuery(Shape):
    state = Choice(*STATES)
    after = Uuid(doc={"description": "Only older ones: those asked for before this"})
    limit = WholeInQuery(1, 1000, load_default=100)


class ErasureApprovalShown(Shape):
    person = text(64)
    decision = Choice("approve", "reject", required=True)
    at = Instant(required=True)


class Erasure(Shape):
    """Of a `movement` or an `event`. `digest` is that of the disclosure; `notice`: the hash of the statement that says
    it is gone."""

    id = Uuid(required=True)
    movement = Nullable(Uuid())
    event = Nullable(Text(2048))
    declares_error = Nullable(Flag())
    property = text(500)
    digest = text(43)
    legal_basis = text(200)
    requested_by = text(64)
    requested_at = Instant(required=True)
    state = Choice(*STATES, required=True)
    shown = text(43)
    approvals = Many(One(ErasureApprovalShown), 0, 10, required=True)
    notice = Nullable(Text(43))
    ended_at = Nullable(Instant())


class Erasures(Shape):
    erasures = Many(One(Erasure), 0, 1000, required=True)
    next = Nullable(Uuid(doc={"description": "Give it as `after` to read on"}))
