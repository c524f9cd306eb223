"""The eleven movements as JSON. Names and meaning are those of `service.domain.commands`; here are only the shapes.

{"id": uuid, "type": T, "event_time": …, "documents": [{"type", "id"}], "reason": …, …what T needs}
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from marshmallow import ValidationError

from service.api.door import BULK_LIMIT, Body
from service.api.fields import Choice, Day, Instant, Many, One, Quantity, Shape, Text, Uuid
from service.api.load import Reader, compiled
from service.api.problem import shown
from service.domain import commands

LINE_LIMIT = 100
BULK_COUNT = 1000
PLACE_LIMIT = 81  # SITE/LOC


def _place(**options: Any) -> Text:
    return Text(PLACE_LIMIT, pattern=r"[!-.0-~]{1,40}/[!-.0-~]{1,40}", called="a location SITE/LOC", **options)


def _status() -> Choice:
    return Choice("available", "hold")


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


class OutputShape(Shape):
    makes = commands.Output
    lot = Text(64, required=True)
    quantity = Quantity(required=True)


class ItemMatchShape(Shape):
    makes = commands.ItemMatch
    theirs = Text(64, required=True)
    ours = Text(64, required=True)


def _many(shape: type[Shape], least: int = 1, **options: Any) -> Many:
    return Many(One(shape), least, LINE_LIMIT, **options)


class MovementShape(Shape):
    """What every movement may say."""

    event_time = Instant()
    documents = _many(DocumentShape, least=0)
    reason = Text(200)


class Register(MovementShape):
    makes = commands.Register
    to = _place(required=True)
    lines = _many(NewLotLineShape, required=True)


class Receive(MovementShape):
    makes = commands.Receive
    to = _place(required=True)
    supplier = Text(200, required=True)
    lines = _many(NewLotLineShape, required=True)


class Move(MovementShape):
    makes = commands.Move
    from_ = _place(required=True, data_key="from")
    to = _place(required=True)
    lines = _many(LineShape, required=True)


class Split(MovementShape):
    makes = commands.Split
    at = _place(required=True)
    item = Text(64, required=True)
    lot = Text(64, required=True)
    outputs = _many(OutputShape, required=True)
    status = _status()


class Offer(MovementShape):
    makes = commands.Offer
    from_ = _place(required=True, data_key="from")
    to_party = Text(64, required=True)
    lines = _many(LineShape, required=True)


class Accept(MovementShape):
    makes = commands.Accept
    handoff = Uuid(required=True)
    to = _place(required=True)
    items = _many(ItemMatchShape, least=0)


class Refuse(MovementShape):
    makes = commands.Refuse
    handoff = Uuid(required=True)
    reason = Text(200, required=True)


class Hold(MovementShape):
    makes = commands.Hold
    at = _place(required=True)
    reason = Text(200, required=True)
    lines = _many(LineShape, required=True)


class Release(MovementShape):
    makes = commands.Release
    at = _place(required=True)
    lines = _many(LineShape, required=True)


class Ship(MovementShape):
    makes = commands.Ship
    from_ = _place(required=True, data_key="from")
    customer = Text(200, required=True)
    lines = _many(LineShape, required=True)


class Destroy(MovementShape):
    makes = commands.Destroy
    from_ = _place(required=True, data_key="from")
    lines = _many(LineShape, required=True)
    witnesses = Many(Text(64), 2, 10, required=True)
    certificate = Text(64, required=True)


SHAPES: dict[str, type[MovementShape]] = {
    shape.makes.type: shape
    for shape in (Register, Receive, Move, Split, Offer, Accept, Refuse, Hold, Release, Ship, Destroy)
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A movement that somebody asks for: its id and what shall happen."""

    id: UUID
    command: commands.Command

    @classmethod
    def of(cls, makes: Callable[..., commands.Command], *, id: UUID, type: str, **members: Any) -> "Asked":
        return cls(id, makes(**members))


def _on_the_wire(type_name: str, shape: type[MovementShape]) -> type[MovementShape]:
    """The shape with its `id` and `type`, under the name that the OpenAPI document gives it."""
    members = {"id": Uuid(required=True), "type": Choice(type_name, required=True)}
    made = {"makes": partial(Asked.of, shape.makes), "__module__": __name__}
    return type(f"{shape.__name__}Movement", (shape,), members | made)


WIRE: dict[str, type[MovementShape]] = {name: _on_the_wire(name, shape) for name, shape in SHAPES.items()}
_READERS: dict[str, Reader] = {name: compiled(shape) for name, shape in WIRE.items()}


def read_movement(value: Any) -> Any:
    """The movement of one JSON object, as Asked; raises ValidationError naming each wrong member."""
    if not isinstance(value, dict):
        raise ValidationError({"_schema": [f"expected an object, got {shown(value)}"]})
    name = value.get("type")
    if not isinstance(name, str) or name not in _READERS:
        raise ValidationError({"type": [f"expected one of {', '.join(_READERS)}, got {shown(name)}"]})
    return _READERS[name](value)


def read_bulk(value: Any) -> list[Asked | ValidationError]:
    """Each movement of a bulk request, or what is wrong with it: one bad line never stops its neighbours."""
    movements = value.get("movements") if isinstance(value, dict) else None
    if not isinstance(movements, list) or len(value) != 1 or not 1 <= len(movements) <= BULK_COUNT:
        raise ValidationError({"movements": [f'expected {{"movements": [1 to {BULK_COUNT}]}} and nothing else']})
    return [_read_or_refuse(movement) for movement in movements]


def _read_or_refuse(value: Any) -> Any:
    try:
        return read_movement(value)
    except ValidationError as error:
        return error


ONE_OF = {
    "oneOf": [{"$ref": f"#/components/schemas/{shape.__name__}"} for shape in WIRE.values()],
    "discriminator": {
        "propertyName": "type",
        "mapping": {name: f"#/components/schemas/{shape.__name__}" for name, shape in WIRE.items()},
    },
}
MANY_OF = {
    "type": "object",
    "required": ["movements"],
    "additionalProperties": False,
    "properties": {
        "movements": {
            "type": "array",
            "minItems": 1,
            "maxItems": BULK_COUNT,
            "items": {"$ref": "#/components/schemas/Movement"},
        }
    },
}
MOVEMENT = Body(read_movement, {"$ref": "#/components/schemas/Movement"})
BULK = Body(read_bulk, MANY_OF, BULK_LIMIT)
