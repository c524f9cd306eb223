"""Codes of single packages: captured, verified, sold, returned, decommissioned, reversed; repeats are flagged."""

from typing import Any

from service.api.door import BULK_LIMIT, Door, body_of
from service.api.fields import Choice, Many, One, Shape, Text, Uri, Uuid, WholeInQuery
from service.api.house import House
from service.api.schemas import Nullable, number, text
from service.auth.keys import Caller
from service.codes import keeping, reading
from service.codes.keeping import Acting, By, Capture, NewCode
from service.domain.trace_codes import ACTS, LEVELS, REASONS

MANY = 1000


def _code(**options: Any) -> Text:
    return Text(100, **options)


class NewCodeShape(Shape):
    makes = NewCode
    code = _code(required=True)
    level = Choice(*LEVELS, load_default="unit")
    parent = _code(doc={"description": "The code of the case that it is packed in"})


class CaptureShape(Shape):
    makes = Capture
    id = Uuid(required=True, doc={"description": "Chosen by you: sent again, the same answer"})
    lot = Uri(required=True)
    movement = Uuid(doc={"description": "The movement with which they came"})
    codes = Many(One(NewCodeShape), 1, MANY, required=True)


class ActingShape(Shape):
    """`reason` with `decommissioned`; `result` and `alert` are what a repository of identifiers answered."""

    makes = Acting
    id = Uuid(required=True, doc={"description": "Chosen by you: sent again, the same answer"})
    act = Choice(*ACTS, required=True)
    codes = Many(_code(), 1, MANY, required=True)
    movement = Uuid(doc={"description": "The movement with which they went or came back"})
    result = Text(100)
    alert = Text(100)
    reason = Choice(*REASONS)


class Flagged(Shape):
    code = _code(required=True)
    flag = text(40)


class Kept(Shape):
    """What is wrong with some of the codes; the act is on record all the same, for they stand there."""

    id = Uuid(required=True)
    flagged = Many(One(Flagged), 0, keeping.MOST, required=True)


class ShownCode(Shape):
    code = _code(required=True)
    level = Choice(*LEVELS, required=True)
    parent = Nullable(_code())
    lot = Uri(required=True)
    state = Nullable(Choice("held", "sold", "decommissioned"))
    flag = Nullable(Text(40))
    acts = number()


class Codes(Shape):
    codes = Many(One(ShownCode), 0, MANY, required=True)
    next = Nullable(_code(doc={"description": "Give it as `after` to read on"}))


class CodeQuery(Shape):
    lot = Uri()
    flagged = Choice("true", "false", load_default="false", doc={"description": "Only those that are flagged"})
    after = Text(100, load_default="")
    limit = WholeInQuery(1, MANY, load_default=100)


def door(house: House) -> Door:
    codes = house.door("trace codes", "Codes of single packages: what was done with each, and what came twice")

    @codes.operation("POST", "/trace-codes", roles=("party",), body=body_of(CaptureShape, BULK_LIMIT), problems=(409,),
                     answers={201: Kept, 200: Kept})  # fmt: skip
    def capture_codes(caller: Caller, body: Capture) -> Any:
        """Capture codes of a lot, with how they are packed

        A code belongs to one lot. One that was sold or decommissioned before and is captured again is flagged.
        """
        with house.engine.begin() as connection:
            flagged, new = keeping.capture(connection, _by(house, caller), body)
        return {"id": body.id, "flagged": flagged}, 201 if new else 200

    @codes.operation("POST", "/trace-codes/acts", roles=("party",), body=body_of(ActingShape, BULK_LIMIT),
                     problems=(409,), answers={201: Kept, 200: Kept})  # fmt: skip
    def act_on_codes(caller: Caller, body: Acting) -> Any:
        """Say what was done with codes: verified, sold, returned, decommissioned, reversed

        What is done with a case is done with all that is in it. A code is sold once: the second time it is flagged.
        """
        with house.engine.begin() as connection:
            flagged, new = keeping.act(connection, _by(house, caller), body)
        return {"id": body.id, "flagged": flagged}, 201 if new else 200

    @codes.operation("GET", "/trace-codes", roles=("party",), query=CodeQuery, answers={200: Codes})
    def list_codes(caller: Caller, query: dict[str, Any]) -> Any:
        """List codes with their state, in their order"""
        assert caller.party_id is not None
        flagged = query["flagged"] == "true"
        with house.engine.connect() as connection:
            found = reading.listed(connection, caller.party_id, lot=query.get("lot"), flagged=flagged,
                                   after=query["after"], limit=query["limit"])  # fmt: skip
        return {"codes": found, "next": found[-1]["code"] if len(found) == query["limit"] else None}

    return codes


def _by(house: House, caller: Caller) -> By:
    assert caller.party_id is not None
    return By(caller.party_id, caller.actor, house.now())
