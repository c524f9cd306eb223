"""Electronic signatures as they are shown, and the signature under a review of the audit trail."""

from typing import Any

from service.api.acting import act
from service.api.case_schemas import person
from service.api.door import Door, body_of
from service.api.fields import Choice, Instant, Many, One, Shape, Text
from service.api.house import House
from service.api.schemas import Nullable, number, text
from service.auth.keys import Caller
from service.domain.signing import MEANINGS, SUBJECTS
from service.ledger import signatures
from service.ledger.signatures import Of
from service.people import reviews
from service.people.reviews import NewReview


class SignatureQuery(Shape):
    subject = Choice(*SUBJECTS, required=True)
    id = Text(64, required=True, doc={"description": "Of the case, the count, …; of changes `first-last`"})


class SignatureShown(Shape):
    """`name` is the printed name as it is now, null if it was erased; `sheet`: the hash by which a statement names this
    signature and those before it, `ni:///sha-256;…` among its documents."""

    person = text(64)
    name = Nullable(Text(200))
    meaning = Choice(*MEANINGS, required=True)
    words = Nullable(Text(1000))
    shown = text(43)
    method = text(40)
    proven_at = Nullable(Instant())
    at = Instant(required=True)
    sheet = text(43)


class Signatures(Shape):
    signatures = Many(One(SignatureShown), 0, 1000, required=True)


class NewReviewShape(Shape):
    makes = NewReview
    person = person()
    changes = Text(
        40, pattern="[1-9][0-9]{0,15}-[1-9][0-9]{0,15}", called="the list's `range`, like 1-40", required=True,
        doc={"description": "The list's `range`: numbers of the first and the last change"},
    )  # fmt: skip
    shown = Text(
        43, pattern="[A-Za-z0-9_-]{43}", called="the list's `shown`, 43 characters", required=True,
        doc={"description": "The list's `shown`: hash of what was on the screen"},
    )  # fmt: skip
    words = Text(200, required=True, doc={"description": "What the review found"})


class Reviewed(Shape):
    changes = number()


def door(house: House) -> Door:
    made = house.door("signatures", "Who signed what: approvals, rejections, reviews")

    @made.operation("GET", "/signatures", roles=("party",), query=SignatureQuery, answers={200: Signatures})
    def list_signatures(caller: Caller, query: dict[str, Any]) -> Any:
        """The electronic signatures of one subject, in order

        Each with the printed name, what it means, the hash of what was on the screen, and how the person was known.
        """
        assert caller.party_id is not None
        of = Of(query["subject"], query["id"].lower())
        with house.engine.connect() as connection:
            return {"signatures": signatures.shown(connection, caller.party_id, of)}

    @made.operation(
        "POST", "/changes/reviews", roles=("party",), body=body_of(NewReviewShape), answers={201: Reviewed},
        problems=(409,),
    )  # fmt: skip
    def review_changes(caller: Caller, body: NewReview) -> tuple[Any, int]:
        """Sign for having reviewed changes of master data

        Of up to 1,000 changes, as they stood on the screen. Changes of the reviewer's own stay open for another.
        """
        return act(house, caller, lambda desk: {"changes": reviews.review(desk, body)}), 201

    return made
