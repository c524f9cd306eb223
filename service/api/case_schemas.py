"""Quarantine cases on the wire."""

from service.api.fields import Choice, Day, Instant, Many, One, Quantity, Shape, Text, Uri, Uuid, Whole, WholeInQuery
from service.api.schemas import MANY, Anything, Nullable, number, text
from service.cases import deciding, opening, reviewing
from service.domain.cases import CAUSES, RULINGS, STATES

PERSON = {"description": "Opaque id of a person, never a name"}
PLACE = {"description": "SITE/LOC"}


def person() -> Text:
    return Text(64, required=True, doc=PERSON)


class NewCase(Shape):
    """About a whole lot (`item`, `lot`), everything `at` a place, or a lot at a place, whole or `quantity` of it."""

    makes = opening.NewCase
    id = Uuid(required=True)
    cause = Choice(*CAUSES, required=True)
    words = Text(200, required=True)
    by = person()
    item = Text(64)
    lot = Text(64)
    at = Text(81, doc=PLACE)
    quantity = Quantity()
    status = Choice("available", "hold", doc={"description": "Which goods are meant, if the lot lies there in both"})


class Measured(Shape):
    name = Text(64, required=True)
    value = Text(64, required=True)
    unit = Text(20)


class NewFinding(Shape):
    by = person()
    words = Text(1000, required=True)
    measured = Many(One(Measured), 0, 50, load_default=())


class Said(Shape):
    """What somebody says who does something."""

    by = person()
    words = Text(200, required=True)


class Part(Shape):
    makes = reviewing.Part
    item = Text(64, required=True)
    lot = Text(64, required=True)
    at = Text(81, required=True, doc=PLACE)
    quantity = Quantity(required=True)


class NewDecision(Shape):
    """`goods` say how much a partial release is about; destruction needs `witnesses` and `certificate`."""

    makes = reviewing.Decided
    ruling = Choice(*RULINGS, required=True)
    reason = Text(200, required=True)
    by = person()
    goods = Many(One(Part), 0, 100)
    witnesses = Many(Text(64, doc=PERSON), 0, 10)
    certificate = Text(64)


class NewApproval(Shape):
    makes = deciding.Approval
    person = person()
    decision = Choice("approve", "reject", required=True)
    meaning = Text(200, required=True, doc={"description": "What this signature means, in the person's words"})
    shown = Text(
        43, pattern="[A-Za-z0-9_-]{43}", called="the case's `shown`, 43 characters", required=True,
        doc={"description": "The case's `shown`: hash of the `record` that was on the screen"},
    )  # fmt: skip


class AttachmentQuery(Shape):
    name = Text(200, required=True, doc={"description": "The file's name"})
    by = person()
    content_type = Text(120, doc={"description": "Of the file, instead of the request's Content-Type"})


class CaseQuery(Shape):
    state = Choice(*STATES)
    lot = Uri(doc={"description": "URI of a lot: cases that are or were about it"})
    after = Uuid(doc={"description": "The last case of the page before"})
    limit = WholeInQuery(1, 1000, load_default=100)


class CaseGoods(Shape):
    """Held under the case. `where` is other than `place` while the goods are at none; `lost`: not found by a count."""

    item = text(40)
    lot = text(20)
    uri = Uri(required=True)
    location = Nullable(Text(81))
    where = Choice("place", "transfer", "disputed", "lost", required=True)
    quantity = Quantity(required=True)
    unit = text(3)
    expiry_date = Nullable(Day())


class CaseHead(Shape):
    id = Uuid(required=True)
    scope = Choice("lot", "place", "quantity", "goods", required=True)
    cause = Choice(*CAUSES, required=True)
    words = text()
    state = Choice(*STATES, required=True)
    ruling = Nullable(Choice(*RULINGS))
    round = Whole(0, 2**31, required=True, doc={"description": "How often it has been decided"})
    opened_by = text(64)
    opened_at = Instant(required=True)


