"""Movements on the wire: one object for each, told apart by `type`.

{"id": uuid, "type": T, "event_time": …, "documents": [{"type", "id"}], "reason": …, …what T needs}
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from marshmallow import ValidationError

from service.api.door import BULK_LIMIT, Body
from service.api.fields import Choice, Uuid
from service.api.load import Reader, compiled
from service.api.movement_shapes import SHAPES, MovementShape
from service.api.problem import shown
from service.domain import commands

BULK_COUNT = 1000


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
