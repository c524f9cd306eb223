"""What each type of movement looks like as JSON.

Names and meaning are those of `service.domain.commands`; here are only the shapes.
"""

from typing import Any

from service.api.fields import Choice, Day, Instant, Many, One, Quantity, Shape, Text, Uuid, Whole
from service.domain import commands

LINE_LIMIT = 100
PLACE_LIMIT = 81  # SITE/LOC


def place(**options: Any) -> Text:
    return Text(PLACE_LIMIT, pattern=r"[!-.0-~]{1,40}/[!-.0-~]{1,40}", called="a location SITE/LOC", **options)


def _status() -> Choice:
    return Choice("available", "hold")


def _sscc(**options: Any) -> Text:
    return Text(18, pattern="[0-9]{18}", called="an SSCC of 18 digits", **options)


def _persons(**options: Any) -> Many:
    return Many(Text(64), 2, 10, doc={"description": "Opaque ids of different people, never names"}, **options)


class DocumentShape(Shape):
    makes = commands.Document
    type = Text(32, required=True)
    id = Text(64, required=True)


class LineShape(Shape):
    makes = commands.Line
    item = Text(64, required=True)
    lot = Text(64, required=True)
    quantity = Quantity(required=True)
    status = _status()


class NewLotLineShape(Shape):
    makes = commands.NewLotLine
    item = Text(64, required=True)
    lot = Text(64, required=True)
    quantity = Quantity(required=True)
    production_date = Day()
    expiry_date = Day()
    retest_date = Day()
    manufacturer_lot = Text(64)
    traceability_lot_code = Text(64)
    traceability_source = Text(200)
    quality = Choice("passed", "failed", "pending")
    damaged = Quantity()


class OutputShape(Shape):
    makes = commands.Output
    lot = Text(64, required=True)
    quantity = Quantity(required=True)


class ItemMatchShape(Shape):
    makes = commands.ItemMatch
    theirs = Text(64, required=True)
    ours = Text(64, required=True)


class AnswerLineShape(Shape):
    makes = commands.AnswerLine
    line = Whole(1, LINE_LIMIT, required=True)
    accepted = Quantity(required=True)
    refused = Quantity(load_default="0")


class CountLineShape(Shape):
    makes = commands.CountLine
    item = Text(64, required=True)
    lot = Text(64, required=True)
    counted = Quantity(required=True)
    status = Choice("available", "hold", load_default="available")


def _many(shape: type[Shape], least: int = 1, **options: Any) -> Many:
    return Many(One(shape), least, LINE_LIMIT, **options)


class MovementShape(Shape):
    """What every movement may say."""

    event_time = Instant()
    documents = _many(DocumentShape, least=0)
    reason = Text(200)


class Register(MovementShape):
    makes = commands.Register
    to = place(required=True)
    lines = _many(NewLotLineShape, required=True)


class Receive(MovementShape):
    makes = commands.Receive
    to = place(required=True)
    supplier = Text(200, required=True)
    lines = _many(NewLotLineShape, required=True)


class TakeBack(MovementShape):
    makes = commands.TakeBack
    to = place(required=True)
    customer = Text(200, required=True)
    reason = Text(200, required=True)
    lines = _many(LineShape, required=True)


class Move(MovementShape):
    makes = commands.Move
    from_ = place(required=True, data_key="from")
    to = place(required=True)
    lines = _many(LineShape, required=True)


class Pick(MovementShape):
    makes = commands.Pick
    from_ = place(required=True, data_key="from")
    to = place(required=True)
    lines = _many(LineShape, required=True)


class Split(MovementShape):
    makes = commands.Split
    at = place(required=True)
    item = Text(64, required=True)
    lot = Text(64, required=True)
    outputs = _many(OutputShape, required=True)
    status = _status()


class Merge(MovementShape):
    makes = commands.Merge
    at = place(required=True)
    lines = _many(LineShape, required=True)
    lot = Text(64, required=True)


class Repack(MovementShape):
    makes = commands.Repack
    at = place(required=True)
    lines = _many(LineShape, required=True)
    outputs = _many(NewLotLineShape, required=True)
    loss = Quantity()