class ListedCase(CaseHead):
    goods = Many(One(CaseGoods), 0, MANY, required=True)


class Cases(Shape):
    cases = Many(One(ListedCase), 0, 1000, required=True)
    next = Nullable(Uuid(doc={"description": "Give it as `after` to read on"}))


class Approval(Shape):
    person = text(64)
    decision = Choice("approve", "reject", required=True)
    meaning = text()
    shown = text(43)
    round = number()
    at = Instant(required=True)


class PrintedApproval(Approval):
    """`name` as it is now, null if it was erased or never given; `method`: how the person was known."""

    name = Nullable(Text(200))
    method = Nullable(Text(40))


class Attachment(Shape):
    sha256 = Text(64, required=True)
    name = text(200)
    content_type = text(100)
    size = number()
    by = text(64)
    at = Instant(required=True)
    url = text()


class CaseAct(Shape):
    act = text(20)
    by = text(64)
    at = Instant(required=True)
    words = text()
    detail = Anything("What the act said beside words: measured values, a decision, a file", "object", required=True)


class CaseMovement(Shape):
    id = Uuid(required=True)
    type = text(20)
    recorded_at = Instant(required=True)
    receipt_url = text()


class Case(CaseHead):
    """`shown` is the base64url SHA-256 of the text `record`; who approves names it, and it stands in the ledger."""

    goods = Many(One(CaseGoods), 0, MANY, required=True)
    decision = Anything("The decision in force: by, at, reason, ruling, and what the ruling needs; or null")
    approvals = Many(One(Approval), 0, MANY, required=True)
    attachments = Many(One(Attachment), 0, 50, required=True)
    acts = Many(One(CaseAct), 0, MANY, required=True)
    movements = Many(One(CaseMovement), 0, MANY, required=True)
    record = Anything("The case as JSON text, from its opening to its last decision", "string", required=True)
    shown = text(43)


class DestroyedGoods(Shape):
    """What was destroyed of a lot, and how far the record of it has come: its index in the log, the block."""

    item = text(40)
    name = text(200)
    lot = text(20)
    uri = Uri(required=True)
    location = text(81)
    quantity = Quantity(required=True)
    unit = text(3)
    movement = Uuid(required=True)
    statement = text(43)
    receipt_url = text()
    record_status = Choice("recorded", "sequenced", "anchored", "final", required=True)
    index = Nullable(Whole(0, 2**53 - 1))
    block = Nullable(Whole(0, 2**53 - 1))
    anchored_at = Nullable(Instant())


class MovementCertificate(Shape):
    """The data of the certificate of a movement `destroy`."""

    certificate = text(64)
    party = Anything("id, name and uri of the company", "object", required=True)
    movement = Uuid(required=True)
    case = Nullable(Uuid())
    reason = Nullable(Text(200))
    event_time = Nullable(Instant())
    destroyed_at = Instant(required=True)
    witnesses = Many(Text(64), 2, 10, required=True)
    approved_by = Many(Text(64), 2, 10, required=True)
    goods = Many(One(DestroyedGoods), 1, MANY, required=True)


class Certificate(Shape):
    """The data of a certificate of destruction of a case."""

    certificate = text(64)
    party = Anything("id, name and uri of the company", "object", required=True)
    case = Uuid(required=True)
    cause = Choice(*CAUSES, required=True)
    words = text()
    opened_by = text(64)
    opened_at = Instant(required=True)
    reason = text()
    decided_by = text(64)
    decided_at = Instant(required=True)
    destroyed_at = Instant(required=True)
    witnesses = Many(Text(64), 2, 10, required=True)
    approvals = Many(One(PrintedApproval), 2, 10, required=True)
    goods = Many(One(DestroyedGoods), 1, MANY, required=True)
    findings = Anything("What was found, by whom, with measured values", "array", required=True)
    attachments = Many(One(Attachment), 0, 50, required=True)
    record = Anything("The case as it was approved, as JSON text", "string", required=True)