class Produce(MovementShape):
    makes = commands.Produce
    at = place(required=True)
    lines = _many(LineShape, required=True)
    outputs = _many(NewLotLineShape, required=True)
    loss = Quantity()


class Rework(MovementShape):
    makes = commands.Rework
    at = place(required=True)
    reason = Text(200, required=True)
    lines = _many(LineShape, required=True)
    outputs = _many(NewLotLineShape, required=True)
    loss = Quantity()
    case = Uuid()


class Pack(MovementShape):
    makes = commands.Pack
    at = place(required=True)
    pallet = _sscc(required=True)
    lines = _many(LineShape, required=True)


class Unpack(MovementShape):
    makes = commands.Unpack
    from_ = place(required=True, data_key="from")
    lines = _many(LineShape, least=0)


class Relocate(MovementShape):
    makes = commands.Relocate
    from_ = place(required=True, data_key="from")
    to = place(required=True)


class Offer(MovementShape):
    makes = commands.Offer
    from_ = place(required=True, data_key="from")
    to_party = Text(64, required=True)
    lines = _many(LineShape, required=True)
    expires_at = Instant()


class Accept(MovementShape):
    makes = commands.Accept
    handoff = Uuid(required=True)
    to = place(required=True)
    items = _many(ItemMatchShape, least=0)
    lines = _many(AnswerLineShape, least=0)


class Refuse(MovementShape):
    makes = commands.Refuse
    handoff = Uuid(required=True)
    reason = Text(200, required=True)


class Withdraw(MovementShape):
    makes = commands.Withdraw
    handoff = Uuid(required=True)
    reason = Text(200, required=True)


class Settle(MovementShape):
    makes = commands.Settle
    handoff = Uuid(required=True)
    line = Whole(1, LINE_LIMIT, required=True)
    approved_by = Text(64, required=True)
    reason = Text(200, required=True)
    to = place()


class Send(MovementShape):
    makes = commands.Send
    from_ = place(required=True, data_key="from")
    to_site = Text(40, required=True)
    lines = _many(LineShape, required=True)


class Arrive(MovementShape):
    makes = commands.Arrive
    transfer = Uuid(required=True)
    to = place(required=True)
    lines = _many(AnswerLineShape, least=0)


class Hold(MovementShape):
    makes = commands.Hold
    at = place(required=True)
    reason = Text(200, required=True)
    lines = _many(LineShape, required=True)


class Release(MovementShape):
    makes = commands.Release
    at = place(required=True)
    lines = _many(LineShape, required=True)
    approved_by = _persons(required=True)
    case = Uuid()


class Count(MovementShape):
    makes = commands.Count
    at = place(required=True)
    lines = _many(CountLineShape, required=True)
    counted_by = Text(64, required=True)
    approved_by = Text(64)


class Ship(MovementShape):
    makes = commands.Ship
    from_ = place(required=True, data_key="from")
    customer = Text(200, required=True)
    lines = _many(LineShape, required=True)


class Return(MovementShape):
    makes = commands.Return
    from_ = place(required=True, data_key="from")
    supplier = Text(200, required=True)
    reason = Text(200, required=True)
    lines = _many(LineShape, required=True)
    case = Uuid()


class Destroy(MovementShape):
    makes = commands.Destroy
    from_ = place(required=True, data_key="from")
    lines = _many(LineShape, required=True)
    witnesses = _persons(required=True)
    certificate = Text(64, required=True)
    approved_by = _persons(required=True)
    case = Uuid()


class Recall(MovementShape):
    makes = commands.Recall
    item = Text(64, required=True)
    lot = Text(64, required=True)
    reason = Text(200, required=True)


class Lift(MovementShape):
    makes = commands.Lift
    item = Text(64, required=True)
    lot = Text(64, required=True)
    reason = Text(200, required=True)
    approved_by = _persons(required=True)


SHAPES: dict[str, type[MovementShape]] = {
    shape.makes.type: shape
    for shape in (
        Register, Receive, TakeBack, Move, Pick, Hold, Release, Count, Split, Merge, Repack, Produce, Rework, Pack,
        Unpack, Relocate, Offer, Accept, Refuse, Withdraw, Send, Arrive, Settle, Ship, Return, Destroy, Recall, Lift,
    )
}  # fmt: skip
